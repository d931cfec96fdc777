#pragma once
// Runs the recorded facts of one worker through the machines of today, and compares what they ask for with what was
// recorded.
//
// A step of the worker stands in the journal as one fact and the commands behind it, all with the fact's moment,
// because the worker serves its deadlines with the fact that comes next or with a time_passed of their own. So a
// switchboard that takes the same facts at the same moments has the same deadlines due, and what it asks for is written
// by the journal's own writer and compared as text; only where that differs are lines read. A run begins with an empty
// switchboard: what it remembers of the run before it stands at its head, and is compared like all the rest.
//
// A file behind missing ones begins with what its living calls need, told again. What they asked for then does not
// stand in it: those lines only bring the switchboard to where the worker's was, and all behind them is compared. The
// order among calls is not, because it hangs on calls that are over, too.
//
// Where lines are missing and no head follows, the calls that lived are left out, and those that arrived meanwhile are
// not known: whether the worker was full or draining is then taken from the record.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "call/switchboard.hpp"
#include "journal/codec.hpp"
#include "replay/check.hpp"
#include "replay/command_comparer.hpp"

namespace td::replay {

class checker {
public:
    /// How much of a run is read.
    enum class beginning : std::uint8_t {
        at_its_start,
        within,  ///< earlier files are missing
    };

    checker(check_wishes wanted, check_observer& to);
    ~checker();
    checker(const checker&) = delete;
    checker& operator=(const checker&) = delete;

    /// A file of another run begins; `rules` as its header says.
    void begin_run(const call::rules& rules, beginning how);
    /// Lines are missing here; `rules` where a file with a header follows.
    void miss_lines(const place& where, const call::rules* rules);
    /// A file behind missing ones begins, of the same run or behind `begin_run`, and its header promises to tell the
    /// living calls again: `retold` has a value. Elsewhere such lines are passed over, but for memory_recalled: of
    /// another file's head none may be taken.
    void begin_head(const place& where, const journal::header& first);
    /// A line that is no header.
    void take(const place& where, std::string_view line);
    /// The last line has no end: what was asked for last may not stand in the journal.
    void tear();
    void end_run();

    /// No call that was asked for can come or change any more.
    [[nodiscard]] bool over() const { return last_ >= wanted_.until && selected_ == 0; }
    [[nodiscard]] const check_counts& counts() const { return counts_; }

private:
    enum class standing : std::uint8_t { compared, different, left_out, not_wanted };
    /// Which calls the switchboard knows.
    enum class knowledge : std::uint8_t {
        all,     ///< every line of the run since its start was taken
        living,  ///< as a file's head tells them: not their order, nor who is over
        some,    ///< lines are missing
    };
    struct life {
        standing now = standing::compared;
        bool unheard = false;  ///< it lived before the hole, and the head has not told it yet
        bool counted = false;  ///< its arrival was seen, and it is wanted
        bool over_recorded = false;
        bool over_today = false;
    };
    struct step {
        place where;
        instant at{};
        call::fact news;
    };
    struct comparison;
    /// What a file's head still has to tell.
    struct head {
        place where;
        std::uint64_t left = 0;
        std::optional<std::vector<call_id>> holed;
    };

    void take_fact(step next);
    [[nodiscard]] bool in_head() const { return head_ && head_->left > 0; }
    void take_retold(const place& where, instant at, const journal::line& what);
    void hear_again(instant at, const call::fact& news);
    void end_head();
    void take_damaged(const place& where, std::string_view line, std::string_view words);
    void put_in_order(step& next);
    void settle();
    void settle_orphans();
    void take_step();
    void take_from_record();
    [[nodiscard]] bool begin_call(const call_id& call, instant at);
    void note_ends();
    void compare();
    void compare_call(comparison& all, const call_id& call);
    void compare_order(const comparison& all);
    void report(const call_id& call, difference found);
    void leave_out(const call_id& call, left_out why, const place& where);
    void leave_all_out(left_out why, const place& where);
    void end_recorded(const call_id& call);
    void end_today(const call_id& call);
    void forget_if_over(const call_id& call);
    void follow();
    [[nodiscard]] bool is_wanted(const call_id& call) const;

    check_wishes wanted_;
    check_observer& observer_;
    command_comparer comparer_;
    journal::reader reader_;
    check_counts counts_;

    call::switchboard board_;
    call::rules rules_;
    knowledge known_ = knowledge::all;
    std::optional<head> head_;  ///< while it is told
    bool draining_ = false;
    bool orphans_damaged_ = false;  ///< commands without a fact are those of a damaged one
    bool torn_ = false;
    instant last_ = instant::min();
    std::uint64_t arrived_ = 0;  ///< since the last memory_recalled, among those wanted
    std::size_t selected_ = 0;   ///< living calls that are wanted
    std::unordered_map<call_id, life> lives_;
    std::unordered_set<call_id> strangers_;  ///< not known to the switchboard, and left out

    std::optional<step> step_;  ///< its commands may still follow
    place last_place_;
    std::string recorded_;  ///< their lines
    std::uint64_t recorded_lines_ = 0;
    call::commands wishes_;
    std::string today_;  ///< their lines
};

}  // namespace td::replay
