#pragma once
// What tdctl promises about every door call, watched from outside: the facts that went into the switchboard, the
// commands that came out, and what the SIP side really saw. A broken promise is kept as a sentence.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim/watcher.hpp"
#include "sim/world_plan.hpp"

namespace td::sim {

class promises : public watcher {
public:
    /// The plan outlives the watcher.
    explicit promises(const world_plan& plan) : watcher(plan.start), plan_(plan) {}

    void saw_news(const sip_news& news);
    void saw_death(const std::set<call_id>& known, memory_of_dead whole) override;
    void saw_last_word(instant now, const call::command& word) override { take(now, word, {}); }
    void saw_caller_leave(instant now, const std::string& channel) override;
    /// Everything is over: what is left is left behind.
    void saw_the_end(instant now, const fake_asterisk& asterisk, std::size_t calls, std::size_t legs);

    [[nodiscard]] std::size_t calls() const { return calls_.size(); }
    [[nodiscard]] std::size_t answered() const { return answered_; }
    /// Of the calls of a panel's leg: one, but for a leg whose first call was forgotten.
    [[nodiscard]] std::vector<const call::door_record*> records_of(const std::string& panel_channel) const;

private:
    struct device_news {
        unsigned rings = 0;
        unsigned ends = 0;
    };
    struct call_watch {
        instant arrived{};
        std::string panel_channel;
        std::set<std::uint8_t> living;  // dialled, its end neither told nor ordered
        std::map<std::uint8_t, account_id> dialled;
        std::optional<leg_no> joined;
        std::map<device_id, device_news> devices;
        std::optional<instant> first_dial;
        std::optional<instant> push_deadline;
        std::optional<instant> over;  // the panel was told to go, or is gone
        std::optional<call::door_record> record;
        instant recorded_at{};
        bool taken = false;
        bool freed = false;
        bool found_accounts = false;
        bool parted = false;  // two who talked were parted by a command
    };
    /// What happened on the SIP side to one call's channels, whatever the worker knows of it.
    struct truth {
        std::set<account_id> answered;
        std::set<std::string> talked_with;  // channel ids
        std::set<std::string> ever_ringing;
        bool visitor_left = false;
        instant visitor_left_at = never;
        bool heard_keys = false;
        std::string talks_with;  // a channel id; empty while nobody talks
    };

    void take(instant now, const call::fact& news) override;
    void take(instant now, const call::command& wish, const call::commands& step) override;
    void take(instant now, const call::dial& wish);
    void take(instant now, const call::join& wish, const call::commands& step);
    void take(instant now, const call::push& wish);
    void take(instant now, const call::finish& wish);
    void check_losers(instant now, const call_watch& watched, const call::join& wish, const call::commands& step);
    void check_stray(instant now, const std::string& channel);
    void check_ringing(const sip_news& news, const call_id& call);
    void check_truth(instant now, const call_watch& watched);
    void check_truth_to_the_letter(instant now, const call_watch& watched, const truth& real);
    call_watch* watch(instant now, const call_id& call, std::string_view wish);

    const world_plan& plan_;
    std::map<call_id, call_watch> calls_;
    std::map<std::string, call_id> panels_;
    std::map<std::string, truth> truths_;           // by the panel's channel
    std::map<std::string, instant> told_to_go_;     // legs, by their channel: when the first hang-up was ordered
    std::map<std::string, instant> ringing_since_;  // phones, by the channel of their leg
    std::size_t answered_ = 0;
};

}  // namespace td::sim
