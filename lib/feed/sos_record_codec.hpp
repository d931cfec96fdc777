#pragma once
// The finished records of emergency calls and callbacks, and the alert of an emergency call that had to do without
// something, as the feed's receivers read them: JSON, UTF-8, one object each. Times are RFC 3339 in UTC with
// milliseconds; moments are milliseconds since started_at; what never came, or is not known, is null. Keys are only
// added.

#include <string>
#include <string_view>

#include "call/record.hpp"

namespace td::feed {

inline constexpr std::string_view sos_finished = "sos.finished";
inline constexpr std::string_view callback_finished = "callback.finished";
inline constexpr std::string_view sos_alerted = "sos.alert";
inline constexpr std::string_view every_try_suffix = ".every_try";

void append_sos_finished(std::string& out, const call::sos_record& record);
void append_callback_finished(std::string& out, const call::callback_record& record);
void append_sos_alert(std::string& out, const call::sos_alert& news);

/// <call>.sos.finished, <call>.callback.finished, <call>.sos.alert; and <call>.sos.alert.every_try for the second alert
/// of a call, that no route took it.
[[nodiscard]] std::string message_id(const call::sos_record& record);
[[nodiscard]] std::string message_id(const call::callback_record& record);
[[nodiscard]] std::string message_id(const call::sos_alert& news);

/// Their lines in the spool, with '\n'.
void append_spool_line(std::string& out, const call::sos_record& record);
void append_spool_line(std::string& out, const call::callback_record& record);
void append_spool_line(std::string& out, const call::sos_alert& news);

}  // namespace td::feed
