#pragma once
// What tdctl promises about every emergency call and callback, watched from outside: the facts that went into the
// switchboard, the commands that came out, and what the SIP side really saw. A broken promise is kept as a sentence.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim/sos_plan.hpp"

namespace td::sim {

class sos_promises {
public:
    /// The INVITE of an emergency call is on the wire so soon after the panel's arrival, whatever hangs.
    static constexpr duration invite_limit{500ms};

    /// The plan outlives the watcher.
    explicit sos_promises(const sos_plan& plan) : plan_(plan) {}

    /// A panel's or a gateway's INVITE has reached Asterisk.
    void saw_arrival(instant now, const std::string& channel) { truths_[channel].arrived = now; }
    /// The caller hung up by himself.
    void saw_caller_leave(instant now, const std::string& channel) { truths_[channel].left = now; }
    /// One step of the switchboard: the fact (none for a wake-up) and every command that it led to, in order.
    void saw_step(instant now, const call::fact* news, const call::commands& out);
    void saw_news(const sip_news& news);
    /// Whether the last moments of a dead worker had reached its journal.
    enum class memory_of_dead : std::uint8_t { whole, torn };
    /// The worker died, and the next one remembers these calls: what it had asked may be asked once more. A call whose
    /// arrival had not reached the journal is nobody's: if its caller still waits it gets another.
    void saw_death(const std::set<call_id>& known, memory_of_dead whole);
    /// The next one could not read a line of the journal.
    void saw_bad_line(instant now, const std::string& why) { blame(now, {}, "journal: " + why); }
    void saw_next_deadline(instant now, instant next);
    /// Everything is over: what is left is left behind.
    void saw_the_end(instant now, const fake_asterisk& asterisk, std::size_t calls, std::size_t legs,
                     std::size_t numbers_in_calls);

    [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }
    [[nodiscard]] std::size_t calls() const { return calls_.size(); }
    [[nodiscard]] std::size_t answered() const { return answered_; }
    /// From the arrival to the INVITE, of the slowest emergency call that left.
    [[nodiscard]] duration slowest_invite() const { return slowest_invite_; }

private:
    enum class kind : std::uint8_t { sos, callback };
    struct call_watch {
        kind what = kind::sos;
        instant arrived{};
        std::string channel;
        panel_id panel;                 // of a callback: to whom it was routed
        bool no_number = false;         // of a callback: the number could not be used
        std::optional<panel_id> check;  // of a callback: what the pool said in time
        std::set<number_id> shared;
        std::map<pool::lease_token, number_id> lent;
        std::map<pool::lease_token, unsigned> returned;
        std::set<std::uint8_t> living;  // called, its end neither told nor ordered
        std::optional<leg_no> callee;   // called last
        number_id shown;
        std::size_t attempts = 0;
        bool last_was_early = false;  // the way of the last one
        std::vector<call::sos_alert> alerts;
        bool over = false;  // the caller was told to go, was given back, or is gone
        bool refused = false;
        bool taken = false;
        bool freed = false;
        bool torn = false;  // its worker died, and what it did last is forgotten
        std::optional<instant> recorded_at;
        std::optional<call::sos_record> sos;
        std::optional<call::callback_record> callback;
    };
    /// What happened on the SIP side to one call, by the caller's channel, whatever the worker knows of it.
    struct truth {
        instant arrived{};
        instant left = never;
        std::optional<instant> invited;
        std::map<std::string, instant> up;  // callees that were answered and are not gone
        std::set<std::string> answered;
    };

    void take(instant now, const call::fact& news);
    void take(instant now, const call::command& wish);
    void take(instant now, const call::call_out& wish);
    void take(instant now, const call::return_number& wish);
    void take(instant now, const call::finish_sos& wish);
    void take(instant now, const call::finish_callback& wish);
    void take_end(instant now, const call_id& call, call_watch& watched, kind what);
    void begin(instant now, const call_id& call, const channel_id& channel, const panel_id& panel, kind what);
    void check_caller_id(instant now, const call_watch& watched, const call::call_out& wish);
    void check_target(instant now, const call_watch& watched, const call::call_out& wish);
    void check_numbers(instant now, const call_id& name, const call_watch& watched);
    void check_alerts(instant now, const call_watch& watched);
    void check_invite(instant now, const call_id& name, const call_watch& watched);
    void check_truth(instant now, const call_id& name, const call_watch& watched);
    call_watch* watch(instant now, const call_id& call, std::string_view wish);
    void blame(instant now, const call_id& call, const std::string& words);

    const sos_plan& plan_;
    std::map<call_id, call_watch> calls_;
    std::map<std::string, call_id> callers_;
    std::map<std::string, truth> truths_;  // by the caller's channel
    std::vector<std::string> broken_;
    std::size_t answered_ = 0;
    duration slowest_invite_{};
    bool draining_ = false;
};

}  // namespace td::sim
