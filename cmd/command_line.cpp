#include "cmd/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "base/json_text.hpp"
#include "cmd/context.hpp"
#include "cmd/verbs.hpp"
#include "config/words.hpp"

namespace td::cmd {
namespace {

constexpr std::string_view examples =
    "Examples:\n"
    "  tdctl config check\n"
    "  tdctl --config /etc/tdctl/tdctl.toml --json config show\n"
    "  tdctl VERB --help\n"
    "\n"
    "Exit status:\n"
    "  0 done; 1 failed; 2 usage or configuration; 3 partly done; 4 done, with findings over the threshold;\n"
    "  5 something it needs is unreachable, try again; 9 nothing to do; 10 no such thing; 11 another run holds\n"
    "  the lock; 12 not allowed; 13 a service level was missed; 130/143 cut short by SIGINT/SIGTERM\n";

/// What the parser fills beside the options of the verbs.
struct switches {
    std::vector<std::string> overrides;
    bool quiet = false;
    bool verbose = false;
    bool json = false;
    bool version = false;
};

void declare_globals(CLI::App& root, global_options& options, switches& given) {
    root.add_option("--config", options.config_file, "Read this file, not $TDCTL_CONFIG or /etc/tdctl/tdctl.toml")
        ->type_name("FILE");
    root.add_option("--set", given.overrides,
                    "A configuration value that beats the environment and the file; may be repeated")
        ->type_name("SECTION.KEY=VALUE")
        ->allow_extra_args(false);
    root.add_flag("--json", given.json, "Print JSON Lines on stdout");
    root.add_flag("-q,--quiet", given.quiet, "Say nothing on stderr but errors");
    root.add_flag("-v,--verbose", given.verbose, "Say more on stderr");
    root.add_flag("--version", given.version, "Print the version, with -v those of the libraries too");
}

/// Takes the switches over; gives back what is wrong with them, or "".
std::string take_over(const switches& given, global_options& options) {
    if (given.quiet && given.verbose) {
        return "-q and -v contradict each other; give one of them";
    }
    options.form = given.json ? output::json : output::text;
    options.words = given.quiet ? verbosity::quiet : given.verbose ? verbosity::verbose : verbosity::normal;
    for (const std::string& each : given.overrides) {
        const std::size_t middle = each.find('=');
        if (middle == std::string::npos) {
            return "--set wants SECTION.KEY=VALUE, such as door.ring_limit=30s; there is no '=' in \"" +
                   config::printable(each) + "\"";
        }
        options.overrides.push_back({each.substr(0, middle), each.substr(middle + 1)});
    }
    return "";
}

const CLI::App& deepest(const CLI::App& root) {
    const CLI::App* at = &root;
    while (!at->get_subcommands().empty()) {
        at = at->get_subcommands().front();
    }
    return *at;
}

std::string full_name(const CLI::App& of) {
    return of.get_parent() == nullptr ? "tdctl" : full_name(*of.get_parent()) + " " + of.get_name();
}

std::vector<std::string> options_of(const CLI::App& at) {
    std::vector<std::string> names;
    for (const CLI::App* each = &at; each != nullptr; each = each->get_parent()) {
        for (const CLI::Option* option : each->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

std::vector<std::string> verbs_of(const CLI::App& at) {
    std::vector<std::string> names;
    for (const CLI::App* each : at.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(each->get_name());
    }
    return names;
}

std::string listed(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) {
        all.append(all.empty() ? "" : ", ").append(name);
    }
    return all;
}

/// A word that no option, verb or argument took.
std::string unknown(const CLI::App& at, const std::string& word) {
    const bool option = word.size() > 1 && word.front() == '-';
    const std::vector<std::string> known = option ? options_of(at) : verbs_of(at);
    const std::string name = option ? word.substr(0, word.find('=')) : word;
    const std::string_view meant = config::nearest(name, known);
    const std::string_view what = option ? "option" : known.empty() ? "argument" : "verb";
    std::string text = full_name(at) + ": there is no " + std::string(what) + " \"" + config::printable(name) + "\"";
    if (!meant.empty()) {
        text.append("; did you mean \"").append(meant).append("\"?");
    } else if (!option && !known.empty()) {
        text.append("; there are ").append(listed(known));
    }
    return text;
}

/// What is wrong with the command line, in one sentence.
std::string complaint(const CLI::App& root, const CLI::ParseError& error) {
    const CLI::App& at = deepest(root);
    const std::vector<std::string> left = root.remaining(true);
    const auto word = std::find_if(left.begin(), left.end(), [](const std::string& each) { return each != "--"; });
    if (word != left.end()) {
        return unknown(at, *word);
    }
    if (error.get_name() == "RequiredError" && !verbs_of(at).empty()) {
        return full_name(at) + ": a verb is missing; there are " + listed(verbs_of(at));
    }
    const std::string_view said = error.what();
    constexpr std::string_view of_flag = "Could not convert: ";  // what CLI11 says of --flag=value
    if (error.get_name() == "ConversionError" && said.starts_with(of_flag)) {
        return full_name(at) + ": " +
               config::printable(said.substr(of_flag.size(), said.find(" = ") - of_flag.size()), 400) +
               " takes no value";
    }
    return full_name(at) + ": " + config::printable(said, 400);
}

exit_status usage_error(const CLI::App& root, const std::string& text, std::ostream& err) {
    err << text << "\nsee " << full_name(deepest(root)) << " --help\n";
    return exit_status::usage;
}

void print_version(std::ostream& out, const global_options& options) {
    const bool libraries = options.words == verbosity::verbose;
    if (options.form == output::json) {
        std::string line = R"({"type":"version","schema":1)";
        for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"version", TDCTL_VERSION},
                                          {"build", TDCTL_BUILD_TYPE},
                                          {"compiler", TDCTL_COMPILER},
                                          {"libraries", libraries ? TDCTL_LIBRARIES : ""}}) {
            if (!value.empty()) {
                line.append(",\"").append(name).append("\":");
                append_json_text(line, value, broken_utf8::replaced);
            }
        }
        out << line << "}\n";
        return;
    }
    out << "tdctl " << TDCTL_VERSION << " (" << TDCTL_BUILD_TYPE << ", " << TDCTL_COMPILER << ")\n";
    if (libraries) {
        out << TDCTL_LIBRARIES;
    }
}

exit_status carry_out(const act& chosen, context& with) {
    try {
        return chosen(with);
    } catch (const std::exception& thrown) {
        with.complain(std::string("this should not have happened: ") + config::printable(thrown.what(), 400));
        return exit_status::failed;
    }
}

}  // namespace

