#include "config/values.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "config/words.hpp"

namespace td::config {
namespace {

constexpr std::size_t secret_limit = 4096;  // a token has tens of bytes; a key file named by mistake has more
constexpr std::size_t address_limit = 2000;

struct usual_port {
    std::string_view scheme;
    std::uint16_t port;
};
constexpr std::array<usual_port, 8> usual_ports{{{"http", 80},
                                                 {"https", 443},
                                                 {"ws", 80},
                                                 {"wss", 443},
                                                 {"redis", 6379},
                                                 {"amqp", 5672},
                                                 {"mysql", 3306},
                                                 {"amqps", 5671}}};

failure wrong(std::string text) {
    return {failure_kind::bad_input, std::move(text)};
}

bool is_scheme(std::string_view text) {
    // RFC 3986 section 3.1, without the signs that none of ours has.
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

std::string lower(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return made;
}

bool is_host(std::string_view text, std::string_view allowed) {
    constexpr std::size_t longest_name = 253;  // RFC 1035 section 2.3.4
    return !text.empty() && text.size() <= longest_name && text.find_first_not_of(allowed) == std::string_view::npos;
}

/// host, host:port or [address]:port into `made`; what is wrong, or "".
std::string take_authority(std::string_view text, address& made) {
    constexpr std::string_view of_name = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    constexpr std::string_view of_ipv6 = "abcdefABCDEF0123456789:.%";
    std::string_view port;
    bool port_written = false;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || !is_host(text.substr(1, end - 1), of_ipv6)) {
            return "an IPv6 address stands in brackets, such as [::1]";
        }
        made.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        port_written = !text.empty();
        if (port_written && text.front() != ':') {
            return "only a port may follow the address in brackets";
        }
        port = port_written ? text.substr(1) : text;
    } else {
        const std::size_t colon = text.find(':');
        port_written = colon != std::string_view::npos;
        if (!is_host(text.substr(0, colon), of_name)) {
            return "there is no usable host name in it";
        }
        made.host = text.substr(0, colon);
        port = port_written ? text.substr(colon + 1) : std::string_view{};
    }
    if (port_written) {
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), made.port);
        if (error != std::errc{} || end != port.data() + port.size() || made.port == 0) {
            return "a port is a number from 1 to 65535";
        }
    }
    return "";
}

result<address> parse_url(std::string_view text, std::size_t scheme_end) {
    address made;
    made.text = text;
    made.scheme = lower(text.substr(0, scheme_end));
    if (!is_scheme(made.scheme)) {
        return wrong("the scheme before :// has letters only");
    }
    for (const usual_port& each : usual_ports) {
        if (each.scheme == made.scheme) {
            made.port = each.port;
        }
    }
    std::string_view rest = text.substr(scheme_end + 3);
    if (rest.find_first_of("?#") != std::string_view::npos) {
        return wrong("it must not have a query ('?') or a fragment ('#')");
    }
    const std::size_t slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    made.path = slash == std::string_view::npos ? "" : rest.substr(slash);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        made.user = authority.substr(0, at);
        authority.remove_prefix(at + 1);
        if (made.user.find(':') != std::string::npos || lower(made.user).find("%3a") != std::string::npos) {
            return wrong("a password must not stand in a URL; give it as a secret in the key beside it");
        }
    }
    if (const std::string why = take_authority(authority, made); !why.empty()) {
        return wrong(why);
    }
    return made;
}

