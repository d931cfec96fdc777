// tdctl config: what is wrong with the configuration, and what is in force.

#include <CLI/CLI.hpp>

#include "cmd/verbs.hpp"

namespace td::cmd {
namespace {

exit_status check(context& with) {
    return with.settings() == nullptr ? exit_status::usage : exit_status::done;
}

}  // namespace

verb config_verb() {
    return {"config", "Check the configuration, or show what is in force",
            "  tdctl config check\n"
            "  tdctl config show\n",
            [](CLI::App& app) {
                app.require_subcommand(1);
                return declare_verbs(app,
                                     {{"check", "List every problem of the configuration, with file, line and remedy",
                                       "  tdctl --config new.toml config check && systemctl reload tdctl-serve-ari\n",
                                       [](CLI::App&) { return act(check); }}});
            }};
}

}  // namespace td::cmd