exit_status run(const std::vector<std::string>& words, const config::variable_map& variables, std::ostream& out,
                std::ostream& err) {
    CLI::App root("Toolkit and call worker for operators of IP intercoms", "tdctl");
    root.footer(std::string(examples));
    root.get_formatter()->label("SUBCOMMAND", "VERB");
    root.get_formatter()->column_width(34);
    root.set_help_flag("-h,--help", "Print this help");
    global_options options;
    switches given;
    declare_globals(root, options, given);
    const act chosen = declare_verbs(root, all_verbs());
    root.require_subcommand(0, 1);  // none with --version; else see below
    try {
        root.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::CallForHelp&) {
        const std::string text = root.help();
        out << text.substr(0, text.find_last_not_of('\n') + 1) << '\n';
        return exit_status::done;
    } catch (const CLI::ParseError& error) {
        return usage_error(root, complaint(root, error), err);
    }
    if (const std::string wrong = take_over(given, options); !wrong.empty()) {
        return usage_error(root, "tdctl: " + wrong, err);
    }
    if (given.version) {
        print_version(out, options);
        return exit_status::done;
    }
    if (root.get_subcommands().empty()) {
        return usage_error(root, "tdctl: a verb is missing; there are " + listed(verbs_of(root)), err);
    }
    context with(options, variables, out, err);
    return carry_out(chosen, with);
}

}  // namespace td::cmd
