#pragma once
// Reads what a node's journal remembers of the calls that lived when its last process died. Blocking: only before the
// loop runs, or on a thread that may wait for a disk.
//
// The newest run is read from the last file on that begins with all its living calls (`retold` in its header); of older
// writers from the one that holds the arrival of the oldest living call, as the header of the last file says. Of files
// before only last words are taken, back to those of ten minutes. A run that died before it had written down
// its own memory (memory_recalled) is passed over for the one before it, and so is one whose first line never reached
// the disk. Files that cannot be read, lines of garbage and a torn end are named and left out; nothing of it keeps a
// worker from starting. A damaged header costs no line but itself: the file's name says of which run it is. A run that
// cannot be read at all has no older one in its place, since nobody knows what ended in it. A moment that does not fit
// among the others of its run is put right (journal/moment_order.hpp).

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "journal/recollection.hpp"

namespace td::runtime {

struct memory_limits {
    /// Bytes of journal text, about 120,000 calls: more than a file holds, and more than arrived while an emergency
    /// call lived that an older writer told once. What stands before them is not read: a call that lives longer than
    /// that is forgotten, and its panel is served as one that has just arrived.
    std::size_t bytes = std::size_t{1} << 30U;
    /// So many of them are held in memory while the files are found; what is older is read a second time.
    std::size_t at_once = std::size_t{256} << 20U;
    std::size_t complaints = 20;  ///< further ones are only counted
};

/// What the run that reads goes by where the journal does not say.
struct reading_run {
    call::rules rules{};                           ///< in force in it; for calls of a run without any header
    std::optional<journal::clock_origin> clock{};  ///< by which no line of the journal is later than `now`
    instant now = never;
};

struct journal_memory {
    journal::recollection what;
    std::optional<journal::clock_origin> clock{};  ///< from which its moments were read
    std::vector<std::string> complaints;           ///< one sentence each, for the log
    std::size_t files = 0;                         ///< that are remembered
    std::size_t bytes = 0;
};

[[nodiscard]] journal_memory read_memory(const std::filesystem::path& dir, const std::string& node,
                                         const reading_run& here = {}, const memory_limits& limit = {});

}  // namespace td::runtime
