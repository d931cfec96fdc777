#include "runtime/journal_writer.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <utility>

#include "journal/codec.hpp"

namespace td::runtime {
namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

constexpr std::size_t batch_limit = std::size_t{256} << 10U;
constexpr std::uint32_t name_attempts = 1000;

std::chrono::hours hour_of(instant at) {
    return std::chrono::floor<std::chrono::hours>(at).time_since_epoch();
}

/// A full disk takes the rest of the line later; any other trouble means that the file is not to be trusted.
bool room_is_missing(int error) {
    return error == ENOSPC || error == EDQUOT;
}

/// What does not fit is not begun: others need the last free bytes. A file system of no size (a ramfs) says nothing.
bool has_room(const open_file& file, std::size_t bytes) {
    struct statvfs seen {};
    if (::fstatvfs(file.fd(), &seen) == 0 && seen.f_blocks > 0 && seen.f_bavail * seen.f_frsize < bytes) {
        errno = ENOSPC;
        return false;
    }
    return true;
}

}  // namespace

journal_writer::journal_writer(recorder_options options, const call::rules& rules, std::function<instant()> wall_clock,
                               alarm_sink alarms, journal_desk& desk)
    : options_(std::move(options)), wall_clock_(std::move(wall_clock)), alarms_(std::move(alarms)), desk_(desk) {
    living_.take({instant{}, journal::rules_changed{rules}});
}

void journal_writer::run() {
    if (open_next()) {
        recover();
    }
    for (;;) {
        const bool last_round = desk_.stopping.load();
        for (auto& each : desk_.pieces.take_all()) {
            waiting_.push_back(std::move(each));
        }
        if (last_round) {
            next_try_ = {};  // the last chance, whatever the retry says
        }
        write_waiting();
        if (last_round) {
            break;
        }
        look_after_file();
        look_after_old_files();
        desk_.pieces.wait(patience());
        if (!desk_.stopping.load() && !compression_) {
            desk_.pieces.wait(options_.gather);
        }
    }
    if (file_.is_open()) {
        ::fdatasync(file_.fd());
    }
}

duration journal_writer::patience() const {
    return compression_ ? duration{0} : std::min<duration>(options_.retry, 1s);
}

void journal_writer::write_waiting() {
    if (steady::now() < next_try_) {
        return;
    }
    while (!waiting_.empty() || !batch_.empty()) {
        if (batch_.empty()) {
            fill_batch();
        }
        if (!write_batch()) {
            return;
        }
        settle_batch();
    }
    if (!file_.is_open() && open_next()) {
        recover();
    }
}

/// Many steps in one write, but none behind a change of rules: a new file must begin with the rules in force there.
void journal_writer::fill_batch() {
    while (!waiting_.empty() && batch_text_.size() < batch_limit) {
        batch_text_ += waiting_.front().text;
        batch_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
        if (batch_.back().rules) {
            return;
        }
    }
}

bool journal_writer::write_batch() {
    if ((!file_.is_open() || (batch_written_ == 0 && new_file_due())) && !open_next()) {
        return false;
    }
    const std::size_t count = file_.write(std::string_view(batch_text_).substr(batch_written_));
    const int error = errno;
    batch_written_ += count;
    file_bytes_ += count;
    if (batch_written_ == batch_text_.size()) {
        recover();
        return true;
    }
    fail("cannot write " + path_.string() + ": " + errno_text());
    if (!room_is_missing(error)) {
        leave_file();
    }
    return false;
}

/// The next file begins with a whole line, and its head knows all that stands before it.
void journal_writer::leave_file() {
    const auto line_end = batch_written_ == 0 ? std::string::npos : batch_text_.rfind('\n', batch_written_ - 1);
    batch_written_ = line_end == std::string::npos ? 0 : line_end + 1;
    remember(batch_written_);
    file_.close();
}

/// From the text, as whoever reads the journal: what was written is known to be readable, and the loop pays nothing.
void journal_writer::remember(std::size_t until) {
    lines_.take(batch_text_.substr(batch_remembered_, until - batch_remembered_));
    batch_remembered_ = until;
    while (auto line = lines_.next()) {
        if (*line) {
            (*line)->retold = false;  // it stands behind the head, where a step of a former run is one of this run, too
            living_.take(std::move(**line));
        }
    }
}

void journal_writer::settle_batch() {
    remember(batch_text_.size());
    for (const journal_piece& each : batch_) {
        desk_.pieces.settle(each.weight());
        desk_.lines += each.lines;
        desk_.bytes += each.text.size();
        recalled_ = recalled_ || each.recalled;
    }
    desk_.written = batch_.back().at.time_since_epoch().count();
    batch_.clear();
    batch_text_.clear();
    batch_written_ = 0;
    batch_remembered_ = 0;
    unsynced_ = true;
}

bool journal_writer::new_file_due() const {
    return file_bytes_ >= options_.file_limit || hour_of(wall_clock_()) != hour_of(opened_at_);
}

