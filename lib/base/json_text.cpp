#include "base/json_text.hpp"

#include <algorithm>
#include <array>

namespace td {
namespace {

constexpr char hex[] = "0123456789abcdef";

unsigned byte_of(std::string_view text, std::size_t place) {
    return static_cast<unsigned char>(text[place]);
}

bool continues(std::string_view text, std::size_t place) {
    return (byte_of(text, place) & 0xC0U) == 0x80U;
}

/// Which bytes stand for themselves in a JSON string of ours.
constexpr std::array<bool, 256> plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0x20; byte < 0x7F; ++byte) {
        table[byte] = byte != '"' && byte != '\\';
    }
    return table;
}();

void append_escape(std::string& out, unsigned unit) {
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
        out += hex[(unit >> shift) & 0xFU];
    }
}

void append_control(std::string& out, char byte) {
    switch (byte) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: append_escape(out, static_cast<unsigned char>(byte)); return;
    }
}

/// U+EF80 to U+EFFF are EE BE 80 to EE BF BF.
bool stands_for_a_byte(std::string_view character) {
    return character.size() == 3 && byte_of(character, 0) == 0xEEU && byte_of(character, 1) >= 0xBEU;
}

void append_kept_byte(std::string& out, unsigned byte) {
    append_escape(out, 0xEF00U + byte);
}

/// Takes one character, or one broken byte, of 0x80 and above.
std::size_t append_beyond_ascii(std::string& out, std::string_view rest, broken_utf8 rule) {
    const std::size_t length = utf8_length(rest);
    if (length == 0) {
        if (rule == broken_utf8::kept) {
            append_kept_byte(out, byte_of(rest, 0));
        } else {
            append_escape(out, 0xFFFDU);
        }
        return 1;
    }
    const std::string_view character = rest.substr(0, length);
    if (length == 2 && byte_of(rest, 0) == 0xC2U && byte_of(rest, 1) < 0xA0U) {
        append_escape(out, byte_of(rest, 1));
    } else if (rule == broken_utf8::kept && stands_for_a_byte(character)) {
        for (std::size_t i = 0; i < length; ++i) {
            append_kept_byte(out, byte_of(rest, i));
        }
    } else {
        out.append(character);
    }
    return length;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    const unsigned first = byte_of(text, 0);
    if (first < 0x80U) {
        return 1;
    }
    const std::size_t length = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
    if (first < 0xC2U || first > 0xF4U || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text, i)) {
            return 0;
        }
    }
    // The second byte of these four is narrower than the rest: overlong forms, surrogates, past U+10FFFF (RFC 3629, 4).
    const unsigned second = byte_of(text, 1);
    const bool bad = (first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU) ||
                     (first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU);
    return bad ? 0 : length;
}

bool stands_for_itself(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char each) { return plain[static_cast<unsigned char>(each)]; });
}

void append_json_text(std::string& out, std::string_view text, broken_utf8 rule) {
    out += '"';
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (plain[byte_of(text, i)]) {
            ++i;
            continue;
        }
        out.append(text, from, i - from);
        if (byte_of(text, i) < 0x80U) {
            append_control(out, text[i]);
            ++i;
        } else {
            i += append_beyond_ascii(out, text.substr(i), rule);
        }
        from = i;
    }
    out.append(text, from);
    out += '"';
}

std::string with_kept_bytes(std::string_view parsed) {
    std::string text;
    text.reserve(parsed.size());
    std::size_t from = 0;
    for (std::size_t at = parsed.find('\xEE'); at != std::string_view::npos; at = parsed.find('\xEE', at)) {
        if (!stands_for_a_byte(parsed.substr(at, 3))) {
            ++at;
            continue;
        }
        text.append(parsed, from, at - from);
        // U+EF80 + n: the two low bits of the middle byte and the six of the last are the byte itself.
        text += static_cast<char>(((byte_of(parsed, at + 1) & 0x03U) << 6U) | (byte_of(parsed, at + 2) & 0x3FU));
        at += 3;
        from = at;
    }
    text.append(parsed, from);
    return text;
}

}  // namespace td
