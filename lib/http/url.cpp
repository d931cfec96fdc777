#include "http/url.hpp"

namespace td::http {
namespace {

constexpr std::string_view hex = "0123456789ABCDEF";  // RFC 3986, section 2.1, wants upper case

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

}  // namespace

std::string path_segment(std::string_view name) {
    const bool dots_only = name == "." || name == "..";
    std::string encoded;
    encoded.reserve(name.size());
    for (const char c : name) {
        if (unreserved(c) && !dots_only) {
            encoded.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded.push_back('%');
        encoded.push_back(hex[byte >> 4U]);
        encoded.push_back(hex[byte & 15U]);
    }
    return encoded;
}

std::string_view without_last_slash(std::string_view base) {
    while (base.ends_with('/')) {
        base.remove_suffix(1);
    }
    return base;
}

}  // namespace td::http
