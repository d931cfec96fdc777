#pragma once
// Takes some calls out of a journal as a smaller one that replays by itself: a test case.
//
// A call's course follows from its own facts, from those that concern all calls, and from the moments at which its
// deadlines were served. Where another call's fact served one, a time_passed stands in its place. What was asked for
// stays as it was recorded. Which of two calls comes first whose deadlines are one moment may be another. A call that
// was turned away among many others is so by rules that leave no room for it.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "call/switchboard.hpp"
#include "journal/codec.hpp"

namespace td::replay {

class cutter {
public:
    explicit cutter(std::set<call_id> wanted) : wanted_(std::move(wanted)) {}

    /// A run begins; its first file may be missing, and then calls are only known whose arrival comes.
    void begin_run(instant at, journal::header first);
    /// A line that is no header, and tells nothing again that stands in what was read.
    void take(std::string_view line);
    /// Lines are missing here: whoever lives is not whole.
    void miss_lines();
    /// The text of the run's small journal; empty when none of the calls lived in it.
    [[nodiscard]] std::string end_run();

    /// Calls that arrived.
    [[nodiscard]] const std::set<call_id>& met() const { return met_; }
    /// Those of them of which lines are missing.
    [[nodiscard]] const std::set<call_id>& broken() const { return broken_; }
    /// Callbacks that took a panel away from one of the calls: without them it ends for no reason.
    [[nodiscard]] const std::set<call_id>& entangled() const { return entangled_; }

private:
    /// What the calls hear of a step.
    enum class share : std::uint8_t { whole, moment };
    struct step {
        instant at{};
        call::fact news;
        journal::telling how = journal::telling::first;
        share heard = share::moment;
        std::string asked{};  ///< the lines of what was asked for the calls
        bool turned_away = false;
    };

    void settle();
    void ask(std::string_view line, const call::command& wish);
    void write(step& one);
    void follow(instant at, const call::rules& rules);
    [[nodiscard]] share share_of(call::fact& news);
    void leave_out_others(call::pbx_seen& seen) const;

    std::set<call_id> wanted_;
    std::set<call_id> met_;
    std::set<call_id> broken_;
    std::set<call_id> entangled_;

    journal::reader reader_;
    call::switchboard board_{call::rules{}};
    call::rules rules_;
    std::set<call_id> living_;
    std::set<channel_id> panels_;
    std::set<account_id> accounts_;
    std::optional<step> step_;
    std::string text_;
    bool some_ = false;  ///< one of the calls lived in this run
};

}  // namespace td::replay
