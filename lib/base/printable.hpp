#pragma once
// Text from outside made safe to print.

#include <cstddef>
#include <string>
#include <string_view>

namespace td {

/// Text from outside for a terminal: control characters as \xNN, broken UTF-8 as '?', at most `limit` bytes and then
/// "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);

}  // namespace td
