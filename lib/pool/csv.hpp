#pragma once
// The table of numbers that `sos-pool import` reads and `export` writes: CSV (RFC 4180) with the columns number, city
// and, if wanted, state, in any order.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::pool {

/// Why a row that can be read is refused all the same; empty when it is not. It may put the row right.
using row_check = std::function<std::string(new_number&)>;

/// All rows, or one failure that names every broken line: nothing of a broken table is to be used. A number that
/// stands there twice is broken. CR LF and LF, a byte order mark and empty lines are accepted.
[[nodiscard]] result<std::vector<new_number>> read_csv(std::string_view text, const row_check& refused = {});
/// With the header line; what `read_csv` reads, when no number is in use.
[[nodiscard]] std::string csv_text(const std::vector<number_row>& rows);

}  // namespace td::pool
