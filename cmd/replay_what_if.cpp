// tdctl replay-calls what-if: what recorded calls would have come to under another configuration.

#include <fmt/format.h>

#include <map>
#include <memory>
#include <thread>
#include <tuple>

#include "archive/run_reader.hpp"
#include "base/json_text.hpp"
#include "cmd/replay_calls.hpp"
#include "cmd/side_by_side.hpp"
#include "cmd/table.hpp"
#include "config/rule_keys.hpp"
#include "config/words.hpp"
#include "replay/what_if.hpp"

namespace td::cmd::replay_calls {
namespace {

struct what_if_options {
    std::vector<std::string> journals;
    std::vector<std::string> changes;
    time_window window;
    bool calls = false;
    std::size_t jobs = 0;
};

/// What makes two calls come out alike in the table.
using outcome_words = std::pair<std::string_view, std::string_view>;

outcome_words words_of(const replay::ending& end) {
    return {call::name_of(end.how), call::name_of(end.who)};
}

struct tally {
    std::uint64_t same = 0;
    std::uint64_t other = 0;
    std::map<replay::doubt, std::uint64_t> undecided;
    std::map<std::pair<outcome_words, outcome_words>, std::uint64_t> changes;
    call::call_ms talk_was = 0;  ///< of the calls that are decided
    call::call_ms talk_would_be = 0;
    std::uint64_t unfinished = 0;
    std::uint64_t damaged = 0;
    bool incomplete = false;

    void add(const tally& more) {
        same += more.same;
        other += more.other;
        for (const auto& [why, calls] : more.undecided) {
            undecided[why] += calls;
        }
        for (const auto& [change, calls] : more.changes) {
            changes[change] += calls;
        }
        talk_was += more.talk_was;
        talk_would_be += more.talk_would_be;
        unfinished += more.unfinished;
        damaged += more.damaged;
        incomplete = incomplete || more.incomplete;
    }
};

void append_ending(std::string& out, std::string_view name, const replay::ending& end) {
    out += fmt::format(R"(,"{}":{{"outcome":"{}","ended_by":"{}","answered_by":)", name, call::name_of(end.how),
                       call::name_of(end.who));
    append_json_text(out, end.answered_by, broken_utf8::replaced);
    out += fmt::format(R"(,"opened_door":{},"ring_ms":{},"talk_ms":{}}})", end.opened_door, end.ring_ms, end.talk_ms);
}

std::string shown(const replay::ending& end) {
    return fmt::format("{} by {}", call::name_of(end.how), call::name_of(end.who));
}

/// What one run says, kept until it is its turn to be printed.
class run_result final : public replay::what_if_observer {
public:
    static constexpr std::size_t most_said = 20;

    run_result(const context& with, bool calls) : json_(with.json()), calls_(calls) {}

    void supposes(const replay::supposition& news) override {
        const bool other = news.would_be && words_of(*news.would_be) != words_of(news.was);
        if (!news.would_be) {
            ++found.undecided[news.why];
        } else {
            ++(other ? found.other : found.same);
            found.talk_was += news.was.talk_ms;
            found.talk_would_be += news.would_be->talk_ms;
            if (other) {
                ++found.changes[{words_of(news.was), words_of(*news.would_be)}];
            }
        }
        if (calls_ && (other || !news.would_be)) {
            tell(news);
        }
    }
    void finds_damaged(const replay::place& where, std::string_view words) override {
        ++found.damaged;
        say(fmt::format("journal {}:{}: {}", where.file, where.line, words));
    }
    void say(std::string sentence) {
        if (sentences.size() < most_said) {
            sentences.push_back(std::move(sentence));
        }
    }

    tally found;
    std::vector<std::string> sentences;
    std::string text;  ///< of single calls

private:
    void tell(const replay::supposition& news) {
        if (!json_) {
            text += fmt::format("{} at {}: {}", news.call.text(), rfc3339(news.began), shown(news.was));
            text +=
                news.would_be ? " would be " + shown(*news.would_be) : ", undecided: " + std::string(name_of(news.why));
            text += news.parted == never ? "\n" : fmt::format(", from {} on\n", rfc3339(news.parted));
            return;
        }
        text += fmt::format(R"({{"type":"supposed_call","schema":1,"call":"{}","at":"{}")", news.call.text(),
                            rfc3339(news.began));
        append_ending(text, "was", news.was);
        if (news.would_be) {
            append_ending(text, "would_be", *news.would_be);
        } else {
            text += fmt::format(R"(,"would_be":null,"undecided":"{}")", name_of(news.why));
        }
        text += news.parted == never ? "}\n" : fmt::format(R"(,"parted":"{}"}})", rfc3339(news.parted)) + "\n";
    }

