// Emergency calls of a worker that is killed, or whose line to Asterisk breaks, at any place: every promise holds, and
// the pool's store counts no call in the end that is over.

#include <cstdint>
#include <initializer_list>
#include <iostream>
#include <string>

#include "catch.hpp"
#include "seeds.hpp"
#include "sim/sos_world.hpp"

using namespace td;
using namespace td::sim;

namespace {

std::string told(const sos_plan& plan) {
    sos_world again(plan, story::told);
    again.run();
    std::string words = "sos seed " + std::to_string(plan.seed) + ", " + std::string(name_of(plan.fault.what)) +
                        " at " + std::to_string(plan.fault.place) + "\n";
    for (const death& each : plan.deaths) {
        words +=
            "death behind step " + std::to_string(each.step) + ", forgotten " + duration_text(each.forgotten) + "\n";
    }
    for (const std::string& line : again.trace()) {
        words.append(line).append("\n");
    }
    for (const std::string& line : again.broken()) {
        words.append("BROKEN ").append(line).append("\n");
    }
    return words;
}

/// The calls that were remembered; prints the story where a promise is broken.
std::size_t remembered_in(const sos_plan& plan, unsigned& broken) {
    sos_world first(plan, story::untold);
    first.run();
    if (!first.broken().empty()) {
        ++broken;
        std::cerr << told(plan);
    }
    return first.remembered();
}

}  // namespace

TEST_CASE("sos deaths: one or two at any fact, with up to 50 ms forgotten", "[sim]") {
    const auto [first, last] = td::test::seeds_wanted(600);
    unsigned broken = 0;
    std::size_t remembered = 0;
    for (std::uint64_t seed = first; seed <= last && broken < 3; ++seed) {
        sos_plan plan = sos_plan_of(seed);
        sos_world undisturbed(plan, story::untold);
        undisturbed.run();
        plan.deaths = td::test::deaths_by_dice(seed, undisturbed.steps());
        remembered += remembered_in(plan, broken);
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
                remembered += remembered_in(struck, broken);
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
