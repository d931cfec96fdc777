#include "base/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/json_text.hpp"

namespace td {
namespace {

/// C0, DEL, and C1 (U+0080 to U+009F, which some terminals obey too).
bool is_control(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence[0]);
    return first < 0x20 || first == 0x7f || (first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0);
}

std::string escaped(char control) {
    std::array<char, 8> text{};
    const auto value = static_cast<unsigned>(static_cast<unsigned char>(control));
    const int length = std::snprintf(text.data(), text.size(), "\\x%02x", value);
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        std::string piece = "?";
        if (length != 0) {
            piece = text.substr(0, length);
            if (is_control(piece)) {
                piece = escaped(piece.back());
            }
        }
        if (shown.size() + piece.size() > limit) {
            return shown.append("…");
        }
        shown.append(piece);
        text.remove_prefix(std::max<std::size_t>(1, length));
    }
    return shown;
}

}  // namespace td
