// Worlds whose worker is killed, at any fact and with its last 50 ms forgotten: the next one remembers, and every
// promise holds.

#include <cstdint>

#include "catch.hpp"
#include "seeds.hpp"
#include "sim/world.hpp"

using namespace td;
using namespace td::sim;

namespace {

/// One phone, which answers after two seconds, and a visitor who talks for a minute.
world_plan one_long_talk() {
    world_plan plan;
    plan.start = instant{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};
    plan.rules.door.ring_limit = 8s;
    resident only;
    only.account = {account_id("79000000000"), {{device_id("d0"), "ios"}}};
    only.behaviour.habit = phone_habit::answers;
    only.behaviour.acts_after = 2s;
    plan.flats.push_back({flat_id("1"), {false, false, {only.account}}});
    plan.residents.push_back(only);
    visit who;
    who.at = plan.start + 1s;
    who.panel = panel_id("5001");
    who.patience = 10min;
    who.talks = 60s;
    who.crm_takes = 5ms;
    plan.visits.push_back(who);
    return plan;
}

}  // namespace

TEST_CASE("deaths: one or two at any fact, with up to 50 ms forgotten", "[sim]") {
    const auto [first, last] = td::test::seeds_wanted(1500);
    unsigned broken = 0;
    std::size_t remembered = 0;
    for (std::uint64_t seed = first; seed <= last && broken < 3; ++seed) {
        world_plan plan = plan_of(seed);
        world undisturbed(plan, story::untold);
        undisturbed.run();
        plan.deaths = td::test::deaths_by_dice(seed, undisturbed.steps());
        remembered += td::test::remembered_in<world>(plan, broken);
    }
    CHECK(broken == 0);
    CHECK(remembered > (last - first) / 3);
}

TEST_CASE("deaths: at every single fact of a few worlds", "[sim]") {
    unsigned broken = 0;
    std::size_t remembered = 0;
    for (std::uint64_t seed = 4; seed <= 60 && broken < 3; seed += 4) {  // calm worlds: nothing else goes wrong
        const world_plan plan = plan_of(seed);
        world undisturbed(plan, story::untold);
        undisturbed.run();
        for (std::size_t step = 1; step <= undisturbed.steps() && broken < 3; ++step) {
            world_plan mortal = plan;
            mortal.deaths.push_back({step, duration{}, 500ms});
            remembered += td::test::remembered_in<world>(mortal, broken);
        }
    }
    CHECK(broken == 0);
    CHECK(remembered > 1000);
}

TEST_CASE("deaths: who talks is not parted by an absence beyond the ring limit, whatever of the answer is forgotten",
          "[sim]") {
    const world_plan plan = one_long_talk();
    world undisturbed(plan, story::untold);
    undisturbed.run();
    REQUIRE(undisturbed.verdicts().front().who == call::ended_by::panel);
    unsigned broken = 0;
    std::size_t talks = 0;
    for (std::size_t step = 1; step <= undisturbed.steps() && broken < 3; ++step) {
        for (const duration forgotten : {0ms, 5ms, 20ms, 50ms}) {
            world_plan mortal = plan;
            mortal.deaths.push_back({step, forgotten, 20s});
            td::test::remembered_in<world>(mortal, broken);
            world lived(mortal, story::untold);
            lived.run();
            const verdict end = lived.verdicts().front();
            talks += end.visitor.talked ? 1U : 0U;
            if (end.visitor.talked &&
                !end.visitor.left) {  // the visitor would have left after a minute: we parted them
                ++broken;
                td::test::tell<world>(mortal);
            }
        }
    }
    CHECK(broken == 0);
    CHECK(talks > 20);
}
