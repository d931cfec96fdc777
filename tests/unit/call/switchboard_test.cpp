// What no single call can know: how many there are, whose leg it is, what is nobody's.

#include "call/switchboard.hpp"

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;

namespace {

call::panel_arrived arrival(unsigned number) {
    return {call_id::of(1'795'401'292'052, 1, number), channel_id{"17954." + std::to_string(number)}, panel_id{"5001"},
            flat_id{"12"}, ""};
}

}  // namespace

TEST_CASE("switchboard: a panel's leg told twice is one call", "[call]") {
    call_script s;
    s.start();
    CHECK(s.start().empty());
    CHECK(s.board().calls() == 1);
}

TEST_CASE("switchboard: a second call of the same panel is served beside the first", "[call]") {
    call_script s;
    s.feed(arrival(1));
    CHECK(s.feed(arrival(2)) == "sound:ringing find:12 taken");
    CHECK(s.board().calls() == 2);
}

TEST_CASE("switchboard: beyond max_calls the panel hears busy and has its record", "[call]") {
    call::door_rules rules;
    rules.max_calls = 2;
    call_script s(rules);
    s.feed(arrival(1));
    s.feed(arrival(2));
    CHECK(s.feed(arrival(3)) == "panel:busy");
    CHECK(s.feed(call::panel_left{channel_id{"17954.3"}}) == "record:failed/full");
}

TEST_CASE("switchboard: a worker that drains gives new panels back and lets living calls end", "[call]") {
    call_script s;
    s.feed(arrival(1));
    s.feed(call::drain_begun{});
    CHECK(s.feed(arrival(2)) == "give_back");
    CHECK(s.feed(call::panel_left{channel_id{"17954.2"}}) == "record:failed/drain");
    CHECK(s.board().calls() == 1);
    CHECK(s.feed(call::drain_over{}) == "panel:congestion");
}

TEST_CASE("switchboard: a panel that was given back is never hung up, it is in other hands", "[call]") {
    call_script s;
    s.feed(call::drain_begun{});
    CHECK(s.feed(arrival(3)) == "give_back");
    CHECK(s.pass(10s).empty());
    CHECK(s.feed(call::pbx_refused{arrival(3).call, call::act::give_back, {}, 409}) == "record:failed/drain");
}

TEST_CASE("switchboard: giving a panel back is asked again when Asterisk failed, else it would wait for ever",
          "[call]") {
    call_script s;
    s.feed(call::drain_begun{});
    CHECK(s.feed(arrival(3)) == "give_back");
    CHECK(s.feed(call::pbx_refused{arrival(3).call, call::act::give_back, {}, 500}).empty());
    CHECK(s.pass(200ms) == "give_back");
    CHECK(s.feed(call::pbx_refused{arrival(3).call, call::act::give_back, {}, 0}).empty());
    CHECK(s.pass(200ms) == "give_back");
    CHECK(s.pass(5s).empty());
    CHECK(s.feed(call::panel_left{channel_id{"17954.3"}}) == "record:failed/drain");
}

TEST_CASE("switchboard: legs and bridges without a call are removed, panels are not touched", "[call]") {
    call_script s;
    s.feed(arrival(1));
    const leg_ref stray{call_id::of(5, 6, 7), leg_no{3}};
    call::pbx_seen list;
    list.channels = {{channel_id{channel_name(stray)}, call::pbx_seen::condition::up},
                     {channel_id{"17953.9"}, call::pbx_seen::condition::up},
                     {channel_id{"17954.1"}, call::pbx_seen::condition::waiting}};
    list.bridges = {stray.call};
    CHECK(s.feed(list) == "stray:" + channel_name(stray) + " stray_bridge:" + std::string(stray.call.text()));
    CHECK(s.feed(call::leg_answered{stray}) == "stray:" + channel_name(stray));
    CHECK(s.feed(call::leg_ended{stray, 16, 0}).empty());
    CHECK(s.board().calls() == 1);
}

TEST_CASE("switchboard: an account that registers is rung in every call that waits for it", "[call]") {
    call_script s;
    for (unsigned i = 1; i <= 2; ++i) {
        s.feed(arrival(i));
        auto found = accounts(1);
        found.call = arrival(i).call;
        s.feed(found);
        s.feed(call::leg_ended{{found.call, leg_no{0}}, 0, 404});
    }
    CHECK(s.feed(call::account_registered{account_id{"a1"}}) == "dial:01=a1 dial:01=a1");
    CHECK(s.feed(call::account_registered{account_id{"a9"}}).empty());
}

TEST_CASE("switchboard: new rules are for new calls", "[call]") {
    call_script s;
    s.feed(arrival(1));
    call::door_rules quiet;
    quiet.early = call::early_sound::none;
    s.board().follow({quiet, {}});
    CHECK(s.feed(arrival(2)) == "find:12 taken");
}

TEST_CASE("switchboard: facts about calls that are over change nothing", "[call]") {
    call_script s;
    CHECK(s.feed(did(call::act::join)).empty());
    CHECK(s.feed(accounts(2)).empty());
    CHECK(s.feed(panel_gone()).empty());
    CHECK(s.feed(call::key_pressed{leg(0), '1'}).empty());
    CHECK(s.pass(1h).empty());
}
