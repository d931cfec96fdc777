#pragma once
// Words for people: which known word was meant, and text from outside made safe to print.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/printable.hpp"

namespace td::config {

/// The word nearest to `written` by edit distance (swapped neighbours count as one edit), or "" when nothing is near:
/// more than a third of the letters, or more than three, would have to change.
[[nodiscard]] std::string_view nearest(std::string_view written, std::span<const std::string_view> known);
[[nodiscard]] std::string_view nearest(std::string_view written, const std::vector<std::string>& known);

using td::printable;

/// A string with its quotes, as both TOML and JSON read it: TOML's escapes are those of JSON and more.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace td::config
