#pragma once
// One scenario of the emergency part of the corpus: a small world of emergency calls and callbacks.

#include <string>
#include <vector>

#include "sim/sos_plan.hpp"

namespace td::test {

struct sos_scenario {
    std::string name;
    sim::sos_plan plan;
};

/// The stories of the unit scripts that make sense as a world, on both releases.
[[nodiscard]] std::vector<sos_scenario> scripted_sos_scenarios();
/// Worlds of seeds.
[[nodiscard]] std::vector<sos_scenario> seeded_sos_scenarios();

}  // namespace td::test
