// A day of an operator, 65,000 door calls with four accounts each, checked as `replay-calls check` does it, on one
// core. Yardsticks over the same bytes: simdjson alone, which makes a tree of every line and drops it; the journal's
// own reader; and jq -c, where it is installed. A number of calls may stand on the command line.

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "archive/run_reader.hpp"
#include "base/random.hpp"
#include "call/switchboard.hpp"
#include "journal/codec.hpp"
#include "replay/checker.hpp"
#include "runtime/journal_files.hpp"

namespace {

using namespace td;
namespace fs = std::filesystem;

const instant start = *parse_rfc3339("2026-11-23T00:00:00Z");
constexpr std::uint8_t accounts = 4;

/// Seconds of this process on the processor.
double seconds_used() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// A worker that serves calls one after another through the day, many of them at a time, and writes its journal.
class day {
public:
    day(std::size_t calls, std::ofstream& to) : to_(to) {
        journal::header first;
        first.node = "bench";
        first.version = "bench";
        first.run = first.oldest.emplace(start);
        first.seq = 1;
        journal::write(text_, start, first);
        at(start, call::memory_recalled{});
        for (std::size_t number = 0; number < calls; ++number) {
            visit(number, start + 1s + duration(24h) * number / calls);
            serve_until(start + duration(24h) * number / calls);
        }
        serve_until(never);
        to_ << text_;
    }
    [[nodiscard]] std::size_t left() const { return board_.calls(); }

private:
    void at(instant when, call::fact news) { coming_.emplace(when, std::move(news)); }

