#include "feed/spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "alarm_book.hpp"
#include "catch.hpp"
#include "feed/record_codec.hpp"
#include "feed/spool_files.hpp"
#include "feed/spool_reader.hpp"
#include "numbered_record.hpp"
#include "scratch.hpp"
#include "tiny_disk.hpp"

namespace td::feed {
namespace {

namespace fs = std::filesystem;
using test::alarm_book;
using test::numbered_record;

spool_options quick(const fs::path& dir) {
    spool_options options;
    options.dir = dir;
    options.gather = 1ms;
    options.retry = 10ms;
    return options;
}

std::unique_ptr<spool> opened(spool_options options, alarm_sink alarms = {}) {
    auto open = spool::open(std::move(options), std::move(alarms));
    INFO((open.ok() ? std::string() : open.why().text));
    REQUIRE(open.ok());
    return std::move(open).value();
}

std::unique_ptr<spool_reader> reading(const fs::path& dir, spool_reading how) {
    auto open = spool_reader::open(dir, how);
    REQUIRE(open.ok());
    return std::move(open).value();
}

spool_batch batch_of(spool_reader& from, std::size_t limit = 1000) {
    auto batch = from.next(limit);
    REQUIRE(batch.ok());
    return std::move(batch).value();
}

TEST_CASE("spool: records are read in the order they were taken, through restarts and segments", "[feed]") {
    const scratch_dir dir;
    for (std::uint64_t run = 0; run < 3; ++run) {
        auto options = quick(dir.path() / "spool");
        options.segment_limit = 1000;
        const auto to = opened(options);
        for (std::uint64_t i = 0; i < 20; ++i) {
            to->take(numbered_record(run * 20 + i));
        }
        REQUIRE(to->close(60s).ok());
        CHECK(to->counts().taken == 20);
    }
    CHECK(segments_in(dir.path() / "spool").size() > 10);
    const auto from = reading(dir.path() / "spool", spool_reading::look);
    for (std::uint64_t i = 0; i < 60; i += 6) {
        const auto batch = batch_of(*from, 6);
        REQUIRE(batch.messages.size() == 6);
        for (std::uint64_t k = 0; k < 6; ++k) {
            CHECK(batch.messages[k].key == "door.finished");
            CHECK(batch.messages[k].message_id == message_id(numbered_record(i + k)));
            std::string body;
            append_door_finished(body, numbered_record(i + k));
            CHECK(batch.messages[k].body == body);
        }
    }
    CHECK(batch_of(*from).empty());
}

TEST_CASE("spool: a second record of a call is refused and counted", "[feed]") {
    const scratch_dir dir;
    auto options = quick(dir.path());
    options.remembered_calls = 2;
    const auto to = opened(options);
    to->take(numbered_record(1));
    to->take(numbered_record(1));
    to->take(numbered_record(2));
    to->take(numbered_record(3));
    to->take(numbered_record(2));
    CHECK(to->counts().doubles == 2);
    REQUIRE(to->close(60s).ok());
    CHECK(to->counts().taken == 3);
    CHECK(batch_of(*reading(dir.path(), spool_reading::look)).messages.size() == 3);
}

TEST_CASE("spool: a reader sees records while they are written, and never a half one", "[feed]") {
    const scratch_dir dir;
    const auto to = opened(quick(dir.path()));
    const auto from = reading(dir.path(), spool_reading::look);
    CHECK(batch_of(*from).empty());
    to->take(numbered_record(1));
    REQUIRE(comes_true([&] { return to->counts().taken == 1; }));
    CHECK(batch_of(*from).messages.size() == 1);
    to->take(numbered_record(2));
    REQUIRE(comes_true([&] { return to->counts().taken == 2; }));
    CHECK(batch_of(*from).messages.size() == 1);
    write_file(dir.path() / segment_name(2), R"({"key":"door.fin)");
    CHECK(batch_of(*from).empty());
}

TEST_CASE("spool: what is confirmed does not come again, and its segments go", "[feed]") {
    const scratch_dir dir;
    auto options = quick(dir.path());
    options.segment_limit = 1;
    const auto to = opened(options);
    for (std::uint64_t i = 0; i < 5; ++i) {
        to->take(numbered_record(i));
    }
    REQUIRE(to->close(60s).ok());
    {
        const auto from = reading(dir.path(), spool_reading::consume);
        const auto batch = batch_of(*from);
        REQUIRE(batch.messages.size() == 5);
        REQUIRE(from->confirm(batch.messages[2].end).ok());
    }
    CHECK(segments_in(dir.path()).size() == 3);
    const auto from = reading(dir.path(), spool_reading::consume);
    const auto left = batch_of(*from);
    REQUIRE(left.messages.size() == 2);
    CHECK(left.messages[0].message_id == message_id(numbered_record(3)));
    REQUIRE(from->confirm(left.messages[1].end).ok());
    CHECK(batch_of(*from).empty());
}

TEST_CASE("spool: the numbers of segments are not used again after everything was confirmed and deleted", "[feed]") {
    const scratch_dir dir;
    REQUIRE(keep_confirmed_place(dir.path(), {7, 120}));
    const auto to = opened(quick(dir.path()));
    to->take(numbered_record(1));
    REQUIRE(to->close(60s).ok());
    CHECK(segments_in(dir.path()).front().number == 8);
    CHECK(batch_of(*reading(dir.path(), spool_reading::consume)).messages.size() == 1);
}

TEST_CASE("spool: torn and damaged lines are named, kept aside, and cost no other record", "[feed]") {
    const scratch_dir dir;
    std::string good;
    append_spool_line(good, numbered_record(1));
    write_file(dir.path() / segment_name(1), good + "garbage\n" + good + R"({"key":"door.fin)");
    write_file(dir.path() / segment_name(2),
               good.substr(0, good.size() - 3) + "\n" + R"({"key":"k","message_id":"m"})" + "\n" + good);
    const auto from = reading(dir.path(), spool_reading::consume);
    const auto batch = batch_of(*from);
    CHECK(batch.messages.size() == 3);
    REQUIRE(batch.damages.size() == 4);
    CHECK(batch.damages[0].where == "segment-0000000001.jsonl, byte " + std::to_string(good.size()));
    CHECK(batch.damages[1].what == "torn: the line has no end; copied to damaged.jsonl");
    CHECK(text_of_file(dir.path() / "damaged.jsonl").starts_with("garbage\n{\"key\":\"door.fin\n"));
}

TEST_CASE("spool: a confirmed place that cannot be one costs no record", "[feed]") {
    const scratch_dir dir;
    auto options = quick(dir.path());
    options.segment_limit = 1;
    const auto to = opened(options);
    for (std::uint64_t i = 0; i < 4; ++i) {
        to->take(numbered_record(i));
    }
    REQUIRE(comes_true([&] { return to->counts().taken == 4; }));
    // Behind every segment; behind the end of one; no number at all; one that nothing could follow; nothing.
    const char* text = GENERATE("92 400\n", "2 99999999\n", "nonsense", "18446744073709551615 0\n", "");
    CAPTURE(text);
    write_file(dir.path() / "confirmed", text);
    to->take(numbered_record(4));  // into a segment behind all others, whatever the file says
    REQUIRE(comes_true([&] { return to->counts().taken == 5; }));
    const auto from = reading(dir.path(), spool_reading::consume);
    const auto batch = batch_of(*from);
    CHECK(batch.messages.size() == 5);
    REQUIRE(batch.damages.size() == 1);
    CHECK(batch.damages[0].where == "confirmed");
    REQUIRE(from->confirm(batch.messages[1].end).ok());
    CHECK(batch_of(*reading(dir.path(), spool_reading::consume)).messages.size() == 3);
}

TEST_CASE("spool: a file with a number that nothing can follow is no segment", "[feed]") {
    const scratch_dir dir;
    write_file(dir.path() / "segment-18446744073709551615.jsonl", "");
    const auto to = opened(quick(dir.path()));
    to->take(numbered_record(1));
    REQUIRE(to->close(5s).ok());
    CHECK(segments_in(dir.path()).front().number == 1);
    CHECK(batch_of(*reading(dir.path(), spool_reading::consume)).messages.size() == 1);
}

TEST_CASE("spool: what is put aside has a limit", "[feed]") {
    const scratch_dir dir;
    std::string good;
    append_spool_line(good, numbered_record(1));
    write_file(dir.path() / "damaged.jsonl", "");
    std::filesystem::resize_file(dir.path() / "damaged.jsonl", std::uintmax_t{64} << 20U);
    write_file(dir.path() / segment_name(1), "garbage\n" + good);
    const auto batch = batch_of(*reading(dir.path(), spool_reading::consume));
    CHECK(batch.messages.size() == 1);
    REQUIRE(batch.damages.size() == 1);
    CHECK(batch.damages[0].what.ends_with("; no room for it in damaged.jsonl"));
    CHECK(std::filesystem::file_size(dir.path() / "damaged.jsonl") == std::uintmax_t{64} << 20U);
}

TEST_CASE("spool: one worker a spool", "[feed]") {
    const scratch_dir dir;
    const auto first = opened(quick(dir.path()));
    const auto second = spool::open(quick(dir.path()), {});
    REQUIRE_FALSE(second.ok());
    CHECK(second.why().kind == failure_kind::taken);
    CHECK(second.why().text.find(dir.path().string()) != std::string::npos);
}

TEST_CASE("spool: a thread that the disk still holds at the end tells its owner's alarms nothing", "[feed]") {
    const scratch_dir dir;
    const auto told = std::make_shared<std::atomic<int>>(0);
    auto options = quick(dir.path());
    options.segment_limit = 1;
    auto to = opened(std::move(options), [told](const alarm&) { ++*told; });
    to->take(numbered_record(1));
    REQUIRE(comes_true([&] { return to->counts().taken == 1; }));
    // The file of names, which comes before the next segment, hangs until somebody reads it.
    const std::string names = (dir.path() / "finished").string();
    REQUIRE(::mkfifo(names.c_str(), 0600) == 0);
    to->take(numbered_record(2));
    const auto closed = to->close(std::chrono::milliseconds(20));
    REQUIRE_FALSE(closed.ok());
    CHECK(closed.why().text.find("the disk does not answer") != std::string::npos);
    CHECK(to->thread_left());
    CHECK(told.use_count() == 1);
    to.reset();

    // What comes now is no disk's answer, so that the thread has an alarm to raise; then it lets the lock go.
    const int reader = ::open(names.c_str(), O_RDONLY | O_NONBLOCK);
    REQUIRE(reader >= 0);
    const int lock = ::open((dir.path() / "lock").c_str(), O_RDWR);
    REQUIRE(comes_true([&] { return ::flock(lock, LOCK_EX | LOCK_NB) == 0; }));
    CHECK(*told == 0);
    ::close(lock);
    ::close(reader);
}

TEST_CASE("spool: a directory that cannot be made is a failure with the remedy", "[feed]") {
    const scratch_dir dir;
    const auto missing = spool::open(quick(dir.path() / "no" / "such"), {});
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.why().kind == failure_kind::not_found);
    CHECK(missing.why().text.find("make it") != std::string::npos);
    CHECK_FALSE(spool_reader::open(dir.path() / "no", spool_reading::look).ok());
}

TEST_CASE("spool: at the size limit new records are refused, and room brings it back", "[feed]") {
    const scratch_dir dir;
    auto options = quick(dir.path());
    options.size_limit = 10'000;
    options.segment_limit = 1'000;
    alarm_book alarms;
    const auto to = opened(options, alarms.sink());
    for (std::uint64_t i = 0; i < 100; ++i) {
        to->take(numbered_record(i));
    }
    REQUIRE(comes_true([&] { return to->counts().taken + to->counts().refused == 100; }));
    CHECK(to->counts().refused > 50);
    CHECK(to->counts().bytes <= 10'000);
    CHECK(alarms.has("spool_50+"));
    CHECK(alarms.has("spool_80+"));
    CHECK(alarms.has("spool_full+"));
    const auto from = reading(dir.path(), spool_reading::consume);
    const auto batch = batch_of(*from);
    CHECK(batch.messages.front().message_id == message_id(numbered_record(0)));
    REQUIRE(from->confirm(batch.messages.back().end).ok());
    REQUIRE(comes_true([&] { return alarms.has("spool_full-"); }));
    const auto before = to->counts().taken;
    to->take(numbered_record(1000));
    REQUIRE(comes_true([&] { return to->counts().taken == before + 1; }));
}

TEST_CASE("spool: a full disk loses nothing while memory has room", "[feed]") {
    const tiny_disk disk(64);
    REQUIRE(disk.mounted());
    alarm_book alarms;
    const auto to = opened(quick(disk.path()), alarms.sink());
    write_file(disk.path() / "ballast", std::string(48 << 10U, 'x'));
    for (std::uint64_t i = 0; i < 100; ++i) {
        to->take(numbered_record(i));
    }
    REQUIRE(comes_true([&] { return alarms.has("spool+"); }));
    fs::remove(disk.path() / "ballast");
    REQUIRE(comes_true([&] { return to->counts().taken == 100; }));
    REQUIRE(comes_true([&] { return alarms.has("spool-"); }));
    const auto batch = batch_of(*reading(disk.path(), spool_reading::look));
    CHECK(batch.messages.size() == 100);
    CHECK(batch.damages.empty());
}

TEST_CASE("spool: on a disk that takes no file it is opened, says so, and takes records again", "[feed]") {
    tiny_disk disk(64);
    REQUIRE(disk.mounted());
    REQUIRE(disk.read_only());
    alarm_book alarms;
    const auto to = opened(quick(disk.path()), alarms.sink());
    to->take(numbered_record(1));
    REQUIRE(comes_true([&] { return alarms.has("spool+"); }));
    CHECK(spool::open(quick(disk.path()), {}).why().kind == failure_kind::taken);
    REQUIRE(disk.writable());
    REQUIRE(comes_true([&] { return to->counts().taken == 1; }));
    CHECK(batch_of(*reading(disk.path(), spool_reading::look)).messages.size() == 1);
}

TEST_CASE("spool: a directory removed under it is made again, and a lost parent is an alarm", "[feed]") {
    const scratch_dir dir;
    alarm_book alarms;
    fs::create_directory(dir.path() / "var");
    auto options = quick(dir.path() / "var" / "spool");
    options.buffer_limit = 5'000;
    const auto to = opened(options, alarms.sink());
    to->take(numbered_record(1));
    REQUIRE(comes_true([&] { return to->counts().taken == 1; }));
    fs::remove_all(dir.path() / "var" / "spool");
    to->take(numbered_record(2));
    REQUIRE(comes_true([&] { return to->counts().taken == 2; }));
    CHECK(batch_of(*reading(options.dir, spool_reading::look)).messages.size() == 1);

    fs::remove_all(dir.path() / "var");
    for (std::uint64_t i = 10; i < 110; ++i) {
        to->take(numbered_record(i));
    }
    REQUIRE(comes_true([&] { return alarms.has("spool+"); }));
    CHECK(to->counts().refused > 0);
    const auto closed = to->close(5s);
    REQUIRE_FALSE(closed.ok());
    CHECK(closed.why().kind == failure_kind::full);
}

}  // namespace
}  // namespace td::feed
