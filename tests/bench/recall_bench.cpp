// From a dead worker's journal to its living calls: 1,000 that live among many more that are over, read, chosen and
// stepped through a new switchboard. The yardstick is the plain parse of the same bytes.
//
//     recall_bench [mebibytes of journal before them, in which an emergency call lives from the first line on] [untold]
//
// `untold`: as an older tdctl wrote it, whose files do not begin with their living calls.
// `retold` is what the last file begins with; `begin_seconds` is what its writer's thread was busy with that.

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
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
constexpr std::size_t file_limit = std::size_t{64} << 20U;
const instant start = *parse_rfc3339("2026-11-23T12:00:00Z");

double seconds_used() {
    std::timespec now{};
    std::timespec_get(&now, TIME_UTC);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// The journal of a worker with a call every few milliseconds.
class writer {
public:
    writer(fs::path dir, bool retells) : dir_(std::move(dir)), retells_(retells) {
        begin_file();
        feed(call::memory_recalled{});
    }
    /// Whom the whole journal is about.
    void call_out() {
        const call_id call = name_of(0);
        feed(call::sos_arrived{call, channel_id{"1.sos"}, panel_id{"5001"}, ""});
        feed(call::site_missing{call, "", 0});
        call::number_refused none;
        none.call = call;
        feed(none);
        feed(call::leg_answered{{call, leg_no{0}}});
        feed(call::pbx_did{call, call::act::bridge, {}});
        feed(call::pbx_did{call, call::act::answer, {}});
        feed(call::pbx_did{call, call::act::join, leg_no{0}});
    }
    /// As a recorder does, of which this is the same: the head, then lines.
    void begin_file() {
        close_file();
        const double begun = seconds_used();
        std::string retold;
        journal::header first;
        first.node = "bench";
        first.run = start;
        first.seq = ++seq_;
        first.oldest = start;
        first.recalled = seq_ > 1;
        if (retells_) {
            first.retold = living_.retell(retold);
        }
        journal::write(text_, now_, first);
        text_ += retold;
        head_bytes_ = text_.size();
        begin_seconds_ = seconds_used() - begun;
    }
    void close_file() {
        if (!text_.empty()) {
            file_ = dir_ / runtime::journal_file_name{"bench", "20261123T120000Z", seq_, false}.text();
            std::ofstream(file_, std::ios::binary) << text_;
            bytes_ += text_.size();
            text_.clear();
        }
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
    [[nodiscard]] std::size_t calls() const { return board_.calls(); }
    [[nodiscard]] const fs::path& last_file() const { return file_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_ + text_.size(); }
    [[nodiscard]] std::size_t head_bytes() const { return head_bytes_; }
    [[nodiscard]] double begin_seconds() const { return begin_seconds_; }

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
        if (retells_) {
            living_.take({now_, news});
            for (call::command& wish : out_) {
                living_.take({now_, std::move(wish)});
            }
        }
        if (text_.size() - head_bytes_ >= file_limit) {
            begin_file();
        }
    }

    fs::path dir_;
    bool retells_;
    fs::path file_;
    call::switchboard board_{call::rules{}};
    journal::recollector living_{{duration{0}, 0}};
    call::commands out_;
    std::string text_;
    instant now_ = start;
    std::uint32_t seq_ = 0;
    std::size_t bytes_ = 0;
    std::size_t head_bytes_ = 0;
    double begin_seconds_ = 0;
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

int main(int count, char** words) {
    const std::string_view wanted = count > 1 ? words[1] : "0";
    std::size_t older = 0;
    std::from_chars(wanted.data(), wanted.data() + wanted.size(), older);
    const fs::path dir = fs::temp_directory_path() / ("tdctl-recall-bench-" + std::to_string(::getpid()));
    fs::create_directory(dir);
    writer made(dir, count < 3);
    if (older > 0) {
        made.call_out();
    }
    std::size_t number = 1;
    for (; number <= over || made.bytes() < older << 20U; ++number) {
        made.ring(number);
        made.talk(number);
        made.end(number);
    }
    for (const std::size_t first = number; number < first + living; ++number) {
        made.ring(number);
        if (number % 2 == 0) {
            made.talk(number);
        }
    }
    if (older > 0) {
        made.begin_file();
    }
    made.close_file();

    const double parse_begun = seconds_used();
    const std::size_t lines = plain_parse(made.last_file());
    const double recall_begun = seconds_used();
    const std::size_t calls = recall(dir);
    const double recalled = seconds_used();
    fs::remove_all(dir);
    const double parse = recall_begun - parse_begun;
    const double whole = recalled - recall_begun;
    std::printf(
        "recall calls=%zu of=%zu bytes=%zu seconds=%.3f last_file_lines=%zu last_file_parse_seconds=%.3f ratio=%.2f "
        "retold_bytes=%zu begin_seconds=%.3f\n",
        calls, number - 1, made.bytes(), whole, lines, parse, whole / parse, made.head_bytes(), made.begin_seconds());
    return calls == made.calls() && calls == living + (older > 0 ? 1 : 0) ? 0 : 1;
}
