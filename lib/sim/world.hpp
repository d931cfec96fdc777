#pragma once
// A worker's switchboard among a fake Asterisk, a fake CRM, a fake push server, panels, visitors and phones, in virtual
// time. The same plan gives the same world, so a seed is a test: `broken()` lists the promises that were not kept, and
// the same seed with a trace tells the whole story.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "call/switchboard.hpp"
#include "journal/codec.hpp"
#include "sim/agenda.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim/promises.hpp"
#include "sim/wire.hpp"
#include "sim/world_plan.hpp"

namespace td::sim {

/// Whether the world writes down what happens: it costs ten times the time of the world itself.
enum class story : std::uint8_t { untold, told };

class world {
public:
    world(world_plan plan, story wanted);

    /// Lives until everything is over, or until it should long have been.
    void run();

    [[nodiscard]] const std::vector<std::string>& broken() const { return promises_.broken(); }
    [[nodiscard]] const std::vector<std::string>& trace() const { return trace_; }
    [[nodiscard]] std::size_t calls() const { return promises_.calls(); }
    [[nodiscard]] std::size_t answered() const { return promises_.answered(); }
    [[nodiscard]] std::size_t steps() const { return steps_; }
    [[nodiscard]] std::size_t remembered() const { return remembered_; }  ///< calls, over all deaths

private:
    void arrange();
    void arrive(const visit& who);
    void leave(const std::string& channel);
    void take(const call::fact& news);
    void wake_up();
    void carry_out(const call::commands& wishes);
    void ask_crm(const call::find_accounts& question);
    void send_push(const call::push& wish);
    void register_phone(const resident& who);
    void take(const sip_news& news);
    void remark(const std::string& words);
    void serve(const call::fact* news);
    void write_down(instant at, const call::fact& news, const call::commands& out);
    void write_down(instant at, const call::rules& rules);
    void die_if_due();
    void come_back();
    void remember();
    [[nodiscard]] call::commands as_seen(call::commands out) const;
    [[nodiscard]] bool quiet() const;
    [[nodiscard]] const visit* visit_of(const call_id& call) const;

    world_plan plan_;
    story story_;
    agenda time_;
    fake_asterisk asterisk_;
    call::switchboard board_;
    promises promises_;
    wire wire_;
    std::map<std::string, std::size_t> visits_;  // by the panel's channel
    std::map<call_id, std::size_t> calls_;
    std::vector<std::string> trace_;
    std::size_t arrivals_left_ = 0;
    std::size_t steps_ = 0;
    // Where the plan has deaths:
    std::vector<std::pair<instant, std::string>> journal_;  // the lines of a step each
    std::set<call_id> recorded_;                            // the records that the spool has
    std::set<call_id> undead_;                              // calls whose record it has, remembered without their end
    std::size_t deaths_ = 0;
    std::size_t remembered_ = 0;
    bool alive_ = true;
};

/// Runs the world of a seed; when a promise is broken, runs it again with a trace. Empty: all is well. Else the broken
/// promises and the story, ready to be printed.
[[nodiscard]] std::string verdict_of_seed(std::uint64_t seed);

}  // namespace td::sim
