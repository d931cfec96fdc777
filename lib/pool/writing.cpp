// What the acts share: refusing what no database can hold, and writing a change with its audit.

#include <algorithm>

#include "base/json_text.hpp"
#include "pool/acts.hpp"

namespace td::pool {

std::string unfit(std::string_view what, std::string_view text, std::size_t limit) {
    if (text.size() > limit) {
        return std::string(what) + " has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(limit);
    }
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text.substr(i));
        if (length == 0 || text[i] == '\0') {
            return std::string(what) + " is not UTF-8 at byte " + std::to_string(i + 1);
        }
        i += length;
    }
    return "";
}

failure no_such_number(const number_id& which) {
    return {failure_kind::not_found, "number " + which.text() + ": no such number in the pool"};
}

result<number_row> write(table& in, const lease_rules& rules, const number_row& stored, const number_row& after,
                         const occasion& why, const std::string& act) {
    const auto change = move::by_act(stored, after, why.at, rules);
    if (!change) {
        return change.why();
    }
    in.put(*change);
    const panel_id& panel = after.panel.empty() ? stored.panel : after.panel;
    in.note({0, why.at, why.who, act, stored.number, panel, change->was(), after.state, why.why});
    return after;
}

number_row write_time(table& in, const lease_rules& rules, const number_row& stored, const occasion& why) {
    const move change = move::by_time(stored, why.at, rules);
    const number_row& after = change.after();
    if (after == stored) {
        return stored;
    }
    in.put(change);
    const bool lost_call = stored.state == number_state::leased && !stored.panel.empty();
    if (lost_call) {
        in.close_leases(stored.number, stored.until, led_until(stored, rules), never);
    }
    const bool led = stored.state == number_state::leased || stored.state == number_state::window;
    const std::string act = lost_call ? "end" : led ? "window_over" : "guard_over";
    const std::string lost = lost_call ? "the end of the call was never told" : "the reservation was not renewed";
    in.note({0, why.at, why.who, act, stored.number, stored.panel, stored.state, after.state,
             stored.state == number_state::leased ? lost : why.why});
    return after;
}

}  // namespace td::pool
