#pragma once
// The configuration as text: what is in force, and what is wrong with it. Secrets are references, so showing them shows
// none.

#include <cstdint>
#include <string>

#include "config/load.hpp"

namespace td::config {

enum class comments : std::uint8_t {
    origins,       ///< where each value came from
    and_meanings,  ///< and, above each key, what it means and what it may be
};

/// All keys as TOML that `load` reads again with the same result.
[[nodiscard]] std::string as_toml(const loaded& read, comments wanted);
/// All keys as JSON Lines: type "setting", key, value, from (default, file, environment, flag), and file and line, or
/// variable.
[[nodiscard]] std::string as_json(const loaded& read);
/// One problem as a JSON line: type "problem", weight (error, warning), where, line, key, text, remedy.
[[nodiscard]] std::string as_json(const problem& what);

}  // namespace td::config
