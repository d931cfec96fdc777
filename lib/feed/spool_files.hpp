#pragma once
// The files of a spool: segments of JSON lines, numbered in the order of their records, and the place up to which a
// reader is done. Blocking: only for threads that may wait for a disk.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"

namespace td::feed {

/// No spool gets there: a name or a place that says more is none, since nothing could come behind it.
inline constexpr std::uint64_t highest_segment = std::uint64_t{1} << 62U;

/// segment-0000000001.jsonl; a number is never used twice in a spool.
[[nodiscard]] std::string segment_name(std::uint64_t number);
[[nodiscard]] std::optional<std::uint64_t> segment_number(std::string_view name);

struct segment {
    std::uint64_t number = 0;
    std::filesystem::path path;
    std::uint64_t bytes = 0;
    instant written_at{};  ///< when its last record was
};

/// The segments of a directory in order; empty when it cannot be read.
[[nodiscard]] std::vector<segment> segments_in(const std::filesystem::path& dir);

/// A place between two records.
struct spool_place {
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    friend auto operator<=>(const spool_place&, const spool_place&) = default;
};

/// The place up to which everything was confirmed, from the file "confirmed"; the beginning when there is none or it
/// cannot be read: records may come twice then, and their message_id says so.
[[nodiscard]] spool_place confirmed_place(const std::filesystem::path& dir);
/// The same, for whoever deletes what lies before it: nothing when the file says no place, or one up to which nobody
/// can have read, since it is behind the end of its segment, or its segment is not there but one before it is.
[[nodiscard]] std::optional<spool_place> believed_place(const std::filesystem::path& dir);
/// Replaces the file in one rename, after it is on disk. False: it could not be written, and errno says why.
[[nodiscard]] bool keep_confirmed_place(const std::filesystem::path& dir, spool_place place);

}  // namespace td::feed
