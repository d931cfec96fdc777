#pragma once
// Writing JSON by hand into a growing text: for lines whose shape is fixed, where a tree of values would only cost
// time.

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace td {

/// What becomes of bytes that are not UTF-8 (RFC 3629), so that the line stays JSON (RFC 8259, section 8.1).
enum class broken_utf8 : std::uint8_t {
    replaced,  ///< each becomes U+FFFD: for readers that are not ours
    kept,  ///< byte 0x80 + n becomes U+EF80 + n of the private use area, and so does each byte of a genuine character
           ///< of U+EF80 to U+EFFF: `with_kept_bytes` gives back exactly what was written
};

/// Appends `text` as a JSON string with its quotes. Control characters, DEL and C1 (U+0080 to U+009F) are escaped, so
/// that no line printed on a terminal can move its cursor.
void append_json_text(std::string& out, std::string_view text, broken_utf8 rule);

/// Whether `append_json_text` appends this text as it is, between its quotes.
[[nodiscard]] bool stands_for_itself(std::string_view text);

/// The text that `append_json_text` with `kept` was given, from the text that a JSON parser gave back.
[[nodiscard]] std::string with_kept_bytes(std::string_view parsed);

/// Appends a number: a whole one in decimal digits, a fraction in the shortest form that reads back as the same.
template <class Number>
requires std::is_arithmetic_v<Number>
void append_json_number(std::string& out, Number number) {
    char digits[32];  // the longest is a double: 24
    const auto written = std::to_chars(digits, digits + sizeof digits, number);
    out.append(digits, written.ptr);
}

/// How many bytes the UTF-8 character at the front of `text` has, 1 to 4; 0 when there is none: a stray byte, an
/// overlong form, a surrogate, a code point past U+10FFFF or a character cut short.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

}  // namespace td
