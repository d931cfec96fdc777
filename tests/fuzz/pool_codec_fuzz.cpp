// What operators and disks hand to the pool with any bytes: tables of numbers, ranges, the worker's notes, sites.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "pool/cities.hpp"
#include "pool/csv.hpp"
#include "pool/notes.hpp"
#include "pool/numbers.hpp"
#include "pool/site.hpp"

namespace {

using namespace td;

void require(bool truth) {
    if (!truth) {
        std::abort();
    }
}

/// What was accepted comes back unchanged from what is written of it.
void check_table(std::string_view bytes) {
    const auto read = pool::read_csv(bytes);
    if (!read) {
        require(!read.why().text.empty());
        return;
    }
    std::vector<pool::number_row> rows;
    for (const pool::new_number& each : *read) {
        require(pool::is_number(each.number.text()));
        pool::number_row row;
        row.number = each.number;
        row.city = each.city;
        row.state = each.state;
        rows.push_back(row);
    }
    const auto again = pool::read_csv(pool::csv_text(rows));
    require(again.ok() && again->size() == read->size());
    for (std::size_t i = 0; i < read->size(); ++i) {
        require((*again)[i].number == (*read)[i].number && (*again)[i].city == (*read)[i].city);
    }
}

void check_range(std::string_view bytes) {
    if (const auto read = pool::read_range(bytes)) {
        require(!read->empty() && read->size() <= pool::longest_range);
        require(pool::is_number(read->front().text()) && pool::is_number(read->back().text()));
    }
}

void check_notes(std::string_view bytes) {
    if (const auto read = pool::read_notes(bytes)) {
        const auto again = pool::read_notes(pool::written(*read));
        require(again.ok() && *again == *read);
    }
}

/// A hostile text must not break out of the structure that Redis and the lease keep.
void check_site(std::string_view bytes) {
    const std::string kept = pool::site_text(bytes, panel_id{"5001"}, call_id::of(1, 2, 3), instant{});
    require(kept.find('\n') == std::string::npos && pool::read_site(kept).has_value());
    pool::site where;
    where.panel = panel_id{std::string(bytes)};
    where.address = bytes;
    const auto read = pool::read_site(pool::site_text(where));
    require(read && pool::read_site(pool::site_text(*read)) == read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check_table(bytes);
    check_range(bytes);
    check_notes(bytes);
    check_site(bytes);
    static_cast<void>(pool::read_fias(bytes));
    return 0;
}
