// tdctl replay-calls: what a journal tells. This file lists the sub-verbs and holds what they share; replay_*.cpp carry
// them out.

#include "cmd/replay_calls.hpp"

#include "base/id.hpp"
#include "cmd/replay_index.hpp"
#include "config/words.hpp"

namespace td::cmd {
namespace replay_calls {
namespace {

std::string check_call(const std::string& name) {
    return call_id::parse(name) ? ""
                                : "\"" + config::printable(name) + "\" is no call: 26 lower-case letters and digits";
}

}  // namespace

std::string check_time(const std::string& text) {
    return parse_rfc3339(text) ? ""
                               : "\"" + config::printable(text) +
                                     "\" is no time; write 2026-11-23T14:05:00+05:00, or 2026-11-23T09:05:00Z in UTC";
}

CLI::Option* declare_calls(CLI::App& app, std::vector<std::string>& calls, const std::string& words) {
    return app.add_option("--only", calls, words)->check(check_call)->type_name("CALL")->allow_extra_args(false);
}

void declare_journals(CLI::App& app, std::vector<std::string>& paths) {
    app.add_option("JOURNAL", paths, "Files, directories, or - for the standard input; compressed ones too")
        ->required();
}

instant time_window::from() const {
    return parse_rfc3339(since).value_or(instant::min());
}

instant time_window::to() const {
    return parse_rfc3339(until).value_or(never);
}

void declare_window(CLI::App& app, time_window& window) {
    app.add_option("--since", window.since, "Only calls that arrived at this time or later, in RFC 3339")
        ->check(check_time)
        ->type_name("TIME");
    app.add_option("--until", window.until, "Only calls that arrived before this time")
        ->check(check_time)
        ->type_name("TIME");
}

void tell_of(const archive::catalogue& journals, context& with) {
    for (const std::string& each : journals.remarks) {
        with.say(each);
    }
    for (const failure& each : journals.left_out) {
        with.complain(each.text + ": it is left out");
    }
}

exit_status status_of_nothing(const archive::catalogue& journals, context& with) {
    if (!journals.left_out.empty()) {
        return status_of(journals.left_out.front().kind);
    }
    with.say("there is no journal to read");
    return exit_status::nothing;
}

}  // namespace replay_calls

verb replay_calls_verb() {
    return {"replay-calls", "Find and explain recorded calls, run them again and compare",
            "  tdctl replay-calls list --panel 5001 --latest --limit 20\n"
            "  tdctl replay-calls explain --panel 5001 --at 2026-11-23T14:05:00+05:00\n"
            "  tdctl replay-calls check /var/lib/tdctl/journal\n"
            "  tdctl replay-calls check --since 2026-11-23T19:00:00+05:00 /var/lib/tdctl/journal\n"
            "  tdctl replay-calls cut --only 01kc2v9x5m4t8q7w3e6r1y0abc /var/lib/tdctl/journal > one.jsonl\n"
            "  tdctl replay-calls anonymise /var/lib/tdctl/journal | zstd > for-the-vendor.jsonl.zst\n"
            "  tdctl replay-calls what-if --set door.ring_limit=30s /var/lib/tdctl/journal\n",
            [](CLI::App& app) {
                return declare_verbs(
                    app, {replay_calls::list_verb(), replay_calls::explain_verb(), replay_calls::check_verb(),
                          replay_calls::what_if_verb(), replay_calls::cut_verb(), replay_calls::anonymise_verb()});
            }};
}

}  // namespace td::cmd
