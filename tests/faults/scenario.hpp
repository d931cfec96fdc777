#pragma once
// One scenario of the corpus: a small world whose undisturbed course is known, to be lived through again with one fault
// at one place, for every place.

#include <optional>
#include <string>
#include <vector>

#include "call/record.hpp"
#include "sim/world_plan.hpp"

namespace td::test {

struct scenario {
    std::string name;
    sim::world_plan plan;
    std::optional<call::door_record> recorded = {};  ///< what real Asterisk's call came to, where it is one of those
    std::string reaches = {};                        ///< of a seed: the endings of its visits, sorted; empty: not said
};

/// The stories of the end-to-end tests and of the unit scripts that make sense as a world, on both releases.
[[nodiscard]] std::vector<scenario> scripted_scenarios();
/// More of them, at the corpus' end: a story among the others would move the turns of every one behind it.
[[nodiscard]] std::vector<scenario> later_scenarios();
/// Worlds of seeds, each in the list for what it reaches.
[[nodiscard]] std::vector<scenario> seeded_scenarios();
/// Calls that real Asterisk served.
[[nodiscard]] std::vector<scenario> recorded_scenarios();

/// Every latency the same, nothing drawn: two courses of one plan differ by the fault alone.
void make_steady(sim::world_plan& plan);

}  // namespace td::test
