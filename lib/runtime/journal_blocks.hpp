#pragma once
// The text of a journal file in blocks, so that a line can be read without all that stands before it. A compressed file
// is a sequence of zstd frames, one a block; any zstd reads it as one text.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace td::runtime {

/// Cuts a text that comes in pieces: behind the first line end at which a block has its size. It depends on nothing but
/// the text, so a block keeps its number when its file is compressed.
class block_cutter {
public:
    static constexpr std::size_t block_bytes = std::size_t{256} << 10U;
    /// A block with more than this ends without a line end: what has no lines is no journal.
    static constexpr std::size_t most_bytes = std::size_t{65} << 20U;

    struct cut {
        std::size_t length = 0;  ///< so much of the text belongs to the block that was begun
        bool ends = false;       ///< and there it ends
    };
    [[nodiscard]] cut take(std::string_view text);

private:
    std::size_t taken_ = 0;  ///< of the block that was begun
};

/// Where the blocks of a file begin.
struct block_table {
    std::vector<std::uint64_t> texts;   ///< in the text; and where the last one ends, as far as is known
    std::vector<std::uint64_t> packed;  ///< in the compressed file, and its end; empty where its frames are no blocks

    [[nodiscard]] std::size_t count() const { return texts.empty() ? 0 : texts.size() - 1; }
    [[nodiscard]] std::uint64_t text_bytes() const { return texts.empty() ? 0 : texts.back(); }
};

/// The table of a compressed file from the heads of its frames, without unpacking any. One whose frames do not say
/// their size, as a file of an older tdctl, gives an empty table; a damaged one ends at the damage.
[[nodiscard]] result<block_table> frames_of(const std::filesystem::path& file);

/// These blocks of the file `plain`, or of its compressed copy; `wanted` rises. Blocks that are not there any more come
/// back empty. Failures: not_found, not_allowed, broken_data.
[[nodiscard]] result<std::vector<std::string>> read_blocks(const std::filesystem::path& plain, const block_table& table,
                                                           std::span<const std::uint32_t> wanted);

/// The text as one frame that says its size and its checksum. Failure: broken_data.
[[nodiscard]] result<std::string> packed_block(std::string_view text, int level);

}  // namespace td::runtime
