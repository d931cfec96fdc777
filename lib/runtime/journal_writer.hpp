#pragma once
// The recorder's thread: takes noted steps, writes them into files, starts new files, lets old ones go.

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/inbox.hpp"
#include "journal/codec.hpp"
#include "journal/recollection.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/open_file.hpp"
#include "runtime/recorder.hpp"

namespace td::runtime {

/// The lines of one step.
struct journal_piece {
    instant at{};
    std::uint64_t lines = 0;
    std::string text;
    std::unique_ptr<call::rules> rules;  ///< in force after it, where it is a change of rules
    bool recalled = false;               ///< it is memory_recalled, or comes after it
    [[nodiscard]] std::size_t weight() const {
        return text.size() + 128;
    }  // the list and the allocator take about that
};

/// What both threads see.
struct journal_desk {
    explicit journal_desk(std::size_t limit) : weight_limit(limit), pieces(limit) {}
    const std::size_t weight_limit;
    inbox<journal_piece> pieces;
    std::atomic<bool> stopping{false};
    std::atomic<bool> failing{false};
    std::atomic<std::uint64_t> lines{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::int64_t> first{0};                                  ///< microseconds of the first step noted
    std::atomic<std::int64_t> noted{0};                                  ///< and of the last step noted
    std::atomic<std::int64_t> written{0};                                ///< and of the last step written
    std::atomic<std::int64_t> oldest{never.time_since_epoch().count()};  ///< arrival of the oldest living call
};

class journal_writer {
public:
    journal_writer(recorder_options options, const call::rules& rules, std::function<instant()> wall_clock,
                   alarm_sink alarms, journal_desk& desk);

    /// Until the desk is stopping and everything is written, or cannot be.
    void run();

private:
    void write_waiting();
    bool write_batch();
    void fill_batch();
    void settle_batch();
    void remember(std::size_t until);
    void leave_file();
    bool new_file_due() const;
    bool open_next();
    [[nodiscard]] instant begins_at(instant wall) const;
    [[nodiscard]] instant oldest_needed() const;
    void look_after_file();
    void look_after_old_files();
    void end_compression();
    void fail(const std::string& what);
    void recover();
    [[nodiscard]] duration patience() const;

    recorder_options options_;
    bool recalled_ = false;  ///< the lines written hold the end of the memory
    std::function<instant()> wall_clock_;
    alarm_sink alarms_;
    journal_desk& desk_;

    std::deque<journal_piece> waiting_;
    std::deque<journal_piece> batch_;  ///< the pieces whose text is in batch_text_
    std::string batch_text_;
    std::size_t batch_written_ = 0;
    std::size_t batch_remembered_ = 0;

    journal::recollector living_{{duration{0}, 0}};  ///< what a new file begins with; last words stand in older ones
    journal::reader lines_;

    instant run_{};  ///< since the first file
    std::uint32_t seq_ = 0;
    open_file file_;
    std::filesystem::path path_;
    std::size_t file_bytes_ = 0;  ///< behind its head, so that many living calls leave room for lines
    instant opened_at_{};         ///< by the wall clock
    bool unsynced_ = false;

    std::chrono::steady_clock::time_point next_try_{};
    std::chrono::steady_clock::time_point next_look_{};
    std::chrono::steady_clock::time_point next_clearing_{};
    std::deque<std::filesystem::path> to_compress_;
    std::optional<journal_compression> compression_;
    std::string not_compressed_;      ///< why, of a file of this round; empty when all went well
    bool compression_fails_ = false;  ///< as was told last
};

}  // namespace td::runtime
