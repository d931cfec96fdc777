#pragma once
// The files of a journal on disk: their names, which of them are ours, how they grow old. Blocking: only for threads
// that may wait for a disk.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"

namespace td::runtime {

/// <node>-<start of the run, UTC>-<seq>.jsonl, and .zst behind it once it is compressed:
/// w1-20261123T023452Z-00001.jsonl. Sorted by name, the files of a node stand in the order of their lines; `run_after`
/// sees to that.
struct journal_file_name {
    std::string node;
    std::string run;  ///< 20261123T023452Z
    std::uint32_t seq = 0;
    bool compressed = false;

    [[nodiscard]] std::string text() const;
    /// Nothing when the name is not of this pattern.
    [[nodiscard]] static std::optional<journal_file_name> parse(std::string_view text);
};

/// 20261123T023452Z.
[[nodiscard]] std::string run_text(instant at);

/// The start by which a run is named that begins when the wall clock says `wall`: at least a second after every run of
/// the node in the directory. Who reads the journal goes by the names, and the clock may have been set back since.
[[nodiscard]] instant run_after(const std::filesystem::path& dir, std::string_view node, instant wall);

/// A node's name becomes part of a file's name: letters, digits, '.', '_' and '-', up to 64 of them, no '.' in front.
[[nodiscard]] bool is_node_name(std::string_view text);

/// The journal files of one node in a directory, oldest first; empty when the directory cannot be read.
[[nodiscard]] std::vector<std::filesystem::path> journal_files(const std::filesystem::path& dir, std::string_view node);

/// Deletes those of the node that were last written before `before`, except `current`; gives back how many.
std::size_t delete_older_journals(const std::filesystem::path& dir, std::string_view node, instant before,
                                  const std::filesystem::path& current);

/// The whole text of a journal file, compressed or not. Failures: not_found, not_allowed, broken_data (a damaged .zst;
/// what could be read before the damage is lost), full (more than `size_limit` bytes).
[[nodiscard]] result<std::string> read_journal_file(const std::filesystem::path& file,
                                                    std::size_t size_limit = std::size_t{1} << 32U);

/// Compresses one closed file in steps, so that the thread that does it can write lines in between. The file stays
/// until its compressed copy is complete and on disk.
class journal_compression {
public:
    /// A file that another process has open for writing (it holds its lock) is left alone.
    explicit journal_compression(std::filesystem::path file);
    ~journal_compression();
    journal_compression(const journal_compression&) = delete;
    journal_compression& operator=(const journal_compression&) = delete;

    /// Takes up to 1 MiB further, about 5 ms of work. False when there is nothing left to do: it is done, or `wrong`
    /// says why not and nothing of the copy is left.
    [[nodiscard]] bool step();
    [[nodiscard]] const std::string& wrong() const;
    /// That another process writes the file, or that it is gone, is in order.
    [[nodiscard]] bool in_order() const;

private:
    struct insides;
    std::unique_ptr<insides> in_;
};

}  // namespace td::runtime
