#pragma once
// The table of verbs. A verb is one file of this folder: it declares its options and gives back what is to be done with
// them. To add one: write <verb>.cpp with a function that makes the verb, declare it below, and list it in verbs.cpp.

#include <functional>
#include <string_view>
#include <vector>

#include "cmd/context.hpp"
#include "cmd/exit_status.hpp"

namespace CLI {
class App;
}

namespace td::cmd {

/// What is done when the command line was right.
using act = std::function<exit_status(context&)>;

struct verb {
    std::string_view name;
    std::string_view summary;   ///< one line, without a full stop
    std::string_view examples;  ///< whole lines of --help, each with its line end
    /// Declares the options on the verb's own subcommand. What they fill must live as long as the act: options that the
    /// act captures by a shared_ptr do, because std::function wants its captures copyable.
    std::function<act(CLI::App&)> declare;
};

/// Adds verbs below `parent`, of which the command line must choose one, and gives back the act that does the one
/// chosen. The program's verbs are added so, and so are the sub-verbs of one (config check).
[[nodiscard]] act declare_verbs(CLI::App& parent, const std::vector<verb>& offered);

/// All verbs, in the order of --help.
[[nodiscard]] std::vector<verb> all_verbs();

[[nodiscard]] verb serve_ari_verb();
[[nodiscard]] verb sos_pool_verb();
[[nodiscard]] verb config_verb();
[[nodiscard]] verb load_test_verb();
[[nodiscard]] verb replay_calls_verb();

}  // namespace td::cmd
