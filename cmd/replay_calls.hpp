#pragma once
// The sub-verbs of `tdctl replay-calls`, one file each, and what they share.

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include "archive/sources.hpp"
#include "base/instant.hpp"
#include "cmd/verbs.hpp"

namespace td::cmd::replay_calls {

/// The journals that a sub-verb reads.
void declare_journals(CLI::App& app, std::vector<std::string>& paths);

/// --only: calls by their names.
CLI::Option* declare_calls(CLI::App& app, std::vector<std::string>& calls, const std::string& words);

/// What is wrong with a time; empty for none.
[[nodiscard]] std::string check_time(const std::string& text);

/// --since and --until.
struct time_window {
    std::string since;
    std::string until;
    [[nodiscard]] instant from() const;
    [[nodiscard]] instant to() const;
};
void declare_window(CLI::App& app, time_window& window);

/// Says on stderr what is odd about the journals, and what is left out of them.
void tell_of(const archive::catalogue& journals, context& with);
/// The status of a run that found nothing to read.
[[nodiscard]] exit_status status_of_nothing(const archive::catalogue& journals, context& with);

[[nodiscard]] verb check_verb();
[[nodiscard]] verb what_if_verb();
[[nodiscard]] verb cut_verb();
[[nodiscard]] verb anonymise_verb();

}  // namespace td::cmd::replay_calls
