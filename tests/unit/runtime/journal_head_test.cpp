// What every file of a journal begins with: the calls that live there, told again.

#include <algorithm>

#include "alarm_book.hpp"
#include "catch.hpp"
#include "memory_script.hpp"
#include "recorder_script.hpp"
#include "scratch.hpp"
#include "tiny_disk.hpp"

namespace td::runtime {
namespace {

using test::alarm_book;
/// A file that begins with living calls, of which the first lives since the first file of its run.
page headed(std::uint64_t retold = 2) {
    return page(noon, noon + 1ms, "w1", true, retold);
}

TEST_CASE("journal memory: a file that begins with its living calls is enough for them", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1ms, 1).arrives(noon + 1ms, 8));
    d.put(first_run, 2, page(noon, noon + 1ms, "w1", true).arrives(noon + 2ms, 2).arrives(noon + 2ms, 9));
    page last = headed();
    last.retells(noon + 1ms, 1).retells(noon + 2ms, 2).arrives(noon + 3ms, 3).tells(noon + 4ms, call::time_passed{});
    d.put(first_run, 3, last);
    const auto memory = d.read();
    CHECK(memory.what.calls == 3);  // 8 and 9 are over, for all that the last file says
    CHECK(memory.complaints.empty());
    CHECK(memory.what.steps.at(1).at == noon + 1ms);
    CHECK(memory.what.last == noon + 4ms);

    // Nothing lives, and no last word can stand before it: it is read alone.
    page calm(noon, noon + 4h, "w1", true, 0);
    d.put(first_run, 4, calm.tells(noon + 4h, call::leg_ringing{}).tells(noon + 5h, call::leg_ringing{}));
    CHECK(d.read().files == 1);
    CHECK(d.read().what.calls == 0);
}

TEST_CASE("journal memory: of files before, nothing but last words is read", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 9).ends(noon + 2s, 7));
    page before(noon, noon + 1s, "w1", true);
    before.raw("no line\n").arrives(noon + 59min, 8).ends(noon + 59min, 2).ends(noon - 24h * 365, 3);
    d.put(first_run, 2, before);
    d.put(first_run, 3, headed(1).retells(noon + 1s, 1).arrives(noon + 1h, 4).ends(noon + 1h, 5));
    const auto memory = d.read();
    CHECK(memory.what.calls == 2);
    CHECK(memory.files == 2 + 1);  // the middle one says not where it begins
    REQUIRE(memory.what.last_words.size() == 3);
    CHECK(std::get<call::finish>(memory.what.last_words[0]).record.call == named(2));
    CHECK(std::get<call::finish>(memory.what.last_words[2]).record.call == named(5));
    // A wild moment among them is put right, and the line is named by its number.
    REQUIRE(memory.complaints.size() == 1);
    CHECK(memory.complaints[0].find("00002.jsonl: line 5 says") != std::string::npos);
}

TEST_CASE("journal memory: where not all that a file tells again can be read, the file before tells it", "[runtime]") {
    const page whole = headed().retells(noon + 1ms, 1).retells(noon + 2ms, 2);
    const std::string line = R"("retold":true,"fact":"panel_arrived")";
    const std::string all = whole.text();
    std::string damaged = all;
    damaged.replace(damaged.find(line), 8, "\"retolt\"");
    std::string worn = all;
    worn.replace(worn.rfind("5001"), 1, "\x01");
    const std::string torn = all.substr(0, all.size() - 10);
    const std::string short_of_one = all.substr(0, all.rfind("{\"at\""));
    std::string no_header = all;
    no_header[20] ^= 0x40;
    for (const std::string& text : {damaged, worn, torn, short_of_one, no_header}) {
        INFO(text);
        const bool ended = text.ends_with('\n');
        const desk d;
        d.put(first_run, 1, born(noon).arrives(noon + 1ms, 1));
        page before = headed(1).retells(noon + 1ms, 1).arrives(noon + 2ms, 2).arrives(noon + 3ms, 3);
        d.put(first_run, 2, before);
        const fs::path file = d.dir.path() / journal_file_name{"w1", first_run, 3, false}.text();
        write_file(file, text + (ended ? page(noon, noon).arrives(noon + 4ms, 4).text() : std::string()));
        const auto memory = d.read();
        CHECK(memory.files == 2 + 1);  // for their last words
        CHECK(memory.what.calls == (ended ? 4 : 3));
        // Nothing stands twice among its steps, and none at a wrong moment.
        CHECK(memory.what.steps.size() == memory.what.calls + 1);
        CHECK(memory.what.steps.at(1).at == noon + 1ms);
        // Where there is no file before, what can be read of it is better than nothing.
        fs::remove(d.dir.path() / journal_file_name{"w1", first_run, 1, false}.text());
        fs::remove(d.dir.path() / journal_file_name{"w1", first_run, 2, false}.text());
        CHECK(d.read().what.calls >= 1);
    }
}

