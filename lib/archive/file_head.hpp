#pragma once
// What the first line of a file makes of it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "journal/codec.hpp"

namespace td::archive {

struct file_head {
    enum class kind : std::uint8_t {
        header,
        damaged,  ///< it began as a header, or may have
        line,     ///< it is a line of a journal, but no header
        refused,  ///< the header of a newer schema
        foreign,  ///< nothing of a journal
    };
    kind what = kind::foreign;
    std::optional<journal::header> first{};
    instant opened{};
    std::string words{};  ///< why it is no header
};

[[nodiscard]] file_head head_of(journal::reader& from, std::string_view first_line);

/// Whether a line claims to be a header.
[[nodiscard]] bool looks_like_header(std::string_view line);
/// Whether a text that broke off within its first line may have been a header.
[[nodiscard]] bool torn_header(std::string_view text);

/// How many lines behind the header tell again what earlier files told.
[[nodiscard]] std::uint64_t retold_lines(const journal::header& first);
/// Whether a line bears no mark of having been told before, and can be read so far. A damaged one among retold lines is
/// one of them; one that tells news ends them.
[[nodiscard]] bool tells_news(std::string_view line);
/// Whether a line bears that mark.
[[nodiscard]] bool tells_again(std::string_view line);

/// Which lines behind a header stand in its file's head. A line that bears the mark behind them is news: the end of
/// what a run before had remembered.
class retold_head {
public:
    retold_head() = default;  ///< there is none, or it is over
    /// So many lines; as many as bear the mark where a damaged header does not say it.
    explicit retold_head(std::optional<std::uint64_t> lines) : left_(lines) {}

    /// Whether the next line stands in it.
    [[nodiscard]] bool takes(std::string_view line);
    [[nodiscard]] bool over() const { return left_ == 0; }
    [[nodiscard]] std::optional<std::uint64_t> left() const { return left_; }

private:
    std::optional<std::uint64_t> left_ = 0;
};

}  // namespace td::archive
