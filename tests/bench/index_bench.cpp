// The index over a long journal: how fast it is built, how large it is, and how long the story of any call takes. The
// journal is made by the machine and the codec, 20 calls a second with four accounts each, and compressed as a worker
// does it. The yardstick is the plain parse of the same lines.
//
//   index_bench CALLS [DIRECTORY]      a directory that holds the journal already is used as it is

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "archive/call_reader.hpp"
#include "archive/index.hpp"
#include "base/random.hpp"
#include "call/switchboard.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_blocks.hpp"
#include "runtime/journal_files.hpp"
#include "story/teller.hpp"
#include "story/told.hpp"

namespace {

using namespace td;
namespace fs = std::filesystem;

const instant start = *parse_rfc3339("2026-10-24T12:00:00Z");
constexpr duration between_calls = 50ms;
constexpr std::size_t text_of_file = std::size_t{64} << 20U;

double seconds_used() {
    std::timespec now{};
    std::timespec_get(&now, TIME_UTC);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Writes what a worker writes, and compresses every file when it is full.
class maker {
public:
    explicit maker(fs::path dir) : dir_(std::move(dir)), board_(call::rules{}) {}

    void make(std::size_t calls) {
        begin_file();
        feed(start, call::memory_recalled{});
        for (std::size_t number = 0; number < calls; ++number) {
            const instant at = start + between_calls * static_cast<std::int64_t>(number);
            script(at, number);
            while (!agenda_.empty() && agenda_.begin()->first <= at) {
                next();
            }
        }
        while (!agenda_.empty()) {
            next();
        }
        end_file();
    }
    [[nodiscard]] std::uint64_t text_bytes() const { return text_bytes_; }
    [[nodiscard]] std::uint64_t packed_bytes() const { return packed_bytes_; }

private:
    static call_id name_of(instant at, std::size_t number) {
        return call_id::of(static_cast<std::uint64_t>(at.time_since_epoch() / 1ms),
                           static_cast<std::uint16_t>(number * 40503U), number * 11400714819323198485ULL);
    }

    /// Every third is missed; the others talk for a quarter of a minute.
    void script(instant at, std::size_t number) {
        const call_id call = name_of(at, number);
        const std::size_t flat = number * 7919U % 200'000U;
        const channel_id panel{"1795419146." + std::to_string(number)};
        const auto later = [&](duration wait, call::fact news) { agenda_.emplace(at + wait, std::move(news)); };
        later({}, call::panel_arrived{call, panel, panel_id{std::to_string(5000 + flat / 36)},
                                      flat_id{std::to_string(flat % 36 + 1)}, ""});
        call::accounts_found found{call, {}, call::crm_source::live, 5};
        std::vector<device_id> devices;
        for (std::size_t i = 0; i < 4; ++i) {
            const std::string account = "7900" + std::to_string(1'000'000 + flat * 4 + i);
            devices.emplace_back("d" + account);
            found.flat.accounts.push_back({account_id{account}, {{devices.back(), "ios"}}});
        }
        later(5ms, found);
        later(6ms, call::panel_described{call, "Lenina 1, entrance 2"});
        later(40ms, call::push_answered{call, call::push_kind::ring, {}, devices});
        for (std::uint8_t leg = 0; leg < 4; ++leg) {
            later(400ms + leg * 90ms, call::leg_ringing{{call, leg_no{leg}}});
        }
        later(420ms, call::pbx_did{call, call::act::bridge, {}});
        duration end = 20s;
        if (number % 3 != 0) {
            later(6s, call::leg_answered{{call, leg_no{1}}});
            later(6s + 2ms, call::pbx_did{call, call::act::answer, {}});
            later(6s + 3ms, call::pbx_did{call, call::act::join, leg_no{1}});
            for (const std::uint8_t leg : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{3}}) {
                later(6s + 8ms, call::leg_ended{{call, leg_no{leg}}, 26, 0});
            }
            end = 21s;
        }
        later(end, call::panel_left{panel});
        for (std::uint8_t leg = 0; leg < 4; ++leg) {
            later(end + 7ms, call::leg_ended{{call, leg_no{leg}}, 16, 0});
        }
        later(end + 9ms, call::pbx_did{call, call::act::remove_bridge, {}});
    }

    void next() {
        const auto first = agenda_.begin();
        feed(first->first, first->second);
        agenda_.erase(first);
    }

    void feed(instant at, const call::fact& news) {
        out_.clear();
        board_.step(at, news, out_);
        journal::write(text_, at, news);
        for (const call::command& wish : out_) {
            journal::write(text_, at, wish);
        }
        last_ = at;
        if (text_.size() >= text_of_file) {
            end_file();
            begin_file();
        }
    }

    void begin_file() {
        journal::header first;
        first.node = "bench";
        first.version = "bench";
        first.run = start;
        first.seq = ++seq_;
        journal::write(text_, last_, first);
    }

    void end_file() {
        const std::string name = runtime::journal_file_name{"bench", runtime::run_text(start), seq_, true}.text();
        std::ofstream to(dir_ / name, std::ios::binary);
        runtime::block_cutter cutter;
        std::string_view rest = text_;
        std::size_t length = 0;
        while (!rest.empty()) {
            const auto cut = cutter.take(rest.substr(length));
            length += cut.length;
            if (cut.ends || length == rest.size()) {
                const std::string packed = runtime::packed_block(rest.substr(0, length), 3).value();
                to << packed;
                packed_bytes_ += packed.size();
                rest.remove_prefix(length);
                length = 0;
            }
        }
        text_bytes_ += text_.size();
        text_.clear();
    }

    fs::path dir_;
    call::switchboard board_;
    call::commands out_;
    std::multimap<instant, call::fact> agenda_;
    std::string text_;
    std::uint32_t seq_ = 0;
    instant last_ = start;
    std::uint64_t text_bytes_ = 0;
    std::uint64_t packed_bytes_ = 0;
};

double parse_seconds(const fs::path& dir, std::uint64_t& lines) {
    double spent = 0;
    for (const auto& file : fs::directory_iterator(dir)) {
        if (!file.path().string().ends_with(".jsonl.zst")) {
            continue;
        }
        auto text = runtime::read_journal_file(file.path());
        journal::reader reader;
        reader.take(std::move(*text));
        const double before = seconds_used();
        while (reader.next()) {
            ++lines;
        }
        spent += seconds_used() - before;
        break;  // one file tells enough
    }
    return spent;
}

archive::index open_index(const fs::path& dir, archive::index_news& news) {
    return std::move(archive::index::open({dir, {}, {}}, news)).value();
}

/// As the verb does it: the index opened and brought up to date, the call looked up, read and told.
void explain_some(const fs::path& dir, std::size_t calls) {
    std::vector<call_id> names;
    {
        archive::index_news news;
        archive::index index = open_index(dir, news);
        random_source dice(1);
        std::size_t place = 0;
        std::size_t wanted = dice.below(calls / 200 + 1);
        static_cast<void>(index.rows().list({}, [&](const archive::index_row& row) {
            if (place++ == wanted) {
                names.push_back(row.call);
                wanted += 1 + dice.below(calls / 100 + 1);
            }
        }));
    }
    std::vector<double> times;
    std::size_t letters = 0;
    for (const call_id& each : names) {
        const double before = seconds_used();
        archive::index_news news;
        archive::index index = open_index(dir, news);
        const auto row = index.rows().find(each).value().value();
        letters += story::told(story::tell(archive::lines_of(index, row).value())).size();
        times.push_back(seconds_used() - before);
    }
    std::sort(times.begin(), times.end());
    std::printf("explain_of=%zu explain_p50_ms=%.1f explain_p99_ms=%.1f explain_max_ms=%.1f letters=%zu\n",
                times.size(), times[times.size() / 2] * 1e3, times[times.size() * 99 / 100] * 1e3, times.back() * 1e3,
                letters / times.size());
}

}  // namespace

