#include "feed/spool_memory.hpp"

#include "catch.hpp"
#include "feed/sos_record_codec.hpp"
#include "feed/spool.hpp"
#include "feed/spool_files.hpp"
#include "feed/spool_reader.hpp"
#include "scratch.hpp"
#include "tiny_disk.hpp"

namespace td::feed {
namespace {

namespace fs = std::filesystem;

call_id call_of(std::uint64_t number) {
    return call_id::of(1'700'000'000'000 + number, 1, number);
}

call::door_record door(std::uint64_t number) {
    call::door_record record;
    record.call = call_of(number);
    return record;
}

call::sos_alert alert(std::uint64_t number, std::vector<call::lack> lacks) {
    call::sos_alert news;
    news.call = call_of(number);
    news.lacks = std::move(lacks);
    return news;
}

std::unique_ptr<spool> opened(const fs::path& dir, std::uint64_t segment_limit = 1000, std::size_t remembered = 1000) {
    spool_options options;
    options.dir = dir;
    options.gather = 1ms;
    options.segment_limit = segment_limit;
    options.remembered_calls = remembered;
    auto open = spool::open(options, {});
    REQUIRE(open.ok());
    return std::move(*open);
}

/// Everything that a run of the worker leaves: these calls, all confirmed or none.
spool_counts run(const fs::path& dir, std::uint64_t first, std::uint64_t last) {
    const auto to = opened(dir);
    for (std::uint64_t i = first; i <= last; ++i) {
        to->take(door(i));
    }
    REQUIRE(to->close(5s).ok());
    return to->counts();
}

void confirm_all(const fs::path& dir) {
    auto reader = spool_reader::open(dir, spool_reading::consume);
    REQUIRE(reader.ok());
    for (;;) {
        auto batch = (*reader)->next(100);
        REQUIRE(batch.ok());
        if (batch->messages.empty()) {
            return;
        }
        REQUIRE((*reader)->confirm(batch->messages.back().end).ok());
    }
}

std::unique_ptr<spool_reader> reader_of(const fs::path& dir) {
    auto open = spool_reader::open(dir, spool_reading::consume);
    REQUIRE(open.ok());
    return std::move(*open);
}

TEST_CASE("spool_memory: a message_id says which record of which call it is", "[feed]") {
    const std::string call(call_of(1).text());
    CHECK(name_of_message(message_id(call::sos_record{})) == record_name{call_id(), record_kind::finished});
    CHECK(name_of_message(call + ".door.finished") == record_name{call_of(1), record_kind::finished});
    CHECK(name_of_message(call + ".callback.finished") == record_name{call_of(1), record_kind::finished});
    CHECK(name_of_message(message_id(alert(1, {}))) == record_name{call_of(1), record_kind::alert});
    CHECK(name_of_message(message_id(alert(1, {call::lack::every_try}))) ==
          record_name{call_of(1), record_kind::last_alert});
    CHECK_FALSE(name_of_message(call + "Xdoor.finished"));
    CHECK_FALSE(name_of_message(call + ".probe.finished"));
    CHECK_FALSE(name_of_message(call));
    CHECK_FALSE(name_of_message("x.door.finished"));
    CHECK_FALSE(name_of_message(""));
}

TEST_CASE("spool_memory: a record given again after a restart is refused while it waits in the spool", "[feed]") {
    const scratch_dir dir;
    CHECK(run(dir.path(), 1, 20).taken == 20);
    const auto again = run(dir.path(), 10, 25);
    CHECK(again.doubles == 11);
    CHECK(again.taken == 5);
}

TEST_CASE("spool_memory: ... and after the broker had it and its segment is gone", "[feed]") {
    const scratch_dir dir;
    run(dir.path(), 1, 20);
    confirm_all(dir.path());
    run(dir.path(), 21, 21);
    confirm_all(dir.path());
    REQUIRE(segments_in(dir.path()).size() == 1);
    const auto again = run(dir.path(), 1, 22);
    CHECK(again.doubles == 21);
    CHECK(again.taken == 1);
}

TEST_CASE("spool_memory: the alerts of a call are two records more", "[feed]") {
    const scratch_dir dir;
    for (const std::uint64_t doubles : {0U, 2U}) {
        const auto to = opened(dir.path());
        to->take(alert(1, {call::lack::site}));
        to->take(alert(1, {call::lack::site, call::lack::every_try}));
        REQUIRE(to->close(5s).ok());
        CHECK(to->counts().doubles == doubles);
    }
}

TEST_CASE("spool_memory: a record that a crash tore is taken again", "[feed]") {
    const scratch_dir dir;
    run(dir.path(), 1, 2);
    const fs::path segment = segments_in(dir.path()).back().path;
    fs::resize_file(segment, fs::file_size(segment) - 5);
    CHECK(run(dir.path(), 1, 2).taken == 1);
}

TEST_CASE("spool_memory: a torn or foreign line of names costs no other name", "[feed]") {
    const scratch_dir dir;
    REQUIRE(keep_names(dir.path(), {{call_of(1)}, {call_of(2)}}, 1, 1000));
    const std::string good = text_of_file(dir.path() / "finished");
    write_file(dir.path() / "finished", good.substr(0, good.size() - 20) + "\nnonsense\n= 99999999999999999999999\n");
    CHECK(remember(dir.path(), 1000).names.size() == 1);
    write_file(dir.path() / "finished", good + std::string(20, '0'));
    REQUIRE(keep_names(dir.path(), {{call_of(3), record_kind::last_alert}}, 2, 1000));
    const auto found = remember(dir.path(), 1000);
    REQUIRE(found.names.size() == 3);
    CHECK(found.names.back() == record_name{call_of(3), record_kind::last_alert});
    CHECK(found.unkept.empty());
}

TEST_CASE("spool_memory: the file of names does not grow for ever", "[feed]") {
    const scratch_dir dir;
    for (std::uint64_t i = 1; i <= 100; ++i) {
        REQUIRE(keep_names(dir.path(), {{call_of(i)}}, i, 10));
    }
    const auto names = remember(dir.path(), 10).names;
    CHECK(names.size() >= 10);
    CHECK(names.size() <= 22);
    CHECK(names.back() == record_name{call_of(100)});
}

TEST_CASE("spool_memory: without its file the segments are read, the newest first", "[feed]") {
    const scratch_dir dir;
    run(dir.path(), 1, 20);
    REQUIRE(fs::remove(dir.path() / "finished"));
    CHECK(run(dir.path(), 1, 20).doubles == 20);
    fs::remove(dir.path() / "finished");
    const auto few = remember(dir.path(), 1);
    CHECK(few.names.size() < 20);
    CHECK(few.names.back().call == call_of(20));
}

TEST_CASE("spool_memory: names that cannot be written hold the next segment back, not the records", "[feed]") {
    const scratch_dir dir;
    fs::create_directory(dir.path() / "finished");
    const auto to = opened(dir.path(), 1);
    to->take(door(1));
    REQUIRE(comes_true([&] { return to->counts().taken == 1; }));
    to->take(door(2));
    REQUIRE(comes_true([&] { return to->counts().waiting > 0; }));
    CHECK(segments_in(dir.path()).size() == 1);
    fs::remove(dir.path() / "finished");
    REQUIRE(to->close(5s).ok());
    CHECK(to->counts().taken == 2);
    CHECK(remember(dir.path(), 1000).names.size() == 2);
}

TEST_CASE("spool_reader: a segment that the disk lost is put aside and named, and the rest goes out", "[feed]") {
    const scratch_dir dir;
    run(dir.path(), 1, 10);
    const auto before = segments_in(dir.path());
    REQUIRE(before.size() > 2);
    fs::remove(before[0].path);
    fs::create_symlink("/proc/self/mem", before[0].path);  // reading its first byte is EIO
    auto reader = spool_reader::open(dir.path(), spool_reading::consume);
    REQUIRE(reader.ok());
    const auto batch = (*reader)->next(100);
    REQUIRE(batch.ok());
    REQUIRE(batch->damages.size() == 1);
    CHECK(batch->damages[0].what.find("unreadable-segment-0000000001.jsonl") != std::string::npos);
    CHECK(batch->messages.back().message_id == std::string(call_of(10).text()) + ".door.finished");
    CHECK(fs::is_symlink(dir.path() / "unreadable-segment-0000000001.jsonl"));
    CHECK(segments_in(dir.path()).size() == before.size() - 1);
}

TEST_CASE("spool_reader: what was read before a segment that cannot be read now is not lost with it", "[feed]") {
    const scratch_dir dir;
    run(dir.path(), 1, 10);
    const segment newest = segments_in(dir.path()).back();
    const fs::path elsewhere = dir.path() / "elsewhere";
    fs::rename(newest.path, elsewhere);
    fs::create_symlink("/proc/self/mem", newest.path);  // it may still grow, so that it is not given up
    auto reader = spool_reader::open(dir.path(), spool_reading::consume);
    REQUIRE(reader.ok());
    auto batch = (*reader)->next(100);
    REQUIRE(batch.ok());
    REQUIRE_FALSE(batch->messages.empty());
    CHECK(batch->messages.front().message_id == std::string(call_of(1).text()) + ".door.finished");
    const std::size_t before = batch->messages.size();
    CHECK_FALSE((*reader)->next(100).ok());
    fs::remove(newest.path);
    fs::rename(elsewhere, newest.path);
    batch = (*reader)->next(100);
    REQUIRE(batch.ok());
    CHECK(before + batch->messages.size() == 10);
    CHECK(batch->messages.back().message_id == std::string(call_of(10).text()) + ".door.finished");
}

TEST_CASE("spool_reader: a place that could not be kept is kept by the next attempt", "[feed]") {
    const scratch_dir dir;
    run(dir.path(), 1, 10);
    auto reader = spool_reader::open(dir.path(), spool_reading::consume);
    REQUIRE(reader.ok());
    const auto batch = (*reader)->next(100);
    REQUIRE(batch.ok());
    fs::create_directory(dir.path() / "confirmed.part");
    CHECK_FALSE((*reader)->confirm(batch->end).ok());
    CHECK_FALSE((*reader)->confirm(batch->end).ok());
    CHECK(segments_in(dir.path()).size() > 1);
    fs::remove(dir.path() / "confirmed.part");
    CHECK((*reader)->confirm(batch->end).ok());
    CHECK(confirmed_place(dir.path()) == batch->end);
    CHECK(segments_in(dir.path()).size() == 1);
}

TEST_CASE("spool_reader: on a full disk the confirmed segments go first, and make the room for their place", "[feed]") {
    const tiny_disk disk(64);
    REQUIRE(disk.mounted());
    run(disk.path(), 1, 10);
    auto reader = spool_reader::open(disk.path(), spool_reading::consume);
    REQUIRE(reader.ok());
    const auto batch = (*reader)->next(100);
    REQUIRE(batch.ok());
    REQUIRE(batch->messages.size() == 10);
    write_file(disk.path() / "ballast", std::string(64 << 10U, 'x'));
    REQUIRE_FALSE(keep_confirmed_place(disk.path(), {}));
    CHECK((*reader)->confirm(batch->end).ok());
    CHECK(confirmed_place(disk.path()) == batch->end);
    CHECK(segments_in(disk.path()).size() == 1);
    const auto left = reader_of(disk.path())->next(100);
    REQUIRE(left.ok());
    CHECK(left->empty());
}

TEST_CASE("spool_reader: ... also where even that is not enough: the next start begins with the first that is left",
          "[feed]") {
    const scratch_dir dir;
    run(dir.path(), 1, 10);
    const auto before = segments_in(dir.path());
    REQUIRE(before.size() > 2);
    fs::remove(before[0].path);
    fs::remove(before[1].path);
    const auto left = reader_of(dir.path())->next(100);
    REQUIRE(left.ok());
    CHECK(left->damages.empty());
    CHECK(left->messages.back().message_id == std::string(call_of(10).text()) + ".door.finished");
}

TEST_CASE("spool_reader: a line whose names no broker can be given is a damage", "[feed]") {
    const scratch_dir dir;
    const auto line = [](const std::string& key, const std::string& message_id) {
        return R"({"key":")" + key + R"(","message_id":")" + message_id + R"(","body":{}})" + "\n";
    };
    write_file(dir.path() / segment_name(1), line(std::string(256, 'k'), "a") + line("k", std::string(256, 'i')) +
                                                 line("", "b") + line("k", "") + line("door.finished", "c"));
    auto reader = spool_reader::open(dir.path(), spool_reading::consume);
    REQUIRE(reader.ok());
    const auto batch = (*reader)->next(100);
    REQUIRE(batch.ok());
    CHECK(batch->damages.size() == 4);
    REQUIRE(batch->messages.size() == 1);
    CHECK(batch->messages[0].message_id == "c");
}

}  // namespace
}  // namespace td::feed
