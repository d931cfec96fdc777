#include "base/toml_guard.hpp"

#include <algorithm>

namespace td {
namespace {

/// The end of the quoted text that begins at `from` (TOML 1.0, "String"); the end of everything when it is not closed.
std::size_t end_of_text(std::string_view toml, std::size_t from) {
    const char quote = toml[from];
    const bool multi_line = toml.substr(from).starts_with(std::string(3, quote));
    const std::size_t width = multi_line ? 3 : 1;
    for (std::size_t at = from + width; at < toml.size(); ++at) {
        if (toml[at] == '\\' && quote == '"') {
            ++at;
        } else if (toml.substr(at).starts_with(std::string_view(toml).substr(from, width))) {
            return at + width;
        } else if (toml[at] == '\n' && !multi_line) {
            return at;
        }
    }
    return toml.size();
}

/// Where a byte that is not ASCII stands outside of quotes and comments.
std::size_t unquoted_stranger(std::string_view toml) {
    for (std::size_t at = 0; at < toml.size();) {
        if (static_cast<unsigned char>(toml[at]) >= 0x80) {
            return at;
        }
        if (toml[at] == '#') {
            at = std::min(toml.find('\n', at), toml.size());
        } else if (toml[at] == '"' || toml[at] == '\'') {
            at = end_of_text(toml, at);
        } else {
            ++at;
        }
    }
    return std::string_view::npos;
}

}  // namespace

std::optional<toml_danger> danger_in_toml(std::string_view toml) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (toml.starts_with(byte_order_mark)) {
        toml.remove_prefix(byte_order_mark.size());
    }
    if (const std::size_t at = unquoted_stranger(toml); at != std::string_view::npos) {
        const std::string_view before = toml.substr(0, at);
        const auto lines = std::count(before.begin(), before.end(), '\n');
        return toml_danger{static_cast<std::size_t>(lines) + 1, "a letter that is not ASCII must stand in quotes"};
    }
    return std::nullopt;
}

}  // namespace td
