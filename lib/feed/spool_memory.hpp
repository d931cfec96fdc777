#pragma once
// What a spool remembers of the records that it took, beyond their time on disk: a worker that recovers from its
// journal gives the records of its last minutes again, and most of them the broker has had long ago.
//
// The file "finished" has a line for each record. The lines of a segment are appended when the segment is full, and are
// on disk before the next one is begun. Confirmed segments are deleted only behind the newest one, so a record always
// stands in the file, or in a segment that still exists and that the file does not cover yet; `remember` reads both.
// Keeping confirmed segments instead would need fifty times the room, and would keep people's data that nobody needs.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "feed/record_name.hpp"

namespace td::feed {

struct spool_remembered {
    std::vector<record_name> names;   ///< oldest first
    std::vector<record_name> unkept;  ///< those of them that stand in segments only
};

/// About the last `limit` records of a spool, a few more. A line that cannot be read is passed over: the record would
/// be taken twice at worst, with the same message_id. Blocking.
[[nodiscard]] spool_remembered remember(const std::filesystem::path& dir, std::size_t limit);

/// Appends to the file, and syncs it; at `limit` records the file becomes "finished.before", so that there are never
/// more than two of that length. `segment`: these, and the lines before, are all the records up to it. False: errno
/// says why not.
[[nodiscard]] bool keep_names(const std::filesystem::path& dir, const std::vector<record_name>& names,
                              std::uint64_t segment, std::size_t limit);

}  // namespace td::feed
