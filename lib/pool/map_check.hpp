#pragma once
// The callback map held against the pool: what `sos-pool verify` finds, and what `rebuild` writes. The pool is the
// truth.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "pool/callback.hpp"
#include "pool/words.hpp"

namespace td::pool {

enum class finding_kind : std::uint8_t {
    unsound,        ///< a row of the pool contradicts itself: only a hand in the database can do that
    state_differs,  ///< the number and its lease do not say the same, which only such a hand can do too
    missing,        ///< a callback would be rejected though the number is lent
    wrong_panel,    ///< a callback would reach another panel than the one that has the number
    wrong_lease,    ///< an older lease of the same panel stands there
    newer_lease,    ///< a newer lease stands there than the pool has: the pool was restored, or the map is another's
    wrong_site,     ///< the site is missing or cannot be read
    wrong_time,     ///< the route ends earlier or later than the window
    stale,          ///< a callback would reach a panel though the number is not lent
};
[[nodiscard]] std::string_view name_of(finding_kind what);

struct finding {
    finding_kind what = finding_kind::missing;
    number_id number;
    panel_id in_pool;   ///< the panel that has the number; empty: none
    panel_id in_map;    ///< the panel to which the map leads; empty: none
    std::string words;  ///< one sentence for people
    friend bool operator==(const finding&, const finding&) = default;
};

/// An entry of the map that has to go.
struct stray_route {
    number_id number;
    lease_token token = 0;
    /// The pool has never given that token: the entry would keep the pool's own leases out, so nothing of it may stay.
    bool foreign = false;
};

/// What the map must say of a number.
struct wanted_route {
    callback_route route;
    /// The least time that is right: that of `route`, but while a call lasts no more than the window, because the end
    /// of the call says the time once more.
    duration at_least{};
};

/// What the map must say at `at`: one route a number that leads to a panel, sorted by number, with the newest lease's
/// token and site. While a call lasts its route is good for the longest call and the window; afterwards to the end of
/// the window. `leases` are those whose callback leads to their panel at `at`.
[[nodiscard]] std::vector<wanted_route> routes_of(const std::vector<lease_row>& leases, const lease_rules& rules,
                                                  instant at);

/// The pool against itself: its rows as they are stored, and the open leases, one a number.
[[nodiscard]] std::vector<finding> check_pool(const std::vector<number_row>& stored,
                                              const std::vector<lease_row>& leases, const lease_rules& rules,
                                              instant at);

struct map_difference {
    std::vector<finding> findings;
    std::vector<stray_route> remove;    ///< what puts them right: first this,
    std::vector<callback_route> write;  ///< then this
};
/// The map against what it must say. A route may end `slack` earlier or later than it should: clocks and the moment of
/// writing differ.
/// `numbers` are the pool's rows, which know the latest token of each number.
[[nodiscard]] map_difference check_map(const std::vector<wanted_route>& wanted, const std::vector<callback_entry>& held,
                                       const std::vector<number_row>& numbers, duration slack = 15s);

/// Those findings of the second look that the first one had too: what a worker was writing just then is gone by it.
[[nodiscard]] std::vector<finding> seen_twice(const std::vector<finding>& first, std::vector<finding> second);
/// Leaves of a difference these findings and what puts them right.
void keep_only(map_difference& of, std::vector<finding> findings);

}  // namespace td::pool
