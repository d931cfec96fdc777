#include "feed/spool_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "feed/spool_memory.hpp"

namespace td::feed {
namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

std::string errno_text() {
    return std::strerror(errno);
}  // NOLINT(concurrency-mt-unsafe)
// glibc's strerror keeps its buffer per thread since 2.32.

std::size_t weight_of(const spool_line& line) {
    return line.text.size() + spool_line_weight;
}

/// A new file's name is on disk only when its directory is.
void sync_directory(const fs::path& dir) {
    const int file = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        static_cast<void>(::fsync(file));  // where it fails, so does the sync of the records, which is looked at
        ::close(file);
    }
}

}  // namespace

spool_writer::spool_writer(spool_options options, alarm_sink alarms, spool_desk& desk, int lock,
                           std::vector<record_name> unkept)
    : options_(std::move(options)), alarms_(std::move(alarms)), desk_(desk), lock_(lock), unkept_(std::move(unkept)) {
    const auto present = segments_in(options_.dir);
    // The number behind the confirmed one too: a spool that was emptied must not use its numbers again.
    number_ = std::max(present.empty() ? 0 : present.back().number, confirmed_place(options_.dir).segment);
    look_at_size();
}

spool_writer::~spool_writer() {
    close_segment();
    ::close(lock_);
}

void spool_writer::run() {
    for (;;) {
        const bool last_round = desk_.stopping.load();
        for (auto& each : desk_.lines.take_all()) {
            waiting_.push_back(std::move(each));
        }
        if (last_round) {
            next_try_ = {};  // the last chance, whatever the retry says
        }
        if (!waiting_.empty() && steady::now() >= next_try_) {
            write_waiting();
        }
        if (last_round) {
            return;
        }
        if (steady::now() >= next_look_) {
            look_at_size();
        }
        desk_.lines.wait(std::min<duration>(options_.retry, 1s));
        if (!desk_.stopping.load()) {
            desk_.lines.wait(options_.gather);
        }
    }
}

void spool_writer::write_waiting() {
    const std::uint64_t taken_before = desk_.taken;
    std::size_t refused = 0;
    bool well = true;
    while (well && written_ < waiting_.size()) {
        const spool_line& line = waiting_[written_];
        if (has_room_for(line)) {
            well = write_line(line);
        } else if (well = keep_written(); well) {
            forget_first();
            ++refused;
        }
    }
    if (keep_written() && well && desk_.taken > taken_before) {
        recover();
    }
    if (refused > 0) {
        refuse(refused);
    }
    for (mark& each : marks_) {
        if (each.percent < 100) {
            tell(each, bytes_);
        }
    }
    desk_.bytes = bytes_;
}

bool spool_writer::has_room_for(const spool_line& line) {
    if (bytes_ + line.text.size() > options_.size_limit) {
        look_at_size();  // a reader may have deleted segments since the last look
    }
    return bytes_ + line.text.size() <= options_.size_limit;
}

/// All of the line, or nothing that a reader would take for a line.
bool spool_writer::write_line(const spool_line& line) {
    struct stat seen {};
    const bool nameless = file_ >= 0 && ::fstat(file_, &seen) == 0 && seen.st_nlink == 0;
    const bool over = file_ >= 0 && (segment_bytes_ >= options_.segment_limit || nameless || torn_);
    if (over && !end_segment()) {
        return false;
    }
    if (file_ < 0 && !open_segment()) {
        return false;
    }
    if (!write_bytes(line.text)) {
        return false;
    }
    unkept_.push_back(line.name);
    ++written_;
    return true;
}

bool spool_writer::write_bytes(const std::string& text) {
    std::size_t done_bytes = 0;
    while (done_bytes < text.size()) {
        const ssize_t count = ::write(file_, text.data() + done_bytes, text.size() - done_bytes);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            const int error = errno;
            // Cut off the half line; where even that fails the segment ends here, and readers put the half line aside.
            torn_ = ::ftruncate(file_, static_cast<off_t>(segment_bytes_)) != 0;
            errno = error;
            return fail("cannot write " + path_.string() + ": " + errno_text());
        }
        done_bytes += static_cast<std::size_t>(count);
    }
    segment_bytes_ += text.size();
    bytes_ += text.size();
    return true;
}

bool spool_writer::open_segment() {
    std::error_code ignored;  // what is wrong with the directory is what opening a file in it says
    fs::create_directory(options_.dir, ignored);
    // Before the next segment is begun, since the one before may be deleted as soon as there is another one.
    if (!sync_earlier()) {
        return false;
    }
    if (!unkept_.empty() && !keep_names(options_.dir, unkept_, number_, options_.remembered_calls)) {
        return fail("cannot write " + (options_.dir / "finished").string() + ": " + errno_text());
    }
    unkept_.clear();
    for (int attempt = 0; attempt < 1000 && file_ < 0; ++attempt) {
        path_ = options_.dir / segment_name(number_ + 1);
        file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
        if (file_ < 0 && errno != EEXIST) {
            return fail("cannot open " + path_.string() + ": " + errno_text());
        }
        ++number_;
    }
    segment_bytes_ = 0;
    kept_bytes_ = 0;
    torn_ = false;
    if (options_.sync != spool_sync::none) {
        sync_directory(options_.dir);
    }
    return file_ >= 0 || fail("cannot open " + path_.string() + ": " + errno_text());
}

