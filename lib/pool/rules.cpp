#include "pool/rules.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace td::pool {
namespace {

/// Sums with `never` stay never.
instant later(instant at, duration by) {
    return at > never - by ? never : at + by;
}

number_row freed(number_row row, instant since) {
    row.state = number_state::free;
    row.panel = {};
    row.holder.clear();
    row.calls = 0;
    row.until = never;
    row.guard_until = never;
    row.rested_since = since;
    return row;
}

number_row guarded(number_row row, instant since, instant until) {
    row.state = number_state::guard;
    row.holder.clear();
    row.calls = 0;
    row.until = until;
    row.guard_until = until;
    row.rested_since = std::max(row.rested_since, since);
    return row;
}

bool reserved(const number_row& row) {
    return row.state == number_state::leased && row.panel.empty();
}

/// The one of the pool that has been free for the longest time.
std::optional<number_row> longest_rested(const std::vector<number_row>& pool, instant at, const lease_rules& rules) {
    std::optional<number_row> best;
    for (const number_row& stored : pool) {
        const number_row row = state_at(stored, at, rules);
        if (row.state == number_state::free &&
            (!best || std::pair(row.rested_since, row.number) < std::pair(best->rested_since, best->number))) {
            best = row;
        }
    }
    return best;
}

std::optional<number_row> nearest_to_free(const std::vector<number_row>& pool, instant at, const lease_rules& rules) {
    std::optional<number_row> best;
    for (const number_row& stored : pool) {
        const number_row row = state_at(stored, at, rules);
        if (may_be_spent(row, at, rules) &&
            (!best || std::pair(row.until, row.number) < std::pair(best->until, best->number))) {
            best = row;
        }
    }
    return best;
}

}  // namespace

number_row state_at(const number_row& stored, instant now, const lease_rules& rules) {
    number_row row = stored;
    if (reserved(row) && row.until <= now) {
        row = guarded(row, row.until, row.guard_until);
    }
    if (row.state == number_state::leased && row.until <= now) {
        row.state = number_state::window;
        row.calls = 0;
        row.rested_since = std::max(row.rested_since, row.until);
        row.until = led_until(stored, rules);
    }
    if (row.state == number_state::window && row.until <= now) {
        row = guarded(row, row.until, row.guard_until);
    }
    if (row.state == number_state::guard && row.until <= now) {
        row = freed(row, row.guard_until);
    }
    return row;
}

bool may_be_spent(const number_row& row, instant at, const lease_rules& rules) {
    return row.state == number_state::guard && led_until(row, rules) <= at;
}

instant free_at(const number_row& row) {
    switch (row.state) {
        case number_state::free: return row.rested_since;
        case number_state::leased:
        case number_state::window:
        case number_state::guard: return row.guard_until;
        case number_state::disabled: return never;
    }
    return never;
}

instant led_until(const number_row& row, const lease_rules& rules) {
    switch (row.state) {
        case number_state::free: return instant{};  // whatever the clock says
        case number_state::guard: return row.panel.empty() ? row.guard_until - rules.guard : instant{};
        case number_state::window: return row.until;
        case number_state::leased:
            // From the end that is written down, so that a change of the configuration moves no number that is out.
            return std::max(row.until, row.guard_until - rules.guard);
        case number_state::disabled: return never;
    }
    return never;
}

number_row after_lease(number_row row, const panel_id& panel, lease_token token, instant at, const lease_rules& rules) {
    const instant longest = later(at, rules.longest_call);
    const bool in_call = row.state == number_state::leased && row.panel == panel;
    row.until = in_call ? std::max(row.until, longest) : longest;
    row.calls = in_call ? row.calls + 1 : 1;
    row.state = number_state::leased;
    row.panel = panel;
    row.holder.clear();
    row.lease = token;
    row.guard_until = later(row.until, rules.window + rules.guard);
    return row;
}

number_row after_end(number_row row, instant at, const lease_rules& rules) {
    row.rested_since = std::max(row.rested_since, at);
    row.calls = row.calls == 0 ? 0 : row.calls - 1;
    if (row.calls == 0) {
        row.state = number_state::window;
        row.until = later(row.rested_since, rules.window);
        row.guard_until = later(row.until, rules.guard);
    }
    return row;
}

number_row after_reserve(number_row row, const std::string& holder, lease_token token, instant until,
                         const lease_rules& rules) {
    row.until = reserved(row) && row.holder == holder ? std::max(row.until, until) : until;
    row.state = number_state::leased;
    row.panel = {};
    row.holder = holder;
    row.lease = token;
    row.calls = 0;
    row.guard_until = later(row.until, rules.window + rules.guard);
    return row;
}

