#pragma once
// A worker's switchboard with its line for emergency calls, among a fake Asterisk, gateways, panels, and everything
// outside that may hang: in virtual time, the same for the same plan. `broken()` lists the promises that were not kept.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "call/switchboard.hpp"
#include "sim/agenda.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim/past.hpp"
#include "sim/sos_outside.hpp"
#include "sim/sos_plan.hpp"
#include "sim/sos_promises.hpp"
#include "sim/wire.hpp"
#include "sim/world.hpp"

namespace td::sim {

class sos_world {
public:
    sos_world(sos_plan plan, story wanted);

    /// Lives until everything is over, or until it should long have been.
    void run();

    [[nodiscard]] const std::vector<std::string>& broken() const { return promises_.broken(); }
    [[nodiscard]] const std::vector<std::string>& trace() const { return trace_; }
    [[nodiscard]] std::size_t calls() const { return promises_.calls(); }
    [[nodiscard]] std::size_t answered() const { return promises_.answered(); }
    [[nodiscard]] duration slowest_invite() const { return promises_.slowest_invite(); }
    /// Records and alerts that the feed took.
    [[nodiscard]] std::size_t told() const { return outside_.told(); }
    /// Steps of the worker and requests to Asterisk: the places of faults.
    [[nodiscard]] std::size_t steps() const { return steps_; }
    [[nodiscard]] std::size_t requests() const { return wire_.requests(); }
    [[nodiscard]] std::size_t remembered() const { return remembered_; }  ///< calls, over all deaths

private:
    struct stay {
        sos_moods moods;
        duration talks{};
    };

    void arrange();
    void prepare_fault();
    void arrive(const sos_visit& who);
    void arrive(const psap_visit& who);
    void come(std::vector<std::string> args, const std::string& caller, duration patience, stay how);
    void leave(const std::string& channel);
    void take(const call::fact& news);
    void wake_up();
    void serve(const call::fact* news);
    void carry_out(const call::commands& wishes);
    void strike_if_due();
    void die_if_due();
    void come_back();
    void remember();
    void repeat_last_words(const call::commands& words);
    [[nodiscard]] call::commands as_seen(call::commands out) const;
    void take(const sip_news& news);
    void remark(const std::string& words);
    [[nodiscard]] bool quiet() const;

    sos_plan plan_;
    story story_;
    agenda time_;
    fake_asterisk asterisk_;
    call::switchboard board_;
    sos_promises promises_;
    sos_outside outside_;
    wire wire_;
    std::map<std::string, stay> stays_;     // by the caller's channel
    std::map<call_id, std::string> calls_;  // to the caller's channel
    std::vector<std::string> trace_;
    std::size_t arrivals_left_ = 0;
    std::size_t steps_ = 0;
    // Where the plan has deaths:
    past past_;
    std::set<call_id> recorded_;  // the records that the spool has
    std::set<call_id> undead_;    // calls whose record it has, remembered without their end
    std::size_t deaths_ = 0;
    std::size_t remembered_ = 0;
    bool alive_ = true;
};

/// As verdict_of_seed of world.hpp.
[[nodiscard]] std::string sos_verdict_of_seed(std::uint64_t seed);

}  // namespace td::sim