TEST_CASE("journal memory: a run that began a file before it had remembered is passed over, whatever that tells again",
          "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1ms, 1).arrives(noon + 2ms, 2).arrives(noon + 3ms, 3));
    d.put(second_run, 1, page(noon + 1h, noon + 1h, "w1", false, 0).arrives(noon + 1ms, 1));
    d.put(second_run, 2, page(noon + 1h, noon + 1ms, "w1", false, 1).retells(noon + 1ms, 1).arrives(noon + 2ms, 2));
    CHECK(d.read().what.calls == 3);
    CHECK(d.read().files == 1);
}

/// How often the end of a memory is remembered.
std::size_t ends_of_memories(const journal_memory& memory) {
    return static_cast<std::size_t>(std::ranges::count_if(memory.what.steps, [](const journal::remembered_step& step) {
        const auto* news = std::get_if<call::fact>(&step.what);
        return news != nullptr && std::holds_alternative<call::memory_recalled>(*news);
    }));
}

TEST_CASE("journal memory: a run that wrote the memory of another one down, and not yet its own, is passed over",
          "[runtime]") {
    const desk d;
    page before = page(noon, noon, "w1", false, 0).arrives(noon + 1ms, 1).tells(noon + 2ms, call::memory_recalled{});
    d.put(first_run, 1, before.arrives(noon + 3ms, 2).arrives(noon + 4ms, 3).ends(noon + 5ms, 9));
    page after = page(noon + 1h, noon + 1h, "w1", false, 0).arrives(noon + 1ms, 1);
    after.tells_again(noon + 2ms, call::memory_recalled{});
    d.put(second_run, 1, after.arrives(noon + 3ms, 2));
    CHECK(d.read().what.calls == 3);
    CHECK(d.read().what.last_words.size() == 1);
    // Once it has written its own, it is the memory, and what it says of the other one's counts.
    after.arrives(noon + 4ms, 3).tells(noon + 1h, call::memory_recalled{});
    d.put(second_run, 1, after);
    const auto memory = d.read();
    CHECK(memory.what.calls == 3);
    CHECK(memory.files == 1);
    CHECK(ends_of_memories(memory) == 2);
}

TEST_CASE("journal memory: behind a gap live those that it names", "[runtime]") {
    const desk d;
    page only = born(noon).arrives(noon + 1ms, 1).arrives(noon + 2ms, 2).arrives(noon + 3ms, 3);
    SECTION("an older writer names nobody") {
        d.put(first_run, 1, only.misses(noon + 1s, {7, noon, {}}).arrives(noon + 1s, 4));
        CHECK(d.read().what.calls == 4);
    }
    SECTION("two are over") {
        d.put(first_run, 1, only.misses(noon + 1s, {7, noon, {{named(2)}}}).arrives(noon + 1s, 4));
        CHECK(d.read().what.calls == 2);
    }
    CHECK(d.read().what.missing == 7);
}

TEST_CASE("journal memory: the last words are looked for ten minutes back, also where the last line has no moment",
          "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).ends(noon + 58min, 2).ends(noon + 59min, 3));
    d.put(first_run, 2, page(noon, noon + 1h, "w1", true, 0));
    CHECK(d.read().what.last_words.size() == 2);
}

