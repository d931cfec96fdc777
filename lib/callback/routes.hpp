#pragma once
// The callback map in Redis: its keys, the scripts that write, remove and read them, and what the scripts answer. Pure;
// route_line carries it to Redis.
//
//   td:sos:route:<number>   the panel that a callback to the number leads to
//   td:sos:site:<number>    where that panel is, as JSON, as it was at the time of the call (pool/site.hpp)
//   td:sos:lease:<number>   the token of the lease that wrote them: a fencing token
//
// One script writes all three, with the same expiry, so that nobody ever sees them from different leases. It needs
// Redis 6.2 (PXAT), and a Redis without sharding: the keys are three.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ports/callback_map.hpp"
#include "redis/link.hpp"

namespace td::callback {

enum class script : std::uint8_t { write, remove, read };
inline constexpr std::size_t scripts = 3;
[[nodiscard]] std::string_view text_of(script which);

/// The words behind EVAL <text> or EVALSHA <sha>: the number of keys, the keys, the arguments.
using script_words = std::vector<std::string>;
/// Of routes with time left; one without is removed.
[[nodiscard]] script_words writing_of(std::span<const pool::callback_route> routes);
[[nodiscard]] script_words removal_of(const ports::callback_removal& removal);
[[nodiscard]] script_words reading_of(std::span<const number_id> numbers);

/// Of `write` and `remove`: what became of the route at that place of the words.
[[nodiscard]] pool::map_outcome outcome_of(const redis::reply& said, std::size_t place);
/// Of `read`.
[[nodiscard]] pool::callback_entry entry_of(const number_id& number, const redis::reply& said, std::size_t place);

/// All keys of the map, to be asked for from `cursor` ("0" at first).
[[nodiscard]] redis::command scan_of(std::string_view cursor);
/// The number in one of the three keys; empty for any other key.
[[nodiscard]] number_id number_in(std::string_view key);

/// Tells whether Redis would take a write, and changes nothing: no number is empty, and XX sets only what is there.
[[nodiscard]] redis::command ask_whether_writable();

/// bad_input for what must not get into the map: a number that is not 1 to 20 digits, a panel that is empty, longer
/// than 128 bytes or with control characters in it (a proxy writes it into a SIP header), a site over 16 KiB.
[[nodiscard]] result<done> usable(const pool::callback_route& route);

}  // namespace td::callback
