#include "store/store_url.hpp"

#include <charconv>
#include <optional>

namespace td::store {
namespace {

constexpr std::string_view forms = "write sqlite:/path/to/file or mysql://user@host:3306/database";

failure bad(const std::string& what) {
    return {failure_kind::bad_input, "pool.url " + what + ": " + std::string(forms)};
}

/// "host", "host:port", "[address]:port" into the place; false when it is none of them.
bool read_host(std::string_view text, mysql_place& place) {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) {
            return false;
        }
        place.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else {
        const std::size_t colon = text.find(':');
        place.host = text.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    if (port.empty()) {
        return !place.host.empty();
    }
    const char* last = port.data() + port.size();
    const auto [end, error] = std::from_chars(port.data() + 1, last, place.port);
    return port.front() == ':' && error == std::errc{} && end == last && place.port != 0 && !place.host.empty();
}

}  // namespace

result<store_place> read_store_url(std::string_view url) {
    constexpr std::string_view sqlite = "sqlite:";
    constexpr std::string_view mysql = "mysql://";
    if (url.find('\0') != std::string_view::npos) {
        return bad("has a zero byte in it");
    }
    if (url.starts_with(sqlite)) {
        const std::string_view file = url.substr(sqlite.size());
        return file.empty() ? result<store_place>(bad("names no file"))
                            : result<store_place>(sqlite_place{std::string(file)});
    }
    if (!url.starts_with(mysql)) {
        return bad("begins with neither sqlite: nor mysql://");
    }
    const std::string_view rest = url.substr(mysql.size());
    const std::size_t slash = rest.find('/');
    const std::string_view authority = rest.substr(0, slash);
    const std::size_t at = authority.rfind('@');
    if (at == std::string_view::npos || at == 0) {
        return bad("names no user");
    }
    mysql_place place;
    place.user = authority.substr(0, at);
    if (place.user.find(':') != std::string::npos) {
        return failure{
            failure_kind::bad_input,
            "pool.url holds a password: put it into pool.password as env:NAME, file:PATH or credential:NAME"};
    }
    if (!read_host(authority.substr(at + 1), place)) {
        return bad("has no host, or a port that is none");
    }
    place.database = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (place.database.empty() || place.database.find_first_of("/?#") != std::string::npos) {
        return bad("names no database");
    }
    return store_place(place);
}

}  // namespace td::store
