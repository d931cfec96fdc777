// From a dead worker's journal to its living calls: 1,000 that live among ten times as many that are over, read,
// chosen and stepped through a new switchboard. The yardstick is the plain parse of the same bytes.

#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>

#include "base/overloaded.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/journal_memory.hpp"

namespace {

using namespace td;
namespace fs = std::filesystem;

constexpr std::size_t living = 1000;
constexpr std::size_t over = 10'000;
const instant start = *parse_rfc3339("2026-11-23T12:00:00Z");

double seconds_used() {
    std::timespec now{};
    std::timespec_get(&now, TIME_UTC);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// The journal of a worker with a call every 10 ms.
class writer {
public:
    writer() {
        journal::header first;
        first.node = "bench";
        first.run = start;
        first.oldest = start;
        journal::write(text_, start, first);
        feed(call::memory_recalled{});
    }
    void ring(std::size_t number) {
        const call_id call = name_of(number);
        feed(call::panel_arrived{call, channel_id{"1." + std::to_string(number)}, panel_id{"5001"}, flat_id{"12"}, ""});
        call::accounts_found found{call, {}, call::crm_source::live, 5};
        for (unsigned i = 0; i < 4; ++i) {
            const std::string account = "7900" + std::to_string(number * 4 + i);
            found.flat.accounts.push_back({account_id{account}, {{device_id{"d" + account}, "ios"}}});
        }
        feed(found);
        feed(call::panel_described{call, "Lenina 1, entrance 2"});
        for (std::uint8_t leg = 0; leg < 4; ++leg) {
            feed(call::leg_ringing{{call, leg_no{leg}}});
        }
        feed(call::pbx_did{call, call::act::bridge, {}});
    }
    void talk(std::size_t number) {
        const call_id call = name_of(number);
        feed(call::leg_answered{{call, leg_no{1}}});
        feed(call::pbx_did{call, call::act::answer, {}});
        feed(call::pbx_did{call, call::act::join, leg_no{1}});
        for (const std::uint8_t leg : std::to_array<std::uint8_t>({0, 2, 3})) {
            feed(call::leg_ended{{call, leg_no{leg}}, 26, 0});
        }
    }
    void end(std::size_t number) {
        feed(call::panel_left{channel_id{"1." + std::to_string(number)}});
        feed(call::leg_ended{{name_of(number), leg_no{1}}, 16, 0});
        feed(call::pbx_did{name_of(number), call::act::remove_bridge, {}});
    }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::size_t calls() const { return board_.calls(); }

private:
    static call_id name_of(std::size_t number) { return call_id::of(1'800'000'000'000 + number, 1, number); }
    void feed(call::fact news) {
        now_ += 100us;
        out_.clear();
        board_.step(now_, news, out_);
        journal::write(text_, now_, news);
        for (const call::command& wish : out_) {
            journal::write(text_, now_, wish);
        }
    }

    call::switchboard board_{call::rules{}};
    call::commands out_;
    std::string text_;
    instant now_ = start;
};

std::size_t plain_parse(const fs::path& file) {
    journal::reader lines;
    lines.take(*runtime::read_journal_file(file));
    std::size_t count = 0;
    while (const auto line = lines.next()) {
        count += line->ok() ? 1U : 0U;
    }
    return count;
}

std::size_t recall(const fs::path& dir) {
    const runtime::journal_memory memory = runtime::read_memory(dir, "bench");
    call::switchboard board{call::rules{}};
    std::string journal;
    for (const journal::remembered_step& step : memory.what.steps) {
        std::visit(overloaded{[&](const call::fact& news) {
                                  call::commands done;
                                  board.step(step.at, news, done);
                                  journal::write(journal, step.at, news);
                                  for (const call::command& wish : done) {
                                      journal::write(journal, step.at, wish);
                                  }
                              },
                              [&](const call::rules& rules) { board.follow(rules); }},
                   step.what);
    }
    call::commands out;
    board.step(memory.what.last + 1s, call::memory_recalled{}, out);
    return board.calls();
}

}  // namespace

int main() {
    writer made;
    for (std::size_t number = 0; number < over; ++number) {
        made.ring(number);
        made.talk(number);
        made.end(number);
    }
    for (std::size_t number = over; number < over + living; ++number) {
        made.ring(number);
        if (number % 2 == 0) {
            made.talk(number);
        }
    }
    const fs::path dir = fs::temp_directory_path() / ("tdctl-recall-bench-" + std::to_string(::getpid()));
    fs::create_directory(dir);
    const fs::path file = dir / runtime::journal_file_name{"bench", "20261123T120000Z", 1, false}.text();
    std::ofstream(file, std::ios::binary) << made.text();

    const double parse_begun = seconds_used();
    const std::size_t lines = plain_parse(file);
    const double recall_begun = seconds_used();
    const std::size_t calls = recall(dir);
    const double recalled = seconds_used();
    fs::remove_all(dir);
    const double parse = recall_begun - parse_begun;
    const double whole = recalled - recall_begun;
    std::printf("recall calls=%zu of=%zu lines=%zu bytes=%zu seconds=%.3f plain_parse_seconds=%.3f ratio=%.2f\n", calls,
                over + living, lines, made.text().size(), whole, parse, whole / parse);
    return calls == made.calls() && calls == living ? 0 : 1;
}
