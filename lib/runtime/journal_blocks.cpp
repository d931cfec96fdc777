#include "runtime/journal_blocks.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/journal_text.hpp"
#include "runtime/open_file.hpp"

namespace td::runtime {
namespace {

namespace fs = std::filesystem;

failure trouble_with(const fs::path& file, failure_kind kind, std::string_view why) {
    return {kind, "journal " + file.string() + ": " + std::string(why)};
}

failure cannot_open(const fs::path& file) {
    const failure_kind kind = errno == ENOENT   ? failure_kind::not_found
                              : errno == EACCES ? failure_kind::not_allowed
                                                : failure_kind::broken_data;
    return trouble_with(file, kind, errno_text());
}

/// A block ends with a line; no line is longer than a reader takes, and a text without lines is cut all the same.
constexpr std::size_t longest_block = block_cutter::most_bytes + (std::size_t{2} << 20U);

constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";

struct unmap {
    std::size_t length = 0;
    void operator()(void* address) const { ::munmap(address, length); }
};

/// Exactly so many bytes from there; false when the file is shorter or cannot be read.
bool read_at(int fd, std::uint64_t from, std::span<char> into) {
    while (!into.empty()) {
        const ssize_t count = ::pread(fd, into.data(), into.size(), static_cast<off_t>(from));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        from += static_cast<std::uint64_t>(count);
        into = into.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

std::string piece_of(int fd, std::uint64_t from, std::uint64_t to) {
    std::string bytes(to - from, '\0');
    return read_at(fd, from, bytes) ? bytes : std::string();
}

struct free_context {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

/// Block by block, each from its frame.
result<std::vector<std::string>> from_frames(const fs::path& file, int fd, const block_table& table,
                                             std::span<const std::uint32_t> wanted) {
    const std::unique_ptr<ZSTD_DCtx, free_context> context(ZSTD_createDCtx());
    std::vector<std::string> blocks;
    for (const std::uint32_t each : wanted) {
        const std::string packed = piece_of(fd, table.packed.at(each), table.packed.at(each + 1));
        const auto length = ZSTD_getFrameContentSize(packed.data(), packed.size());
        if (length == ZSTD_CONTENTSIZE_UNKNOWN || length == ZSTD_CONTENTSIZE_ERROR || length > longest_block) {
            return trouble_with(file, failure_kind::broken_data, "is not as it was indexed");
        }
        std::string& text = blocks.emplace_back(length, '\0');
        const std::size_t size =
            ZSTD_decompressDCtx(context.get(), text.data(), text.size(), packed.data(), packed.size());
        if (ZSTD_isError(size) != 0) {
            return trouble_with(file, failure_kind::broken_data, std::string("damaged: ") + ZSTD_getErrorName(size));
        }
        text.resize(size);
    }
    return blocks;
}

/// From the beginning of the text, as a file whose frames are no blocks wants it.
result<std::vector<std::string>> from_stream(const fs::path& file, const block_table& table,
                                             std::span<const std::uint32_t> wanted) {
    auto text = journal_text::open(file);
    if (!text) {
        return text.why();
    }
    std::vector<std::string> blocks(wanted.size());
    std::string piece;
    std::uint64_t piece_at = 0;
    const std::uint64_t last = wanted.empty() ? 0 : table.texts.at(wanted.back() + 1);
    while (piece_at < last) {
        piece.clear();
        const auto count = text->read(piece);
        if (!count || *count == 0) {
            break;  // what is damaged behind is told when the file is indexed
        }
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const std::uint64_t from = std::max(table.texts.at(wanted[i]), piece_at);
            const std::uint64_t to = std::min(table.texts.at(wanted[i] + 1), piece_at + *count);
            if (from < to) {
                blocks[i].append(piece, from - piece_at, to - from);
            }
        }
        piece_at += *count;
    }
    return blocks;
}

}  // namespace

block_cutter::cut block_cutter::take(std::string_view text) {
    const std::size_t missing = block_bytes - std::min(taken_, block_bytes);
    if (text.size() < missing) {
        taken_ += text.size();
        return {text.size(), false};
    }
    const auto end = text.find('\n', missing == 0 ? 0 : missing - 1);
    if (end == std::string_view::npos) {
        taken_ += text.size();
        const bool ends = taken_ > most_bytes;
        taken_ = ends ? 0 : taken_;
        return {text.size(), ends};
    }
    taken_ = 0;
    return {end + 1, true};
}

result<block_table> frames_of(const fs::path& file) {
    const open_file from(file, O_RDONLY);
    struct stat seen {};
    if (!from.is_open() || ::fstat(from.fd(), &seen) != 0) {
        return cannot_open(file);
    }
    block_table table{{0}, {0}};
    const auto size = static_cast<std::size_t>(seen.st_size);
    void* const address = size == 0 ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, from.fd(), 0);
    if (address == MAP_FAILED) {
        return size == 0 ? result<block_table>(block_table{}) : cannot_open(file);
    }
    const std::unique_ptr<void, unmap> held(address, unmap{size});
    const auto* const bytes = static_cast<const char*>(address);
    for (std::size_t place = 0; place < size;) {
        const std::size_t length = ZSTD_findFrameCompressedSize(bytes + place, size - place);
        const auto text = ZSTD_getFrameContentSize(bytes + place, size - place);
        if (ZSTD_isError(length) != 0) {
            break;
        }
        if (text == ZSTD_CONTENTSIZE_UNKNOWN || text == ZSTD_CONTENTSIZE_ERROR) {
            return block_table{};
        }
        place += length;
        table.texts.push_back(table.texts.back() + text);
        table.packed.push_back(place);
    }
    return table;
}

result<std::vector<std::string>> read_blocks(const fs::path& plain, const block_table& table,
                                             std::span<const std::uint32_t> wanted) {
    const open_file text(plain, O_RDONLY);
    if (text.is_open()) {
        if (piece_of(text.fd(), 0, zstd_magic.size()) == zstd_magic) {
            return from_stream(plain, table, wanted);  // compressed, whatever its name says
        }
        std::vector<std::string> blocks;
        for (const std::uint32_t each : wanted) {
            blocks.push_back(piece_of(text.fd(), table.texts.at(each), table.texts.at(each + 1)));
        }
        return blocks;
    }
    const fs::path packed = plain.string() + ".zst";
    const open_file from(packed, O_RDONLY);
    if (!from.is_open()) {
        return cannot_open(packed);
    }
    return table.packed.size() >= table.texts.size() && !table.texts.empty()
               ? from_frames(packed, from.fd(), table, wanted)
               : from_stream(packed, table, wanted);
}

result<std::string> packed_block(std::string_view text, int level) {
    struct free_packer {
        void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    };
    const std::unique_ptr<ZSTD_CCtx, free_packer> context(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size = ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size());
    if (ZSTD_isError(size) != 0) {
        return failure{failure_kind::broken_data, ZSTD_getErrorName(size)};
    }
    packed.resize(size);
    return packed;
}

}  // namespace td::runtime
