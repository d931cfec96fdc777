#pragma once
// Which seeds a run of simulated worlds takes, and what their dice say of the worker's deaths.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "catch.hpp"
#include "sim/mortal_world.hpp"
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

/// One or two deaths at any of so many steps, with up to 50 ms forgotten and up to 4 s of absence. Of a quarter of them
/// the last step was not sent, and at half of them the wall clock is put by up to two hours.
inline std::vector<sim::death> deaths_by_dice(std::uint64_t seed, std::size_t steps) {
    std::vector<sim::death> deaths;
    random_source dice(seed + 77);
    for (std::size_t at = 0, left = 1 + dice.below(2); left > 0; --left) {
        at += 1 + dice.below(steps + 1);
        sim::death& one = deaths.emplace_back();
        one.step = at;
        one.forgotten = duration{static_cast<std::int64_t>(dice.below(50'001))};
        one.gap = duration{static_cast<std::int64_t>(dice.below(4'000'000))};
        if (dice.once_in(4)) {
            one.unsent = true;
            one.forgotten = {};
        }
        if (dice.once_in(2)) {
            one.clock_jump = duration{static_cast<std::int64_t>(dice.below(4 * 3600))} * 1'000'000 - 2h;
        }
    }
    return deaths;
}

/// Lives it again, and prints the story: not through Catch, which would break its lines.
template <class World, class Plan>
void tell(const Plan& plan) {
    World again(plan, sim::story::told);
    again.run();
    std::cerr << "seed " << plan.seed << ", " << sim::name_of(plan.fault.what) << " at " << plan.fault.place << "\n"
              << again.whole_story();
}

/// The calls that were remembered; prints the story where a promise is broken.
template <class World, class Plan>
std::size_t remembered_in(const Plan& plan, unsigned& broken) {
    World first(plan, sim::story::untold);
    first.run();
    if (!first.broken().empty()) {
        ++broken;
        tell<World>(plan);
    }
    return first.remembered();
}

}  // namespace td::test