int main(int count, char** words) {
    const std::size_t calls = count > 1 ? std::stoul(words[1]) : 20'000;
    std::string scratch = (fs::temp_directory_path() / "tdctl-index-bench-XXXXXX").string();
    const fs::path dir = count > 2 ? fs::path(words[2]) : fs::path(::mkdtemp(scratch.data()));
    if (!fs::exists(dir) || fs::is_empty(dir)) {
        fs::create_directories(dir);
        maker made(dir);
        const double before = seconds_used();
        made.make(calls);
        std::printf("calls=%zu plain_bytes_per_call=%.0f compressed_bytes_per_call=%.0f made_s=%.1f\n", calls,
                    static_cast<double>(made.text_bytes()) / static_cast<double>(calls),
                    static_cast<double>(made.packed_bytes()) / static_cast<double>(calls), seconds_used() - before);
    }
    std::uint64_t lines = 0;
    const double parsed = parse_seconds(dir, lines);
    archive::index_news news;
    const double before = seconds_used();
    open_index(dir, news);
    const double built = seconds_used() - before;
    if (news.bytes > 0) {
        const double size = static_cast<double>(fs::file_size(dir / std::string(archive::index::file_name)));
        std::printf(
            "build_s=%.1f build_calls_per_s=%.0f build_mb_per_s=%.0f parse_lines_per_s=%.0f "
            "index_bytes_per_call=%.0f\n",
            built, static_cast<double>(calls) / built, static_cast<double>(news.bytes) / built / 1e6,
            static_cast<double>(lines) / parsed, size / static_cast<double>(calls));
    }
    explain_some(dir, calls);
    if (count <= 2) {
        fs::remove_all(dir);
    }
    return 0;
}
