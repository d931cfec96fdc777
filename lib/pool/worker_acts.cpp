// What a worker does with the pool: lease, end, reserve, settle.

#include <algorithm>
#include <set>

#include "pool/acts.hpp"

namespace td::pool {
namespace {

/// More is a mistake in somebody's configuration: the numbers that one worker keeps are missing for all others.
constexpr std::size_t most_reserved = 1000;

/// The city and its parents in order; a circle ends where it began.
std::vector<city_id> chain_of(table& in, const city& first) {
    std::vector<city_id> chain{first.fias};
    std::set<city_id> seen{first.fias};
    for (city_id next = first.parent; !next.empty() && seen.insert(next).second;) {
        const auto parent = in.city_of(next);
        if (!parent) {
            break;
        }
        chain.push_back(next);
        next = parent->parent;
    }
    return chain;
}

struct found {
    number_row stored;
    lent_how how = lent_how::rested;
};

/// The choice of rules.hpp by the indexes of the table.
std::optional<found> find(table& in, const lease_rules& rules, const lease_wish& wish, const std::optional<city>& at) {
    const std::vector<number_row> own = in.rows_of(wish.panel);
    if (const auto mine = own_number(own, wish.panel, wish.at, rules)) {
        const auto same = std::ranges::find(own, mine->row.number, &number_row::number);
        return found{*same, lent_how::sticky};
    }
    if (!at) {
        return std::nullopt;
    }
    if (auto row = in.longest_rested(at->fias, wish.at)) {
        return found{*row, lent_how::rested};
    }
    const std::vector<city_id> chain = chain_of(in, *at);
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (auto row = in.longest_rested(chain[i], wish.at)) {
            return found{*row, lent_how::rested};
        }
    }
    for (const city_id& each : chain) {
        if (auto row = in.nearest_to_free(each, wish.at)) {
            return found{*row, lent_how::guard_spent};
        }
    }
    return std::nullopt;
}

std::string wrong_words(const lease_wish& wish) {
    if (wish.panel.empty()) {
        return "a lease needs a panel";
    }
    if (wish.call == call_id{}) {
        return "a lease needs a call";
    }
    for (const auto& why :
         {unfit("the panel", wish.panel.text(), name_limit), unfit("the city", wish.city.text(), name_limit),
          unfit("the site", wish.site, site_limit), unfit("the name for the audit", wish.who, name_limit),
          unfit("the reason for the audit", wish.why, why_limit)}) {
        if (!why.empty()) {
            return why;
        }
    }
    return "";
}

/// The number comes to somebody else or anew while a lease of it was never ended: it counts as ended by now.
void close_lost(table& in, const lease_rules& rules, const number_row& stored, const number_row& now) {
    if (stored.state == number_state::leased && now.state != number_state::leased && !stored.panel.empty()) {
        in.close_leases(stored.number, stored.until, led_until(stored, rules), never);
    }
}

/// The one call more is written: the number is the panel's.
result<lent> lend(table& in, const lease_rules& rules, const lease_wish& wish, const found& what) {
    const number_row row = state_at(what.stored, wish.at, rules);
    close_lost(in, rules, what.stored, row);
    // A clock that was set back must not make a history in which two panels had the number at once.
    const instant from = std::max(wish.at, row.rested_since);
    lease_row entry{0, row.number, row.city, wish.panel, wish.call, what.how, from, never, never, wish.site};
    entry.token = in.add_lease(entry);
    const auto after = write(in, rules, what.stored, after_lease(row, wish.panel, entry.token, from, rules),
                             {wish.who, wish.why, wish.at}, "lease");
    if (!after) {
        return after.why();
    }
    return lent{entry.token, row.number, row.city, what.how, after->until};
}

}  // namespace

