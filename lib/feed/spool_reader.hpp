#pragma once
// Reads a spool in the order in which its records were taken: for the publisher, which confirms what the broker
// confirmed, and for those who only look (load-test evening). Blocking: only for threads that may wait for a disk.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "feed/spool_files.hpp"

namespace td::feed {

/// One message as it stands in the spool.
struct spooled {
    std::string key;         ///< the routing key: door.finished
    std::string message_id;  ///< the same for every delivery of the record
    std::string body;        ///< the JSON to send, byte for byte
    spool_place end;         ///< confirm this when the record is safe elsewhere
};

/// A line that is no message: torn by a crash, or damaged.
struct spool_damage {
    std::string where;  ///< segment-0000000003.jsonl, byte 8192
    std::string what;
};

enum class spool_reading : std::uint8_t {
    look,     ///< from the oldest record there is; nothing on disk is changed
    consume,  ///< from the confirmed place; damaged lines are copied to damaged.jsonl, confirmed segments deleted
};

struct spool_batch {
    std::vector<spooled> messages;
    std::vector<spool_damage> damages;
    spool_place end;  ///< everything before it was read
    [[nodiscard]] bool empty() const { return messages.empty() && damages.empty(); }
};

class spool_reader {
public:
    /// A longer line is a damage; the longest real record, 100 legs with long names, is below 100 KB.
    static constexpr std::size_t longest_line = std::size_t{4} << 20U;

    /// Failure not_found when the directory is not there. One consumer a spool.
    static result<std::unique_ptr<spool_reader>> open(std::filesystem::path dir, spool_reading reading);
    /// Looks only, from this place on.
    static result<std::unique_ptr<spool_reader>> open_at(std::filesystem::path dir, spool_place first);
    ~spool_reader();
    spool_reader(const spool_reader&) = delete;
    spool_reader& operator=(const spool_reader&) = delete;

    /// Up to `limit` further messages; empty when there are none yet. The newest segment may still grow, so that a half
    /// line at its end is not there yet; in every older one it was torn. A consumer renames an older segment whose disk
    /// refuses to give it (EIO) to unreadable-….jsonl, names it among the damages and goes on behind it. Failure
    /// broken_data when a segment cannot be read for another reason: ask again later.
    result<spool_batch> next(std::size_t limit);

    /// Everything up to `place` is safe elsewhere: it is remembered across restarts, and segments before it are
    /// deleted; on a full disk they are deleted first. Places must rise. Failure full when the place cannot be written:
    /// records of the segments that are left may then come again after a restart.
    result<done> confirm(spool_place place);

private:
    struct insides;
    explicit spool_reader(std::unique_ptr<insides> in);
    std::unique_ptr<insides> in_;
};

}  // namespace td::feed
