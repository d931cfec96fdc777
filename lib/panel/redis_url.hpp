#pragma once
// redis://host:port/db, as the configuration writes it.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace td::panel {

struct redis_place {
    std::string host;  ///< a name or an address, IPv6 without its brackets
    std::uint16_t port = 6379;
    unsigned database = 0;
    friend bool operator==(const redis_place&, const redis_place&) = default;
};

/// Port and database may be left out. A user or a password in the URL is refused: secrets stand in files and variables.
[[nodiscard]] result<redis_place> read_redis_url(std::string_view url);

}  // namespace td::panel
