#pragma once
// What a check of a journal is asked, and what it tells.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "replay/ignored_fields.hpp"

namespace td::replay {

/// A line of a file, for people.
struct place {
    std::string_view file;
    std::size_t line = 0;
};

struct check_wishes {
    ignored_fields ignored{};
    std::set<call_id> only{};        ///< empty: all calls
    instant since = instant::min();  ///< calls that arrived then or later,
    instant until = never;           ///< and before then
};

/// Where the machines of today first do otherwise for a call. Values are JSON; an empty one stands for nothing.
struct difference {
    call_id call;           ///< call_id{} where it is nobody's stray channel
    place where;            ///< of the fact
    instant at{};           ///< the same
    std::string_view fact;  ///< its kind
    /// drop_leg.reason; "do" where the commands are of different kinds or one of them is nothing; "order" where only
    /// the order among commands of different calls is another.
    std::string field;
    std::string recorded;
    std::string today;
    std::string_view recorded_command;  ///< the whole line
    std::string_view today_command;
};

/// Why a call was not compared, or not to its end.
enum class left_out : std::uint8_t {
    begun_before,  ///< its arrival stands before what was read
    hole,          ///< lines are missing while it lived
    damaged,       ///< a line that may be of it cannot be read
};
[[nodiscard]] std::string_view name_of(left_out why);

struct check_counts {
    std::uint64_t calls = 0;       ///< that arrived
    std::uint64_t remembered = 0;  ///< that a run took over from the one before it
    std::uint64_t facts = 0;
    std::uint64_t commands = 0;
    std::uint64_t different = 0;  ///< calls
    std::uint64_t begun_before = 0;
    std::uint64_t hole = 0;
    std::uint64_t damaged = 0;
    std::uint64_t damaged_lines = 0;

    void add(const check_counts& other);
};

/// Hears of everything in the order of the lines. Texts are gone when it returns.
class check_observer {
public:
    virtual ~check_observer() = default;
    virtual void differs(const difference& news) = 0;
    virtual void leaves_out(const call_id& call, left_out why, const place& where) = 0;
    /// A line that cannot be read, or whose moment cannot be: `words` go on behind the place.
    virtual void finds_damaged(const place& where, std::string_view words) = 0;
    /// Also of calls that nobody asked for; once in every run that it lives in.
    virtual void arrives(const call_id& call) = 0;
};

}  // namespace td::replay
