#pragma once
// Keeps finished records on disk until somebody has confirmed them. It plays ports::feed: a record is put into a
// bounded list, and a thread of its own appends it to the newest segment. Exactly one record a call: a second one is
// refused.
//
// What stands in the spool stays, in order, until it is confirmed: at the size limit it is the new record that is
// refused, counted and named in an alarm, never an old one that goes. (The call is in the journal, from which its
// record can be had again.) Alarms come at half and at four fifths of the limit, long before that.
//
// A record is on disk, by the default sync, about 10 ms after it was taken: kill -9 or a power cut in between loses it
// from the spool, and the recovery from the journal, which knows that the call was finished, is what brings it back. So
// it does while the disk is full or hangs, for what ended in the ten minutes before, up to 20,000 of them; a crash
// later than that costs the records that have waited longer. Of what is on disk a second one is refused through
// restarts too, also when the broker has had it (spool_memory.hpp).

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/alarm.hpp"
#include "base/instant.hpp"
#include "base/patient_thread.hpp"
#include "base/result.hpp"
#include "feed/record_name.hpp"
#include "ports/ports.hpp"

namespace td::feed {

enum class spool_sync : std::uint8_t {
    none,        ///< the kernel writes when it likes; a full segment is synced all the same
    each_batch,  ///< fdatasync after every batch of records
};

struct spool_options {
    std::filesystem::path dir;                              ///< feed.spool; made when only its last part is missing
    std::uint64_t size_limit = std::uint64_t{1} << 30U;     ///< of all segments: some 700,000 records
    std::uint64_t segment_limit = std::uint64_t{8} << 20U;  ///< a new segment after this many bytes
    std::size_t buffer_limit = std::size_t{16} << 20U;      ///< in memory, while the disk cannot be written
    std::size_t remembered_calls = 100'000;                 ///< among how many last records a double is recognised
    spool_sync sync = spool_sync::each_batch;
    duration gather = 10ms;
    duration retry = 1s;  ///< how often a disk that refused is tried again
};

struct spool_counts {
    std::uint64_t taken = 0;    ///< records put on disk by this run
    std::uint64_t doubles = 0;  ///< second records of a call, and alerts that came before, refused
    std::uint64_t refused = 0;  ///< records refused because the spool, or the buffer before it, was full
    std::uint64_t bytes = 0;    ///< of all segments
    instant oldest{};           ///< when the oldest segment was last written; 1970 when everything is confirmed
    std::size_t waiting = 0;    ///< bytes in memory, not yet on disk
};

class spool : public ports::feed {
public:
    /// Takes the directory's lock and starts the thread; segments of earlier runs stay and count. `alarms` is called on
    /// the thread: "spool" (cannot be written), "spool_50", "spool_80" and "spool_full". Failures: taken when another
    /// process has the spool; not_found, not_allowed for a directory that cannot be made or written.
    static result<std::unique_ptr<spool>> open(spool_options options, alarm_sink alarms);
    ~spool() override;
    spool(const spool&) = delete;
    spool& operator=(const spool&) = delete;

    /// Loop only. Never waits.
    void take(const call::door_record& record) override;
    void take(const call::sos_record& record) override;
    void take(const call::callback_record& record) override;
    void take(const call::sos_alert& news) override;

    /// From any thread; bytes and oldest are up to a second old.
    [[nodiscard]] spool_counts counts() const;

    /// Writes what waits and stops. Failure `full`: records are still in memory after `limit`.
    result<done> close(std::chrono::milliseconds limit);
    /// After `close`: the thread hangs in a disk, and may still call the alarms.
    [[nodiscard]] bool thread_left() const { return left_; }

private:
    struct shared;
    spool(std::shared_ptr<shared> state, const std::vector<record_name>& taken_before);
    template <class Record>
    void take_record(const Record& record);
    bool first_of(const record_name& name);

    std::shared_ptr<shared> state_;  ///< with the thread, which may outlive us on a dead disk
    std::unordered_set<record_name> finished_;
    std::deque<record_name> finished_order_;
    bool left_ = false;
    patient_thread thread_;
};

}  // namespace td::feed
