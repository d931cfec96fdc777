// A watcher that sees nothing is worse than none: each promise is broken here once, on purpose.

#include "sim/promises.hpp"

#include <algorithm>

#include "catch.hpp"
#include "sim/world.hpp"

using namespace td;
using namespace td::sim;

namespace {

const call_id the_call = call_id::of(1, 2, 3);
const channel_id the_panel("1.1");

leg_ref leg(std::uint8_t number) {
    return {the_call, leg_no{number}};
}

call::dial dial(std::uint8_t number) {
    return {leg(number), account_id("a" + std::to_string(number)), panel_id("5001"), 10s};
}

/// A call that has arrived and rings two phones.
struct watched_call {
    watched_call() {
        const call::fact arrival = call::panel_arrived{the_call, the_panel, panel_id("5001"), flat_id("12"), {}};
        watcher.saw_step(now, &arrival, {dial(0), dial(1)});
        REQUIRE(watcher.broken().empty());
    }
    void step(const call::commands& out) { watcher.saw_step(now, nullptr, out); }
    [[nodiscard]] bool blames(std::string_view words) const {
        return std::any_of(watcher.broken().begin(), watcher.broken().end(),
                           [&](const std::string& line) { return line.find(words) != std::string::npos; });
    }
    void finish() {
        call::door_record record;
        record.call = the_call;
        record.who = call::ended_by::ring_limit;
        record.how = call::outcome::missed;
        record.started_at = now;
        record.ended_at = now;
        step({call::drop_leg{leg(0)}, call::drop_leg{leg(1)}, call::finish{record}});
    }
    call::push push(call::push_kind kind) {
        return {the_call, kind, {}, {}, {}, {}, now + 5s, {{account_id("a0"), device_id("d0"), "ios"}}};
    }

    world_plan plan = plan_of(4);
    instant now = plan.start;
    promises watcher{plan};
};

}  // namespace

TEST_CASE("promises: a second pair, and a loser that is told nothing", "[sim]") {
    watched_call c;
    c.step({call::join{leg(0), the_panel}});
    CHECK(c.blames("leg 1 is not told answered_elsewhere"));
    c.step({call::join{leg(1), the_panel}});
    CHECK(c.blames("a second pair is joined"));
}

TEST_CASE("promises: a loser told in the same step is well told", "[sim]") {
    watched_call c;
    c.step({call::join{leg(0), the_panel}, call::drop_leg{leg(1), call::hangup_reason::answered_elsewhere}});
    CHECK(c.watcher.broken().empty());
}

TEST_CASE("promises: a dial after the end, and a leg's name given twice", "[sim]") {
    watched_call c;
    c.step({dial(1)});
    CHECK(c.blames("two living legs have one name"));
    c.step({call::drop_panel{the_call, the_panel}, dial(2)});
    CHECK(c.blames("dialled after the end"));
}

TEST_CASE("promises: one record, and nothing after it", "[sim]") {
    watched_call c;
    c.finish();
    CHECK(c.watcher.broken().empty());
    c.finish();
    CHECK(c.blames("finish after the record"));
}

TEST_CASE("promises: a call without a record, and channels left behind", "[sim]") {
    watched_call c;
    fake_asterisk asterisk({}, 1);
    asterisk.connect(c.now, {"td"});
    asterisk.panel_calls(c.now, {"5001", "12", "td", {}});
    c.watcher.saw_the_end(c.now, asterisk, 1, 2);
    CHECK(c.blames("no record"));
    CHECK(c.blames("Asterisk still has channel"));
    CHECK(c.blames("the switchboard still has 1 calls and 2 legs"));
}

TEST_CASE("promises: a push to end without a ring, an end twice, a deadline past the ring", "[sim]") {
    watched_call early;
    early.step({early.push(call::push_kind::ended)});
    CHECK(early.blames("without a ring, or twice"));
    watched_call twice;
    twice.step({twice.push(call::push_kind::ring), twice.push(call::push_kind::ended)});
    CHECK(twice.watcher.broken().empty());
    twice.step({twice.push(call::push_kind::ended)});
    CHECK(twice.blames("without a ring, or twice"));
    watched_call late;
    call::push push = late.push(call::push_kind::ring);
    push.deadline = late.now + 1h;
    late.step({push});
    CHECK(late.blames("whose deadline is not that of the ring"));
}

TEST_CASE("promises: a phone that rings on after the record", "[sim]") {
    watched_call c;
    const std::string channel = channel_name(leg(0));
    c.watcher.saw_news({c.now, sip_news::kind::phone_rings, channel, "PJSIP/a0@k", {}, 0});
    c.finish();
    c.watcher.saw_news({c.now + 16s, sip_news::kind::phone_ended, channel, "PJSIP/a0@k", {}, 0});
    CHECK(c.blames("after the record"));
}

TEST_CASE("promises: a phone that rings on after it was told to go", "[sim]") {
    watched_call c;
    const std::string channel = channel_name(leg(0));
    c.watcher.saw_news({c.now, sip_news::kind::phone_rings, channel, "PJSIP/a0@k", {}, 0});
    c.step({call::drop_leg{leg(0)}});
    c.watcher.saw_news({c.now + 16s, sip_news::kind::phone_ended, channel, "PJSIP/a0@k", {}, 0});
    CHECK(c.blames("long after it was told to go"));
}

TEST_CASE("promises: a deadline that is never served", "[sim]") {
    watched_call c;
    c.watcher.saw_next_deadline(c.now, c.now);
    CHECK(c.blames("would spin"));
}

TEST_CASE("worlds: the same seed is the same world, and seeds differ", "[sim]") {
    const auto story_of = [](std::uint64_t seed) {
        world lived(plan_of(seed), story::told);
        lived.run();
        return lived.trace();
    };
    CHECK(story_of(7) == story_of(7));
    CHECK(story_of(7) != story_of(11));
}

TEST_CASE("worlds: among them calls are answered, and not all of them", "[sim]") {
    std::size_t calls = 0;
    std::size_t answered = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        world lived(plan_of(seed), story::untold);
        lived.run();
        calls += lived.calls();
        answered += lived.answered();
    }
    CHECK(calls > 100);
    CHECK(answered > calls / 10);
    CHECK(answered < calls);
}
