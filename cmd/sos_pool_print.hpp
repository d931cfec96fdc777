#pragma once
// What `tdctl sos-pool` prints: one object of JSON a line, or a table for people.

#include <string>
#include <vector>

#include "cmd/sos_pool_session.hpp"
#include "pool/map_check.hpp"

namespace td::cmd::sos_pool {

/// 2026-11-23T02:34:52Z for people; "" for never.
[[nodiscard]] std::string time_text(instant at);
/// "2h 5m", "45s": at most two units, rounded down.
[[nodiscard]] std::string length_text(duration length);
/// What a number in this state is, as the end of a sentence: "in its callback window".
[[nodiscard]] std::string_view words_of(pool::number_state state);
/// "1 number", "2 numbers".
[[nodiscard]] std::string counted(std::size_t count, const std::string& what);

/// The rows as they are now, in the order given. Objects of type "number".
void print_numbers(session& in, const std::vector<pool::number_row>& rows);
/// Objects of type "city"; `all` knows the names of the parents.
void print_cities(session& in, const std::vector<pool::city>& cities, const std::vector<pool::city>& all);
/// One line "key  value" each for people; the object of type "number" and then those of type "lease".
void print_whole_number(session& in, const pool::number_row& row, const std::vector<pool::lease_row>& leases);
/// Who had the number at a moment. Objects of type "who".
void print_owner(session& in, const pool::lease_row& lease, instant at);
/// Nobody had it: `state` is what the number is now, "" when there is no such number.
void print_no_owner(session& in, const number_id& number, instant at, std::string_view state);
/// Objects of type "audit".
void print_audit(session& in, const std::vector<pool::audit_row>& rows);
/// Objects of type "finding".
void print_findings(session& in, const std::vector<pool::finding>& findings);

}  // namespace td::cmd::sos_pool
