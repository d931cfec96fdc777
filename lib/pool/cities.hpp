#pragma once
// What an operator may write about cities: their names on a command line, and what a city may look like among the
// others.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::pool {

/// A FIAS code, 8-4-4-4-12 hexadecimal digits; capitals become small. Failure: bad_input.
[[nodiscard]] result<city_id> read_fias(std::string_view written);

/// The city that somebody means by its FIAS code, or by its name where only one city has it. Failures: not_found,
/// bad_input when several cities have that name.
[[nodiscard]] result<city> find_city(const std::vector<city>& all, std::string_view written);

/// The name of a city for people: the code where there is no name or no such city.
[[nodiscard]] std::string name_of(const std::vector<city>& all, const city_id& which);

/// Whether `what` may stand among the others (its own earlier form there is ignored): a route to dial, a parent that
/// exists and leads back to nobody, a shared number that is no number of the pool. Failures: bad_input; not_found for
/// the parent; taken for the shared number.
[[nodiscard]] result<done> check_city(const city& what, const std::vector<city>& all,
                                      const std::vector<number_row>& numbers);

}  // namespace td::pool
