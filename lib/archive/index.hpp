#pragma once
// The index beside a journal: which calls it tells of, and where their lines stand. Brought up to date by whoever asks;
// it reads what a worker writes and writes nothing that a worker reads. Blocking.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/index_file.hpp"
#include "archive/sources.hpp"
#include "base/result.hpp"

namespace td::archive {

struct index_place {
    std::filesystem::path journal;                ///< the directory
    std::optional<std::filesystem::path> file{};  ///< of the index; beside the journal where nothing is said
    /// Single files instead of the directory: then the index lives in memory.
    std::optional<catalogue> files{};
};

/// What bringing it up to date did.
struct index_news {
    std::uint64_t files = 0;           ///< that were read, whole or in part
    std::uint64_t bytes = 0;           ///< of their text
    std::uint64_t gone = 0;            ///< files that left
    std::vector<std::string> remarks;  ///< one sentence each
    std::vector<failure> left_out;     ///< as a catalogue says it
};

class index {
public:
    /// The name of the index in a journal's directory: not one of a journal file.
    static constexpr std::string_view file_name = "tdctl-index.db";

    /// Opens or makes it, and reads what the journal has more. Where it cannot be written beside the journal it stands
    /// in a directory for temporary files, and `news` says so. Failures: not_found (no such directory), not_allowed,
    /// full, taken, unreachable.
    [[nodiscard]] static result<index> open(const index_place& where, index_news& news);
    index(index&&) noexcept;
    index& operator=(index&&) noexcept;
    ~index();

    [[nodiscard]] index_file& rows();
    [[nodiscard]] const std::vector<indexed_file>& files() const;

    /// Without .zst, whether it is compressed or not.
    [[nodiscard]] std::filesystem::path path_of(const indexed_file& file) const;

private:
    struct insides;
    explicit index(std::unique_ptr<insides> in);
    std::unique_ptr<insides> in_;
};

}  // namespace td::archive
