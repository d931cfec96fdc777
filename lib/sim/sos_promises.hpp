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
#include "sim/watcher.hpp"

namespace td::sim {

/// What the parts outside hold of numbers in the end.
struct pool_truth {
    std::size_t in_calls = 0;       ///< calls that still have a number in the store
    std::vector<number_id> astray;  ///< numbers that a callback is routed by to another panel than the store says
};

class sos_promises : public watcher {
public:
    /// The INVITE of an emergency call is on the wire so soon after the panel's arrival, whatever hangs.
    static constexpr duration invite_limit{500ms};

    /// The plan outlives the watcher.
    explicit sos_promises(const sos_plan& plan) : watcher(plan.start), plan_(plan) {}

    void saw_arrival(instant now, const std::string& channel) override { truths_[channel].arrived = now; }
    void saw_caller_leave(instant now, const std::string& channel) override { truths_[channel].left = now; }
    void saw_news(const sip_news& news);
    void saw_death(const std::set<call_id>& known, memory_of_dead whole) override;
    void saw_last_word(instant now, const call::command& word) override;
    /// Everything is over: what is left is left behind.
    void saw_the_end(instant now, const fake_asterisk& asterisk, std::size_t calls, std::size_t legs,
                     const pool_truth& pool);

    [[nodiscard]] std::size_t calls() const { return calls_.size(); }
    struct ending {
        call::outcome how = call::outcome::failed;
        call::ended_by who = call::ended_by::none;
    };
    /// Of the records of a caller's leg: one, but for a leg whose first call was forgotten.
    [[nodiscard]] std::vector<ending> endings_of(const std::string& channel) const;
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
        std::map<pool::lease_token, unsigned> times_lent;
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
        bool parted = false;  // two who talked were parted by a command
        bool torn = false;    // its worker died, and what it did last is forgotten
        std::optional<instant> recorded_at;
        std::optional<call::sos_record> sos;
        std::optional<call::callback_record> callback;

        [[nodiscard]] bool alerted(const call::sos_alert& news) const;
    };
    /// What happened on the SIP side to one call, by the caller's channel, whatever the worker knows of it.
    struct truth {
        instant arrived{};
        instant left = never;
        std::optional<instant> invited;
        std::map<std::string, instant> up;  // callees that were answered and are not gone
        std::set<std::string> answered;
        std::string bridged_with;  // the callee in the caller's bridge, which may ring yet

        [[nodiscard]] bool talking() const { return up.contains(bridged_with); }
    };

    void take(instant now, const call::fact& news) override;
    void take(instant now, const call::command& wish, const call::commands& step) override;
    void take(instant now, const call::call_out& wish);
    void take(instant now, const call::join& wish);
    void take(instant now, const call::drop_leg& wish);
    void take(instant now, const call::return_number& wish);
    void take(instant now, const call::finish_sos& wish);
    void take(instant now, const call::finish_callback& wish);
    void take_end(instant now, const call_id& call, call_watch& watched, kind what, call::ended_by who);
    void begin(instant now, const call_id& call, const channel_id& channel, const panel_id& panel, kind what);
    void check_caller_id(instant now, const call_watch& watched, const call::call_out& wish);
    void check_target(instant now, const call_watch& watched, const call::call_out& wish);
    void check_numbers(instant now, const call_id& name, const call_watch& watched);
    void check_exclusive(instant now, const call_id& call, const number_id& number);
    void check_stray(instant now, const std::string& channel);
    void check_alerts(instant now, const call_watch& watched);
    void check_invite(instant now, const call_id& name, const call_watch& watched);
    void check_truth(instant now, const call_id& name, const call_watch& watched);
    call_watch* watch(instant now, const call_id& call, std::string_view wish);

    const sos_plan& plan_;
    std::map<call_id, call_watch> calls_;
    std::map<std::string, call_id> callers_;
    std::map<std::string, truth> truths_;   // by the caller's channel
    std::map<number_id, panel_id> led_to_;  // since the beginning of the world
    std::size_t answered_ = 0;
    duration slowest_invite_{};
    bool draining_ = false;
};

}  // namespace td::sim
