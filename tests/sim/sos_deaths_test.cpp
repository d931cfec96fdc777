// Emergency calls of a worker that is killed, or whose line to Asterisk breaks, at any place: every promise holds, and
// the pool's store counts no call in the end that is over.

#include <cstdint>
#include <initializer_list>

#include "catch.hpp"
#include "seeds.hpp"
#include "sim/sos_world.hpp"

using namespace td;
using namespace td::sim;

TEST_CASE("sos deaths: one or two at any fact, with up to 50 ms forgotten", "[sim]") {
    const auto [first, last] = td::test::seeds_wanted(600);
    unsigned broken = 0;
    std::size_t remembered = 0;
    for (std::uint64_t seed = first; seed <= last && broken < 3; ++seed) {
        sos_plan plan = sos_plan_of(seed);
        sos_world undisturbed(plan, story::untold);
        undisturbed.run();
        plan.deaths = td::test::deaths_by_dice(seed, undisturbed.steps());
        remembered += td::test::remembered_in<sos_world>(plan, broken);
    }
    CHECK(broken == 0);
    CHECK(remembered > (last - first) / 4);
}

TEST_CASE("sos deaths: one fault at every place of a few worlds", "[sim]") {
    unsigned broken = 0;
    std::size_t worlds = 0;
    std::size_t remembered = 0;
    const auto strike = [&](const sos_plan& plan, std::size_t places, std::initializer_list<mishap> kinds) {
        for (std::size_t place = 1; place <= places && broken < 3; ++place) {
            for (const mishap kind : kinds) {
                sos_plan struck = plan;
                struck.fault = {kind, place};
                remembered += td::test::remembered_in<sos_world>(struck, broken);
                ++worlds;
            }
        }
    };
    for (std::uint64_t seed = 4; seed <= 60 && broken < 3; seed += 8) {  // worlds with a healthy wire
        const sos_plan plan = sos_plan_of(seed);
        sos_world undisturbed(plan, story::untold);
        undisturbed.run();
        strike(plan, undisturbed.steps(),
               {mishap::killed, mishap::killed_forgetful, mishap::line_cut, mishap::line_cut_unseen});
        strike(plan, undisturbed.requests(), {mishap::request_lost, mishap::reply_lost});
    }
    CHECK(broken == 0);
    CHECK(worlds > 1000);
    CHECK(remembered > 300);
}
