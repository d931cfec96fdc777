#pragma once
// A worker that can be struck and killed: its switchboard, its line to a fake Asterisk and its journal, in virtual
// time. What the kinds of world differ in (who calls, which roles stand beside Asterisk, what is promised) is theirs.

#include <cstddef>
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
#include "sim/watcher.hpp"
#include "sim/wire.hpp"
#include "sim/world_plan.hpp"

namespace td::sim {

/// Whether the world writes down what happens: it costs ten times the time of the world itself.
enum class story : std::uint8_t { untold, told };

/// Whom of two who had talked by then a picture of Asterisk showed the worker in the bridge, at most.
enum class shown_joined : std::uint8_t {
    nobody,
    one,  ///< or both, and not both are up: who is called may stand there before it answers
    both
};

/// What happened to one who called, whatever the worker knows of it.
struct caller_fate {
    bool talked = false;
    bool turned_away = false;       ///< nobody listened when the call came
    bool answered_in_vain = false;  ///< nobody listened when a phone answered: Asterisk hung it up
    bool left = false;              ///< of its own accord
    shown_joined shown = shown_joined::nobody;
};

class mortal_world {
public:
    mortal_world(const mortal_world&) = delete;
    mortal_world& operator=(const mortal_world&) = delete;
    virtual ~mortal_world() = default;

    /// The journals of the worker's lives are kept, though it need not die. Before `run`.
    void keep_journals() { past_.keep_journals(); }
    /// The texts of every life's files, of so many steps each.
    [[nodiscard]] std::vector<std::vector<std::string>> journals(std::size_t steps_each) const {
        return past_.journals(course_.start, course_.rules, steps_each);
    }

    /// Lives until everything is over, or until it should long have been.
    void run();

    [[nodiscard]] const std::vector<std::string>& broken() const { return watching().broken(); }
    [[nodiscard]] const std::vector<std::string>& trace() const { return trace_; }
    /// The trace, the planned deaths before it and the broken promises behind it, a line each.
    [[nodiscard]] std::string whole_story() const;
    /// Steps of the worker, facts from outside and requests to Asterisk: the places of faults.
    [[nodiscard]] std::size_t steps() const { return steps_; }
    [[nodiscard]] std::size_t facts() const { return facts_; }
    [[nodiscard]] std::size_t requests() const { return wire_.requests(); }
    [[nodiscard]] std::size_t remembered() const { return remembered_; }  ///< calls, over all deaths

protected:
    mortal_world(const worker_plan& course, story wanted, call::line which);

    // ---- what a kind of world adds
    virtual void arrange_people() = 0;
    /// A fact that the worker takes now.
    virtual void saw_fact(const call::fact&) {}
    /// What is for Asterisk is none of its business.
    virtual void carry_out_beside(const call::command& wish) = 0;
    virtual void saw_news(const sip_news& news) = 0;
    virtual void died() {}
    virtual void came_back() {}
    [[nodiscard]] virtual watcher& watching() = 0;
    [[nodiscard]] virtual const watcher& watching() const = 0;
    /// After this nothing can be left of the last call; what is, was forgotten.
    [[nodiscard]] virtual instant curfew() const = 0;
    /// Only another look at Asterisk finds what was left there.
    [[nodiscard]] virtual bool needs_another_look() const = 0;
    [[nodiscard]] virtual bool over() const = 0;
    virtual void saw_the_end() = 0;

    // ---- what it finds here
    /// A fact from outside reaches the worker, or meets the plan's fault on its way.
    void meet(const call::fact& news);
    void meet_after(duration wait, call::fact news);  ///< unless the worker dies meanwhile
    void take(const call::fact& news);
    void arrive_at(instant when, std::function<void()> arrival);
    /// A call reaches Asterisk. Returns the name of its channel.
    std::string come(const panel_call& call);
    void leave(const std::string& channel);
    /// By the caller's channel; nullptr: none of the callers.
    [[nodiscard]] const caller_fate* fate_of(const std::string& channel) const;
    /// The caller's channel of a call that arrived; empty: it never did.
    [[nodiscard]] std::string caller_of(const call_id& call) const;
    void remark(const std::string& words);
    /// As the worker's clock has it.
    [[nodiscard]] instant clock() const { return time_.now() + lead_; }
    [[nodiscard]] bool tells() const { return story_ == story::told; }
    [[nodiscard]] bool quiet() const;
    [[nodiscard]] agenda& time() { return time_; }
    [[nodiscard]] const agenda& time() const { return time_; }
    [[nodiscard]] fake_asterisk& asterisk() { return asterisk_; }
    /// Somebody did something at Asterisk, and the worker hears what it says.
    void hear() { wire_.hear(); }
    [[nodiscard]] const call::switchboard& board() const { return board_; }

private:
    void arrange();
    /// As far as Asterisk sees.
    [[nodiscard]] bool listens() const { return alive_ && (wire_.line_is_up() || wire_.silent()); }
    void take(const sip_news& news);
    void note_who_is_joined(const call::pbx_seen& picture);
    void meet_again(duration later, const call::fact& news);
    void hold_back(duration wait, const call::fact& news);
    void let_go(std::size_t life);
    void strike_if_due();
    void lose_line(const cut& how, const std::string& words);
    void wake_up();
    void serve(const call::fact* news);
    void carry_out(const call::commands& wishes);
    void die_if_due(bool unsent);
    void come_back();
    void remember();
    void repeat(const call::commands& last_words);
    [[nodiscard]] bool is_unsent_step() const;
    [[nodiscard]] call::commands as_seen(call::commands out, bool unsent) const;
    [[nodiscard]] instant next_deadline() const;

    worker_plan course_;
    story story_;
    agenda time_;
    fake_asterisk asterisk_;
    call::line which_;
    call::switchboard board_;
    wire wire_;
    std::vector<std::string> trace_;
    std::map<std::string, caller_fate> callers_;  // by channel
    std::map<call_id, std::string> calls_;        // to the caller's channel
    std::map<std::string, bool> answered_legs_;   // whether somebody heard it
    std::size_t arrivals_left_ = 0;
    std::size_t steps_ = 0;
    std::size_t facts_ = 0;
    std::vector<call::fact> held_back_;  // the fact that the plan delays, and those of its channel behind it
    std::size_t again_ = 0;              // facts that are still to be told a second time
    // Where the plan has deaths:
    past past_;
    std::set<call_id> recorded_;  // the records that the spool has
    std::set<call_id> undead_;    // calls whose record it has, remembered without their end
    duration lead_{};             // of the worker's clock before the world's
    std::size_t deaths_ = 0;
    std::size_t remembered_ = 0;
    bool alive_ = true;
};

/// Runs the world of a plan; when a promise is broken, runs it again with a trace. Empty: all is well. Else the story.
template <class World, class Plan>
[[nodiscard]] std::string story_of_broken(const Plan& plan) {
    World first(plan, story::untold);
    first.run();
    if (first.broken().empty()) {
        return {};
    }
    World again(plan, story::told);
    again.run();
    return again.whole_story();
}

}  // namespace td::sim
