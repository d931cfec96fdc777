// Worlds by seed: each lives through a few door calls with its own faults, and no promise may break. A seed that breaks
// one prints its story and the command that repeats it.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "sim/world.hpp"

namespace {

using seeds = std::pair<std::uint64_t, std::uint64_t>;

/// TDCTL_SEEDS=first-last, or 1-3000.
seeds seeds_wanted() {
    const char* const given = std::getenv("TDCTL_SEEDS");
    if (given == nullptr) {
        return {1, 3000};
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

}  // namespace

TEST_CASE("worlds: every promise holds, whatever breaks", "[sim]") {
    const auto [first, last] = seeds_wanted();
    unsigned broken = 0;
    for (std::uint64_t seed = first; seed <= last && broken < 3; ++seed) {
        const std::string verdict = td::sim::verdict_of_seed(seed);
        if (!verdict.empty()) {
            ++broken;
            std::cerr << verdict;  // not through Catch, which would break its lines
        }
    }
    CHECK(broken == 0);
}
