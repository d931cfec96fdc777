#include "base/id.hpp"

#include <algorithm>

namespace td {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's, without i l o u
constexpr std::string_view prefix = "td.";
constexpr std::size_t bridge_length = prefix.size() + call_id::length;
constexpr std::size_t channel_length = bridge_length + 3;  // ".NN"

constexpr std::array<bool, 256> in_alphabet = [] {
    std::array<bool, 256> table{};
    for (const char each : alphabet) {
        table[static_cast<unsigned char>(each)] = true;
    }
    return table;
}();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

call_id call_id::of(std::uint64_t milliseconds, std::uint16_t random_high, std::uint64_t random_low) {
    call_id made;
    for (std::size_t i = 10; i-- > 0; milliseconds >>= 5U) {
        made.text_.at(i) = alphabet[milliseconds & 31U];
    }
    // 80 random bits are 16 characters: 64 low bits and 16 high bits, taken five at a time from the low end.
    for (std::size_t i = length; i-- > 10;) {
        made.text_.at(i) = alphabet[random_low & 31U];
        random_low = (random_low >> 5U) | (static_cast<std::uint64_t>(random_high & 31U) << 59U);
        random_high = static_cast<std::uint16_t>(random_high >> 5U);
    }
    return made;
}

std::optional<call_id> call_id::parse(std::string_view text) {
    const auto is_ours = [](char each) { return in_alphabet[static_cast<unsigned char>(each)]; };
    if (text.size() != length || !std::all_of(text.begin(), text.end(), is_ours)) {
        return std::nullopt;
    }
    call_id parsed;
    text.copy(parsed.text_.data(), length);
    return parsed;
}

std::uint64_t call_id::made_at_milliseconds() const {
    std::uint64_t milliseconds = 0;
    for (std::size_t i = 0; i < 10; ++i) {
        milliseconds = (milliseconds << 5U) | alphabet.find(text_.at(i));
    }
    return milliseconds;
}

std::string channel_name(const leg_ref& leg) {
    std::string name;
    name.reserve(channel_length);
    name.append(prefix).append(leg.call.text());
    name.push_back('.');
    name.push_back(static_cast<char>('0' + leg.leg.value / 10));
    name.push_back(static_cast<char>('0' + leg.leg.value % 10));
    return name;
}

std::string bridge_name(const call_id& call) {
    return std::string(prefix).append(call.text());
}

std::optional<leg_ref> leg_of_channel(std::string_view channel) {
    if (channel.size() != channel_length || channel[bridge_length] != '.' || !is_digit(channel[bridge_length + 1]) ||
        !is_digit(channel[bridge_length + 2])) {
        return std::nullopt;
    }
    const auto call = call_of_bridge(channel.substr(0, bridge_length));
    if (!call) {
        return std::nullopt;
    }
    const int number = (channel[bridge_length + 1] - '0') * 10 + (channel[bridge_length + 2] - '0');
    return leg_ref{*call, leg_no{static_cast<std::uint8_t>(number)}};
}

std::optional<call_id> call_of_bridge(std::string_view bridge) {
    if (bridge.size() != bridge_length || bridge.substr(0, prefix.size()) != prefix) {
        return std::nullopt;
    }
    return call_id::parse(bridge.substr(prefix.size()));
}

}  // namespace td
