#include "redis/url.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace td::redis {
namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number read{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(read) : std::nullopt;
}

failure bad(std::string_view url, std::string_view why) {
    // What stands before '@' may be a password and is not shown.
    const std::string_view shown = url.find('@') == std::string_view::npos ? url : "redis://…@…";
    return {failure_kind::bad_input, std::string(shown).append(": ").append(why).append(
                                         "; write redis://host:port/db, for example redis://127.0.0.1:6379/0")};
}

}  // namespace

result<place> read_url(std::string_view url) {
    constexpr std::string_view scheme = "redis://";
    if (!url.starts_with(scheme)) {
        return bad(url, "is not a Redis URL");
    }
    std::string_view rest = url.substr(scheme.size());
    place read;
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        read.user = rest.substr(0, at);
        rest = rest.substr(at + 1);
        if (read.user.find(':') != std::string::npos) {
            return bad(url, "a password does not belong into the URL");
        }
        const auto outlandish = [](char c) { return c <= ' ' || c == '/' || c == '@' || c == '\x7f'; };
        if (read.user.empty() || std::any_of(read.user.begin(), read.user.end(), outlandish)) {
            return bad(url, "the user is missing or has signs that no user has");
        }
    }
    if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
        const std::string_view database = rest.substr(slash + 1);
        const auto number = database.empty() ? std::optional(0U) : number_of<unsigned>(database);
        if (!number) {
            return bad(url, "the database is not a number");
        }
        read.database = *number;
        rest = rest.substr(0, slash);
    }
    const bool bracketed = rest.starts_with('[') && rest.find(']') != std::string_view::npos;
    const std::size_t host_end = bracketed ? rest.find(']') + 1 : rest.find(':');
    const std::string_view host = rest.substr(0, host_end);
    read.host = bracketed ? host.substr(1, host.size() - 2) : host;
    const std::string_view port = host_end < rest.size() ? rest.substr(host_end) : std::string_view();
    if (!port.empty()) {
        const auto number = port.front() == ':' ? number_of<std::uint16_t>(port.substr(1)) : std::nullopt;
        if (!number || *number == 0) {
            return bad(url, "the port is not 1 to 65535");
        }
        read.port = *number;
    }
    if (read.host.empty()) {
        return bad(url, "the host is missing");
    }
    return read;
}

std::string text_of_place(const place& what) {
    const bool ipv6 = what.host.find(':') != std::string::npos;
    return "Redis at " + (ipv6 ? "[" + what.host + "]" : what.host) + ":" + std::to_string(what.port) + "/" +
           std::to_string(what.database);
}

}  // namespace td::redis
