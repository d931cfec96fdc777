#pragma once
// What values may stand together, and what is unwise: the problems that no single key shows.

#include <functional>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace td::config {

/// Gives a problem its place: that of the key, where the configuration says it, or of the whole.
using place_of = std::function<void(problem&)>;

/// `where` is called for each problem with its key set.
[[nodiscard]] std::vector<problem> contradictions(const settings& in_force, const place_of& where);
/// The same for the secrets that are needed: missing, unreadable, or open to everybody.
[[nodiscard]] std::vector<problem> secret_problems(const settings& in_force, const variable_map& variables,
                                                   const place_of& where);

}  // namespace td::config
