#include "base/instant.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

namespace td {
namespace {

struct unit {
    std::string_view name;
    std::int64_t microseconds;
};

// From the longest to the shortest, so that duration_text finds the shortest form first.
constexpr std::array<unit, 6> units{
    {{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}, {"us", 1}}};

/// Takes `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    if (error != std::errc{} || end != text.data() + digits || text.front() == '-') {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

/// The fraction of a second in microseconds; digits past the sixth are read and dropped.
std::int64_t take_fraction(std::string_view& text) {
    std::int64_t microseconds = 0;
    std::int64_t weight = 100'000;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        microseconds += weight * (text.front() - '0');
        weight /= 10;
        text.remove_prefix(1);
    }
    return microseconds;
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (text == "Z" || text == "z") {
        return std::chrono::minutes{0};
    }
    if (text.size() < 5 || (text.front() != '+' && text.front() != '-')) {
        return std::nullopt;
    }
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hours = take_number(text, 2);
    take(text, ':');  // Asterisk writes +0000, RFC 3339 wants +00:00; both are read
    const auto minutes = take_number(text, 2);
    if (!hours || !minutes || !text.empty() || *hours > 23 || *minutes > 59) {
        return std::nullopt;
    }
    return sign * (std::chrono::hours{*hours} + std::chrono::minutes{*minutes});
}

}  // namespace

std::int64_t milliseconds_between(instant from, instant to) {
    return to <= from ? 0 : std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

std::string rfc3339(instant at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::milliseconds>(at - day)};
    std::array<char, 48> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<instant> parse_rfc3339(std::string_view text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) {
        return std::nullopt;
    }
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) {
        return std::nullopt;
    }
    const auto day = take_number(text, 2);
    if (!day || (!take(text, 'T') && !take(text, 't') && !take(text, ' '))) {
        return std::nullopt;
    }
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ':')) {
        return std::nullopt;
    }
    const auto minute = take_number(text, 2);
    if (!minute || !take(text, ':')) {
        return std::nullopt;
    }
    const auto second = take_number(text, 2);
    const std::int64_t fraction = take(text, '.') ? take_fraction(text) : 0;
    const auto offset = take_offset(text);
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!second || !offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} + duration{fraction} - *offset;
}

std::optional<duration> parse_duration(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end == text.data() || count < 0) {
        return std::nullopt;
    }
    const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const unit& u : units) {
        if (name == u.name && count <= std::numeric_limits<std::int64_t>::max() / u.microseconds) {
            return duration{count * u.microseconds};
        }
    }
    return std::nullopt;
}

std::string duration_text(duration length) {
    for (const unit& u : units) {
        if (length.count() != 0 && length.count() % u.microseconds == 0) {
            return std::to_string(length.count() / u.microseconds).append(u.name);
        }
    }
    return "0s";
}

}  // namespace td