result<lease_answer> lease(table& in, const lease_rules& rules, const lease_wish& wish) {
    if (std::string why = wrong_words(wish); !why.empty()) {
        return failure{failure_kind::bad_input, std::move(why)};
    }
    in.hold_panel(wish.panel);
    lease_answer answer;
    answer.where = in.city_of(wish.city);
    if (const auto told = in.lease_of(wish.call)) {
        // Told twice, or the reply to the first commit was lost.
        answer.number = lent{told->token, told->number, told->city, told->how, told->leased_at + rules.longest_call};
        return answer;
    }
    if (const auto what = find(in, rules, wish, answer.where)) {
        auto number = lend(in, rules, wish, *what);
        if (!number) {
            return number.why();
        }
        answer.number = *number;
    }
    return answer;
}

result<done> end(table& in, const lease_rules& rules, lease_token which, instant at, const std::string& who) {
    auto entry = in.lease(which);
    if (!entry) {
        return failure{failure_kind::not_found, "lease " + std::to_string(which) + ": no such lease"};
    }
    if (entry->panel.empty()) {
        return failure{failure_kind::bad_input,
                       "lease " + std::to_string(which) + " is a reservation, which has no call that could end"};
    }
    const auto stored = in.row(entry->number);
    entry = in.lease(which);  // once more, now that nobody else can end it
    if (entry->ended_at != never) {
        return done{};
    }
    const instant ended = std::max(at, entry->leased_at);
    const bool its_own = stored && stored->state == number_state::leased && stored->panel == entry->panel;
    if (!its_own) {
        entry->ended_at = ended;  // the number was taken away meanwhile, which has closed the window
        entry->window_until = std::min(entry->window_until, ended);
        in.put_lease(*entry);
        return done{};
    }
    const occasion why{who, "the call is over", ended};
    if (stored->until <= ended) {
        write_time(in, rules, *stored, why);
        return done{};
    }
    const auto after = write(in, rules, *stored, after_end(*stored, ended, rules), why, "end");
    if (!after) {
        return after.why();
    }
    entry->ended_at = ended;
    in.put_lease(*entry);
    if (after->state == number_state::window) {
        in.close_leases(entry->number, ended, after->until, never);
    }
    return done{};
}

/// How many numbers `holder` may have. A worker that crashes comes back under a new name, and what the old ones kept
/// may have been lent: one that crashes again and again must not take the whole city.
std::size_t left_for(table& in, const lease_rules& rules, const std::string& holder, const city_id& where,
                     std::size_t count, instant at) {
    constexpr std::size_t blocks_of_a_node = 3;
    const std::size_t node = holder.rfind('/');
    if (node == std::string::npos) {
        return count;
    }
    const auto all = in.numbers();
    const auto kept = std::ranges::count_if(all, [&](const number_row& stored) {
        const bool another = stored.holder != holder && stored.holder.starts_with(holder.substr(0, node + 1));
        return another && stored.city == where && state_at(stored, at, rules).state == number_state::leased;
    });
    const std::size_t limit = blocks_of_a_node * count;
    return limit - std::min(limit, static_cast<std::size_t>(kept));
}

result<std::vector<lent>> reserve(table& in, const lease_rules& rules, const std::string& holder, const city_id& where,
                                  std::size_t count, instant at, instant until) {
    if (holder.empty() || until <= at || count > most_reserved) {
        return failure{failure_kind::bad_input,
                       "a reservation needs a holder, an end after its beginning, and at most " +
                           std::to_string(most_reserved) + " numbers"};
    }
    if (std::string why = unfit("the holder", holder, name_limit); !why.empty()) {
        return failure{failure_kind::bad_input, std::move(why)};
    }
    if (!in.city_of(where)) {
        return failure{failure_kind::not_found, "city " + where.text() + ": no such city"};
    }
    const occasion why{holder, "for a time without the store", at};
    std::vector<lent> kept;
    for (const number_row& stored : in.held_by(holder, where)) {
        const number_row row = state_at(stored, at, rules);
        if (row.state == number_state::free) {
            continue;  // it ran out so long ago that it is everybody's again
        }
        const auto after =
            write(in, rules, stored, after_reserve(row, holder, stored.lease, until, rules), why, "reserve");
        if (!after) {
            return after.why();
        }
        kept.push_back({after->lease, after->number, after->city, lent_how::reserved, after->until});
    }
    const std::size_t spare = kept.size() < count ? left_for(in, rules, holder, where, count, at) : 0;
    const std::size_t most = std::min(count, std::max(kept.size(), spare));
    while (kept.size() < most) {
        const auto stored = in.longest_rested(where, at);
        if (!stored) {
            break;
        }
        const number_row row = state_at(*stored, at, rules);
        close_lost(in, rules, *stored, row);
        lease_row entry;
        entry.number = row.number;
        entry.city = row.city;
        entry.how = lent_how::reserved;
        entry.leased_at = std::max(at, row.rested_since);
        entry.token = in.add_lease(entry);
        const auto after =
            write(in, rules, *stored, after_reserve(row, holder, entry.token, until, rules), why, "reserve");
        if (!after) {
            return after.why();
        }
        kept.push_back({entry.token, row.number, row.city, lent_how::reserved, after->until});
    }
    return kept;
}

