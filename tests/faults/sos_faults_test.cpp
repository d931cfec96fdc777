// Emergency calls and callbacks: one fault at every place of every scenario (strikes.hpp). Beyond what is promised of
// door calls, a number leads to one panel and goes back once, and the callback map says what the store says.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "allowed.hpp"
#include "catch.hpp"
#include "sim/sos_world.hpp"
#include "sos_scenario.hpp"
#include "strikes.hpp"

using namespace td;
using namespace td::test;

TEST_CASE("faults: one at every place of every emergency call and callback", "[faults]") {
    std::vector<sos_scenario> corpus = scripted_sos_scenarios();
    for (sos_scenario& each : seeded_sos_scenarios()) {
        corpus.push_back(std::move(each));
    }
    const std::string_view wanted = from_environment("TDCTL_SCENARIO");
    tally sum;
    std::map<std::string, std::size_t> endings;
    for (const sos_scenario& one : corpus) {
        if (one.name.find(wanted) != std::string::npos) {
            for (const sim::sos_verdict& v : strike_everywhere<sim::sos_world>(one.name, one.plan, sum)) {
                ++endings[std::string(call::name_of(v.how)) + "/" + std::string(call::name_of(v.who))];
            }
        }
    }
    print(sum, "emergency calls and callbacks");
    CHECK(sum.broken == 0);
    if (wanted.empty()) {
        CHECK(sum.scenarios >= 100);
        // A corpus in which fewer things happen proves less.
        CHECK(endings.size() == 11);
        for (const auto& [ending, count] : endings) {
            UNSCOPED_INFO(count << " " << ending);
        }
        for (const std::string_view reason : sos_reasons()) {
            INFO("no world needs the excuse: " << reason);
            CHECK(sum.reasons.count(reason) == 1);
        }
    }
}
