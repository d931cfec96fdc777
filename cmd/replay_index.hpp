#pragma once
// What `replay-calls list` and `explain` share: journals as they are named, an index over them, kinds and outcomes by
// name.

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include "archive/index.hpp"
#include "cmd/context.hpp"
#include "cmd/verbs.hpp"

namespace td::cmd::replay_calls {

struct journal_options {
    std::vector<std::string> paths;
    std::string index;
};

/// JOURNAL… and --index.
void declare_indexed(CLI::App& app, journal_options& options);

/// The index over the journals, brought up to date; nothing when that failed, and then `status` says how, told on
/// stderr. One directory has an index beside it; files and the standard input one in memory.
[[nodiscard]] std::optional<archive::index> open_index(context& with, const journal_options& options,
                                                       exit_status& status);

[[nodiscard]] verb list_verb();
[[nodiscard]] verb explain_verb();

}  // namespace td::cmd::replay_calls
