#pragma once
// The kinds of value that a configuration holds beside numbers, words and durations: addresses, references to secrets,
// sizes and hours. All of it is text in, value out; only `resolve` looks at the world.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/redacted.hpp"
#include "base/result.hpp"

namespace td::config {

/// The variables of the process, or of a test.
using variable_map = std::map<std::string, std::string, std::less<>>;

/// Where something else is found: a URL (RFC 3986: scheme://user@host:port/path), a file (file:/path, sqlite:/path), a
/// listener (host:port) or a single word (none, pool). `text` is always the whole as it was written.
struct address {
    std::string text;
    std::string scheme;      ///< lower case; empty for a word and for host:port
    std::string user;        ///< percent-decoding is left to the one who uses it
    std::string host;        ///< without the brackets of an IPv6 address; empty for a word and for a file
    std::uint16_t port = 0;  ///< the scheme's usual port where none was written; 0 when there is none
    std::string path;        ///< from the first '/' on, "" when there is none; the file's path for file: and sqlite:

    [[nodiscard]] bool is(std::string_view word) const { return text == word; }
    /// True when the host is this machine: 127.0.0.0/8, ::1 or localhost.
    [[nodiscard]] bool loopback() const;
    friend bool operator==(const address&, const address&) = default;
};

/// Reads an address. A password in the URL is refused: secrets stand in a key of their own.
[[nodiscard]] result<address> parse_address(std::string_view text);
/// For addresses written in the program, which are known to be right.
[[nodiscard]] address address_of(std::string_view text);

/// Where a secret is kept. The secret itself is read as late as possible and never stands in a settings struct.
struct secret_ref {
    enum class place : std::uint8_t {
        none,         ///< there is no secret
        environment,  ///< env:NAME
        file,         ///< file:PATH, the first line of it
        credential,   ///< credential:NAME, a file of $CREDENTIALS_DIRECTORY (systemd.exec(5))
    };
    place where = place::none;
    std::string name;
    friend bool operator==(const secret_ref&, const secret_ref&) = default;
};

/// Reads "", env:NAME, file:PATH, credential:NAME. The words of a refusal never repeat the text: it may be the secret.
[[nodiscard]] result<secret_ref> parse_secret_ref(std::string_view text);
[[nodiscard]] std::string text_of(const secret_ref& reference);
/// The secret; an empty one for `none`. Fails with not_found when there is no such variable or file, with not_allowed
/// when it may not be read, with bad_input when it is empty, over 4 KiB or has control characters in it.
[[nodiscard]] result<secret> resolve(const secret_ref& reference, const variable_map& variables);
/// What is unwise about how the secret is kept (a file that others may read); nothing when all is well.
[[nodiscard]] std::optional<std::string> worry_about(const secret_ref& reference, const variable_map& variables);

struct byte_count {
    std::uint64_t bytes = 0;
    friend bool operator==(byte_count, byte_count) = default;
    friend auto operator<=>(byte_count, byte_count) = default;
};
/// Reads 512MiB, 1GiB, 64KiB, 100B; nothing when the text is not such a size or does not fit.
[[nodiscard]] std::optional<byte_count> parse_byte_count(std::string_view text);
[[nodiscard]] std::string text_of(byte_count size);

/// A part of the day, by the clock of the place where the panel hangs; it may pass midnight (22:00-06:00).
struct hours_of_day {
    std::chrono::minutes from{};
    std::chrono::minutes to{};
    friend bool operator==(hours_of_day, hours_of_day) = default;
};
/// Reads HH:MM-HH:MM, 00:00 to 24:00; nothing for anything else and for an empty part of the day.
[[nodiscard]] std::optional<hours_of_day> parse_hours(std::string_view text);
[[nodiscard]] std::string text_of(hours_of_day hours);

}  // namespace td::config
