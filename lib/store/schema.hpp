#pragma once
// The tables of tdctl, for both databases.

#include <string>
#include <vector>

#include "store/sql_session.hpp"

namespace td::store {

inline constexpr int schema_version = 1;

/// Statements that make the tables and do nothing to those that are there.
[[nodiscard]] std::vector<std::string> schema_statements(const sql_dialect& dialect);
/// Why this program cannot work with a schema of that version (0: none); nothing when it can.
[[nodiscard]] std::optional<failure> schema_trouble(int version);
/// What a migration would come to: the version that a schema of `version` would have.
[[nodiscard]] result<int> rehearsed_migration(int version);
/// Writes the version down, after the tables are there.
void write_version(sql_session& in, std::int64_t now_microseconds);
[[nodiscard]] int read_version(sql_session& in);

}  // namespace td::store
