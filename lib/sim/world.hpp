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
#include "sim/agenda.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim/past.hpp"
#include "sim/promises.hpp"
#include "sim/wire.hpp"
#include "sim/world_plan.hpp"

namespace td::sim {

/// Whether the world writes down what happens: it costs ten times the time of the world itself.
enum class story : std::uint8_t { untold, told };

/// What became of one visit.
struct verdict {
    std::size_t records = 0;  ///< of this visit's panel leg
    call::outcome how = call::outcome::failed;
    call::ended_by who = call::ended_by::none;
    account_id answered_by;
    // What happened on the SIP side, whatever the worker knows of it:
    bool talked = false;
    bool turned_away = false;       ///< nobody listened when the panel called
    bool answered_in_vain = false;  ///< nobody listened when a phone answered: Asterisk hung it up
    bool visitor_left = false;      ///< of its own accord
};

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
    /// Facts from outside and requests to Asterisk: the places of faults.
    [[nodiscard]] std::size_t facts() const { return facts_; }
    [[nodiscard]] std::size_t requests() const { return wire_.requests(); }
    /// In the order of the plan's visits; to be asked at the end.
    [[nodiscard]] std::vector<verdict> verdicts() const;

private:
    void arrange();
    void arrive(const visit& who);
    void leave(const std::string& channel);
    void prepare_fault();
    void meet(const call::fact& news);
    void meet_again(duration later, const call::fact& news);
    void hold_back(duration wait, const call::fact& news);
    void let_go(std::size_t life);
    void strike_if_due();
    void take(const call::fact& news);
    void wake_up();
    void carry_out(const call::commands& wishes);
    void ask_crm(const call::find_accounts& question);
    void send_push(const call::push& wish);
    void register_phone(const resident& who);
    void take(const sip_news& news);
    void remark(const std::string& words);
    void serve(const call::fact* news);
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
    std::size_t facts_ = 0;
    std::vector<call::fact> held_back_;  // the fact that the plan delays, and those of its channel behind it
    std::size_t again_ = 0;              // facts that are still to be told a second time
    struct sip_side {
        bool turned_away = false;
        bool answered_in_vain = false;
        bool visitor_left = false;
        bool talked = false;
    };
    std::vector<sip_side> sip_sides_;  // of the visits
    /// Whether anybody hears what Asterisk says.
    enum class hearing : std::uint8_t { nobody, somebody };
    [[nodiscard]] hearing listens() const { return alive_ && wire_.line_is_up() ? hearing::somebody : hearing::nobody; }
    std::map<std::string, hearing> answered_legs_;  // who heard it
    // Where the plan has deaths:
    past past_;
    std::set<call_id> recorded_;  // the records that the spool has
    std::set<call_id> undead_;    // calls whose record it has, remembered without their end
    std::size_t deaths_ = 0;
    std::size_t remembered_ = 0;
    bool alive_ = true;
};

/// Runs the world of a seed; when a promise is broken, runs it again with a trace. Empty: all is well. Else the broken
/// promises and the story, ready to be printed.
[[nodiscard]] std::string verdict_of_seed(std::uint64_t seed);

}  // namespace td::sim
