#pragma once
// From the words of a command line to an exit status.

#include <ostream>
#include <string>
#include <vector>

#include "cmd/exit_status.hpp"
#include "config/values.hpp"

namespace td::cmd {

/// Does what the words (without the program's name) say. Usage errors are told on `err`, with what was probably meant.
[[nodiscard]] exit_status run(const std::vector<std::string>& words, const config::variable_map& variables,
                              std::ostream& out, std::ostream& err);

}  // namespace td::cmd
