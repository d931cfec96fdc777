#pragma once
// What an operator brings into the pool, held against what is there.

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::pool {

/// The numbers of a table (csv.hpp) whose cities are given by code or name. Failure: bad_input, with every line that is
/// broken, names no city of `cities`, or names a number that is there already, in the pool or as a shared number.
[[nodiscard]] result<std::vector<new_number>> read_import(std::string_view text, const std::vector<city>& cities,
                                                          const std::vector<number_row>& there);

/// The number may be lent as far as the cities are concerned: none of them has it as its shared number, to which
/// callbacks must never reach a panel. Failure: taken.
[[nodiscard]] result<done> check_not_shared(const std::vector<new_number>& numbers, const std::vector<city>& cities);

/// Every one of them is in the pool already, and of the same city.
[[nodiscard]] bool all_there(const std::vector<new_number>& numbers, const std::vector<number_row>& there);

}  // namespace td::pool
