#pragma once
// Writes the journal without ever making the loop wait: a step's lines are formatted, put into a bounded list, and a
// thread of its own does everything that touches the disk.
//
// What a crash costs: lines reach the kernel `gather` (20 ms) after they were noted, so kill -9 loses the last 20 to 50
// ms; a power cut loses what `sync` says. What a disk that is full, gone or dead costs: nothing while the buffer has
// room; then whole steps are dropped and counted, and a gap line says how many once there is room again. Calls go on
// meanwhile. A file that was begun is never written to by another run: a torn last line stays as it is.
//
// Every file begins with what the calls need that live there, told again (journal::recollector::retell), so that a
// restart reads one file however long they live. The thread remembers that from the lines it writes, for some 4 KiB a
// living call. While it begins a file, about 2 KB and 0.05 ms a living call, lines wait in the buffer: kill -9 in that
// moment loses them.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/alarm.hpp"
#include "base/instant.hpp"
#include "base/patient_thread.hpp"
#include "base/result.hpp"
#include "journal/codec.hpp"
#include "journal/entry.hpp"

namespace td::runtime {

enum class journal_sync : std::uint8_t {
    none,          ///< the kernel writes when it likes: a power cut loses up to about 30 s
    every_second,  ///< fdatasync once a second
};
enum class journal_compression_rule : std::uint8_t { none, zstd };

struct recorder_options {
    std::filesystem::path dir;  ///< journal.dir; it is made when only its last part is missing
    std::string node;
    std::string version;
    std::optional<journal::clock_origin> clock{};  ///< from which the moments are read
    duration keep = 24h * 30;                      ///< journal.keep: older files of this node are deleted; 0 keeps all
    std::size_t buffer_limit = std::size_t{64} << 20U;
    /// A new file after this many bytes behind what its head tells again, and with every hour of UTC.
    std::size_t file_limit = std::size_t{64} << 20U;
    journal_sync sync = journal_sync::every_second;
    journal_compression_rule compression = journal_compression_rule::zstd;
    duration gather = 20ms;  ///< how long lines wait for company before they are written
    duration retry = 1s;     ///< how often a disk that refused is tried again
};

struct recorder_counts {
    std::uint64_t lines = 0;    ///< written
    std::uint64_t bytes = 0;    ///< written
    std::uint64_t dropped = 0;  ///< lines that found no room
    std::size_t waiting = 0;    ///< bytes noted and not yet written
    duration lag{};             ///< from the last line written to the last one noted
    alarm_state trouble = alarm_state::cleared;
};

class recorder {
public:
    /// Starts the thread and the first file. `wall_clock` is asked on the thread, for the names, the hours and the age
    /// of files; no moment in them is its own, but that of the first header. A directory that cannot be written is an
    /// alarm, not a failure: calls are served without a journal. Failure: bad_input for a node's name that cannot stand
    /// in a file's name.
    static result<std::unique_ptr<recorder>> open(recorder_options options, const call::rules& rules,
                                                  std::function<instant()> wall_clock, alarm_sink alarms);
    ~recorder();
    recorder(const recorder&) = delete;
    recorder& operator=(const recorder&) = delete;

    /// One step of the machine: what came in and what went out. They are written together or dropped together. Loop
    /// only, like everything but `counts`.
    void note(instant at, const call::fact& news, const call::commands& wishes);
    /// The same of a step of a former process, once more.
    void note_again(instant at, const call::fact& news, const call::commands& wishes);
    /// The last words of a former process, once more: whoever is to write them down may die with this one, too.
    void repeat(instant at, const call::commands& words);
    /// The configuration changed: from here on these rules are in force, also in the headers of later files.
    void follow(instant at, const call::rules& rules);

    /// From any thread.
    [[nodiscard]] recorder_counts counts() const;

    /// Writes what waits and stops. Failure `full`: lines could not be written, or the disk did not return within
    /// `limit`.
    result<done> close(std::chrono::milliseconds limit);
    /// After `close`: the thread hangs in a disk. The alarms are let go; the program must end by std::_Exit, because
    /// the clock may still be asked.
    [[nodiscard]] bool thread_left() const { return left_; }

private:
    struct shared;
    explicit recorder(std::shared_ptr<shared> state);
    void step(instant at, const call::fact& news, const call::commands& wishes, journal::telling how);
    void put(instant at, std::uint64_t lines, std::unique_ptr<call::rules> rules);
    void follow_lives(instant at, const call::fact& news, const call::commands& wishes);
    [[nodiscard]] std::vector<call_id> living() const;

    std::shared_ptr<shared> state_;    ///< with the thread, which may outlive us on a dead disk
    std::string text_;                 ///< the step that is being formatted
    journal::gap gap_;                 ///< what was dropped since the last line that found room
    bool recalled_ = false;            ///< memory_recalled was noted
    std::optional<call::rules> owed_;  ///< a change of rules that was dropped: it is said first thing afterwards
    std::unordered_map<call_id, instant> arrivals_;  ///< of the calls that live
    bool draining_ = false;
    std::set<std::pair<instant, call_id>> oldest_first_;  ///< the same
    bool left_ = false;
    patient_thread thread_;
};

}  // namespace td::runtime
