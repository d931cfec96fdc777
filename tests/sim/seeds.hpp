#pragma once
// Which seeds a run of simulated worlds takes.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "catch.hpp"

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

}  // namespace td::test
