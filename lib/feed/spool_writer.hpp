#pragma once
// The spool's thread: appends records to segments and watches their size.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/inbox.hpp"
#include "feed/record_name.hpp"
#include "feed/spool.hpp"
#include "feed/spool_files.hpp"

namespace td::feed {

struct spool_line {
    record_name name;
    std::string text;  ///< with its '\n'
};

/// What both threads see.
struct spool_desk {
    explicit spool_desk(std::size_t limit) : lines(limit) {}
    inbox<spool_line> lines;
    std::atomic<bool> stopping{false};
    std::atomic<std::uint64_t> taken{0};
    std::atomic<std::uint64_t> doubles{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::int64_t> oldest{0};  ///< microseconds since 1970
};

/// What a line weighs in memory beside its text.
inline constexpr std::size_t spool_line_weight = 96;

class spool_writer {
public:
    /// `unkept`: records in segments of earlier runs that the file of names does not have yet.
    spool_writer(spool_options options, alarm_sink alarms, spool_desk& desk, int lock, std::vector<record_name> unkept);
    ~spool_writer();
    spool_writer(const spool_writer&) = delete;
    spool_writer& operator=(const spool_writer&) = delete;

    void run();

private:
    struct mark {
        const char* name;
        unsigned percent;
        bool raised = false;
    };

    void write_waiting();
    bool has_room_for(const spool_line& line);
    bool write_line(const spool_line& line);
    bool write_bytes(const std::string& text);
    bool open_segment();
    bool end_segment();
    void close_segment();
    bool keep_written();
    bool sync();
    void take_back();
    bool sync_earlier();
    void forget_written();
    void forget_first();
    void refuse(std::size_t records);
    void look_at_size();
    void tell(mark& about, std::uint64_t bytes);
    bool fail(const std::string& what);
    void recover();

    spool_options options_;
    alarm_sink alarms_;
    spool_desk& desk_;
    int lock_;
    int file_ = -1;
    std::filesystem::path path_;
    std::uint64_t number_ = 0;
    std::uint64_t segment_bytes_ = 0;
    std::uint64_t kept_bytes_ = 0;  ///< of it: on disk, or trusted to the kernel
    bool torn_ = false;             ///< a half line stands at its end
    bool began_ = false;            ///< this run has had a segment
    std::uint64_t bytes_ = 0;
    std::vector<record_name> unkept_;  ///< of the open segment, and of those before it that are not kept yet
    std::deque<spool_line> waiting_;
    std::size_t written_ = 0;  ///< of its first ones: in the open segment, not yet kept
    bool failing_ = false;
    std::array<mark, 3> marks_{{{"spool_50", 50}, {"spool_80", 80}, {"spool_full", 100}}};
    std::chrono::steady_clock::time_point next_try_{};
    std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace td::feed
