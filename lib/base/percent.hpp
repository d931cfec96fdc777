#pragma once
// Percent signs in URLs (RFC 3986 section 2.1).

#include <optional>
#include <string>
#include <string_view>

namespace td {

/// 0 to 15; -1 for what is no hexadecimal digit.
[[nodiscard]] int hex_value(char c);

/// Nothing when two hexadecimal digits do not follow every percent sign, or they stand for a zero byte.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace td