    void visit(std::size_t number, instant when) {
        const call_id call = call_id::of(static_cast<std::uint64_t>(when.time_since_epoch() / 1ms), 1,
                                         static_cast<std::uint64_t>(number));
        const channel_id panel{std::to_string(1'700'000'000 + number) + '.' + std::to_string(number)};
        const auto leg = [&](std::uint8_t no) { return leg_ref{call, leg_no{no}}; };
        at(when, call::panel_arrived{call, panel, panel_id{std::to_string(5000 + number % 22'000)},
                                     flat_id{std::to_string(1 + number % 100)}, ""});
        call::accounts_found found{call, {}, call::crm_source::live, 5};
        call::push_answered pushed{call, call::push_kind::ring, {}, {}};
        for (std::uint8_t i = 0; i < accounts; ++i) {
            const std::string name = std::to_string(79'000'000'000 + number * accounts + i);
            found.flat.accounts.push_back({account_id{name}, {{device_id{"d" + name}, "ios"}}});
            pushed.asked.emplace_back("d" + name);
        }
        at(when + 4ms, call::panel_described{call, "Lenina 1, entrance 2"});
        at(when + 5ms, found);
        at(when + 40ms, pushed);
        for (std::uint8_t i = 0; i < accounts; ++i) {
            at(when + 300ms + i * 150ms, call::leg_ringing{leg(i)});
        }
        if (number % 3 == 2) {  // nobody is at home
            for (std::uint8_t i = 0; i < accounts; ++i) {
                at(when + 45s + 30ms, call::leg_ended{leg(i), 16, 487});
            }
            at(when + 45s + 50ms, call::panel_left{panel});
            at(when + 45s + 53ms, call::pbx_did{call, call::act::remove_bridge, {}});
            return;
        }
        const instant answer = when + 4s + duration(dice_.below(8'000'000));
        at(answer, call::leg_answered{leg(1)});
        at(answer + 2ms, call::pbx_did{call, call::act::bridge, {}});
        at(answer + 3ms, call::pbx_did{call, call::act::answer, {}});
        at(answer + 4ms, call::pbx_did{call, call::act::join, leg_no{1}});
        for (const std::uint8_t loser : std::to_array<std::uint8_t>({0, 2, 3})) {
            at(answer + 20ms, call::leg_ended{leg(loser), 26, 487});
        }
        pushed.kind = call::push_kind::ended;
        at(answer + 50ms, pushed);
        at(answer + 9s, call::key_pressed{leg(1), '1'});
        at(answer + 20s, call::panel_left{panel});
        at(answer + 20s + 3ms, call::pbx_did{call, call::act::remove_bridge, {}});
        at(answer + 20s + 8ms, call::leg_ended{leg(1), 16, 0});
    }

    void serve_until(instant end) {
        while (!coming_.empty() && coming_.begin()->first < end) {
            const instant when = coming_.begin()->first;
            if (board_.next_deadline() < when) {
                serve(board_.next_deadline(), call::time_passed{});
                continue;
            }
            serve(when, coming_.begin()->second);
            coming_.erase(coming_.begin());
        }
        if (text_.size() > (1U << 20U)) {
            to_ << text_;
            text_.clear();
        }
    }

    void serve(instant when, const call::fact& news) {
        out_.clear();
        board_.step(when, news, out_);
        journal::write(text_, when, news);
        for (const call::command& wish : out_) {
            journal::write(text_, when, wish);
        }
    }

    std::ofstream& to_;
    call::switchboard board_{call::rules{}};
    std::multimap<instant, call::fact> coming_;
    call::commands out_;
    std::string text_;
    random_source dice_{7};
};

class silent final : public replay::check_observer {
public:
    void differs(const replay::difference& /*news*/) override {}
    void leaves_out(const call_id& /*call*/, replay::left_out /*why*/, const replay::place& /*where*/) override {}
    void finds_damaged(const replay::place& /*where*/, std::string_view /*words*/) override {}
    void arrives(const call_id& /*call*/) override {}
};

replay::check_counts check(const fs::path& file) {
    const archive::catalogue journals = archive::find_sources({file.string()});
    archive::run_reader reader(journals.runs.front());
    silent nobody;
    replay::checker checker({}, nobody);
    while (const archive::told* news = reader.next()) {
        if (news->what == archive::told::kind::head) {
            checker.begin_run(news->first->rules, replay::checker::beginning::at_its_start);
        } else {
            checker.take({news->from->name, news->line}, news->text);
        }
    }
    checker.end_run();
    return checker.counts();
}

std::size_t parse_all(const fs::path& file) {
    const archive::catalogue journals = archive::find_sources({file.string()});
    archive::run_reader reader(journals.runs.front());
    simdjson::dom::parser parser;
    std::size_t lines = 0;
    while (const archive::told* news = reader.next()) {
        lines += parser.parse(news->text.data(), news->text.size(), false).error() == simdjson::SUCCESS ? 1U : 0U;
    }
    return lines;
}

std::size_t read_all(const fs::path& file) {
    const archive::catalogue journals = archive::find_sources({file.string()});
    archive::run_reader reader(journals.runs.front());
    journal::reader lines;
    std::size_t read = 0;
    while (const archive::told* news = reader.next()) {
        read += lines.read(news->text).ok() ? 1U : 0U;
    }
    return read;
}

/// Its seconds on the processor; 0 where it is not installed.
double jq(const fs::path& file) {
    std::string program = "jq";
    std::string compact = "-c";
    std::string all = ".";
    std::string name = file.string();
    std::array<char*, 5> words{program.data(), compact.data(), all.data(), name.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int error = posix_spawnp(&child, "jq", &files, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    int status = 0;
    rusage used{};
    if (error != 0 || ::wait4(child, &status, 0, &used) != child || status != 0) {
        return 0;
    }
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

template <class Act>
double seconds_of(const Act& act) {
    const double begun = seconds_used();
    act();
    return seconds_used() - begun;
}

}  // namespace

int main(int count, char** words) {
    const std::size_t calls = count > 1 ? static_cast<std::size_t>(std::strtoul(words[1], nullptr, 10)) : 65'000;
    const fs::path file = fs::temp_directory_path() / ("tdctl-replay-bench-" + std::to_string(::getpid()) + ".jsonl");
    std::ofstream to(file, std::ios::binary);
    const std::size_t left = day(calls, to).left();
    to.close();
    const std::uintmax_t bytes = fs::file_size(file);

    replay::check_counts counts;
    std::size_t lines = 0;
    const double parsed = seconds_of([&] { lines = parse_all(file); });
    const double checked = seconds_of([&] { counts = check(file); });
    const double read = seconds_of([&] { static_cast<void>(read_all(file)); });
    const double by_jq = jq(file);
    fs::remove(file);
    std::printf(
        "replay_bench calls=%zu lines=%zu bytes=%ju seconds=%.2f calls_per_s=%.0f megabytes_per_s=%.0f "
        "simdjson_seconds=%.2f reader_seconds=%.2f jq_seconds=%.2f ratio_to_simdjson=%.2f ratio_to_reader=%.2f\n",
        calls, lines, bytes, checked, static_cast<double>(calls) / checked, static_cast<double>(bytes) / checked / 1e6,
        parsed, read, by_jq, checked / parsed, checked / read);
    const bool whole = counts.calls == calls && counts.different == 0 && counts.facts + counts.commands + 1 == lines;
    return left == 0 && whole ? 0 : 1;
}
