#include "config/binding.hpp"

#include <charconv>

namespace td::config {

std::string why_not_number(const std::string& text, range within, std::size_t& taken) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) {
        return "it does not fit";
    }
    if (error != std::errc{} || end != text.data() + text.size()) {
        return "it is not a whole number";
    }
    if (value < within.least || value > within.most) {
        return "it is not from " + std::to_string(within.least) + " to " + std::to_string(within.most);
    }
    taken = static_cast<std::size_t>(value);
    return "";
}

std::string why_not_duration(const std::string& text, duration_range within, duration& taken) {
    const auto value = parse_duration(text);
    if (!value) {
        return "it is not a duration";
    }
    if (*value < within.least || *value > within.most) {
        return "it is not from " + duration_text(within.least) + " to " + duration_text(within.most);
    }
    taken = *value;
    return "";
}

std::string why_not_choice(const std::string& text, std::span<const std::string_view> known) {
    const std::string_view meant = nearest(text, known);
    return meant.empty() ? "there is no such choice" : "did you mean \"" + std::string(meant) + "\"?";
}

std::string wants_number(range within) {
    return "a whole number from " + std::to_string(within.least) + " to " + std::to_string(within.most);
}

std::string wants_duration(duration_range within) {
    return "a duration from " + duration_text(within.least) + " to " + duration_text(within.most) +
           ", written as 800ms, 45s, 10m, 3h or 7d";
}

std::string wants_choice(std::span<const std::string_view> known) {
    std::string text;
    for (std::size_t i = 0; i < known.size(); ++i) {
        text.append(i == 0 ? "" : i + 1 == known.size() ? " or " : ", ").append(known[i]);
    }
    return text;
}

}  // namespace td::config
