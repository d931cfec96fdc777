#pragma once
// Journals as whoever reads one names them: files, directories, the standard input. Found, told apart by worker and
// run, and put in the order of their lines. Blocking: it looks at the first line of every file.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/entry.hpp"

namespace td::archive {

/// One file of a journal, or the standard input.
struct source {
    std::string name;                      ///< as messages call it; "-" for the standard input
    std::filesystem::path file{};          ///< empty for the standard input
    std::optional<journal::header> first;  ///< nothing where it is damaged or missing, and of the standard input
    std::string node{};                    ///< as the header says, else the file's name; empty when neither does
    std::string run{};                     ///< the same: 20261123T023452Z
    std::uint32_t seq = 0;                 ///< the same; 0 when neither does
    instant opened{};                      ///< the moment of its first line, as the header says
    instant begun = instant::min();        ///< the start of the run where a header says it, of this file or another

    [[nodiscard]] bool is_standard_input() const { return file.empty(); }
};

/// The files of one run of one worker, in the order of their lines. Any of them may be missing.
struct journal_run {
    std::vector<source> files;  ///< never empty
};

struct catalogue {
    std::vector<journal_run> runs;     ///< by worker and start; the standard input, where it was named, last
    std::vector<failure> left_out;     ///< what was named and cannot be read: not_found, not_allowed, refused (a newer
                                       ///< schema), broken_data (no journal)
    std::vector<std::string> remarks;  ///< one sentence each: what is odd about files that are read or need not be
};

/// Whether a file of a directory may be one of a journal: it ends in .jsonl or .jsonl.zst.
[[nodiscard]] bool has_journal_name(const std::filesystem::path& file);

/// A directory stands for the files in it that end in .jsonl or .jsonl.zst, "-" for the standard input. A file that is
/// named twice is read once, and so is one that stands beside its compressed copy.
[[nodiscard]] catalogue find_sources(const std::vector<std::string>& paths);

}  // namespace td::archive
