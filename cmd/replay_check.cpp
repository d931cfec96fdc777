// tdctl replay-calls check: recorded facts through the machines of today, and where they ask for something else.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "archive/run_reader.hpp"
#include "cmd/replay_calls.hpp"
#include "cmd/replay_report.hpp"
#include "cmd/status_teller.hpp"
#include "config/words.hpp"
#include "replay/checker.hpp"

namespace td::cmd::replay_calls {
namespace {

struct check_options {
    std::vector<std::string> journals;
    std::vector<std::string> ignored;
    std::vector<std::string> only;
    time_window window;
    std::size_t jobs = 0;
};

/// How far all runs are, for who asks meanwhile.
class check_progress {
public:
    explicit check_progress(const std::vector<archive::journal_run>& runs) : runs_(runs.size()) {
        for (const archive::journal_run& each : runs) {
            files_ += each.files.size();
        }
    }
    /// What of a run was not told before.
    void add(std::uint64_t files, std::uint64_t bytes, const replay::check_counts& counts) {
        begun_ += files;
        bytes_ += bytes;
        calls_ += counts.calls + counts.remembered;
        different_ += counts.different;
    }
    void end_run() { ++over_; }

    [[nodiscard]] std::string words() const {
        const auto now = std::chrono::steady_clock::now();
        return fmt::format(
            "check: {} of {} runs are done, {} of {} files begun; {} MB of text, {} calls, {} differ; {} s",
            over_.load(), runs_, begun_.load(), files_, bytes_ / 1'000'000, calls_.load(), different_.load(),
            std::chrono::duration_cast<std::chrono::seconds>(now - start_).count());
    }

private:
    std::size_t runs_;
    std::size_t files_ = 0;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::atomic<std::size_t> over_{0};
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<std::uint64_t> calls_{0};
    std::atomic<std::uint64_t> different_{0};
};

/// The files that may hold a call that was asked for: those whose end lies before it are not read.
archive::journal_run files_since(const archive::journal_run& all, instant since) {
    auto first = all.files.begin();
    for (auto next = first + 1; next != all.files.end() && next->first && next->opened <= since; ++next) {
        first = next;
    }
    return {{first, all.files.end()}};
}

/// Takes one run from its reader into a checker.
class run_check {
public:
    run_check(const replay::check_wishes& wanted, run_report& to) : to_(to), check_(wanted, to) {}

    void take(const archive::told& news) {
        const replay::place where{news.from->name, news.line};
        switch (news.what) {
            case archive::told::kind::head: begin(news, where); break;
            case archive::told::kind::line:
                if (begun_) {
                    check_.take(where, news.text);
                }
                break;
            case archive::told::kind::torn:
                to_.say("journal " + news.from->name + ": the last " + std::to_string(news.text.size()) +
                        " bytes are a torn line");
                check_.tear();
                break;
            case archive::told::kind::trouble:
                to_.say(news.words);
                to_.incomplete = true;
                check_.miss_lines(where, nullptr);
                break;
        }
    }

    void end() {
        check_.end_run();
        to_.counts = check_.counts();
    }
    [[nodiscard]] bool over() const { return check_.over(); }

    void share(check_progress& with, std::uint64_t bytes) {
        replay::check_counts news = check_.counts();
        // A run takes over what it counted as arrived: only the sum never shrinks.
        news.calls += news.remembered - shared_.calls;
        news.remembered = 0;
        news.different -= shared_.different;
        with.add(to_.files - shared_files_, bytes - shared_bytes_, news);
        shared_.calls += news.calls;
        shared_.different += news.different;
        shared_files_ = to_.files;
        shared_bytes_ = bytes;
    }

private:
    void begin(const archive::told& news, const replay::place& where) {
        ++to_.files;
        if (!news.words.empty()) {
            to_.say(news.words);
        }
        if (!news.first) {
            to_.say("journal " + news.from->name + ": which rules were in force is not known, so it is not checked");
            to_.incomplete = true;
            begun_ = false;
            return;
        }
        const auto& first = *news.first;
        const bool same_run = begun_ && first.node == node_ && first.run == run_;
        if (!same_run) {
            using beginning = replay::checker::beginning;
            const bool whole = news.how == archive::joint::run_begins;
            check_.begin_run(first.rules, whole ? beginning::at_its_start : beginning::within);
        } else if (news.how == archive::joint::hole) {
            to_.say("journal " + news.from->name + ": what stands before it in its run is missing");
        }
        if (news.how == archive::joint::hole && first.retold) {
            check_.begin_head(where, first);
        } else if (news.how == archive::joint::hole && same_run) {
            check_.miss_lines(where, &first.rules);
        }
        begun_ = true;
        node_ = first.node;
        run_ = first.run;
    }

