#pragma once
// Telephone numbers as an operator writes them.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::pool {

/// E.164 (6.1) without '+': at most 15 digits, the first of which begins a country code and is no zero. Fewer than 5
/// would be a service's short code, which nobody lends.
[[nodiscard]] bool is_number(std::string_view text);
/// Why it is none, as a sentence.
[[nodiscard]] std::string not_a_number(std::string_view text);

/// Larger spans are slips of the finger: a city has thousands of numbers at most.
inline constexpr std::size_t longest_range = 100000;

/// FIRST-LAST, both included and of one length, or a single number.
[[nodiscard]] result<std::vector<number_id>> read_range(std::string_view text);

}  // namespace td::pool