/// Calls that arrive and end through a recorder, and what would be remembered of them.
class lives {
public:
    explicit lives(recorder& to) : to_(to) { say(call::memory_recalled{}, {}); }
    void begin(std::uint64_t number) {
        say(call::panel_arrived{named(number), channel_id{"1." + std::to_string(number)}, panel_id{"1"}, flat_id{"1"},
                                ""},
            {call::find_accounts{}});
    }
    void end(std::uint64_t number) {
        call::finish end;
        end.record.call = named(number);
        say(call::time_passed{}, {end});
    }
    /// Until everything before it is written.
    void rest() {
        REQUIRE(comes_true([&] { return to_.counts().waiting == 0; }));
    }
    static call_id named(std::uint64_t number) { return call_id::of(1, 1, number); }

private:
    void say(const call::fact& news, const call::commands& wishes) {
        at_ += 1us;
        to_.note(at_, news, wishes);
    }
    recorder& to_;
    instant at_ = noon;
};

/// The calls whose arrival is remembered.
std::vector<call_id> remembered(const journal_memory& memory) {
    std::vector<call_id> calls;
    for (const journal::remembered_step& step : memory.what.steps) {
        const auto* news = std::get_if<call::fact>(&step.what);
        if (const auto* panel = news == nullptr ? nullptr : std::get_if<call::panel_arrived>(news)) {
            calls.push_back(panel->call);
        }
    }
    return calls;
}

TEST_CASE("recorder: every file begins with the calls that live there, and the last one remembers them by itself",
          "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    auto options = quick(dir.path());
    options.file_limit = 1;  // every batch its own file
    const auto to = opened(options, clock);
    lives book(*to);
    for (std::uint64_t number = 0; number < 20; ++number) {
        book.begin(number);
        book.rest();
        if (number % 3 != 0) {
            book.end(number);
            book.rest();
        }
    }
    REQUIRE(to->close(60s).ok());
    const auto files = journal_files(dir.path(), "w1");
    REQUIRE(files.size() > 20);
    const auto whole = remembered(read_memory(dir.path(), "w1"));
    CHECK(whole.size() == 7);
    for (const fs::path& each : files) {
        if (each != files.back()) {
            fs::remove(each);
        }
    }
    const auto memory = read_memory(dir.path(), "w1");
    CHECK(remembered(memory) == whole);
    CHECK(memory.complaints.empty());
}

TEST_CASE("recorder: what a file tells again leaves it room for lines", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    auto options = quick(dir.path());
    options.file_limit = 10'000;
    const auto to = opened(options, clock);
    lives book(*to);
    for (std::uint64_t number = 0; number < 1000; ++number) {
        book.begin(number);  // about 300 bytes, of which half is told again in every file
    }
    book.rest();
    const std::size_t before = journal_files(dir.path(), "w1").size();
    for (std::uint64_t number = 0; number < 40; ++number) {
        book.end(number);
        book.rest();
    }
    REQUIRE(to->close(60s).ok());
    const auto files = journal_files(dir.path(), "w1");
    CHECK(fs::file_size(files.back()) > options.file_limit * 10);
    CHECK(files.size() - before <= 6);  // 40 lines of 800 bytes
    CHECK(remembered(read_memory(dir.path(), "w1")).size() == 960);
}

TEST_CASE("recorder: the end of a former run's memory is told again by every later file, too", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    auto options = quick(dir.path());
    options.file_limit = 1;
    const auto to = opened(options, clock);
    const auto rest = [&] { REQUIRE(comes_true([&] { return to->counts().waiting == 0; })); };
    to->note_again(noon, call::panel_arrived{named(1), channel_id{"1.1"}, panel_id{"1"}, flat_id{"1"}, ""},
                   {call::find_accounts{}});
    rest();
    to->note_again(noon + 1us, call::memory_recalled{}, {});
    rest();
    to->note(noon + 1h, call::memory_recalled{}, {});
    rest();
    to->note(noon + 2h, call::panel_described{named(1), "Lenina 1"}, {});
    REQUIRE(to->close(60s).ok());
    REQUIRE(journal_files(dir.path(), "w1").size() == 4);
    CHECK(ends_of_memories(read_memory(dir.path(), "w1")) == 2);
}

