// The recorder on a disk that is full, hangs or is taken away.

#include "runtime/recorder.hpp"

#include <algorithm>

#include "alarm_book.hpp"
#include "catch.hpp"
#include "journal/codec.hpp"
#include "recorder_script.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/journal_memory.hpp"
#include "scratch.hpp"
#include "tiny_disk.hpp"

namespace td::runtime {
namespace {

using test::alarm_book;

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

TEST_CASE("recorder: a header that found no room costs its run no number, for a missing one is taken for a hole",
          "[runtime]") {
    const tiny_disk disk(64);
    REQUIRE(disk.mounted());
    write_file(disk.path() / "ballast", std::string(64 << 10U, 'x'));
    hand_clock clock;
    alarm_book alarms;
    const auto to = opened(quick(disk.path()), clock, alarms.sink());
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ "; }));
    fs::remove(disk.path() / "ballast");
    REQUIRE(comes_true([&] { return alarms.words() == "journal+ journal- "; }));
    const auto files = journal_files(disk.path(), "w1");
    REQUIRE(files.size() == 1);
    CHECK(journal_file_name::parse(files.front().filename().string())->seq == 1);
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
    to->note(noon + 3s, ringing(1), {});
    CHECK(to->counts().lag == 3s);
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

}  // namespace
}  // namespace td::runtime
