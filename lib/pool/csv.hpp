#pragma once
// The table of numbers that `sos-pool import` reads and `export` writes: CSV (RFC 4180) with the columns number, city
// and, if wanted, state, in any order.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::pool {

struct csv_number {
    number_id number;
    city_id city;
    number_state state = number_state::free;  ///< free or disabled: nothing else can be brought from outside
    friend bool operator==(const csv_number&, const csv_number&) = default;
};

/// All rows, or one failure that names every broken line: nothing of a broken table is to be used. A number that
/// stands there twice is broken. CR LF and LF, a byte order mark and empty lines are accepted.
[[nodiscard]] result<std::vector<csv_number>> read_csv(std::string_view text);
/// With the header line; what `read_csv` reads, when no number is in use.
[[nodiscard]] std::string csv_text(const std::vector<number_row>& rows);

}  // namespace td::pool
