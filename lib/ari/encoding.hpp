#pragma once
// How text of others gets into a URL or a header without becoming syntax there. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace td::ari {

/// Where Asterisk's HTTP server listens.
struct endpoint {
    std::string host;  ///< a name or an address; IPv6 without brackets
    std::uint16_t port = 8088;
    std::string base;  ///< what precedes /ari: empty or "/prefix"
    friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// Reads http://host[:port][/prefix]; a user, a query or another scheme is bad_input (secrets have no place in a URL).
[[nodiscard]] result<endpoint> parse_endpoint(std::string_view url);

/// Appends `text` with everything but A-Z a-z 0-9 - . _ ~ percent-encoded (RFC 3986 section 2.1), for a path or a
/// query.
void append_encoded(std::string& out, std::string_view text);
/// RFC 4648 section 4.
[[nodiscard]] std::string base64(std::string_view bytes);
/// The 20 bytes of SHA-1 (FIPS 180-4); the WebSocket handshake wants it, nothing secret rests on it.
[[nodiscard]] std::string sha1(std::string_view bytes);

/// True when `name` is safe inside a dial string: 1 to 64 of A-Z a-z 0-9 . _ + -
[[nodiscard]] bool dialable(std::string_view name);
/// True when every character is printable: no control, no bidirectional override, no broken UTF-8.
[[nodiscard]] bool printable(std::string_view text);

}  // namespace td::ari
