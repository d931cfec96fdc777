#pragma once
// All calls of one worker as one machine: it finds the call that a fact speaks of, keeps the deadlines of all of them,
// and knows what no single call can know: how many there are, which panel's leg belongs to which, who waits for which
// account.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/deadlines.hpp"
#include "call/callback_call.hpp"
#include "call/commands.hpp"
#include "call/door_call.hpp"
#include "call/facts.hpp"
#include "call/rules.hpp"
#include "call/sos_call.hpp"

namespace td::call {

class switchboard {
public:
    explicit switchboard(rules wanted);

    /// Takes one fact and appends what is to be done to `out`. Deadlines due at `now` are served first.
    void step(instant now, const fact& news, commands& out);
    /// Serves the deadlines that are due; an extra call is harmless.
    void advance(instant now, commands& out);
    /// When `advance` is next needed; `never` when nothing waits.
    [[nodiscard]] instant next_deadline() const { return deadlines_.next(); }

    /// Calls begun from now on follow the new rules; living calls keep theirs.
    void follow(rules wanted);

    /// An arrival of a leg that belongs to a call already, or of a call that lives: nothing is new about it.
    [[nodiscard]] bool told_before(const fact& news) const;

    [[nodiscard]] std::size_t calls() const { return places_.size(); }
    /// Those of them that are emergency calls or callbacks: a drain waits for them without a limit.
    [[nodiscard]] std::size_t sos_calls() const { return sos_calls_; }
    [[nodiscard]] std::size_t legs() const { return legs_; }
    [[nodiscard]] bool draining() const { return draining_; }

private:
    /// A call's place; freed places are used again, the last one first, so that a replay gives the same places.
    using place = std::uint32_t;
    struct seat {
        std::variant<std::monostate, door_call, sos_call, callback_call> call;
        instant armed_at = never;
        std::size_t legs = 0;
        bool waited_for = false;  ///< its accounts stand in waiting_
    };

    void take(instant now, const panel_arrived& news, commands& out);
    void take(instant now, const sos_arrived& news, commands& out) { begin_sos<sos_call>(now, news, out); }
    void take(instant now, const callback_arrived& news, commands& out) { begin_sos<callback_call>(now, news, out); }
    void take(instant now, const panel_left& news, commands& out);
    void take(instant now, const pbx_seen& news, commands& out);
    void take(instant now, const pbx_line_lost& news, commands& out);
    void take(instant now, const account_registered& news, commands& out);
    void take(instant now, const memory_recalled& news, commands& out);
    void take(instant now, const drain_begun& news, commands& out);
    void take(instant now, const drain_over& news, commands& out);
    void take(instant, const time_passed&, commands&) {}  // step has served the deadlines already
    void take(instant now, const leg_ringing& news, commands& out) { take_of_leg(now, news, out); }
    void take(instant now, const leg_answered& news, commands& out) { take_of_leg(now, news, out); }
    void take(instant now, const leg_ended& news, commands& out);
    void take(instant now, const key_pressed& news, commands& out);
    void take(instant now, const number_lent& news, commands& out);
    template <class OfCall>
    void take(instant now, const OfCall& news, commands& out);
    template <class OfLeg>
    void take_of_leg(instant now, const OfLeg& news, commands& out);
    template <class Call, class Arrival>
    void begin_sos(instant now, const Arrival& news, commands& out);
    template <class News>
    void tell(place at, instant now, const News& news, commands& out);
    template <class Act>
    void act_at(place at, instant now, commands& out, const Act& act);
    template <class Act>
    void at_every_call(const Act& act);
    void clear_panel(instant now, const panel_id& panel, commands& out);

    [[nodiscard]] place new_place();
    void settle(place at);
    void wait_for_accounts(place at, const door_call& call);
    void stop_waiting(place at, const door_call& call);
    void forget(place at);

    std::shared_ptr<const door_rules> door_rules_;
    std::shared_ptr<const sos_rules> sos_rules_;
    std::vector<seat> seats_;
    std::vector<place> free_;
    std::unordered_map<call_id, place> places_;
    std::unordered_map<channel_id, place> panels_;
    std::unordered_multimap<account_id, place> waiting_;
    deadlines<place> deadlines_;
    std::size_t legs_ = 0;
    std::size_t sos_calls_ = 0;
    bool draining_ = false;
};

}  // namespace td::call
