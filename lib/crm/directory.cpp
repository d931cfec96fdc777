#include "crm/directory.hpp"

#include <string>

#include "base/overloaded.hpp"
#include "crm/site.hpp"

namespace td::crm {
namespace {

std::uint32_t milliseconds(instant from, instant to) {
    return static_cast<std::uint32_t>(milliseconds_between(from, to));
}

}  // namespace

directory::turn directory::find(const call::find_accounts& wanted, instant now) {
    turn turned;
    const waiter who{wanted.call, now};
    if (wanted.panel.empty() || wanted.flat.empty()) {
        // There is no URL for a name without a letter; the dialplan's arguments are checked before, so this is a guard.
        turned.facts.emplace_back(call::panel_described{wanted.call, {}});
        turned.facts.emplace_back(call::crm_failed{wanted.call, "empty_name", 0});
        return turned;
    }
    look_up({wanted.panel, {}}, who, now, turned);
    look_up({wanted.panel, wanted.flat}, who, now, turned);
    return turned;
}

void directory::look_up(const question& asked, const waiter& who, instant now, turn& turned) {
    if (const remembered* known = memory_.find(asked); known != nullptr && believed(*known, now)) {
        counters_.fresh += asked.flat.empty() ? 0 : 1;
        tell(asked, who, known->what, call::crm_source::fresh, now, turned);
        return;
    }
    ask(asked, who, turned);
}

void directory::ask(const question& asked, const waiter& who, turn& turned) {
    auto& waiters = waiting_[asked];
    waiters.push_back(who);
    if (waiters.size() > 1) {
        ++counters_.shared;
        return;
    }
    ++counters_.asked;
    turned.ask.push_back(asked);
}

directory::turn directory::find_site(const call::find_site& wanted, instant now) {
    turn turned;
    const waiter who{wanted.call, now, true};
    const question asked{wanted.panel, {}};
    if (wanted.panel.empty()) {
        turned.facts.emplace_back(call::site_missing{wanted.call, "empty_name", 0});
        return turned;
    }
    if (const remembered* known = memory_.find(asked); known != nullptr && believed(*known, now)) {
        tell(asked, who, known->what, call::crm_source::fresh, now, turned);
        return turned;
    }
    if (const remembered* known = good_and_younger(asked, rules_.stale, now)) {
        tell(asked, who, known->what, call::crm_source::stale, now, turned);
    }
    ask(asked, who, turned);
    return turned;
}

bool directory::believed(const remembered& known, instant now) const {
    const bool someone = !std::holds_alternative<nobody>(known.what);
    const duration limit = someone ? rules_.fresh : std::min(rules_.nobody_for, rules_.fresh);
    // An answer from the future was written under a wrong clock: good enough when the CRM fails, never fresh.
    return known.at <= now && now - known.at < limit;
}

const remembered* directory::good_and_younger(const question& asked, duration limit, instant now) {
    const remembered* known = memory_.find(asked);
    const bool good = known != nullptr && !std::holds_alternative<nobody>(known->what) && now - known->at < limit;
    return good ? known : nullptr;
}

directory::turn directory::answered(const question& asked, result<knowledge> answer, instant now) {
    turn turned;
    const auto found = waiting_.find(asked);
    if (found == waiting_.end()) {
        return turned;
    }
    const std::vector<waiter> waiters = std::move(found->second);
    waiting_.erase(found);
    ++(answer.ok() ? counters_.answered : counters_.failed);
    for (const waiter& who : waiters) {
        if (answer.ok()) {
            tell(asked, who, *answer, call::crm_source::live, now, turned);
        } else {
            tell_failure(asked, who, answer.why(), now, turned);
        }
    }
    if (answer.ok()) {
        memory_.put(asked, {std::move(answer).value(), now});
    }
    return turned;
}

void directory::tell_failure(const question& asked, const waiter& who, const failure& why, instant now, turn& turned) {
    if (who.site) {
        // What is remembered was told at once.
        turned.facts.emplace_back(call::site_missing{who.call, why.text, milliseconds(who.since, now)});
    } else if (const remembered* known = good_and_younger(asked, rules_.stale, now)) {
        counters_.stale += asked.flat.empty() ? 0 : 1;
        tell(asked, who, known->what, call::crm_source::stale, now, turned);
    } else if (asked.flat.empty()) {
        turned.facts.emplace_back(call::panel_described{who.call, {}});
    } else {
        turned.facts.emplace_back(call::crm_failed{who.call, why.text, milliseconds(who.since, now)});
    }
}

void directory::tell(const question& asked, const waiter& who, const knowledge& known, call::crm_source source,
                     instant now, turn& turned) const {
    const std::uint32_t took = milliseconds(who.since, now);
    std::visit(overloaded{[&](const call::flat_record& flat) {
                              turned.facts.emplace_back(call::accounts_found{who.call, flat, source, took});
                          },
                          [&](const panel_record& panel) {
                              if (who.site) {
                                  turned.facts.emplace_back(call::site_found{who.call, site_of(panel), source, took});
                                  return;
                              }
                              turned.facts.emplace_back(call::panel_described{who.call, panel.name});
                          },
                          [&](const nobody&) {
                              if (who.site) {
                                  turned.facts.emplace_back(call::site_missing{who.call, "not_found", took});
                              } else if (asked.flat.empty()) {
                                  turned.facts.emplace_back(call::panel_described{who.call, {}});
                              } else {
                                  turned.facts.emplace_back(call::flat_unknown{who.call, source, took});
                              }
                          }},
               known);
}

std::optional<panel_record> directory::panel(const panel_id& name, instant now) {
    const remembered* known = good_and_younger({name, {}}, rules_.stale, now);
    return known == nullptr ? std::nullopt : std::optional(std::get<panel_record>(known->what));
}

}  // namespace td::crm
