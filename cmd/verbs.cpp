#include "cmd/verbs.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

namespace td::cmd {
namespace {

struct offered_act {
    const CLI::App* chosen_by;
    act what;
};

}  // namespace

act declare_verbs(CLI::App& parent, const std::vector<verb>& offered) {
    parent.require_subcommand(1);
    std::vector<offered_act> acts;
    for (const verb& each : offered) {
        CLI::App* below = parent.add_subcommand(std::string(each.name), std::string(each.summary));
        below->fallthrough();  // so that --json and its like may stand after the verb too
        below->group("Verbs");
        below->footer("Options that every verb takes: see tdctl --help\n\nExamples:\n" + std::string(each.examples));
        acts.push_back({below, each.declare(*below)});
    }
    return [acts = std::move(acts)](context& with) {
        for (const offered_act& each : acts) {
            if (each.chosen_by->parsed()) {
                return each.what(with);
            }
        }
        return exit_status::usage;
    };
}

std::vector<verb> all_verbs() {
    return {serve_ari_verb(), sos_pool_verb(), replay_calls_verb(), load_test_verb(), config_verb()};
}

}  // namespace td::cmd