bool journal_writer::open_next() {
    std::error_code ignored;  // what is wrong with the directory is what opening a file in it says
    fs::create_directory(options_.dir, ignored);
    const instant now = wall_clock_();
    if (path_.empty()) {
        run_ = run_after(options_.dir, options_.node, now);  // with the first file, since the disk may come late
    }
    if (file_.is_open()) {
        ::fdatasync(file_.fd());
    }
    open_file next;
    fs::path path;
    for (std::uint32_t attempt = 0; attempt < name_attempts && !next.is_open(); ++attempt) {
        path = options_.dir / journal_file_name{options_.node, run_text(run_), ++seq_, false}.text();
        next = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
        if (!next.is_open() && errno != EEXIST) {
            break;
        }
    }
    if (!next.is_open()) {
        --seq_;
        fail("cannot open " + path.string() + ": " + errno_text());
        return false;
    }
    // The lock tells other processes that the file still grows: they do not compress it.
    static_cast<void>(::flock(next.fd(), LOCK_EX | LOCK_NB));
    const instant begin = begins_at(now);
    std::string head;
    std::string retold;
    const std::uint64_t count = living_.retell(retold);
    journal::write(
        head, begin,
        journal::header{journal::schema, options_.node, options_.version, run_, seq_, living_.rules(),
                        std::min(begin, oldest_needed()), options_.clock, recalled_, count, living_.holed()});
    head += retold;
    if (!has_room(next, head.size()) || next.write(head) != head.size()) {
        fail("cannot write " + path.string() + ": " + errno_text());
        ::unlink(path.c_str());
        --seq_;  // a number that is missing is a hole
        return false;
    }
    file_ = std::move(next);
    path_ = path;
    file_bytes_ = 0;
    opened_at_ = now;
    next_clearing_ = {};
    return true;
}

/// A file's moments are all of the run's clock, which the wall clock leaves when it is set.
instant journal_writer::begins_at(instant wall) const {
    if (!batch_.empty()) {
        return batch_.front().at;
    }
    const instant last{duration{desk_.written.load()}};
    return last == instant{} ? wall : last;  // a run begins with both clocks alike
}

/// What is noted but not yet written may be younger than this: then it stands in this file.
instant journal_writer::oldest_needed() const {
    return instant{duration{desk_.oldest.load()}};
}

/// Once a second: does the file still have a name, and is it on the disk?
void journal_writer::look_after_file() {
    const auto now = steady::now();
    if (now < next_look_ || !file_.is_open()) {
        return;
    }
    next_look_ = now + 1s;
    struct stat seen {};
    if (::fstat(file_.fd(), &seen) == 0 && seen.st_nlink == 0) {
        fail(path_.string() + " was deleted while it was written");
        next_try_ = {};
        batch_written_ = batch_remembered_;  // what stood in it alone is written once more
        file_.close();
        return;
    }
    if (options_.sync == journal_sync::every_second && unsynced_) {
        unsynced_ = false;
        if (::fdatasync(file_.fd()) != 0) {
            // What the kernel could not write it has forgotten; the file cannot be trusted any more.
            fail("cannot sync " + path_.string() + ": " + errno_text());
            leave_file();
        }
    }
}

/// After every new file and once an hour: old files are deleted, closed ones compressed, step by step.
void journal_writer::look_after_old_files() {
    const auto now = steady::now();
    if (compression_) {
        if (!compression_->step()) {
            end_compression();
        }
        return;
    }
    if (!to_compress_.empty()) {
        compression_.emplace(std::move(to_compress_.front()));
        to_compress_.pop_front();
        return;
    }
    if (now < next_clearing_ || !file_.is_open()) {
        return;
    }
    next_clearing_ = now + 1h;
    if (options_.keep > duration{0}) {
        // A file that an open call needs was written after that call's arrival.
        const instant before = std::min(wall_clock_() - options_.keep, oldest_needed());
        delete_older_journals(options_.dir, options_.node, before, path_);
    }
    // Files of earlier runs wait for our second file: while calls are taken over, the lines have this thread alone.
    if (options_.compression == journal_compression_rule::zstd && seq_ > 1) {
        for (const fs::path& file : journal_files(options_.dir, options_.node)) {
            if (file != path_ && file.extension() != ".zst") {
                to_compress_.push_back(file);
            }
        }
    }
}

/// What became of a round is told once it is over: a file that cannot be compressed is tried again in every round.
void journal_writer::end_compression() {
    if (!compression_->in_order()) {
        not_compressed_ = compression_->wrong();
    }
    compression_.reset();
    if (!to_compress_.empty()) {
        return;
    }
    const bool failing = !not_compressed_.empty();
    const bool news = failing != std::exchange(compression_fails_, failing) && alarms_;
    if (news && failing) {
        alarms_({"journal_compression", alarm_state::raised, not_compressed_ + "; it stays, and is tried again"});
    } else if (news) {
        alarms_({"journal_compression", alarm_state::cleared, "journal: closed files are compressed again"});
    }
    not_compressed_.clear();
}

void journal_writer::fail(const std::string& what) {
    next_try_ = steady::now() + options_.retry;
    if (!desk_.failing.exchange(true) && alarms_) {
        alarms_({"journal", alarm_state::raised,
                 "journal: " + what +
                     "; lines wait in memory, then are dropped; mend the disk "
                     "before you restart the worker, which would forget them"});
    }
}

void journal_writer::recover() {
    if (desk_.failing.exchange(false) && alarms_) {
        alarms_({"journal", alarm_state::cleared, "journal: written again, into " + path_.string()});
    }
}

}  // namespace td::runtime
