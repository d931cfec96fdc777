#include "runtime/recorder.hpp"

#include <algorithm>

#include "alarm_book.hpp"
#include "catch.hpp"
#include "journal/codec.hpp"
#include "recorder_script.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/journal_memory.hpp"
#include "scratch.hpp"

namespace td::runtime {
namespace {

using test::alarm_book;

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