number_row after_release(number_row row, instant at, const lease_rules& rules) {
    if (reserved(row)) {
        return freed(row, row.rested_since);  // it was never used, so it has rested all the while
    }
    const instant since = std::max(row.rested_since, at);
    return row.state == number_state::guard ? freed(row, since) : guarded(row, since, later(since, rules.guard));
}

number_row after_disable(number_row row, instant at, const lease_rules& rules) {
    if (row.state == number_state::leased || row.state == number_state::window) {
        row = after_release(row, at, rules);
    }
    row.state = number_state::disabled;  // what is left of the guard time stands in guard_until, for the day it returns
    row.until = never;
    return row;
}

number_row after_enable(number_row row, instant at) {
    if (row.guard_until != never && row.guard_until > at) {
        row.state = number_state::guard;
        row.until = row.guard_until;
        return row;
    }
    const instant since = row.guard_until == never ? row.rested_since : row.guard_until;
    return freed(std::move(row), since);
}

bool legal(number_state from, number_state to) {
    using enum number_state;
    switch (from) {
        case free: return to == leased || to == disabled;
        case leased: return true;  // another call, its end, a release (of a reservation: to free), a disabling
        case window: return to == leased || to == guard || to == disabled;
        case guard: return to == leased || to == free || to == disabled;
        case disabled: return to == free || to == guard;
    }
    return false;
}

std::string_view unsound(const number_row& row) {
    const bool nobody = row.holder.empty() && row.calls == 0;
    switch (row.state) {
        case number_state::free:
            return nobody && row.panel.empty() && row.until == never && row.guard_until == never
                       ? ""
                       : "a free number belongs to nobody";
        case number_state::leased:
            if (row.panel.empty() == row.holder.empty() || row.panel.empty() != (row.calls == 0)) {
                return "a leased number has a panel with calls, or a holder";
            }
            return row.until == never || row.guard_until < row.until ? "a leased number has an end" : "";
        case number_state::window:
            return nobody && !row.panel.empty() && row.until != never && row.until <= row.guard_until
                       ? ""
                       : "a window leads to a panel and ends";
        case number_state::guard:
            return nobody && row.until != never && row.until == row.guard_until ? "" : "a guard time ends";
        case number_state::disabled: return nobody && row.until == never ? "" : "a disabled number is in no call";
    }
    return "no such state";
}

result<move> move::by_act(const number_row& stored, const number_row& after, instant at, const lease_rules& rules) {
    const number_row met = state_at(stored, at, rules);
    const auto refused = [&](std::string_view why) {
        return failure{failure_kind::broken_data, "number " + stored.number.text() + " cannot go from " +
                                                      std::string(name_of(met.state)) + " to " +
                                                      std::string(name_of(after.state)) + ": " + std::string(why) +
                                                      "; nothing was written, please report it"};
    };
    if (!legal(met.state, after.state)) {
        return refused("there is no such way");
    }
    if (const auto why = unsound(after); !why.empty()) {
        return refused(why);
    }
    if (after.number != stored.number || after.city != stored.city || after.lease < stored.lease) {
        return refused("it is another number, or an older lease");
    }
    const bool lent_on = met.state == number_state::window && after.state == number_state::leased;
    const bool stolen = met.state == number_state::leased && !met.panel.empty() && after.state == number_state::leased;
    if ((lent_on || stolen) && after.panel != met.panel) {
        return refused("it leads to another panel");
    }
    if (met.state == number_state::leased && after.state == number_state::free && !met.panel.empty()) {
        return refused("it was in a call");
    }
    return move(stored, after, met.state);
}

move move::by_time(const number_row& stored, instant at, const lease_rules& rules) {
    return {stored, state_at(stored, at, rules), stored.state};
}

std::optional<choice> own_number(const std::vector<number_row>& rows, const panel_id& panel, instant at,
                                 const lease_rules& rules) {
    std::optional<choice> best;
    for (const number_row& stored : rows) {
        const number_row row = state_at(stored, at, rules);
        const bool open = row.state == number_state::leased || row.state == number_state::window;
        if (open && !panel.empty() && row.panel == panel && (!best || row.lease > best->row.lease)) {
            best = choice{row, lent_how::sticky};
        }
    }
    return best;
}

std::optional<choice> choose(const std::vector<number_row>& own, const std::vector<std::vector<number_row>>& pools,
                             const panel_id& panel, instant at, const lease_rules& rules) {
    if (auto mine = own_number(own, panel, at, rules)) {
        return mine;
    }
    for (const auto& pool : pools) {
        if (const auto row = longest_rested(pool, at, rules)) {
            return choice{*row, lent_how::rested};
        }
    }
    for (const auto& pool : pools) {
        if (const auto row = nearest_to_free(pool, at, rules)) {
            return choice{*row, lent_how::guard_spent};
        }
    }
    return std::nullopt;
}

}  // namespace td::pool
