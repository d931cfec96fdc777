#include "sim_server/url_text.hpp"

#include <algorithm>
#include <cstdint>

#include "base/percent.hpp"

namespace td::sim_server {
namespace {

/// The part before the first `mark`, which is taken away from `rest` together with the mark.
std::string_view cut_at(std::string_view& rest, char mark) {
    const std::size_t place = std::min(rest.find(mark), rest.size());
    const std::string_view first = rest.substr(0, place);
    rest.remove_prefix(std::min(place + 1, rest.size()));
    return first;
}

}  // namespace

std::string percent_decoded(std::string_view text, plus_sign plus) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            plain.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
            i += 2;
        } else {
            plain.push_back(text[i] == '+' && plus == plus_sign::is_space ? ' ' : text[i]);
        }
    }
    return plain;
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> parts;
    if (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    for (;;) {
        const bool last = path.find('/') == std::string_view::npos;
        parts.push_back(percent_decoded(cut_at(path, '/'), plus_sign::stays));
        if (last) {
            return parts;
        }
    }
}

parameters parameters_of(std::string_view query) {
    parameters pairs;
    while (!query.empty()) {
        std::string_view value = cut_at(query, '&');
        if (value.empty()) {
            continue;
        }
        const std::string_view name = cut_at(value, '=');
        pairs.emplace_back(percent_decoded(name, plus_sign::is_space), percent_decoded(value, plus_sign::is_space));
    }
    return pairs;
}

const std::string* find(const parameters& pairs, std::string_view name) {
    const auto found =
        std::find_if(pairs.begin(), pairs.end(), [name](const auto& pair) { return pair.first == name; });
    return found == pairs.end() ? nullptr : &found->second;
}

std::optional<std::string> basic_credentials(std::string_view authorization) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::string_view scheme = "basic ";
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    if (authorization.size() < scheme.size() ||
        !std::equal(scheme.begin(), scheme.end(), authorization.begin(), [&](char b, char a) { return same(a, b); })) {
        return std::nullopt;
    }
    authorization.remove_prefix(scheme.size());
    while (authorization.ends_with('=')) {
        authorization.remove_suffix(1);
    }
    std::string plain;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : authorization) {
        const std::size_t value = letters.find(c);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            plain.push_back(static_cast<char>((bits >> held) & 0xffU));
        }
    }
    return plain;
}

}  // namespace td::sim_server