    bool json_;
    bool calls_;
};

/// Takes one run from its reader into a what_if.
class run_feed {
public:
    run_feed(replay::what_if& into, run_result& to) : into_(into), to_(to) {}

    void take(const archive::told& news) {
        switch (news.what) {
            case archive::told::kind::head: begin(news); return;
            case archive::told::kind::line:
                if (begun_) {
                    into_.take({news.from->name, news.line}, news.text);
                }
                return;
            case archive::told::kind::torn: return;
            case archive::told::kind::trouble:
                to_.say(news.words);
                to_.found.incomplete = true;
                into_.miss_lines(nullptr);
                return;
        }
    }

private:
    void begin(const archive::told& news) {
        if (!news.words.empty()) {
            to_.say(news.words);
        }
        begun_ = news.first.has_value();
        if (!begun_) {
            to_.say("journal " + news.from->name + ": which rules were in force is not known, so it is left out");
            to_.found.incomplete = true;
        } else if (news.how == archive::joint::run_begins || (news.how == archive::joint::hole && news.first->retold)) {
            into_.begin_run(news.first->rules);
        } else if (news.how == archive::joint::hole) {
            into_.miss_lines(&news.first->rules);
        }
    }

    replay::what_if& into_;
    run_result& to_;
    bool begun_ = false;
};

void suppose(const archive::journal_run& run, const config::rule_change& change, const replay::check_wishes& wanted,
             run_result& to) {
    archive::run_reader reader(run);
    replay::what_if supposed(change, wanted, to);
    run_feed feed(supposed, to);
    while (const archive::told* news = reader.next()) {
        feed.take(*news);
    }
    supposed.end_run();
    to.found.unfinished = supposed.unfinished();
}

// ---- what is printed

std::string length_of(call::call_ms talk) {
    const double seconds = static_cast<double>(talk) / 1000.0;
    return seconds < 3600.0 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.1f} h", seconds / 3600.0);
}

void print_json(context& with, const tally& all) {
    for (const auto& [change, calls] : all.changes) {
        const auto& [was, would_be] = change;
        with.out() << fmt::format(
            R"({{"type":"change","schema":1,"was":{{"outcome":"{}","ended_by":"{}"}},"would_be":{{"outcome":"{}",)"
            R"("ended_by":"{}"}},"calls":{}}})"
            "\n",
            was.first, was.second, would_be.first, would_be.second, calls);
    }
    const auto undecided = [&](replay::doubt why) {
        const auto found = all.undecided.find(why);
        return found == all.undecided.end() ? 0 : found->second;
    };
    with.out() << fmt::format(
        R"({{"type":"what_if","schema":1,"same":{},"other":{},"undecided":{{"cut_short":{},"asked_other":{},)"
        R"("not_whole":{},"other_machine":{}}},"unfinished":{},"talk_ms":{{"was":{},"would_be":{}}},"damaged_lines":{}}})"
        "\n",
        all.same, all.other, undecided(replay::doubt::cut_short), undecided(replay::doubt::asked_other),
        undecided(replay::doubt::not_whole), undecided(replay::doubt::other_machine), all.unfinished, all.talk_was,
        all.talk_would_be, all.damaged);
}

std::string_view words_of(replay::doubt why) {
    switch (why) {
        case replay::doubt::none: break;
        case replay::doubt::cut_short: return "were cut short in the record and would have gone on";
        case replay::doubt::asked_other: return "would have asked phones, pushes or routes for something else";
        case replay::doubt::not_whole: return "are not whole in what was read";
        case replay::doubt::other_machine: return "are decided otherwise by this version already (see check)";
    }
    return "?";
}

void print_text(context& with, const tally& all) {
    table changes({{"CALLS", column::side::right}, {"WAS", column::side::left}, {"WOULD BE", column::side::left}});
    for (const auto& [change, calls] : all.changes) {
        const auto& [was, would_be] = change;
        changes.row({std::to_string(calls), fmt::format("{} by {}", was.first, was.second),
                     fmt::format("{} by {}", would_be.first, would_be.second)});
    }
    changes.print(with.out());
    std::uint64_t undecided = 0;
    for (const auto& [why, number] : all.undecided) {
        undecided += number;
    }
    const std::uint64_t calls = all.same + all.other + undecided;
    with.out() << fmt::format("{} call{}: {} come out the same, {} otherwise, {} undecided\n", calls,
                              calls == 1 ? "" : "s", all.same, all.other, undecided);
    for (const auto& [why, number] : all.undecided) {
        with.out() << fmt::format("  {} {}\n", number, words_of(why));
    }
    if (all.talk_was != all.talk_would_be) {
        with.out() << fmt::format("talk of the decided calls: {}, would be {}\n", length_of(all.talk_was),
                                  length_of(all.talk_would_be));
    }
    if (all.unfinished > 0) {
        with.out() << fmt::format("{} more did not end in the run in which they were read\n", all.unfinished);
    }
}

exit_status what_if(context& with, const what_if_options& options, const config::rule_change& change) {
    const archive::catalogue journals = archive::find_sources(options.journals);
    tell_of(journals, with);
    if (journals.runs.empty()) {
        return status_of_nothing(journals, with);
    }
    replay::check_wishes wanted;
    wanted.since = options.window.from();
    wanted.until = options.window.to();
    std::vector<run_result> results(journals.runs.size(), run_result(with, options.calls));
    const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
    side_by_side(journals.runs.size(), options.jobs == 0 ? processors : options.jobs,
                 [&](std::size_t run) { suppose(journals.runs[run], change, wanted, results[run]); });
    tally all;
    for (const run_result& each : results) {
        for (const std::string& sentence : each.sentences) {
            with.complain(sentence);
        }
        with.out() << each.text;
        all.add(each.found);
    }
    with.json() ? print_json(with, all) : print_text(with, all);
    return !journals.left_out.empty() || all.incomplete || all.damaged > 0 ? exit_status::partly : exit_status::done;
}

/// All of them, one after another.
result<config::rule_change> change_of(const std::vector<std::string>& texts) {
    std::vector<config::rule_change> changes;
    for (const std::string& each : texts) {
        const auto equals = each.find('=');
        if (equals == std::string::npos) {
            return failure{failure_kind::bad_input,
                           "\"" + config::printable(each) + "\" sets nothing; write door.ring_limit=30s"};
        }
        auto change = config::change_of_rules(each.substr(0, equals), each.substr(equals + 1));
        if (!change) {
            return change.why();
        }
        changes.push_back(std::move(*change));
    }
    return config::rule_change([changes](call::rules& to) {
        for (const config::rule_change& each : changes) {
            each(to);
        }
    });
}

act declare_what_if(CLI::App& app) {
    const auto options = std::make_shared<what_if_options>();
    declare_journals(app, options->journals);
    app.add_option("--set", options->changes, "What would be otherwise, such as door.ring_limit=30s; may be repeated")
        ->required()
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    app.add_flag("--calls", options->calls, "Name each call that would come out otherwise or is undecided");
    declare_window(app, options->window);
    app.add_option("--jobs", options->jobs,
                   "How many runs to read at a time; as many as there are processors otherwise")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1024}))
        ->type_name("N");
    return [options](context& with) {
        const auto change = change_of(options->changes);
        if (!change) {
            return with.complain(change.why());
        }
        if (options->window.from() >= options->window.to()) {
            return with.complain({failure_kind::bad_input, "--since must be before --until"});
        }
        return what_if(with, *options, *change);
    };
}

}  // namespace

verb what_if_verb() {
    return {"what-if", "What recorded calls would have come to under another configuration",
            "  tdctl replay-calls what-if --set door.ring_limit=30s /var/lib/tdctl/journal\n"
            "  tdctl replay-calls what-if --set door.talk_limit=60s --set door.on_decline=end_call --calls "
            "w1-*.jsonl.zst\n",
            declare_what_if};
}

}  // namespace td::cmd::replay_calls
