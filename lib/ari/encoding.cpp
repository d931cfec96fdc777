#include "ari/encoding.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>

#include "base/json_text.hpp"

namespace td::ari {
namespace {

constexpr std::string_view hex = "0123456789ABCDEF";

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

failure bad_url(std::string_view url, std::string_view remedy) {
    // A URL with a user in it may hold a password: then nothing of it is shown.
    const bool shown = url.find('@') == std::string_view::npos && printable(url);
    return {failure_kind::bad_input, "ari.url " +
                                         (shown ? "\"" + std::string(url) + "\"" : std::string("(not shown)")) +
                                         " cannot be used: " + std::string(remedy)};
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
        return std::nullopt;
    }
    return port;
}

/// The code point of the well-formed UTF-8 character that starts `text` and has `length` bytes.
char32_t code_point(std::string_view text, std::size_t length) {
    const auto lead = static_cast<unsigned char>(text.front());
    char32_t code = length == 1 ? lead : lead & (0x7fU >> length);
    for (const char next : text.substr(1, length - 1)) {
        code = (code << 6U) | (static_cast<unsigned char>(next) & 0x3fU);
    }
    return code;
}

/// Controls, separators of lines, and the marks that turn the writing direction or have no width: each of them lets a
/// name look like another one in a log.
bool hides(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           (code >= 0xe000 && code <= 0xf8ff) || (code >= 0xfff0 && code <= 0xfffb) || (code & 0xfffeU) == 0xfffe ||
           code >= 0xe0000;
}

using sha1_state = std::array<std::uint32_t, 5>;

void sha1_block(sha1_state& state, std::string_view block) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 64; ++i) {
        w.at(i / 4) = (w.at(i / 4) << 8U) | static_cast<unsigned char>(block[i]);
    }
    for (std::size_t i = 16; i < w.size(); ++i) {
        w.at(i) = std::rotl(w.at(i - 3) ^ w.at(i - 8) ^ w.at(i - 14) ^ w.at(i - 16), 1);
    }
    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < w.size(); ++i) {
        const std::uint32_t f = i < 20   ? (b & c) | (~b & d)
                                : i < 40 ? b ^ c ^ d
                                : i < 60 ? (b & c) | (b & d) | (c & d)
                                         : b ^ c ^ d;
        const std::uint32_t k = i < 20 ? 0x5a827999U : i < 40 ? 0x6ed9eba1U : i < 60 ? 0x8f1bbcdcU : 0xca62c1d6U;
        const std::uint32_t next = std::rotl(a, 5) + f + e + k + w.at(i);
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
}

}  // namespace

result<endpoint> parse_endpoint(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (url.substr(0, scheme.size()) != scheme) {
        return bad_url(url, "write http://host:port (Asterisk's ARI is kept on a trusted network, without TLS)");
    }
    std::string_view rest = url.substr(scheme.size());
    if (rest.find_first_of("@?#\\ ") != std::string_view::npos || !printable(rest)) {
        return bad_url(url, "write only http://host:port, and user and password in their own keys");
    }
    endpoint made;
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    made.base = rest.substr(slash);
    while (made.base.ends_with('/')) {
        made.base.pop_back();
    }
    std::string_view authority = rest.substr(0, slash);
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        const auto port = port_of(authority.substr(colon + 1));
        if (!port) {
            return bad_url(url, "the port is a number from 1 to 65535");
        }
        made.port = *port;
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) {
        authority = authority.substr(1, authority.size() - 2);
    } else if (authority.find(':') != std::string_view::npos) {
        return bad_url(url, "an IPv6 address stands in brackets");
    }
    if (authority.empty()) {
        return bad_url(url, "the host is missing");
    }
    made.host = authority;
    return made;
}

void append_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.push_back('%');
            out.push_back(hex[byte >> 4U]);
            out.push_back(hex[byte & 15U]);
        }
    }
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = (group << 8U) | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out.push_back(k <= have ? alphabet[(group >> (18U - 6U * k)) & 63U] : '=');
        }
    }
    return out;
}

std::string sha1(std::string_view bytes) {
    std::string padded(bytes);
    padded.push_back('\x80');
    padded.append((120 - padded.size() % 64) % 64, '\0');
    const std::uint64_t bits = static_cast<std::uint64_t>(bytes.size()) * 8;
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        padded.push_back(static_cast<char>((bits >> (shift - 8U)) & 0xffU));
    }
    sha1_state state = {0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U};
    for (std::size_t at = 0; at < padded.size(); at += 64) {
        sha1_block(state, std::string_view(padded).substr(at, 64));
    }
    std::string digest;
    for (const std::uint32_t word : state) {
        for (unsigned shift = 32; shift > 0; shift -= 8) {
            digest.push_back(static_cast<char>((word >> (shift - 8U)) & 0xffU));
        }
    }
    return digest;
}

bool dialable(std::string_view name) {
    constexpr std::size_t longest = 64;
    return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), [](char c) {
        return is_alphanumeric(c) || c == '.' || c == '_' || c == '+' || c == '-';
    });
}

bool printable(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0 || hides(code_point(text, length))) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace td::ari
