// What of a spool is on disk for good when the power goes: this program's fdatasync is watched, and can be made to
// fail.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <mutex>

#include "alarm_book.hpp"
#include "catch.hpp"
#include "feed/spool.hpp"
#include "feed/spool_files.hpp"
#include "feed/spool_reader.hpp"
#include "numbered_record.hpp"
#include "scratch.hpp"

namespace td::feed {
namespace {

namespace fs = std::filesystem;
using test::numbered_record;

/// One for the program, since fdatasync is.
class disk_watch {
public:
    static disk_watch& only() {
        static disk_watch it;
        return it;
    }

    void look_at(const fs::path& dir) {
        const std::lock_guard lock(mutex_);
        dir_ = dir;
        safe_.clear();
        names_synced_ = 0;
        names_too_early_ = 0;
        refuses_ = false;
    }
    /// From now on segments cannot be synced, as on a disk that dies; or can again.
    void refuse(bool yes) {
        const std::lock_guard lock(mutex_);
        refuses_ = yes;
    }
    int names_synced() const {
        const std::lock_guard lock(mutex_);
        return names_synced_;
    }
    /// How often "finished" reached the disk before all records that it names.
    int names_too_early() const {
        const std::lock_guard lock(mutex_);
        return names_too_early_;
    }

    int sync(int file) {
        const std::lock_guard lock(mutex_);
        std::array<char, 4096> name{};
        const auto length = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), name.data(), name.size() - 1);
        const fs::path path(std::string(name.data(), length > 0 ? static_cast<std::size_t>(length) : 0));
        struct stat seen {};
        if (path.parent_path() == dir_ && ::fstat(file, &seen) == 0) {
            const bool is_segment = segment_number(path.filename().string()).has_value();
            if (is_segment && refuses_) {
                errno = EIO;
                return -1;
            }
            safe_[path] = static_cast<std::uint64_t>(seen.st_size);
            if (path.filename() == "finished") {
                look_at_segments();
            }
        }
        return static_cast<int>(::syscall(SYS_fdatasync, file));
    }

private:
    void look_at_segments() {
        ++names_synced_;
        for (const segment& each : segments_in(dir_)) {
            if (safe_[each.path] < each.bytes) {
                ++names_too_early_;
                return;
            }
        }
    }

    mutable std::mutex mutex_;
    fs::path dir_;
    std::map<fs::path, std::uint64_t> safe_;  ///< how many bytes of each file
    int names_synced_ = 0;
    int names_too_early_ = 0;
    bool refuses_ = false;
};

std::unique_ptr<spool> opened(spool_options options, alarm_sink alarms = {}) {
    options.retry = 5ms;
    auto open = spool::open(std::move(options), std::move(alarms));
    REQUIRE(open.ok());
    return std::move(*open);
}

std::vector<std::string> messages_in(const fs::path& dir) {
    auto reader = spool_reader::open(dir, spool_reading::look);
    REQUIRE(reader.ok());
    const auto batch = (*reader)->next(1000);
    REQUIRE(batch.ok());
    CHECK(batch->damages.empty());
    std::vector<std::string> names;
    for (const spooled& each : batch->messages) {
        names.push_back(each.message_id);
    }
    return names;
}

TEST_CASE("spool: no record is called finished on disk before it is there itself", "[feed]") {
    const scratch_dir dir;
    spool_options options;
    options.dir = dir.path();
    options.segment_limit = 1000;
    options.gather = 20ms;  // so that a batch reaches over some segments
    options.sync = GENERATE(spool_sync::each_batch, spool_sync::none);
    disk_watch::only().look_at(dir.path());
    const auto to = opened(options);
    for (std::uint64_t i = 0; i < 60; ++i) {
        to->take(numbered_record(i));
    }
    REQUIRE(to->close(5s).ok());
    CHECK(to->counts().taken == 60);
    CHECK(disk_watch::only().names_synced() > 5);
    CHECK(disk_watch::only().names_too_early() == 0);
}

TEST_CASE("spool: ... nor are those of a run that died before its sync", "[feed]") {
    const scratch_dir dir;
    spool_options options;
    options.dir = dir.path();
    options.gather = 1ms;
    options.sync = spool_sync::none;
    {
        const auto first = opened(options);
        first->take(numbered_record(1));
        REQUIRE(first->close(5s).ok());
    }
    options.sync = spool_sync::each_batch;
    disk_watch::only().look_at(dir.path());
    const auto second = opened(options);
    second->take(numbered_record(2));
    REQUIRE(second->close(5s).ok());
    CHECK(disk_watch::only().names_synced() == 1);
    CHECK(disk_watch::only().names_too_early() == 0);
}

TEST_CASE("spool: records that the disk would not sync wait in memory, as the alarm says, and are written once",
          "[feed]") {
    const scratch_dir dir;
    test::alarm_book alarms;
    spool_options options;
    options.dir = dir.path();
    options.gather = 1ms;
    disk_watch::only().look_at(dir.path());
    const auto to = opened(options, alarms.sink());
    to->take(numbered_record(1));
    REQUIRE(comes_true([&] { return to->counts().taken == 1; }));
    disk_watch::only().refuse(true);
    to->take(numbered_record(2));
    to->take(numbered_record(3));
    REQUIRE(comes_true([&] { return alarms.has("spool+"); }));
    CHECK(alarms.last().find("cannot sync") != std::string::npos);
    CHECK(to->counts().waiting > 0);
    CHECK(to->counts().taken == 1);
    disk_watch::only().refuse(false);
    REQUIRE(comes_true([&] { return to->counts().taken == 3; }));
    REQUIRE(comes_true([&] { return alarms.has("spool-"); }));
    REQUIRE(comes_true([&] { return to->counts().waiting == 0; }));
    std::vector<std::string> all;
    for (std::uint64_t i = 1; i <= 3; ++i) {
        all.push_back(std::string(numbered_record(i).call.text()) + ".door.finished");
    }
    CHECK(messages_in(dir.path()) == all);
    CHECK(segments_in(dir.path()).size() == 2);  // the attempts between left nothing
}

TEST_CASE("spool: a disk that writes again is told of also where the last record has no room", "[feed]") {
    const scratch_dir dir;
    test::alarm_book alarms;
    spool_options options;
    options.dir = dir.path();
    options.gather = 1ms;
    options.size_limit = 2000;
    disk_watch::only().look_at(dir.path());
    disk_watch::only().refuse(true);
    const auto to = opened(options, alarms.sink());
    to->take(numbered_record(1));
    REQUIRE(comes_true([&] { return alarms.has("spool+"); }));
    to->take(numbered_record(2, std::string(5000, 'n')));
    disk_watch::only().refuse(false);
    REQUIRE(comes_true([&] { return to->counts().taken + to->counts().refused == 2; }));
    CHECK(comes_true([&] { return alarms.has("spool-"); }));
}

TEST_CASE("spool: the end says what a disk that will not sync has not taken", "[feed]") {
    const scratch_dir dir;
    spool_options options;
    options.dir = dir.path();
    options.gather = 1ms;
    disk_watch::only().look_at(dir.path());
    disk_watch::only().refuse(true);
    const auto to = opened(options);
    to->take(numbered_record(1));
    const auto closed = to->close(5s);
    disk_watch::only().refuse(false);
    REQUIRE_FALSE(closed.ok());
    CHECK(closed.why().kind == failure_kind::full);
    CHECK(segments_in(dir.path()).empty());
}

}  // namespace
}  // namespace td::feed

extern "C" int fdatasync(int file) {
    return td::feed::disk_watch::only().sync(file);
}
