#pragma once
// What the two sources of the index share: its connection, and how a call becomes a row.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "archive/index_file.hpp"
#include "archive/index_sql.hpp"

namespace td::archive {

[[nodiscard]] inline failure as_failure(const sql_trouble& why, const std::string& file) {
    return {why.kind(), "index " + file + ": " + why.what()};
}

/// Rows stand by the moment of the name, so that a time is a range and names are found without an index of their own.
[[nodiscard]] std::int64_t number_at(std::uint64_t milliseconds);

struct index_file::insides {
    explicit insides(std::string name) : file(std::move(name)), sql(file) {}

    std::string file;
    sql_file sql;
    std::unordered_map<std::int64_t, std::int64_t> households{};  ///< by digest, of late

    std::unordered_map<file_no, std::int64_t> last_numbers{};  ///< the highest row of those that end in a file

    template <class Act>
    auto guarded(const Act& act) -> result<decltype(act())> {
        try {
            return act();
        } catch (const sql_trouble& why) {
            return as_failure(why, file);
        }
    }

    [[nodiscard]] std::int64_t household(const index_row& row);
    /// The number of the call's row, or of a free place for it.
    [[nodiscard]] std::pair<std::int64_t, bool> number_of(const call_id& call);
    void put(const index_row& row);
};

}  // namespace td::archive
