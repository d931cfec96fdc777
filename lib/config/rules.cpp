#include "config/rules.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/percent.hpp"

namespace td::config::rules {
namespace {

constexpr std::string_view alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool made_of(std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return alphanumeric.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

bool plain(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

std::string why_not_app(std::string_view text) {
    constexpr std::size_t longest = 64;
    return !text.empty() && text.size() <= longest && made_of(text, "_-.")
               ? ""
               : "it is not 1 to 64 letters, digits, '_', '-' and '.'";
}

std::string why_not_user(std::string_view text) {
    constexpr std::size_t longest = 128;
    if (text.find(':') != std::string_view::npos) {
        return "there is a ':' in it; the password stands in a key of its own";
    }
    return !text.empty() && text.size() <= longest && plain(text) ? "" : "it is empty, too long, or has spaces in it";
}

using placeholders = std::initializer_list<std::string_view>;

/// Every one of `wanted` there, and no other but those of `allowed`.
std::string why_not_dial(std::string_view text, placeholders wanted, placeholders allowed = {}) {
    constexpr std::size_t longest = 256;
    if (text.empty() || text.size() > longest || !plain(text) || text.find_first_of(",&|") != std::string_view::npos) {
        return "it is empty, too long, or has a space or one of , & | in it";
    }
    if (text.find('/') == std::string_view::npos) {
        return "there is no '/' between the technology (PJSIP) and the endpoint";
    }
    for (const std::string_view each : wanted) {
        if (text.find(each) == std::string_view::npos) {
            return "there is no " + std::string(each) + " in it";
        }
    }
    for (std::size_t at = text.find_first_of("{}"); at != std::string_view::npos; at = text.find_first_of("{}", at)) {
        const auto here = [&](std::string_view each) { return text.substr(at).starts_with(each); };
        if (std::none_of(wanted.begin(), wanted.end(), here) && std::none_of(allowed.begin(), allowed.end(), here)) {
            return "there is a brace in it that belongs to no placeholder";
        }
        at = text.find('}', at) + 1;
    }
    return "";
}

std::string why_not_dial_account(std::string_view text) {
    return why_not_dial(text, {"{account}"}, {"{panel}"});
}
std::string why_not_dial_route(std::string_view text) {
    return why_not_dial(text, {"{route}"});
}
std::string why_not_dial_panel(std::string_view text) {
    return why_not_dial(text, {"{panel}"});
}
std::string why_not_dial_handset(std::string_view text) {
    return why_not_dial(text, {"{flat}", "{panel}"});
}

std::string why_not_keys(std::string_view text) {
    constexpr std::size_t longest = 16;
    return !text.empty() && text.size() <= longest &&
                   text.find_first_not_of("0123456789*#ABCD") == std::string_view::npos
               ? ""
               : "it is not 1 to 16 of 0-9, *, #, A-D";
}

std::string why_not_route_or_nothing(std::string_view text) {
    constexpr std::size_t longest = 64;
    return text.size() <= longest && made_of(text, "_-.+*#") ? "" : "it is not made of letters, digits and _ - . + * #";
}

std::string why_not_route(std::string_view text) {
    return text.empty() ? "it is empty, and an emergency call would have nowhere to go"
                        : why_not_route_or_nothing(text);
}

std::string why_not_exchange(std::string_view text) {
    constexpr std::size_t longest = 127;  // AMQP 0-9-1 section 3.1, exchange names
    return !text.empty() && text.size() <= longest && made_of(text, "_-.:")
               ? ""
               : "it is not 1 to 127 letters, digits and _ - . :";
}

std::string why_not_path(std::string_view text) {
    constexpr std::size_t longest = 4000;  // PATH_MAX of Linux and room for the file's name
    const bool control =
        std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return text.starts_with('/') && text.size() <= longest && !control ? "" : "it is not an absolute path";
}

std::string why_not_path_or_nothing(std::string_view text) {
    return text.empty() ? "" : why_not_path(text);
}

std::string why_not_http(const address& given) {
    if (given.scheme != "http" && given.scheme != "https") {
        return "it does not begin with http:// or https://";
    }
    return given.user.empty() ? "" : "a user does not stand in this URL";
}

std::string why_not_asterisk(const address& given) {
    if (given.scheme != "http") {
        return "it does not begin with http://; the worker stands beside its Asterisk and speaks no TLS to it";
    }
    return why_not_http(given);
}

std::string why_not_http_or_file(const address& given) {
    return given.scheme == "file" ? "" : why_not_http(given);
}

std::string why_not_http_or_none(const address& given) {
    return given.is("none") ? "" : why_not_http(given);
}

constexpr std::size_t longest_amqp_name = 255;  // AMQP 0-9-1 section 4.2.5.3

/// A database or vhost after the host: exactly one name.
bool one_name(std::string_view path) {
    return path.size() > 1 && path.find('/', 1) == std::string_view::npos;
}

std::string why_not_database(const address& given) {
    if (given.scheme == "sqlite") {
        return "";
    }
    if (given.scheme != "mysql") {
        return "it does not begin with sqlite: or mysql://";
    }
    if (given.user.empty()) {
        return "there is no user in it";
    }
    return one_name(given.path) ? "" : "there is not one database name after the host";
}

std::string why_not_pool_or_redis(const address& given) {
    if (given.is("pool")) {
        return "";
    }
    if (given.scheme != "redis") {
        return "it is neither pool nor redis://";
    }
    if (!given.user.empty()) {
        return "a user does not stand in this URL; the password stands in a key of its own";
    }
    const std::string_view number = given.path.empty() ? "0" : std::string_view(given.path).substr(1);
    const bool digits = number.find_first_not_of("0123456789") == std::string_view::npos;
    return digits && number.size() <= 2 ? "" : "what comes after the host is the number of a database, such as /0";
}

std::string why_not_amqp_or_none(const address& given) {
    if (given.is("none")) {
        return "";
    }
    if (given.scheme != "amqp") {
        return given.scheme == "amqps" ? "there is no TLS to RabbitMQ; use amqp:// inside a trusted network"
                                       : "it is neither none nor amqp://";
    }
    if (given.user.empty()) {
        return "there is no user in it";
    }
    if (!given.path.empty() && given.path != "/" && !one_name(given.path)) {
        return "there is not one vhost after the host; a / in its name is written %2f";
    }
    for (const std::string_view name : {std::string_view(given.user), std::string_view(given.path)}) {
        const auto plain = percent_decoded(name);
        if (!plain) {
            return "a percent sign in it is not followed by two hexadecimal digits other than 00";
        }
        if (plain->size() > longest_amqp_name + (name.starts_with('/') ? 1 : 0)) {
            return "its user or its vhost is longer than 255 bytes";
        }
    }
    return "";
}

std::string why_not_listener_or_none(const address& given) {
    if (given.is("none")) {
        return "";
    }
    if (!given.scheme.empty() || given.host.empty() || given.port == 0) {
        return "it is not an address and a port";
    }
    // A name could lead to several addresses, of which one would be listened on and the others not.
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    const std::string number = given.host.substr(0, given.host.find('%'));
    const int family = number.find(':') == std::string::npos ? AF_INET : AF_INET6;
    return ::inet_pton(family, number.c_str(), bytes.data()) == 1
               ? ""
               : "its host is a name; an address in numbers is wanted, such as 127.0.0.1 or [::1]";
}

}  // namespace

const text_rule app{"the name of a Stasis application, such as TdCallHandler", why_not_app};
const text_rule user{"the name of a user, without a colon", why_not_user};
const text_rule dial_account{"a dial string with {account} in it, such as PJSIP/{account}@kamailio",
                             why_not_dial_account};
const text_rule dial_route{"a dial string with {route} in it, such as PJSIP/{route}@gateway", why_not_dial_route};
const text_rule dial_panel{"a dial string with {panel} in it, such as PJSIP/{panel}@kamailio", why_not_dial_panel};
const text_rule dial_handset{"a dial string with {flat} and {panel} in it, such as PJSIP/kamailio/sip:{flat}@{panel}",
                             why_not_dial_handset};
const text_rule keys{"keys such as 1 or *9", why_not_keys};
const text_rule route{"a number or name to dial, such as 112", why_not_route};
const text_rule route_or_nothing{"a number or name to dial, or nothing", why_not_route_or_nothing};
const text_rule exchange{"the name of an exchange, such as td.calls", why_not_exchange};
const text_rule directory{"a directory of its own, such as /var/lib/tdctl/NAME", why_not_path};
const text_rule file_or_nothing{"the absolute path of a file, or nothing", why_not_path_or_nothing};

const address_rule asterisk{"a URL such as http://127.0.0.1:8088", why_not_asterisk};
const address_rule http_or_file{"a URL such as http://127.0.0.1:8080, or file:/etc/tdctl/flats.toml",
                                why_not_http_or_file};
const address_rule http_or_none{"a URL such as http://127.0.0.1:8081, or none", why_not_http_or_none};
const address_rule database{"sqlite:/PATH or mysql://USER@HOST:3306/DATABASE", why_not_database};
const address_rule pool_or_redis{"pool or redis://HOST:6379/0", why_not_pool_or_redis};
const address_rule amqp_or_none{"none or amqp://USER@HOST:5672/VHOST", why_not_amqp_or_none};
const address_rule listener_or_none{"ADDRESS:PORT such as 127.0.0.1:9464, or none", why_not_listener_or_none};

}  // namespace td::config::rules
