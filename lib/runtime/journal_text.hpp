#pragma once
// The text of a journal piece by piece, so that a reader needs no more memory for a long one than for a short one.
// Blocking: only for threads that may wait for a disk.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace td::runtime {

class journal_text {
public:
    /// A piece is never longer.
    static constexpr std::size_t piece_bytes = std::size_t{1} << 20U;

    /// A file. It is compressed when its name ends in .zst, or its first bytes are those of zstd. Failures: not_found,
    /// not_allowed, broken_data.
    [[nodiscard]] static result<journal_text> open(const std::filesystem::path& file);
    /// The standard input, compressed or not; `name` is what messages call it.
    [[nodiscard]] static journal_text of_standard_input(std::string name);

    journal_text(journal_text&&) noexcept;
    journal_text& operator=(journal_text&&) noexcept;
    ~journal_text();

    /// Appends the next piece to `into` and gives back its length; 0 at the end. Failure: broken_data, when what was
    /// given before stands and nothing follows any more.
    [[nodiscard]] result<std::size_t> read(std::string& into);

private:
    struct insides;
    explicit journal_text(std::unique_ptr<insides> in);
    std::unique_ptr<insides> in_;
};

}  // namespace td::runtime
