// tdctl config: what is wrong with the configuration, and what is in force.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "cmd/verbs.hpp"
#include "config/show.hpp"
#include "config/words.hpp"
#include "crm/flats_file.hpp"

namespace td::cmd {
namespace {

using config::problem;

std::string counted(std::ptrdiff_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// A CRM that is a file is read as the start reads it: what would be refused there must not pass here.
void add_problem_of_flats(const config::loaded& read, std::vector<problem>& to) {
    const config::address& url = read.values.crm.url;
    if (url.scheme != "file") {
        return;
    }
    const auto flats = crm::load_flats(url.path);
    if (!flats) {
        problem found{
            problem::weight::error, "", 0, "crm.url", "crm.url: " + config::printable(flats.why().text, 400), ""};
        config::find_place(found, read);
        to.push_back(std::move(found));
    }
}

/// The problems are this verb's data, so they go to stdout; the sum of them is for people.
exit_status check(context& with) {
    const config::loaded& read = with.configuration();
    std::vector<problem> all = read.problems;
    const std::vector<problem> of_secrets = config::problems_of_secrets(read);
    all.insert(all.end(), of_secrets.begin(), of_secrets.end());
    add_problem_of_flats(read, all);
    for (const problem& each : all) {
        with.out() << (with.json() ? config::as_json(each) : config::text_of(each) + "\n");
    }
    const std::ptrdiff_t errors =
        std::count_if(all.begin(), all.end(), [](const problem& each) { return each.how == problem::weight::error; });
    const std::ptrdiff_t warnings = std::ssize(all) - errors;
    const std::string source = read.file.empty() ? "the configuration" : config::printable(read.file, 300);
    with.say(source + ": " + counted(errors, "error") + ", " + counted(warnings, "warning"));
    return errors == 0 ? exit_status::done : exit_status::usage;
}

exit_status show(context& with) {
    if (with.settings() == nullptr) {
        return exit_status::usage;
    }
    const auto wanted = with.verbose() ? config::comments::and_meanings : config::comments::origins;
    with.out() << (with.json() ? config::as_json(with.configuration()) : config::as_toml(with.configuration(), wanted));
    return exit_status::done;
}

act declare(CLI::App& app) {
    return declare_verbs(app, {{"check", "List every problem of the configuration, with file, line and remedy",
                                "  tdctl --config new.toml config check && systemctl restart tdctl-serve-ari\n"
                                "  tdctl --json config check | jq -r 'select(.weight==\"error\") | .text'\n",
                                [](CLI::App&) { return act(check); }},
                               {"show", "Print what is in force and where each value came from",
                                "  tdctl config show\n"
                                "  tdctl -v config show > /etc/tdctl/tdctl.toml\n"
                                "  tdctl --json config show | jq -r 'select(.from!=\"default\") | .key'\n",
                                [](CLI::App&) { return act(show); }}});
}

}  // namespace

verb config_verb() {
    return {"config", "Check the configuration, or show what is in force",
            "  tdctl config check\n"
            "  tdctl --set door.ring_limit=30s config show\n",
            declare};
}

}  // namespace td::cmd