TEST_CASE("recorder: a journal deleted under living calls begins with them again", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    const auto to = opened(quick(dir.path() / "journal"), clock);
    lives book(*to);
    book.begin(1);
    book.begin(2);
    book.end(1);
    book.rest();
    fs::remove_all(dir.path() / "journal");
    REQUIRE(comes_true([&] { return !journal_files(dir.path() / "journal", "w1").empty(); }));
    REQUIRE(to->close(60s).ok());
    CHECK(remembered(read_memory(dir.path() / "journal", "w1")) == std::vector{lives::named(2)});
}

TEST_CASE("recorder: a file that is deleted with half of what was to be written has its calls told again",
          "[runtime]") {
    const tiny_disk disk(256);
    REQUIRE(disk.mounted());
    hand_clock clock;
    alarm_book alarms;
    const auto to = opened(quick(disk.path()), clock, alarms.sink());
    lives book(*to);
    book.begin(0);
    book.rest();
    write_file(disk.path() / "ballast", std::string(235 << 10U, 'x'));
    for (std::uint64_t number = 1; number < 200; ++number) {
        book.begin(number);
    }
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ "; }));
    fs::remove(journal_files(disk.path(), "w1").front());
    REQUIRE(comes_true([&] { return journal_files(disk.path(), "w1").size() == 1; }));
    fs::remove(disk.path() / "ballast");
    book.rest();
    REQUIRE(to->close(60s).ok());
    CHECK(remembered(read_memory(disk.path(), "w1")).size() == 200);
}

TEST_CASE("recorder: a disk too full for what a file tells again gets no half of it, and the whole later",
          "[runtime]") {
    const tiny_disk disk(256);
    REQUIRE(disk.mounted());
    hand_clock clock;
    alarm_book alarms;
    const auto to = opened(quick(disk.path()), clock, alarms.sink());
    lives book(*to);
    for (std::uint64_t number = 0; number < 200; ++number) {
        book.begin(number);  // some 60,000 bytes, half of it told again
    }
    book.rest();
    write_file(disk.path() / "ballast", std::string(170 << 10U, 'x'));
    clock.move(1h);
    book.end(7);
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ "; }));
    CHECK(journal_files(disk.path(), "w1").size() == 1);
    CHECK(remembered(read_memory(disk.path(), "w1")).size() == 200);
    fs::remove(disk.path() / "ballast");
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ journal- "; }));
    REQUIRE(to->close(60s).ok());
    const auto files = journal_files(disk.path(), "w1");
    REQUIRE(files.size() == 2);
    fs::remove(files.front());
    CHECK(remembered(read_memory(disk.path(), "w1")).size() == 199);
}

TEST_CASE("recorder: calls whose end was dropped are told again by no file behind the gap", "[runtime]") {
    const scratch_dir dir;
    hand_clock clock;
    alarm_book alarms;
    auto options = quick(dir.path() / "journal");
    options.buffer_limit = 40'000;
    options.sync = journal_sync::none;
    const auto to = opened(options, clock, alarms.sink());
    lives book(*to);
    for (std::uint64_t number = 0; number < 20; ++number) {
        book.begin(number);
    }
    book.rest();
    fs::remove_all(dir.path() / "journal");
    write_file(dir.path() / "journal", "a file where the directory should be");
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ "; }));
    for (std::uint64_t number = 1; number < 500; ++number) {
        book.begin(number + 1000);  // until there is no room
    }
    for (std::uint64_t number = 1; number < 20; ++number) {
        book.end(number);
    }
    for (std::uint64_t number = 1; number < 500; ++number) {
        book.end(number + 1000);
    }
    REQUIRE(to->counts().dropped > 500);
    fs::remove(dir.path() / "journal");
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ journal- "; }));
    book.rest();
    book.begin(5000);  // behind the gap
    book.rest();
    clock.move(1h);
    book.begin(5001);
    REQUIRE(to->close(60s).ok());
    const auto files = journal_files(dir.path() / "journal", "w1");
    REQUIRE(files.size() > 1);
    const std::vector expected{lives::named(0), lives::named(5000), lives::named(5001)};
    CHECK(remembered(read_memory(dir.path() / "journal", "w1")) == expected);
}

}  // namespace
}  // namespace td::runtime
