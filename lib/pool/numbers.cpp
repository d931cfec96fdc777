#include "pool/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace td::pool {
namespace {

constexpr std::size_t shortest = 5;
constexpr std::size_t longest = 15;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::uint64_t value_of(std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

failure bad(std::string text) {
    return {failure_kind::bad_input, std::move(text)};
}

}  // namespace

bool is_number(std::string_view text) {
    return text.size() >= shortest && text.size() <= longest && std::ranges::all_of(text, is_digit) &&
           text.front() != '0';
}

std::string not_a_number(std::string_view text) {
    return std::string("'").append(text.substr(0, 40)) +
           "' is no telephone number: write 5 to 15 digits without '+', the country code first";
}

result<std::vector<number_id>> read_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    const std::string_view first = text.substr(0, dash);
    const std::string_view last = dash == std::string_view::npos ? first : text.substr(dash + 1);
    for (const std::string_view each : {first, last}) {
        if (!is_number(each)) {
            return bad(not_a_number(each));
        }
    }
    if (first.size() != last.size()) {
        return bad("range " + std::string(text) + ": both ends need the same number of digits");
    }
    const std::uint64_t from = value_of(first);
    const std::uint64_t to = value_of(last);
    if (to < from) {
        return bad("range " + std::string(text) + " runs backwards: write " + std::string(last) + "-" +
                   std::string(first));
    }
    if (to - from >= longest_range) {
        return bad("range " + std::string(text) + " has " + std::to_string(to - from + 1) + " numbers; at most " +
                   std::to_string(longest_range) + " at a time");
    }
    std::vector<number_id> numbers;
    numbers.reserve(to - from + 1);
    for (std::uint64_t each = from; each <= to; ++each) {
        numbers.emplace_back(std::to_string(each));
    }
    return numbers;
}

}  // namespace td::pool
