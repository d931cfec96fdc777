// Worlds of emergency calls: nights on which everything outside fails or hangs, and thousands by seed. A seed that
// breaks a promise prints its story and the command that repeats it.

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>

#include "catch.hpp"
#include "seeds.hpp"
#include "sim/sos_world.hpp"

using namespace td;
using namespace td::sim;

TEST_CASE("sos worlds: whatever fails or hangs, the INVITE leaves within 500 ms", "[sim]") {
    const auto [how, name] =
        GENERATE(table<part_mood, std::string>({{part_mood::fails, "failing"}, {part_mood::hangs, "hanging"}}));
    duration slowest{};
    unsigned slowest_parts = 0;
    for (unsigned parts = 0; parts < 1U << sos_parts; ++parts) {
        INFO("parts " << parts << " are " << name);
        const sos_plan plan = sos_plan_without(parts, how);
        sos_world night(plan, story::untold);
        night.run();
        for (const std::string& words : night.broken()) {
            FAIL_CHECK(words);
        }
        CHECK(night.calls() == 4);
        CHECK(night.slowest_invite() > duration::zero());
        CHECK(night.slowest_invite() <= sos_promises::invite_limit);
        CHECK((night.told() > 0) == plan.feed_takes);
        if (night.slowest_invite() > slowest) {
            slowest = night.slowest_invite();
            slowest_parts = parts;
        }
    }
    std::cout << "slowest INVITE with " << name << " parts: " << slowest / 1us << " us (parts " << slowest_parts
              << ")\n";
}

TEST_CASE("sos worlds: every promise holds, whatever breaks", "[sim]") {
    const auto [first, last] = test::seeds_wanted(2000);
    unsigned broken = 0;
    for (std::uint64_t seed = first; seed <= last && broken < 3; ++seed) {
        const std::string verdict = sos_verdict_of_seed(seed);
        if (!verdict.empty()) {
            ++broken;
            std::cerr << verdict;  // not through Catch, which would break its lines
        }
    }
    CHECK(broken == 0);
}
