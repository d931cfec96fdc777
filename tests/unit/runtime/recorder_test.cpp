#include "runtime/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <functional>

#include "base/overloaded.hpp"

#include "alarm_book.hpp"
#include "catch.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/journal_memory.hpp"
#include "scratch.hpp"
#include "tiny_disk.hpp"

namespace td::runtime {
namespace {

namespace fs = std::filesystem;
using test::alarm_book;

const instant noon = *parse_rfc3339("2026-11-23T12:00:00Z");

/// The wall clock that the recorder's thread asks, moved by hand.
class hand_clock {
public:
    std::function<instant()> clock() {
        return [this] { return instant{duration{now_.load()}}; };
    }
    void move(duration by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_{noon.time_since_epoch().count()};
};

recorder_options quick(const fs::path& dir) {
    recorder_options options;
    options.dir = dir;
    options.node = "w1";
    options.version = "0.1.0";
    options.keep = duration{0};
    options.gather = 1ms;
    options.retry = 10ms;
    options.compression = journal_compression_rule::none;
    return options;
}

std::unique_ptr<recorder> opened(recorder_options options, hand_clock& clock, alarm_sink alarms = {}) {
    auto open = recorder::open(std::move(options), {}, clock.clock(), std::move(alarms));
    REQUIRE(open.ok());
    return std::move(open).value();
}

call::fact ringing(std::uint64_t number) {
    return call::leg_ringing{{call_id::of(1, 1, number), {static_cast<std::uint8_t>(number % 100)}}};
}

/// Every line of the node's files in one word each: h header, r rules, f fact, c command, g gap.
struct reading {
    std::string words;
    std::vector<call_id> calls;
    std::vector<journal::header> headers;
    std::uint64_t missing = 0;
    std::size_t torn = 0;
};

reading read_all(const fs::path& dir) {
    reading all;
    for (const fs::path& file : journal_files(dir, "w1")) {
        auto text = read_journal_file(file);
        REQUIRE(text.ok());
        journal::reader lines;
        lines.take(std::move(text).value());
        while (const auto line = lines.next()) {
            INFO(file.string());
            INFO((line->ok() ? std::string() : line->why().text));
            REQUIRE(line->ok());
            std::visit(overloaded{[&](const journal::header& each) {
                                      all.words += 'h';
                                      all.headers.push_back(each);
                                  },
                                  [&](const journal::rules_changed&) { all.words += 'r'; },
                                  [&](const journal::gap& each) {
                                      all.words += 'g';
                                      all.missing += each.lines;
                                  },
                                  [&](const call::fact& each) {
                                      all.words += 'f';
                                      if (const auto* leg = std::get_if<call::leg_ringing>(&each)) {
                                          all.calls.push_back(leg->leg.call);
                                      }
                                  },
                                  [&](const call::command&) { all.words += 'c'; }},
                       (*line)->what);
        }
        all.torn += lines.torn();
    }
    return all;
}

TEST_CASE("recorder: a step is written as it happened, behind a header", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    const auto to = opened(quick(dir.path() / "journal"), clock);
    to->note(noon, ringing(1), {call::make_bridge{}, call::make_bridge{}});
    to->note(noon + 1s, call::time_passed{}, {call::remove_bridge{}});
    call::rules rules;
    rules.door.ring_limit = 7s;
    to->follow(noon + 2s, rules);
    REQUIRE(to->close(60s).ok());
    const auto all = read_all(dir.path() / "journal");
    CHECK(all.words == "hfccfcr");
    CHECK(all.headers[0].node == "w1");
    CHECK(all.headers[0].seq == 1);
    CHECK(to->counts().lines == 6);
    CHECK(to->counts().waiting == 0);
    CHECK(fs::exists(dir.path() / "journal" / "w1-20261123T120000Z-00001.jsonl"));
}

TEST_CASE("recorder: a file begins with the rules that are in force there", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    auto options = quick(dir.path());
    options.file_limit = 1;  // every batch its own file
    const auto to = opened(options, clock);
    call::rules rules;
    for (int round = 1; round <= 3; ++round) {
        rules.door.ring_limit = std::chrono::seconds(round);
        to->note(noon, ringing(1), {});
        to->follow(noon, rules);
    }
    to->note(noon, ringing(1), {});
    REQUIRE(to->close(60s).ok());
    // A replay that follows the rules lines must agree with every header.
    const auto all = read_all(dir.path());
    duration in_force = call::rules{}.door.ring_limit;
    std::size_t header = 0;
    std::int64_t changes = 0;
    for (const char each : all.words) {
        if (each == 'h') {
            CHECK(all.headers[header++].rules.door.ring_limit == in_force);
        } else if (each == 'r') {
            in_force = std::chrono::seconds(++changes);
        }
    }
    CHECK(changes == 3);
    CHECK(all.headers.size() > 2);
}

TEST_CASE("recorder: a new file with every hour and every so many bytes, and no line lost between", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    const auto to = opened(quick(dir.path()), clock);
    to->note(noon, ringing(1), {});
    REQUIRE(comes_true([&] { return to->counts().lines == 1; }));
    clock.move(1h);
    to->note(noon, ringing(2), {});
    REQUIRE(comes_true([&] { return to->counts().lines == 2; }));
    CHECK(journal_files(dir.path(), "w1").size() == 2);
    REQUIRE(to->close(60s).ok());
    const auto all = read_all(dir.path());
    CHECK(all.words == "hfhf");
    CHECK(all.headers[1].run == all.headers[0].run);
    CHECK(all.headers[1].seq == 2);
}

TEST_CASE("recorder: a file says since when its living calls live, and keeps what they need", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    auto options = quick(dir.path());
    options.keep = 1s;  // shorter than any call
    const auto to = opened(options, clock);
    const auto arrives = [&](std::uint64_t number, instant at) {
        to->note(at, call::panel_arrived{call_id::of(1, 1, number), channel_id{"1.0"}, panel_id{"1"}, flat_id{"1"}, ""},
                 {call::find_accounts{}});
    };
    const auto ends = [&](std::uint64_t number, instant at) {
        call::finish end;
        end.record.call = call_id::of(1, 1, number);
        to->note(at, call::time_passed{}, {end});
    };
    const auto files = [&] { return journal_files(dir.path(), "w1").size(); };
    constexpr auto an_age =
        std::chrono::hours(24) * 365 * 100;  // whatever the disk says of a file, it is older than keep
    const instant long_ago = *parse_rfc3339("2020-01-01T00:00:00Z");
    to->note(long_ago, ringing(1), {});
    REQUIRE(comes_true([&] { return to->counts().lines == 1; }));
    arrives(1, long_ago + 1s);
    arrives(2, long_ago + 2s);
    REQUIRE(comes_true([&] { return to->counts().lines == 5; }));
    clock.move(an_age);
    ends(1, long_ago + 3s);
    REQUIRE(comes_true([&] { return to->counts().lines == 7; }));
    const auto all = read_all(dir.path());
    REQUIRE(all.headers.size() == 2);
    CHECK(all.headers[0].oldest == noon);
    CHECK(all.headers[1].oldest == long_ago + 2s);
    ends(2, long_ago + 4s);
    REQUIRE(comes_true([&] { return to->counts().lines == 9; }));
    clock.move(an_age);
    to->note(long_ago + 5s, ringing(1), {});
    CHECK(comes_true([&] { return files() == 1; }));
    REQUIRE(to->close(60s).ok());
    CHECK(read_all(dir.path()).headers.back().oldest == long_ago + 5s);
}

TEST_CASE("recorder: a second run makes its own files and leaves a torn line as it is", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    write_file(dir.path() / "w1-20261123T120000Z-00001.jsonl", R"({"at":1,"fa)");
    const auto to = opened(quick(dir.path()), clock);
    to->note(noon, ringing(1), {});
    REQUIRE(to->close(60s).ok());
    CHECK(text_of_file(dir.path() / "w1-20261123T120000Z-00001.jsonl") == R"({"at":1,"fa)");
    const auto all = read_all(dir.path());
    CHECK(all.words == "hf");
    CHECK(all.torn == 11);
}

TEST_CASE("recorder: a run whose clock was set back is remembered, not the one before it", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    const auto lives = [&](std::uint64_t number) {
        auto options = quick(dir.path());
        options.clock = journal::clock_origin{"a boot", noon - std::chrono::hours(number)};
        const auto to = opened(options, clock);
        to->note(noon, call::memory_recalled{}, {});
        const call_id call = call_id::of(1, 1, number);
        to->note(noon + 1s, call::panel_arrived{call, channel_id{"1.7"}, panel_id{"5001"}, flat_id{"12"}, ""},
                 {call::answer_panel{}});
        REQUIRE(to->close(60s).ok());
        return call;
    };
    lives(1);
    clock.move(-5h);
    const call_id second = lives(2);
    const auto memory = read_memory(dir.path(), "w1");
    REQUIRE(memory.what.calls == 1);
    const auto arrived = std::ranges::any_of(memory.what.steps, [&](const journal::remembered_step& step) {
        const auto* news = std::get_if<call::fact>(&step.what);
        const auto* panel = news == nullptr ? nullptr : std::get_if<call::panel_arrived>(news);
        return panel != nullptr && panel->call == second;
    });
    CHECK(arrived);
    REQUIRE(memory.clock);
    CHECK(memory.clock->boot_id == "a boot");
    CHECK(memory.clock->zero == noon - 2h);
}

TEST_CASE("recorder: a wall clock that jumps between two files of one run moves no moment of the memory", "[runtime]") {
    for (const duration jump : {duration(1h), duration(-1h)}) {
        INFO("jump " << duration_text(jump));
        const scratch_dir dir;
        hand_clock clock;
        auto options = quick(dir.path());
        options.file_limit = 1;  // every batch its own file
        const auto to = opened(options, clock);
        const call_id call = call_id::of(1, 1, 1);
        call::finish end;
        end.record.call = call_id::of(1, 1, 2);
        to->note(noon, call::memory_recalled{}, {});
        to->note(noon + 1s, call::panel_arrived{call, channel_id{"1.7"}, panel_id{"5001"}, flat_id{"12"}, ""},
                 {call::answer_panel{}});
        to->note(noon + 2s, call::time_passed{}, {end});
        REQUIRE(comes_true([&] { return to->counts().lines == 5; }));
        clock.move(jump);
        to->note(noon + 3s, ringing(1), {});
        REQUIRE(to->close(5s).ok());
        const auto memory = read_memory(dir.path(), "w1");
        CHECK(memory.files >= 2);
        CHECK(memory.what.last == noon + 3s);
        CHECK(memory.what.last_words.size() == 1);
        REQUIRE(memory.what.calls == 1);
        CHECK(std::ranges::all_of(memory.what.steps, [](const journal::remembered_step& step) {
            return noon <= step.at && step.at <= noon + 3s;
        }));
    }
}

TEST_CASE("recorder: a file begins at its first line, and with no living call nothing before it is needed",
          "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    const auto to = opened(quick(dir.path()), clock);
    to->note(noon + 1s, ringing(1), {});
    REQUIRE(comes_true([&] { return to->counts().lines == 1; }));
    clock.move(-24h);
    to->note(noon + 2s, ringing(2), {});
    REQUIRE(to->close(5s).ok());
    const auto all = read_all(dir.path());
    REQUIRE(all.headers.size() == 2);
    CHECK(all.headers.back().oldest == noon + 2s);
}

TEST_CASE("recorder: the last words of a run that died outlive the next one's death, too", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    call::sos_record record;
    record.call = call_id::of(1, 1, 1);
    const call::commands said{call::finish_sos{record}, call::return_number{}, call::alert{}};
    {
        const auto first = opened(quick(dir.path()), clock);
        first->note(noon, call::memory_recalled{}, {});
        first->note(noon + 1s, call::time_passed{}, said);
        REQUIRE(first->close(60s).ok());
    }
    for (int run = 2; run <= 4; ++run) {
        INFO("run " << run);
        clock.move(1h);
        const auto memory = read_memory(dir.path(), "w1");
        CHECK(memory.files == 1);
        CHECK(memory.what.calls == 0);
        REQUIRE(memory.what.last_words.size() == said.size());
        CHECK(std::get<call::finish_sos>(memory.what.last_words[0]).record.call == record.call);
        const auto next = opened(quick(dir.path()), clock);
        next->repeat(clock.clock()(), memory.what.last_words);
        next->note(clock.clock()(), call::memory_recalled{}, {});
        REQUIRE(next->close(60s).ok());
    }
}

TEST_CASE("recorder: a file says whether the memory of its run was written before it", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    auto options = quick(dir.path());
    options.file_limit = 1;  // every batch its own file
    const auto to = opened(options, clock);
    call::rules rules;
    to->follow(noon, rules);  // ends a batch
    to->follow(noon, rules);
    to->note(noon, call::memory_recalled{}, {});
    to->follow(noon, rules);
    to->note(noon, ringing(1), {});
    REQUIRE(to->close(60s).ok());
    const auto all = read_all(dir.path());
    REQUIRE(all.headers.size() >= 3);
    CHECK(all.headers.front().recalled == false);
    CHECK(all.headers.back().recalled == true);
    const auto is_told = [](const journal::header& each) { return *each.recalled; };
    CHECK(std::ranges::is_partitioned(all.headers, std::not_fn(is_told)));
}

TEST_CASE("recorder: closed files are compressed and old ones deleted", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    auto options = quick(dir.path());
    options.compression = journal_compression_rule::zstd;
    options.keep = std::chrono::hours(24);
    const fs::path old = dir.path() / "w1-20200101T000000Z-00001.jsonl.zst";
    write_file(old, "old");
    fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(24 * 365 * 20));
    const auto to = opened(options, clock);
    to->note(noon, ringing(1), {});
    REQUIRE(comes_true([&] { return to->counts().lines == 1; }));
    clock.move(1h);
    to->note(noon, ringing(2), {});
    REQUIRE(comes_true([&] { return fs::exists(dir.path() / "w1-20261123T120000Z-00001.jsonl.zst"); }));
    REQUIRE(to->close(60s).ok());
    CHECK_FALSE(fs::exists(old));
    CHECK_FALSE(fs::exists(dir.path() / "w1-20261123T120000Z-00001.jsonl"));
    CHECK(read_all(dir.path()).words == "hfhf");
}

TEST_CASE("recorder: that a file cannot be compressed is told once, and that all can be again, too", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    alarm_book alarms;
    auto options = quick(dir.path());
    options.compression = journal_compression_rule::zstd;
    const auto file = [&](unsigned seq) {
        return dir.path() / journal_file_name{"w1", run_text(noon), seq, true}.text();
    };
    const fs::path in_the_way = file(1).string() + ".part";
    fs::create_directory(in_the_way);
    const auto to = opened(options, clock, alarms.sink());
    const auto next_file = [&](std::uint64_t number) {
        to->note(noon + std::chrono::seconds(number), ringing(number), {});
        REQUIRE(comes_true([&] { return to->counts().lines == number; }));
        clock.move(1h);
    };
    next_file(1);
    next_file(2);
    REQUIRE(comes_true([&] { return alarms.words() == "journal_compression+ "; }));
    CHECK(alarms.last().find("00001.jsonl: not compressed: Is a directory") != std::string::npos);
    next_file(3);
    REQUIRE(comes_true([&] { return fs::exists(file(2)); }));
    fs::remove(in_the_way);
    next_file(4);
    REQUIRE(comes_true([&] { return fs::exists(file(1)); }));
    CHECK(comes_true([&] { return alarms.words() == "journal_compression+ journal_compression- "; }));
    REQUIRE(to->close(5s).ok());
}

TEST_CASE("recorder: a full disk loses nothing while memory has room", "[runtime]") {
    const tiny_disk disk(64);
    REQUIRE(disk.mounted());
    hand_clock clock;
    alarm_book alarms;
    const auto to = opened(quick(disk.path()), clock, alarms.sink());
    REQUIRE(comes_true([&] { return journal_files(disk.path(), "w1").size() == 1; }));
    write_file(disk.path() / "ballast", std::string(56 << 10U, 'x'));
    for (std::uint64_t i = 0; i < 200; ++i) {
        to->note(noon, ringing(i), {});
    }
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ "; }));
    CHECK(alarms.last().find("No space left on device") != std::string::npos);
    CHECK(to->counts().trouble == alarm_state::raised);
    CHECK(to->counts().waiting > 0);
    fs::remove(disk.path() / "ballast");
    REQUIRE(comes_true([&] { return to->counts().lines == 200; }));
    CHECK(alarms.words() == "journal+ journal- ");
    CHECK(to->counts().dropped == 0);
    const auto all = read_all(disk.path());
    REQUIRE(all.calls.size() == 200);
    for (std::uint64_t i = 0; i < 200; ++i) {
        CHECK(all.calls[i] == call_id::of(1, 1, i));
    }
}

TEST_CASE("recorder: with the buffer full lines are dropped, counted, and a gap says so afterwards", "[runtime]") {
    const scratch_dir dir;
    fs::create_directory(dir.path() / "var");
    hand_clock clock;
    alarm_book alarms;
    auto options = quick(dir.path() / "var" / "journal");
    options.buffer_limit = 20'000;
    options.sync = journal_sync::none;
    write_file(dir.path() / "var" / "journal", "a file where the directory should be");
    const auto to = opened(options, clock, alarms.sink());
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ "; }));
    call::rules rules;
    for (std::uint64_t i = 0; i < 500; ++i) {
        to->note(noon, ringing(i), {call::make_bridge{}});
    }
    rules.door.ring_limit = 9s;
    to->follow(noon, rules);
    const auto dropped = to->counts().dropped;
    CHECK(dropped > 500);
    fs::remove(dir.path() / "var" / "journal");
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ journal- "; }));
    REQUIRE(comes_true([&] { return to->counts().waiting == 0; }));
    to->note(noon + 1s, ringing(1), {});
    REQUIRE(to->close(60s).ok());
    const auto all = read_all(dir.path() / "var" / "journal");
    CHECK(all.missing == dropped);
    CHECK(all.words.ends_with("fcgrf"));
    CHECK(to->counts().dropped == dropped);
}

TEST_CASE("recorder: a journal deleted under it is begun anew", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    alarm_book alarms;
    const auto to = opened(quick(dir.path() / "journal"), clock, alarms.sink());
    to->note(noon, ringing(1), {});
    REQUIRE(comes_true([&] { return to->counts().lines == 1; }));
    fs::remove_all(dir.path() / "journal");
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ journal- "; }));
    to->note(noon, ringing(2), {});
    REQUIRE(to->close(60s).ok());
    CHECK(read_all(dir.path() / "journal").words == "hf");
}

TEST_CASE("recorder: closing says how much could not be written", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    const auto to = opened(quick(dir.path() / "no" / "such"), clock);
    to->note(noon, ringing(1), {});
    const auto closed = to->close(5s);
    REQUIRE_FALSE(closed.ok());
    CHECK(closed.why().kind == failure_kind::full);
    CHECK(closed.why().text.find("the disk refuses them") != std::string::npos);
}

/// A disk that hangs: the thread asks for the hour before it writes, and gets no answer until it is let go.
class hanging_disk {
public:
    std::function<instant()> clock() {
        return [this, held = held_] {
            waits_ = hangs_.load();
            hangs_.wait(true);
            return instant{duration{now_.load()}};
        };
    }
    void hang() { hangs_ = true; }
    [[nodiscard]] bool waits() const { return waits_; }
    void go_on(duration later) {
        now_ += later.count();
        hangs_ = false;
        hangs_.notify_all();
    }
    /// The thread is over.
    [[nodiscard]] bool is_left() const { return held_.use_count() == 1; }

private:
    std::shared_ptr<int> held_ = std::make_shared<int>();
    std::atomic<bool> hangs_{false};
    std::atomic<bool> waits_{false};
    std::atomic<std::int64_t> now_{noon.time_since_epoch().count()};
};

TEST_CASE("recorder: a thread that a disk holds at the end is left behind, and tells its owner nothing", "[runtime]") {
    const scratch_dir dir;
    hanging_disk disk;
    const auto told = std::make_shared<std::atomic<int>>(0);
    auto open = recorder::open(quick(dir.path() / "journal"), {}, disk.clock(), [told](const alarm&) { ++*told; });
    REQUIRE(open.ok());
    auto to = std::move(open).value();
    to->note(noon, ringing(1), {});
    REQUIRE(comes_true([&] { return to->counts().lines == 1; }));
    disk.hang();
    to->note(noon, ringing(2), {});
    REQUIRE(comes_true([&] { return disk.waits(); }));
    const auto closed = to->close(std::chrono::milliseconds(20));
    REQUIRE_FALSE(closed.ok());
    CHECK(closed.why().text.find("the disk does not answer") != std::string::npos);
    CHECK(to->thread_left());
    CHECK(told.use_count() == 1);
    to.reset();

    // It comes back to another hour and a directory that is none: an alarm, if anybody were there.
    fs::remove_all(dir.path() / "journal");
    write_file(dir.path() / "journal", "a file where the directory should be");
    disk.go_on(1h);
    REQUIRE(comes_true([&] { return disk.is_left(); }));
    CHECK(*told == 0);
}

TEST_CASE("recorder: a disk that hangs is no good end, though no line waits for it", "[runtime]") {
    const scratch_dir dir;
    hanging_disk disk;
    disk.hang();
    auto open = recorder::open(quick(dir.path() / "journal"), {}, disk.clock(), {});
    REQUIRE(open.ok());
    const auto closed = (*open)->close(std::chrono::milliseconds(20));
    REQUIRE_FALSE(closed.ok());
    CHECK(closed.why().text == "journal: the disk does not answer");
    CHECK((*open)->thread_left());
    disk.go_on(0s);
    REQUIRE(comes_true([&] { return (open->reset(), disk.is_left()); }));
}

TEST_CASE("recorder: a node's name that is no file's name is refused", "[runtime]") {
    const scratch_dir dir;
    auto options = quick(dir.path());
    options.node = "../w1";
    hand_clock clock;
    const auto open = recorder::open(options, {}, clock.clock(), {});
    REQUIRE_FALSE(open.ok());
    CHECK(open.why().kind == failure_kind::bad_input);
}

}  // namespace
}  // namespace td::runtime