void spool_writer::close_segment() {
    if (file_ >= 0) {
        ::close(file_);
        file_ = -1;
    }
}

/// By every spool_sync: the names of its records come after it, and they are synced. One a segment costs nothing.
bool spool_writer::end_segment() {
    if (!sync()) {
        return false;
    }
    forget_written();
    close_segment();
    return true;
}

/// What was written leaves the memory, once it is on disk.
bool spool_writer::keep_written() {
    if (written_ > 0 && options_.sync != spool_sync::none && !sync()) {
        return false;
    }
    forget_written();
    return true;
}

bool spool_writer::sync() {
    if (::fdatasync(file_) == 0) {
        return true;
    }
    fail("cannot sync " + path_.string() + ": " + errno_text());
    take_back();
    return false;
}

/// What the kernel could not write it has forgotten: it is written again, into another segment. Where it cannot be cut
/// off here, or was read already, it is delivered twice, with the same message_id.
void spool_writer::take_back() {
    const bool cut =
        kept_bytes_ == 0 ? ::unlink(path_.c_str()) == 0 : ::ftruncate(file_, static_cast<off_t>(kept_bytes_)) == 0;
    bytes_ -= cut ? std::min(bytes_, segment_bytes_ - kept_bytes_) : 0;
    unkept_.resize(unkept_.size() - written_);
    written_ = 0;
    close_segment();
}

/// A run that was killed between its last write and the sync may have left its last segment in the kernel only.
bool spool_writer::sync_earlier() {
    if (began_) {
        return true;
    }
    began_ = true;
    const auto present = segments_in(options_.dir);
    if (present.empty()) {
        return true;
    }
    const int file = ::open(present.back().path.c_str(), O_RDONLY | O_CLOEXEC);
    began_ = file < 0 || ::fdatasync(file) == 0;  // one that cannot be opened has readers who name it
    if (!began_) {
        fail("cannot sync " + present.back().path.string() + ": " + errno_text());
    }
    if (file >= 0) {
        ::close(file);
    }
    return began_;
}

void spool_writer::forget_written() {
    desk_.taken += written_;
    kept_bytes_ = segment_bytes_;
    for (; written_ > 0; --written_) {
        forget_first();
    }
}

void spool_writer::forget_first() {
    desk_.lines.settle(weight_of(waiting_.front()));
    waiting_.pop_front();
}

void spool_writer::refuse(std::size_t records) {
    desk_.refused += records;
    mark& full = marks_.back();
    if (!full.raised && alarms_) {
        alarms_({full.name, alarm_state::raised,
                 "spool " + options_.dir.string() + ": full (" + std::to_string(options_.size_limit) +
                     " bytes); new records are refused until older ones are confirmed: is RabbitMQ up?"});
    }
    full.raised = true;
}

/// Readers delete segments behind our back, so that the truth is on disk.
void spool_writer::look_at_size() {
    next_look_ = steady::now() + 1s;
    const auto present = segments_in(options_.dir);
    bytes_ = 0;
    for (const segment& each : present) {
        bytes_ += each.bytes;
    }
    desk_.bytes = bytes_;
    // The newest segment stays when everything in it is confirmed.
    const bool all_confirmed =
        present.empty() || confirmed_place(options_.dir) >= spool_place{present.back().number, present.back().bytes};
    desk_.oldest = all_confirmed ? 0 : present.front().written_at.time_since_epoch().count();
    for (mark& each : marks_) {
        tell(each, bytes_);
    }
}

/// Cleared a tenth below its mark, so that a spool that breathes around it does not ring all day. "Full" is raised by a
/// refusal only.
void spool_writer::tell(mark& about, std::uint64_t bytes) {
    const std::uint64_t line = options_.size_limit / 100 * about.percent;
    const bool above = bytes >= line;
    const bool below = bytes < line - line / 10;
    if (about.raised ? !below : (!above || about.percent == 100)) {
        return;
    }
    about.raised = !about.raised;
    if (alarms_) {
        alarms_({about.name, about.raised ? alarm_state::raised : alarm_state::cleared,
                 "spool " + options_.dir.string() + ": " + std::to_string(bytes) + " of " +
                     std::to_string(options_.size_limit) + " bytes" +
                     (about.raised ? ": nobody confirms the records; is RabbitMQ up?" : "")});
    }
}

bool spool_writer::fail(const std::string& what) {
    next_try_ = steady::now() + options_.retry;
    if (!failing_ && alarms_) {
        alarms_({"spool", alarm_state::raised,
                 "spool: " + what +
                     "; records wait in memory, then are refused; "
                     "mend the disk before you restart the worker, which would forget them"});
    }
    failing_ = true;
    return false;
}

void spool_writer::recover() {
    if (failing_ && alarms_) {
        alarms_({"spool", alarm_state::cleared, "spool: written again, into " + path_.string()});
    }
    failing_ = false;
}

}  // namespace td::feed
