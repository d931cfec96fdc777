#pragma once
// redis://user@host:port/db, as the configuration writes it.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace td::redis {

struct place {
    std::string host;  ///< a name or an address, IPv6 without its brackets
    std::uint16_t port = 6379;
    unsigned database = 0;
    std::string user{};  ///< of AUTH (Redis 6 and newer); empty: the default user
    friend bool operator==(const place&, const place&) = default;
};

/// User, port and database may be left out. A password in the URL is refused: secrets stand in files and variables.
[[nodiscard]] result<place> read_url(std::string_view url);
/// "Redis at 127.0.0.1:6379/0", for messages: without the user.
[[nodiscard]] std::string text_of_place(const place& what);

}  // namespace td::redis
