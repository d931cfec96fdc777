// Door calls: one fault at every place of every scenario of the corpus (strikes.hpp). allowed.cpp is the table of
// verdicts that a fault may change.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "allowed.hpp"
#include "catch.hpp"
#include "scenario.hpp"
#include "sim/world.hpp"
#include "strikes.hpp"

using namespace td;
using namespace td::test;

namespace {

std::vector<scenario> corpus() {
    std::vector<scenario> all = scripted_scenarios();
    for (auto* more : {&seeded_scenarios, &recorded_scenarios, &later_scenarios}) {
        for (scenario& each : (*more)()) {
            all.push_back(std::move(each));
        }
    }
    const std::string_view wanted = from_environment("TDCTL_SCENARIO");
    std::erase_if(all, [&](const scenario& one) { return one.name.find(wanted) == std::string::npos; });
    return all;
}

/// The undisturbed course is the recorded one, or the one that the seed was chosen for.
void check_course(const scenario& one, const std::vector<sim::verdict>& calm) {
    INFO(one.name << ": " << words_of(calm.front()));
    if (one.recorded) {
        CHECK(calm.front().how == one.recorded->how);
        CHECK(calm.front().who == one.recorded->who);
        CHECK(calm.front().answered_by == one.recorded->answered_by);
    }
    std::set<std::string> endings;
    for (const sim::verdict& v : calm) {
        endings.insert(std::string(call::name_of(v.how)) + "/" + std::string(call::name_of(v.who)) +
                       (v.visitor.talked ? "/talked" : ""));
    }
    std::string reached;
    for (const std::string& ending : endings) {
        reached += (reached.empty() ? "" : " ") + ending;
    }
    if (!one.reaches.empty()) {
        CHECK(reached == one.reaches);
    }
}

}  // namespace

TEST_CASE("faults: one at every place of every scenario changes no verdict that it must not", "[faults]") {
    tally sum;
    for (const scenario& one : corpus()) {
        check_course(one, strike_everywhere<sim::world>(one.name, one.plan, sum));
    }
    print(sum, "door calls");
    CHECK(sum.broken == 0);
    if (from_environment("TDCTL_SCENARIO").empty()) {
        CHECK(sum.scenarios >= 200);
        for (const std::string_view reason : reasons()) {
            INFO("no world needs the excuse: " << reason);
            CHECK(sum.reasons.count(reason) == 1);
        }
    }
}
