#pragma once
// How full the pool is, city by city: what `sos-pool stats` says, and what Prometheus reads.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "pool/words.hpp"

namespace td::pool {

inline constexpr std::array<number_state, 5> all_states{number_state::free, number_state::leased, number_state::window,
                                                        number_state::guard, number_state::disabled};

/// The numbers of one city.
struct city_report {
    city where;
    std::array<std::size_t, all_states.size()> counts{};  ///< in the order of all_states

    [[nodiscard]] std::size_t count(number_state which) const { return counts.at(static_cast<std::size_t>(which)); }
    [[nodiscard]] std::size_t total() const;
    /// Those that are not disabled.
    [[nodiscard]] std::size_t in_service() const { return total() - count(number_state::disabled); }
};

/// Under how many free numbers a city is low: a count, or a share of those in service.
struct low_water {
    double value = 0;
    bool percent = false;
};
/// Reads 20 or 5%; nothing for anything else, for a share over 100 and for a count over a thousand million.
[[nodiscard]] std::optional<low_water> parse_low_water(std::string_view text);

/// One a city, sorted by name and code. `numbers` are as they are at the moment of the report. A city that is not known
/// any more but still has numbers is reported by its code.
[[nodiscard]] std::vector<city_report> report(const std::vector<city>& cities, const std::vector<number_row>& numbers);

/// Fewer numbers are free than the mark says. A city that has no number of its own but a parent lives on the parent's,
/// and is judged there.
[[nodiscard]] bool is_low(const city_report& what, low_water mark);

/// The text format of Prometheus: tdctl_pool_numbers{city,state}, names of the cities, whether each is low (where a
/// mark is given), and the time of this success.
[[nodiscard]] std::string as_metrics(const std::vector<city_report>& all, std::optional<low_water> mark, instant at);

}  // namespace td::pool
