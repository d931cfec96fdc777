#pragma once
// What must not reach toml++ 3.3 (Debian 12): letters of other scripts outside of quotes and comments, or in quotes
// where none may stand. That is no TOML, but instead of refusing it the parser runs into `__builtin_unreachable` (its
// is_non_ascii_horizontal_whitespace, U+00A1 to U+0499). An operator who forgets the quotes of a Cyrillic name must get
// a line number, not undefined behaviour.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace td {

struct toml_danger {
    std::size_t line = 0;  ///< from 1
    std::string text;      ///< what is wrong and how it would be right
};

/// Nothing when the text may be parsed; it may still be wrong in the ways that the parser tells.
[[nodiscard]] std::optional<toml_danger> danger_in_toml(std::string_view toml);

}  // namespace td
