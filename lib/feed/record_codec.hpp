#pragma once
// The finished record of a door call as the feed's receivers read it: JSON, UTF-8, one object. Times are RFC 3339 in
// UTC with milliseconds; moments of legs are milliseconds since started_at; what never came is null. Keys are only
// added.

#include <string>
#include <string_view>

#include "call/record.hpp"

namespace td::feed {

inline constexpr std::string_view door_finished = "door.finished";

/// The body of a door.finished message. Text that is not UTF-8 is replaced by U+FFFD: receivers are other people's
/// programs.
void append_door_finished(std::string& out, const call::door_record& record);

/// <call>.door.finished: a receiver that sees it twice drops the second.
[[nodiscard]] std::string message_id(const call::door_record& record);

/// The line of the spool with its '\n': {"key":"door.finished","message_id":"…","body":{…}}.
void append_spool_line(std::string& out, const call::door_record& record);

}  // namespace td::feed
