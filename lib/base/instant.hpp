#pragma once
// Time as a value. Nothing in the pure code reads a clock: an instant is always an argument.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace td {

using namespace std::chrono_literals;

using duration = std::chrono::microseconds;
/// A point of time in UTC, in microseconds since the Unix epoch. In a running worker it comes from the steady clock,
/// anchored to the wall clock at the start: a wall clock that jumps moves no deadline.
using instant = std::chrono::sys_time<duration>;

/// Later than everything: the deadline of a state that waits for nothing.
inline constexpr instant never = instant::max();

/// Whole milliseconds between two points, never negative.
[[nodiscard]] std::int64_t milliseconds_between(instant from, instant to);

/// RFC 3339 in UTC with milliseconds: 2026-11-23T02:34:52.076Z.
[[nodiscard]] std::string rfc3339(instant at);
/// Reads RFC 3339 with any offset and any fraction; nothing when the text is not a time.
[[nodiscard]] std::optional<instant> parse_rfc3339(std::string_view text);

/// Reads 800ms, 45s, 10m, 3h, 7d; nothing when the text is not such a duration, is negative or does not fit.
[[nodiscard]] std::optional<duration> parse_duration(std::string_view text);
/// The shortest of those forms: 45s, 10m, 1500ms.
[[nodiscard]] std::string duration_text(duration length);

}  // namespace td
