#pragma once
// Which seeds a run of simulated worlds takes, and what their dice say of the worker's deaths.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "catch.hpp"
#include "sim/world_plan.hpp"

namespace td::test {

using seeds = std::pair<std::uint64_t, std::uint64_t>;

/// TDCTL_SEEDS=first-last, or 1 to `otherwise`.
inline seeds seeds_wanted(std::uint64_t otherwise) {
    const char* const given = std::getenv("TDCTL_SEEDS");
    if (given == nullptr) {
        return {1, otherwise};
    }
    const std::string_view text(given);
    seeds wanted{0, 0};
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, wanted.first);
    REQUIRE(first.ec == std::errc{});
    REQUIRE(first.ptr != end);
    REQUIRE(*first.ptr == '-');
    REQUIRE(std::from_chars(first.ptr + 1, end, wanted.second).ptr == end);
    REQUIRE(wanted.first <= wanted.second);
    return wanted;
}

/// One or two deaths at any of so many steps, with up to 50 ms forgotten and up to 4 s of absence.
inline std::vector<sim::death> deaths_by_dice(std::uint64_t seed, std::size_t steps) {
    std::vector<sim::death> deaths;
    random_source dice(seed + 77);
    for (std::size_t at = 0, left = 1 + dice.below(2); left > 0; --left) {
        at += 1 + dice.below(steps + 1);
        const duration forgotten{static_cast<std::int64_t>(dice.below(50'001))};
        deaths.push_back({at, forgotten, duration{static_cast<std::int64_t>(dice.below(4'000'000))}});
    }
    return deaths;
}

}  // namespace td::test
