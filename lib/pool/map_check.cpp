#include "pool/map_check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "pool/rules.hpp"
#include "pool/site.hpp"

namespace td::pool {
namespace {

bool is_newer(const lease_row& one, const lease_row& other) {
    return one.token > other.token;
}

/// How long the route of a lease is good for from `at` on.
duration good_for(const lease_row& lease, const lease_rules& rules, instant at) {
    const instant until =
        lease.window_until == never ? lease.leased_at + rules.longest_call + rules.window : lease.window_until;
    return until <= at ? duration{0} : until - at;
}

duration at_least(const lease_row& lease, const lease_rules& rules, instant at) {
    const duration whole = good_for(lease, rules, at);
    return lease.window_until == never ? std::min(whole, rules.window) : whole;
}

bool leads_somewhere(const callback_entry& held) {
    return held.panel && !held.panel->empty();
}

std::string who(const panel_id& panel) {
    return panel.empty() ? "nobody" : "panel " + panel.text();
}

std::string quoted(const std::optional<lease_token>& token) {
    return token ? std::to_string(*token) : "none";
}

finding made(finding_kind what, const callback_route& wanted, const callback_entry& held, std::string words) {
    return {what, wanted.number, wanted.panel, held.panel.value_or(panel_id()), std::move(words)};
}

/// What is wrong with the entry of a number that is lent; nothing when all is well.
std::optional<finding> compared(const wanted_route& must, const callback_entry& held, duration slack) {
    const callback_route& wanted = must.route;
    if (held.token && *held.token > wanted.token) {
        return made(finding_kind::newer_lease, wanted, held,
                    "the map has lease " + quoted(held.token) + ", the pool only " + std::to_string(wanted.token) +
                        ": was the pool restored from a copy, or do two pools share one map?");
    }
    if (!leads_somewhere(held)) {
        return made(finding_kind::missing, wanted, held,
                    "a callback would be rejected, it must reach panel " + wanted.panel.text());
    }
    if (*held.panel != wanted.panel) {
        return made(
            finding_kind::wrong_panel, wanted, held,
            "a callback would reach panel " + held.panel->text() + ", it must reach panel " + wanted.panel.text());
    }
    if (held.token != wanted.token) {
        return made(finding_kind::wrong_lease, wanted, held,
                    "the map has lease " + quoted(held.token) + ", the pool " + std::to_string(wanted.token));
    }
    if (!held.site || !read_site(*held.site)) {
        return made(finding_kind::wrong_site, wanted, held, "the site is missing in the map or cannot be read");
    }
    const bool early = held.expires_in && *held.expires_in + slack < must.at_least;
    const bool late = !held.expires_in || !held.expires_last || *held.expires_last > wanted.expires_in + slack;
    if (early || late) {
        return made(finding_kind::wrong_time, wanted, held,
                    early ? "the route ends before the callback window does"
                          : "the route outlives the callback window, or never ends");
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(finding_kind what) {
    switch (what) {
        case finding_kind::unsound: return "unsound";
        case finding_kind::state_differs: return "state_differs";
        case finding_kind::missing: return "missing";
        case finding_kind::wrong_panel: return "wrong_panel";
        case finding_kind::wrong_lease: return "wrong_lease";
        case finding_kind::newer_lease: return "newer_lease";
        case finding_kind::wrong_site: return "wrong_site";
        case finding_kind::wrong_time: return "wrong_time";
        case finding_kind::stale: return "stale";
    }
    return "missing";
}

std::vector<wanted_route> routes_of(const std::vector<lease_row>& leases, const lease_rules& rules, instant at) {
    std::map<number_id, wanted_route> wanted;
    std::map<number_id, const lease_row*> newest;
    for (const lease_row& each : leases) {
        // Two calls of one panel share the number: the route lasts as long as the longer of them.
        wanted_route& must = wanted[each.number];
        must.route.expires_in = std::max(must.route.expires_in, good_for(each, rules, at));
        must.at_least = std::max(must.at_least, at_least(each, rules, at));
        const lease_row*& latest = newest[each.number];
        if (latest == nullptr || is_newer(each, *latest)) {
            latest = &each;
        }
    }
    std::vector<wanted_route> all;
    all.reserve(wanted.size());
    for (auto& [number, must] : wanted) {
        const lease_row& lease = *newest[number];
        must.route.number = number;
        must.route.panel = lease.panel;
        must.route.token = lease.token;
        must.route.site = site_text(lease.site, lease.panel, lease.call, lease.leased_at);
        if (must.route.expires_in > duration{0}) {
            all.push_back(std::move(must));
        }
    }
    return all;
}

std::vector<finding> check_pool(const std::vector<number_row>& stored, const std::vector<lease_row>& leases,
                                const lease_rules& rules, instant at) {
    std::map<number_id, const lease_row*> of_number;
    for (const lease_row& each : leases) {
        of_number[each.number] = &each;
    }
    std::vector<finding> all;
    for (const number_row& each : stored) {
        if (const std::string_view why = unsound(each); !why.empty()) {
            all.push_back({finding_kind::unsound, each.number, each.panel, {}, std::string(why)});
        }
        const auto lease = of_number.extract(each.number);
        const number_row now = state_at(each, at, rules);
        const bool leads = now.state == number_state::leased || now.state == number_state::window;
        const panel_id by_row = leads ? now.panel : panel_id();
        const panel_id by_lease = lease ? lease.mapped()->panel : panel_id();
        if (by_row != by_lease) {
            all.push_back({finding_kind::state_differs,
                           each.number,
                           by_row,
                           {},
                           "the number leads to " + who(by_row) + ", its lease to " + who(by_lease)});
        }
    }
    for (const auto& [number, lease] : of_number) {
        all.push_back({finding_kind::state_differs,
                       number,
                       lease->panel,
                       {},
                       "panel " + lease->panel.text() + " has a lease of the number, which is not in the pool"});
    }
    return all;
}

map_difference check_map(const std::vector<wanted_route>& wanted, const std::vector<callback_entry>& held,
                         const std::vector<number_row>& numbers, duration slack) {
    std::map<number_id, const callback_entry*> entries;
    for (const callback_entry& each : held) {
        entries[each.number] = &each;
    }
    std::map<number_id, lease_token> latest;
    for (const number_row& each : numbers) {
        latest[each.number] = each.lease;
    }
    map_difference all;
    for (const wanted_route& must : wanted) {
        const callback_entry none{must.route.number, {}, {}, {}, {}, {}};
        const auto entry = entries.extract(must.route.number);
        const callback_entry& has = entry ? *entry.mapped() : none;
        if (auto wrong = compared(must, has, slack)) {
            if (wrong->what == finding_kind::newer_lease) {
                all.remove.push_back({must.route.number, *has.token, true});
            }
            all.findings.push_back(std::move(*wrong));
            all.write.push_back(must.route);
        }
    }
    for (const auto& [number, entry] : entries) {
        if (leads_somewhere(*entry)) {
            all.findings.push_back(
                {finding_kind::stale,
                 number,
                 {},
                 *entry->panel,
                 "a callback would reach panel " + entry->panel->text() + ", but the number is lent to nobody"});
            const lease_token token = entry->token.value_or(0);
            all.remove.push_back({number, token, token > latest[number]});
        }
    }
    std::sort(all.findings.begin(), all.findings.end(),
              [](const finding& one, const finding& other) { return one.number < other.number; });
    return all;
}

std::vector<finding> seen_twice(const std::vector<finding>& first, std::vector<finding> second) {
    std::erase_if(second, [&](const finding& each) {
        return std::none_of(first.begin(), first.end(), [&](const finding& earlier) {
            return earlier.number == each.number && earlier.what == each.what && earlier.in_pool == each.in_pool &&
                   earlier.in_map == each.in_map;
        });
    });
    return second;
}

void keep_only(map_difference& of, std::vector<finding> findings) {
    std::set<number_id> kept;
    for (const finding& each : findings) {
        kept.insert(each.number);
    }
    of.findings = std::move(findings);
    std::erase_if(of.write, [&](const callback_route& each) { return kept.count(each.number) == 0; });
    std::erase_if(of.remove, [&](const stray_route& each) { return kept.count(each.number) == 0; });
}

}  // namespace td::pool