    run_report& to_;
    replay::checker check_;
    bool begun_ = false;  ///< the rules of what is read are known
    std::string node_;
    instant run_{};
    replay::check_counts shared_{};
    std::uint64_t shared_files_ = 0;
    std::uint64_t shared_bytes_ = 0;
};

void check_run(const archive::journal_run& run, const replay::check_wishes& wanted, run_report& to,
               check_progress& progress) {
    constexpr std::uint64_t lines_at_once = 1024;
    const archive::journal_run wanted_files = files_since(run, wanted.since);
    archive::run_reader reader(wanted_files);
    run_check check(wanted, to);
    std::uint64_t lines = 0;
    for (const archive::told* news = reader.next(); news != nullptr && !check.over(); news = reader.next()) {
        check.take(*news);
        if (++lines % lines_at_once == 0) {
            check.share(progress, reader.bytes());
        }
    }
    check.end();
    to.bytes = reader.bytes();
    check.share(progress, to.bytes);
    progress.end_run();
}

/// As many runs at a time as there are jobs.
void check_all(const std::vector<archive::journal_run>& runs, const replay::check_wishes& wanted, std::size_t jobs,
               std::vector<run_report>& into, check_progress& progress) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t mine = next++; mine < runs.size(); mine = next++) {
            check_run(runs[mine], wanted, into[mine], progress);
        }
    };
    std::vector<std::future<void>> others;
    for (std::size_t job = 1; job < std::min(jobs, runs.size()); ++job) {
        others.push_back(std::async(std::launch::async, work));
    }
    work();
    for (std::future<void>& each : others) {
        each.get();
    }
}

/// Says that a call which was asked for is not there, and what may have been meant.
void tell_missing(const call_id& call, const std::vector<run_report>& reports, context& with) {
    std::optional<call_id> below;
    std::optional<call_id> above;
    for (const run_report& each : reports) {
        const auto [lower, higher] = each.next_to(call);
        below = std::max(below, lower);
        above = !above || (higher && *higher < *above) ? higher : above;
    }
    std::string near;
    for (const auto& each : {below, above}) {
        near += each ? (near.empty() ? "; the nearest by name: " : ", ") + std::string(each->text()) : "";
    }
    with.complain("no call " + std::string(call.text()) + " arrives in what was read" + near);
}

/// True when one of the calls that were asked for is not there.
bool some_missing(const std::set<call_id>& only, const std::vector<run_report>& reports, context& with) {
    bool missing = false;
    for (const call_id& call : only) {
        if (std::ranges::none_of(reports, [&](const run_report& each) { return each.met(call); })) {
            tell_missing(call, reports, with);
            missing = true;
        }
    }
    return missing;
}

exit_status check(context& with, const check_options& options, const replay::check_wishes& wanted) {
    const archive::catalogue journals = archive::find_sources(options.journals);
    tell_of(journals, with);
    if (journals.runs.empty()) {
        return status_of_nothing(journals, with);
    }
    std::vector<run_report> reports;
    for (std::size_t run = 0; run < journals.runs.size(); ++run) {
        reports.emplace_back(with, wanted.only);
    }
    const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
    check_progress progress(journals.runs);
    {
        const status_teller teller(with, [&] { return progress.words(); });
        check_all(journals.runs, wanted, options.jobs == 0 ? processors : options.jobs, reports, progress);
    }
    replay::check_counts counts;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    bool incomplete = !journals.left_out.empty();
    for (const run_report& each : reports) {
        each.print(with);
        counts.add(each.counts);
        files += each.files;
        bytes += each.bytes;
        incomplete = incomplete || each.incomplete;
    }
    print_summary(with, counts, reports.size(), files, bytes);
    if (some_missing(wanted.only, reports, with)) {
        return exit_status::not_found;
    }
    return counts.different > 0 ? exit_status::findings : incomplete ? exit_status::partly : exit_status::done;
}

std::string check_field(const std::string& name) {
    replay::ignored_fields fields;
    if (fields.add(name)) {
        return "";
    }
    const std::string_view meant = config::nearest(name, replay::names_of_fields());
    return "no command has a field \"" + config::printable(name) + '"' +
           (meant.empty() ? "; write drop_leg.reason or reason" : "; did you mean \"" + std::string(meant) + "\"?");
}

act declare_check(CLI::App& app) {
    const auto options = std::make_shared<check_options>();
    declare_journals(app, options->journals);
    app.add_option(
           "--ignore", options->ignored,
           "Pass over this field of commands, such as drop_leg.reason, reason, finish.legs.why; a whole command, "
           "such as push; or the order among calls, order; may be repeated")
        ->check(check_field)
        ->type_name("FIELD")
        ->allow_extra_args(false);
    declare_calls(app, options->only, "Only this call; may be repeated");
    declare_window(app, options->window);
    app.add_option("--jobs", options->jobs,
                   "How many runs to check at a time; as many as there are processors otherwise")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1024}))
        ->type_name("N");
    return [options](context& with) {
        replay::check_wishes wanted;
        for (const std::string& each : options->ignored) {
            static_cast<void>(wanted.ignored.add(each));
        }
        for (const std::string& each : options->only) {
            wanted.only.insert(*call_id::parse(each));
        }
        wanted.since = options->window.from();
        wanted.until = options->window.to();
        if (wanted.since >= wanted.until) {
            return with.complain({failure_kind::bad_input, "--since must be before --until"});
        }
        return check(with, *options, wanted);
    };
}

}  // namespace

verb check_verb() {
    return {"check", "Run recorded facts through the machines of today and compare what they ask for",
            "  tdctl replay-calls check /var/lib/tdctl/journal\n"
            "  tdctl --json replay-calls check w1-20261123T023452Z-*.jsonl* | jq -r 'select(.type==\"difference\") | "
            ".field'\n"
            "  zstdcat w1-20261123*.zst | tdctl replay-calls check --ignore push.title -\n",
            declare_check};
}

}  // namespace td::cmd::replay_calls