/// An open file that is closed again.
class opened {
public:
    explicit opened(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
    opened(const opened&) = delete;
    opened& operator=(const opened&) = delete;
    ~opened() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

failure unreadable(const std::string& path, int reason) {
    const bool rights = reason == EACCES || reason == EPERM;
    return {rights ? failure_kind::not_allowed : failure_kind::not_found,
            "the secret's file " + printable(path) + " cannot be read: " + std::strerror(reason)};
}

result<secret> usable(std::string text, const std::string& of) {
    if (text.empty()) {
        return wrong(of + " is empty");
    }
    if (text.size() > secret_limit) {
        return wrong(of + " has more than 4096 bytes, which no secret has");
    }
    if (std::any_of(text.begin(), text.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
        return wrong(of + " has control characters in it");
    }
    return secret(std::move(text));
}

result<secret> first_line(const std::string& path) {
    const opened file(path);
    if (file.descriptor() < 0) {
        return unreadable(path, errno);
    }
    struct stat found {};
    if (::fstat(file.descriptor(), &found) != 0) {
        return unreadable(path, errno);
    }
    if (!S_ISREG(found.st_mode)) {
        return wrong("the secret's file " + printable(path) + " is not a regular file");
    }
    std::string text(secret_limit + 2, '\0');  // one more than is allowed, and the line end
    std::size_t length = 0;
    while (length < text.size()) {
        const ssize_t got = ::read(file.descriptor(), text.data() + length, text.size() - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return unreadable(path, errno);
        }
        if (got == 0) {
            break;
        }
        length += static_cast<std::size_t>(got);
    }
    text.resize(length);
    text.resize(std::min(text.find('\n'), text.size()));
    if (!text.empty() && text.back() == '\r') {
        text.pop_back();
    }
    return usable(std::move(text), "the first line of the secret's file " + printable(path));
}

/// The path behind a file: or credential: reference, or why there is none.
result<std::string> path_of(const secret_ref& reference, const variable_map& variables) {
    if (reference.where == secret_ref::place::file) {
        return reference.name;
    }
    const auto directory = variables.find("CREDENTIALS_DIRECTORY");
    if (directory == variables.end()) {
        return failure{failure_kind::not_found,
                       "there is no credential " + printable(reference.name) +
                           ": $CREDENTIALS_DIRECTORY is not set; systemd sets it for a unit with LoadCredential="};
    }
    return directory->second + "/" + reference.name;
}

std::string_view prefix_of(secret_ref::place where) {
    switch (where) {
        case secret_ref::place::none: return "";
        case secret_ref::place::environment: return "env:";
        case secret_ref::place::file: return "file:";
        case secret_ref::place::credential: return "credential:";
    }
    return "";
}

bool is_name(std::string_view text, std::string_view more) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [&](char c) {
        return letters.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

std::optional<std::chrono::minutes> minute_of_day(std::string_view text) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 1000; };
    if (text.size() != 5 || text[2] != ':') {
        return std::nullopt;
    }
    const int hours = digit(0) * 10 + digit(1);
    const int minutes = digit(3) * 10 + digit(4);
    if (hours > 24 || minutes > 59 || (hours == 24 && minutes != 0)) {
        return std::nullopt;
    }
    return std::chrono::hours{hours} + std::chrono::minutes{minutes};
}

struct size_unit {
    std::string_view name;
    unsigned shift;
};
constexpr std::array<size_unit, 5> size_units{{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}};

}  // namespace

bool address::loopback() const {
    if (host == "localhost" || host == "::1") {
        return true;
    }
    // A name such as 127.example.org is no loopback: all of it must be digits and dots.
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

result<address> parse_address(std::string_view text) {
    if (text.size() > address_limit) {
        return wrong("it is longer than 2000 characters");
    }
    if (std::any_of(text.begin(), text.end(),
                    [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; })) {
        return wrong("it must not have spaces or control characters in it");
    }
    if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
        return parse_url(text, end);
    }
    address made;
    made.text = text;
    const std::size_t colon = text.find(':');
    const std::string_view scheme = text.substr(0, colon);
    if (scheme == "file" || scheme == "sqlite") {
        made.scheme = scheme;
        made.path = colon == std::string_view::npos ? "" : text.substr(colon + 1);
        if (made.path.empty() || made.path.front() != '/') {
            return wrong("after " + made.scheme + ": comes an absolute path");
        }
        return made;
    }
    if (colon == std::string_view::npos) {
        return made;  // a word
    }
    if (const std::string why = take_authority(text, made); !why.empty()) {
        return wrong(why);
    }
    return made;
}

address address_of(std::string_view text) {
    result<address> read = parse_address(text);
    if (!read) {
        throw std::logic_error("a built-in address is wrong: " + read.why().text);
    }
    return std::move(read).value();
}

result<secret_ref> parse_secret_ref(std::string_view text) {
    using place = secret_ref::place;
    if (text.empty()) {
        return secret_ref{};
    }
    for (const place each : {place::environment, place::file, place::credential}) {
        if (!text.starts_with(prefix_of(each))) {
            continue;
        }
        const std::string_view name = text.substr(prefix_of(each).size());
        if (each == place::environment && !is_name(name, "")) {
            return wrong("after env: comes the name of a variable: letters, digits and underscores");
        }
        if (each == place::file && (name.empty() || name.front() != '/')) {
            return wrong("after file: comes an absolute path");
        }
        if (each == place::credential && (!is_name(name, ".-@:") || name == "." || name == "..")) {
            return wrong("after credential: comes the name that LoadCredential= gives it, without a slash");
        }
        return secret_ref{each, std::string(name)};
    }
    return wrong("a secret must not stand here itself");
}

std::string text_of(const secret_ref& reference) {
    return std::string(prefix_of(reference.where)).append(reference.name);
}

result<secret> resolve(const secret_ref& reference, const variable_map& variables) {
    switch (reference.where) {
        case secret_ref::place::none: return secret{};
        case secret_ref::place::environment: {
            const auto found = variables.find(reference.name);
            if (found == variables.end()) {
                return failure{failure_kind::not_found, "the variable " + reference.name + " is not set"};
            }
            return usable(found->second, "the variable " + reference.name);
        }
        case secret_ref::place::file:
        case secret_ref::place::credential: {
            const result<std::string> path = path_of(reference, variables);
            return path ? first_line(*path) : result<secret>(path.why());
        }
    }
    return secret{};
}

std::optional<std::string> worry_about(const secret_ref& reference, const variable_map& variables) {
    if (reference.where != secret_ref::place::file) {
        return std::nullopt;  // systemd looks after its credentials, and a variable has no rights
    }
    const result<std::string> path = path_of(reference, variables);
    struct stat found {};
    if (!path || ::stat(path->c_str(), &found) != 0 || (found.st_mode & (S_IROTH | S_IWOTH)) == 0) {
        return std::nullopt;
    }
    return "everybody on this machine may read or write the secret's file " + printable(*path);
}

std::optional<byte_count> parse_byte_count(std::string_view text) {
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const size_unit& each : size_units) {
        if (name == each.name && count <= std::numeric_limits<std::uint64_t>::max() >> each.shift) {
            return byte_count{count << each.shift};
        }
    }
    return std::nullopt;
}

std::string text_of(byte_count size) {
    for (const size_unit& each : size_units) {
        if (size.bytes != 0 && size.bytes >> each.shift << each.shift == size.bytes) {
            return std::to_string(size.bytes >> each.shift).append(each.name);
        }
    }
    return "0B";
}

std::optional<hours_of_day> parse_hours(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto from = minute_of_day(text.substr(0, dash));
    const auto to = minute_of_day(text.substr(dash + 1));
    if (!from || !to || *from == *to) {
        return std::nullopt;
    }
    return hours_of_day{*from, *to};
}

std::string text_of(hours_of_day hours) {
    std::array<char, 32> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%02d:%02d-%02d:%02d", static_cast<int>(hours.from.count() / 60),
                      static_cast<int>(hours.from.count() % 60), static_cast<int>(hours.to.count() / 60),
                      static_cast<int>(hours.to.count() % 60));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace td::config
