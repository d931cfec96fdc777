#pragma once
// The journal files that an index is of, in the order of their lines.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "archive/index_file.hpp"
#include "archive/sources.hpp"
#include "base/result.hpp"

namespace td::archive {

struct listed_file {
    std::filesystem::path plain;  ///< its name without .zst, whether that is there or only the compressed copy
    std::string name;             ///< by which the index knows it
    std::string node;
    std::string run;
    instant begun = instant::min();  ///< the start of the run where a header says it
    std::uint32_t seq = 0;
    bool compressed = false;
    std::int64_t stamp = 0;
    [[nodiscard]] std::filesystem::path path() const {
        return compressed ? std::filesystem::path(plain.string() + ".zst") : plain;
    }
};

/// Those of a directory. Only files that are new to the index are looked into, as `find_sources` does; what that has to
/// say goes to `odd`. Failures: not_found, not_allowed.
[[nodiscard]] result<std::vector<listed_file>> files_in(const std::filesystem::path& directory,
                                                        const std::vector<indexed_file>& known, catalogue& odd);
/// Those that were found.
[[nodiscard]] std::vector<listed_file> files_of(const catalogue& found);

}  // namespace td::archive
