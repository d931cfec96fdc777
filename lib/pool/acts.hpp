#pragma once
// The acts of ports::number_store as plain functions over a table: written once for every database. Each is the inside
// of one transaction, to be rolled back when it fails; only `settle` fails with something to keep (its audit).

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "pool/table.hpp"
#include "pool/words.hpp"

namespace td::pool {

/// Who acts, why and when, for the audit.
struct occasion {
    std::string who;
    std::string why;
    instant at{};
};

// ---- what a worker does
[[nodiscard]] result<lease_answer> lease(table& in, const lease_rules& rules, const lease_wish& wish);
[[nodiscard]] result<done> end(table& in, const lease_rules& rules, lease_token which, instant at,
                               const std::string& who);
[[nodiscard]] result<std::vector<lent>> reserve(table& in, const lease_rules& rules, const std::string& holder,
                                                const city_id& where, std::size_t count, instant at, instant until);
[[nodiscard]] result<done> settle(table& in, const lease_rules& rules, const lease_row& row, const std::string& who);

// ---- what an operator does
[[nodiscard]] result<done> put_city(table& in, const city& what, const occasion& why);
[[nodiscard]] result<done> add_numbers(table& in, const std::vector<new_number>& numbers, const occasion& why);
[[nodiscard]] result<number_row> release(table& in, const lease_rules& rules, const number_id& which, bool force,
                                         const occasion& why);
[[nodiscard]] result<number_row> disable(table& in, const lease_rules& rules, const number_id& which, bool force,
                                         const occasion& why);
[[nodiscard]] result<number_row> enable(table& in, const lease_rules& rules, const number_id& which,
                                        const occasion& why);
[[nodiscard]] result<number_row> remove(table& in, const lease_rules& rules, const number_id& which,
                                        const occasion& why);
[[nodiscard]] result<std::vector<number_row>> expire(table& in, const lease_rules& rules, const occasion& why,
                                                     std::size_t limit);
[[nodiscard]] std::vector<lease_row> leases_of(table& in, const lease_rules& rules, const number_id& which, instant at);
[[nodiscard]] std::vector<lease_row> open_leases(table& in, const lease_rules& rules, instant at);

// ---- what a database can hold: why a text is refused, empty when it is not
[[nodiscard]] std::string unfit(std::string_view what, std::string_view text, std::size_t limit);
inline constexpr std::size_t name_limit = 190;    ///< bytes of a panel, holder, route, name of a user or city
inline constexpr std::size_t why_limit = 1000;    ///< bytes of an operator's words
inline constexpr std::size_t site_limit = 60000;  ///< bytes of a site
/// "number …: no such number", the one answer of every store.
[[nodiscard]] failure no_such_number(const number_id& which);
/// Writes a move and its audit; fails when there is no such move.
[[nodiscard]] result<number_row> write(table& in, const lease_rules& rules, const number_row& stored,
                                       const number_row& after, const occasion& why, const std::string& act);
/// Writes down what time has done to the row, when it has.
number_row write_time(table& in, const lease_rules& rules, const number_row& stored, const occasion& why);

}  // namespace td::pool