namespace {

/// Whether nobody else had the number since the lease that is settled.
bool still_its(const number_row& stored, const lease_row& first, const panel_id& panel) {
    if (stored.state == number_state::disabled) {
        return false;
    }
    return stored.panel == panel || (stored.panel.empty() && stored.lease == first.token);
}

result<done> too_late(table& in, const lease_row& row, const std::optional<number_row>& stored,
                      const std::string& who) {
    const std::string why = !stored                                   ? "is not in the pool any more"
                            : stored->state == number_state::disabled ? "is disabled"
                            : stored->panel.empty()                   ? "was another's meanwhile"
                                                                      : "is another panel's";
    const number_state state = stored ? stored->state : number_state::disabled;
    in.note({0, row.leased_at, who, "settle", row.number, row.panel, state, state,
             "taken: the number " + why + "; call " + std::string(row.call.text())});
    return failure{failure_kind::taken, "number " + row.number.text() + " " + why + ": call " +
                                            std::string(row.call.text()) + " cannot be settled"};
}

}  // namespace

result<done> settle(table& in, const lease_rules& rules, const lease_row& row, const std::string& who) {
    const lease_wish as_wish{row.panel, row.city, row.call, row.leased_at, row.site, who, ""};
    if (std::string why = wrong_words(as_wish); !why.empty()) {
        return failure{failure_kind::bad_input, std::move(why)};
    }
    in.hold_panel(row.panel);
    const auto first = in.lease(row.token);
    if (!first || first->number != row.number) {
        return failure{failure_kind::not_found,
                       "lease " + std::to_string(row.token) + " of number " + row.number.text() + ": no such lease"};
    }
    if (const auto told = in.lease_of(row.call, row.number)) {
        return row.ended_at == never ? result<done>(done{}) : end(in, rules, told->token, row.ended_at, who);
    }
    if (const auto unheard = in.lease_of(row.call)) {
        // The worker never heard of this one, or too late, and used the other.
        if (const auto ended = end(in, rules, unheard->token, row.leased_at, who); !ended) {
            return ended;
        }
    }
    const auto stored = in.row(row.number);
    if (!stored || !still_its(*stored, *first, row.panel)) {
        return too_late(in, row, stored, who);
    }
    // As of the call: what time has done since then did not happen, because the number was in use.
    number_row then = state_at(*stored, row.leased_at, rules);
    close_lost(in, rules, *stored, then);
    lease_row entry = row;
    entry.city = stored->city;
    entry.ended_at = never;
    entry.window_until = never;
    if (first->panel.empty()) {
        in.put_lease(entry);  // the reservation has become the lease
    } else {
        entry.token = in.add_lease(entry);
    }
    if (then.state == number_state::free || then.state == number_state::guard) {
        then.rested_since = std::min(then.rested_since, row.leased_at);
    }
    const auto after =
        write(in, rules, *stored, after_lease(then, row.panel, std::max(entry.token, then.lease), row.leased_at, rules),
              {who, "lent without the store", row.leased_at}, "settle");
    if (!after) {
        return after.why();
    }
    return row.ended_at == never ? result<done>(done{}) : end(in, rules, entry.token, row.ended_at, who);
}

}  // namespace td::pool
