// The seeded part of the corpus: worlds of lib/sim's own dice, with everything drawn but the latencies. Of 1,600 seeds
// those were chosen that together reach every ending with every habit of a phone, mood of the push server, rule and
// release, in the fewest steps. Each says what it reaches, and is held to it.

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "scenario.hpp"

namespace td::test {
namespace {

struct chosen {
    std::uint64_t seed = 0;
    std::string_view reaches;  ///< the endings of its visits, sorted
};

constexpr std::array seeds =
    std::to_array<chosen>({{8, "answered/panel/talked failed/crm"},
                           {12, "answered/account/talked blocked/blocked"},
                           {20, "answered/talk_limit/talked blocked/blocked"},
                           {60, "blocked/blocked cancelled/panel"},
                           {76, "cancelled/panel missed/no_accounts missed/ring_limit"},
                           {92, "cancelled/panel failed/unknown_flat"},
                           {108, "cancelled/panel"},
                           {144, "answered/auto_open answered/panel/talked"},
                           {176, "answered/talk_limit/talked failed/unknown_flat"},
                           {244, "cancelled/panel failed/crm failed/unknown_flat"},
                           {256, "answered/talk_limit/talked"},
                           {264, "answered/auto_open failed/unknown_flat"},
                           {344, "blocked/blocked declined/declined"},
                           {368, "answered/auto_open answered/talk_limit/talked"},
                           {408, "answered/panel/talked"},
                           {416, "failed/unknown_flat missed/no_accounts"},
                           {448, "cancelled/panel"},
                           {500, "answered/account/talked failed/unknown_flat"},
                           {504, "answered/panel/talked failed/unknown_flat"},
                           {512, "cancelled/panel failed/crm"},
                           {520, "answered/account/talked blocked/blocked"},
                           {592, "cancelled/panel failed/unknown_flat"},
                           {640, "answered/panel/talked failed/bad_arguments"},
                           {720, "failed/crm missed/ring_limit"},
                           {840, "answered/account/talked"},
                           {876, "failed/bad_arguments missed/ring_limit"},
                           {916, "declined/declined failed/crm"},
                           {920, "missed/no_accounts"},
                           {956, "answered/auto_open answered/panel/talked failed/bad_arguments"},
                           {960, "answered/panel/talked blocked/blocked"},
                           {980, "answered/panel/talked failed/crm"},
                           {996, "answered/account/talked"},
                           {1008, "cancelled/panel"},
                           {1076, "answered/talk_limit/talked"},
                           {1140, "answered/panel/talked answered/talk_limit/talked"},
                           {1208, "answered/panel/talked failed/crm missed/no_accounts"},
                           {1256, "answered/account/talked failed/bad_arguments"},
                           {1268, "answered/account/talked failed/bad_arguments"},
                           {1272, "answered/panel/talked answered/talk_limit/talked failed/crm"},
                           {1348, "failed/crm missed/ring_limit"},
                           {1396, "failed/crm missed/ring_limit"},
                           {1468, "answered/panel/talked missed/no_accounts"},
                           {1500, "cancelled/panel declined/declined failed/crm"},
                           {1584, "answered/auto_open missed/everybody_busy"}});

}  // namespace

std::vector<scenario> seeded_scenarios() {
    std::vector<scenario> all;
    for (const chosen& each : seeds) {
        scenario one;
        one.name = "seed " + std::to_string(each.seed);
        one.plan = sim::plan_of(each.seed);
        one.reaches = each.reaches;
        make_steady(one.plan);
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace td::test
