#pragma once
// What calls would have come to under other rules, as far as their recorded facts can tell.
//
// The facts of a run go through two switchboards: one under the rules that were in force, one under the others. As long
// as both ask the same of the world for a call, the world would have answered the same, and what is recorded holds for
// both. Where the second one ends a call that the first lets go on, its outcome is known: the rest of the record is of
// a world that is over for it. Where the first ends a call that the second lets go on, or the second asks for something
// else (another leg, another push), nobody knows what would have come of it, and the call counts as undecided.
//
// The second switchboard wakes at deadlines of its own; at those that both have it wakes when the recorded worker did.

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "call/switchboard.hpp"
#include "journal/codec.hpp"
#include "replay/check.hpp"

namespace td::replay {

/// How a call ends, of whichever kind.
struct ending {
    call::outcome how = call::outcome::failed;
    call::ended_by who = call::ended_by::none;
    std::string answered_by{};
    bool opened_door = false;
    call::call_ms ring_ms = 0;
    call::call_ms talk_ms = 0;
    friend bool operator==(const ending&, const ending&) = default;
};

enum class doubt : std::uint8_t {
    none,
    cut_short,      ///< it was ended in the record, and would have gone on
    asked_other,    ///< something else would have been asked of phones, pushes or routes
    not_whole,      ///< its beginning, or lines of it, were not read
    other_machine,  ///< the machines of today already decide otherwise under the rules that were in force (see check)
};
[[nodiscard]] std::string_view name_of(doubt why);

struct supposition {
    call_id call;
    instant began{};
    instant parted{};  ///< where the two went different ways; `never`: nowhere
    doubt why = doubt::none;
    ending was;                        ///< as recorded
    std::optional<ending> would_be{};  ///< nothing in doubt
};

class what_if_observer {
public:
    virtual ~what_if_observer() = default;
    /// Once for each call that ends in what was read.
    virtual void supposes(const supposition& news) = 0;
    virtual void finds_damaged(const place& where, std::string_view words) = 0;
};

class what_if {
public:
    what_if(std::function<void(call::rules&)> change, check_wishes wanted, what_if_observer& to);

    /// A file of another run begins, or one behind missing ones whose head tells the living calls again; `rules` as its
    /// header says.
    void begin_run(const call::rules& rules);
    /// Lines are missing here: what lives is in doubt. `rules` where a file with a header follows.
    void miss_lines(const call::rules* rules);
    /// A line that is no header.
    void take(const place& where, std::string_view line);
    void end_run();

    /// Calls that have not ended in their run.
    [[nodiscard]] std::uint64_t unfinished() const { return unfinished_; }

private:
    enum class standing : std::uint8_t { alike, ended, doubtful };
    struct life {
        instant began{};
        standing now = standing::alike;
        doubt why = doubt::none;
        instant parted = never;
        bool wanted = true;
        std::optional<ending> recorded{};
        std::optional<ending> today{};
        std::optional<ending> supposed{};
    };
    /// What a command asks of the world, so far as an answer may hang on it.
    struct ask {
        call_id call;
        std::size_t kind = 0;
        int leg = -1;
        std::string whom{};
        bool ends = false;      ///< the panel is let go, or the call is over
        bool hangs_up = false;  ///< a leg
        friend auto operator<=>(const ask&, const ask&) = default;
    };

    void step(instant at, const call::fact& news);
    void serve_own_deadlines(instant before);
    void begin(const call_id& call, instant at);
    void compare(instant at);
    void part_where(const std::vector<ask>& asked, instant at, standing now, doubt why, bool (*counts)(const ask&));
    void note_endings(const call::commands& from, std::optional<ending> life::*whose);
    void note_recorded(const place& where, std::string_view line);
    void settle(const call_id& call);
    void follow(const call::rules& rules);
    [[nodiscard]] static std::vector<ask> asks_of(const call::commands& wishes);

    std::function<void(call::rules&)> change_;
    check_wishes wanted_;
    what_if_observer& observer_;
    journal::reader reader_;
    call::rules rules_;
    call::switchboard today_;
    call::switchboard supposed_;
    call::commands today_asks_;
    call::commands supposed_asks_;
    std::unordered_map<call_id, life> lives_;
    instant last_ = instant::min();
    std::uint64_t unfinished_ = 0;
};

}  // namespace td::replay
