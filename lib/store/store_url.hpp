#pragma once
// pool.url as the configuration writes it: sqlite:/path or mysql://user@host:port/database.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

namespace td::store {

struct sqlite_place {
    std::string file;
    friend bool operator==(const sqlite_place&, const sqlite_place&) = default;
};

struct mysql_place {
    std::string user;
    std::string host;  ///< a name or an address, IPv6 without its brackets
    std::uint16_t port = 3306;
    std::string database;
    friend bool operator==(const mysql_place&, const mysql_place&) = default;
};

using store_place = std::variant<sqlite_place, mysql_place>;

/// The port may be left out. A password in the URL is refused: secrets stand in files and variables.
[[nodiscard]] result<store_place> read_store_url(std::string_view url);

}  // namespace td::store
