// What a record says of other rules is true: the same world is lived through once more under them.

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "replay/what_if.hpp"
#include "sim/world.hpp"
#include "tests/sim/seeds.hpp"

using namespace td;

namespace {

/// One visit in a world in which nothing is lost or late, so that nothing but the rules can make a difference.
sim::world_plan calm_plan(std::uint64_t seed) {
    sim::world_plan plan = sim::plan_of(seed);
    plan.visits.resize(1);
    const duration latency = plan.faults.latency;
    plan.faults = {};
    plan.faults.latency = latency;
    plan.faults.steady = true;
    plan.cuts.clear();
    plan.deaths.clear();
    plan.drain_at = plan.drain_over_at = never;
    plan.extra_wake_ups.clear();
    return plan;
}

class collected final : public replay::what_if_observer {
public:
    void supposes(const replay::supposition& news) override { all.push_back(news); }
    void finds_damaged(const replay::place& where, std::string_view words) override {
        FAIL(std::to_string(where.line) << " " << words);
    }
    std::vector<replay::supposition> all;
};

/// What the calls of a world would be, by its journal.
std::vector<replay::supposition> supposed(const sim::world_plan& plan,
                                          const std::function<void(call::rules&)>& change) {
    sim::world world(plan, sim::story::untold);
    world.keep_journals();
    world.run();
    collected heard;
    replay::what_if what(change, {}, heard);
    for (const auto& files : world.journals(std::numeric_limits<std::size_t>::max())) {
        what.begin_run(plan.rules);
        const std::string& text = files.front();
        std::size_t line = 0;
        for (std::size_t at = text.find('\n') + 1; at != 0 && at < text.size(); at = text.find('\n', at) + 1) {
            what.take({"world", ++line}, std::string_view(text).substr(at, text.find('\n', at) - at));
        }
    }
    what.end_run();
    CHECK(what.unfinished() == 0);
    return heard.all;
}

struct change {
    const char* name;
    void (*of)(call::rules&);
};
const std::vector<change> changes = {
    {"nothing", [](call::rules&) {}},
    {"ring 3 s", [](call::rules& rules) { rules.door.ring_limit = 3s; }},
    {"ring 20 s", [](call::rules& rules) { rules.door.ring_limit = 20s; }},
    {"ring 10 min", [](call::rules& rules) { rules.door.ring_limit = 10min; }},
    {"talk 5 s", [](call::rules& rules) { rules.door.talk_limit = 5s; }},
    {"talk 10 min", [](call::rules& rules) { rules.door.talk_limit = 10min; }},
    {"end_call", [](call::rules& rules) { rules.door.on_decline = call::decline_rule::end_call; }},
    {"drop_leg", [](call::rules& rules) { rules.door.on_decline = call::decline_rule::drop_leg; }},
    {"one account", [](call::rules& rules) { rules.door.max_accounts = 1; }},
    {"pushes", [](call::rules& rules) { rules.door.push_repeat = 3s; }},
    {"progress", [](call::rules& rules) { rules.door.early = call::early_sound::progress; }},
    {"key 7", [](call::rules& rules) { rules.door.open_dtmf = "7"; }},
};

}  // namespace

TEST_CASE("what-if: a world lived through under the other rules comes out as the record says", "[replay]") {
    const auto [first, last] = test::seeds_wanted(120);
    std::map<std::string, std::size_t> decided_otherwise;
    std::size_t undecided = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        const sim::world_plan plan = calm_plan(seed);
        for (const change& each : changes) {
            sim::world_plan other = plan;
            each.of(other.rules);
            const auto there = supposed(other, [](call::rules&) {});
            for (const replay::supposition& here : supposed(plan, each.of)) {
                if (!here.would_be) {
                    ++undecided;
                    continue;
                }
                INFO("TDCTL_SEEDS=" << seed << "-" << seed << " " << each.name << ": "
                                    << call::name_of(here.would_be->how) << " by "
                                    << call::name_of(here.would_be->who));
                REQUIRE(there.size() == 1);
                REQUIRE(there.front().was.how == here.would_be->how);
                REQUIRE(there.front().was.who == here.would_be->who);
                REQUIRE(there.front().was.answered_by == here.would_be->answered_by);
                REQUIRE(there.front().was.opened_door == here.would_be->opened_door);
                decided_otherwise[each.name] +=
                    here.would_be->how != here.was.how || here.would_be->who != here.was.who;
            }
        }
    }
    CHECK(decided_otherwise["nothing"] == 0);
    if (last - first >= 100) {
        CHECK(decided_otherwise["ring 3 s"] > 10);
        CHECK(decided_otherwise["talk 5 s"] > 5);
        CHECK(decided_otherwise["end_call"] > 1);
        CHECK(undecided > 100);
    }
}
