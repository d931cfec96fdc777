#pragma once
// The CRM's answers on disk, so that a worker that was restarted while the CRM is down still knows who lives where.
//
// A file of JSON Lines that only grows, and is written anew with the latest line of each question when it has doubled.
// A thread of its own writes it, so a slow disk delays no call. It is a memory, not a ledger: lines that do not fit
// into the queue or onto the disk are counted and lost, a damaged line is skipped and counted, and nothing is synced to
// the disk but the file written anew. It names residents' accounts, so only its owner may read it.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/inbox.hpp"
#include "base/instant.hpp"
#include "crm/memory_line.hpp"

namespace td::crm {

struct memory_file_options {
    std::filesystem::path path;
    duration stale = std::chrono::days{7};    ///< older lines are left out when the file is written anew
    std::size_t entries = 200'000;            ///< at most this many lines are kept then, the newest
    std::size_t queue_bytes = 8U << 20U;      ///< lines that wait for the disk; beyond it a line is lost
    std::uintmax_t slack_bytes = 16U << 20U;  ///< the file may double and grow by this before it is written anew
};

/// Read from any thread.
struct memory_file_counters {
    std::atomic<std::uint64_t> damaged{0};    ///< lines that could not be read
    std::atomic<std::uint64_t> written{0};    ///< lines
    std::atomic<std::uint64_t> lost{0};       ///< lines that did not fit into the queue or onto the disk
    std::atomic<std::uint64_t> rewritten{0};  ///< how often the file was written anew
    std::atomic<bool> failing{false};         ///< the last write failed
};

class memory_file {
public:
    /// Starts the writer; `now` is called on its thread. The directory must exist.
    memory_file(memory_file_options options, std::function<instant()> now);
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    /// Writes what waits.
    ~memory_file();

    /// Reads the file, oldest line first, before the loop runs: it waits for the disk. No file is an empty one.
    void load(const std::function<void(memory_line)>& take);

    /// Hands the line to the writer and returns at once.
    void add(const memory_line& line);

    [[nodiscard]] const memory_file_counters& counters() const { return counters_; }

private:
    void write_until(const std::stop_token& stopping);
    void write_waiting();
    void append(std::string_view lines, std::size_t count);
    void write_anew();

    memory_file_options options_;
    std::function<instant()> now_;
    memory_file_counters counters_;
    inbox<std::string> lines_;
    std::uintmax_t size_after_rewrite_ = 0;  // the writer's own
    bool torn_ = true;                       // the writer's own: the file may end in the midst of a line
    std::jthread writer_;                    // last: it uses all of the above
};

}  // namespace td::crm
