// How an emergency call tries: routes in their order, pauses, limits, ways; and what a drain does to it.

#include "call/sos_call.hpp"

#include "catch.hpp"
#include "sos_script.hpp"

using namespace td;
using namespace td::test;

// ---- attempts

TEST_CASE("sos call: routes are tried in order, then the default one, then from the first again", "[call]") {
    call_script s = called();
    CHECK(s.after(2s, ended(0, 17, 486)) == "call:01=r2/" + own + " alert(first_try)");
    CHECK(s.after(2s, ended(1, 38, 503)) == "call:02=112/" + own);
    CHECK(s.after(2s, ended(2, 1, 404)) == "call:03=r1/" + own);
    CHECK(s.after(2s, ended(3, 21, 603)) == "call:04=r2/" + own);
    CHECK(s.after(2s, ended(4, 17, 600)) == "call:05=112/" + own);
    CHECK(s.after(2s, ended(5, 0, 0)) == "alert(first_try,every_try) give_back return:" + own);
    CHECK(s.feed(panel_gone()) == "freed sos_record:failed/no_route");
    const auto& record = s.sos_record();
    REQUIRE(record.attempts.size() == 6);
    CHECK(record.attempts.at(0).why == call::leg_why::busy);
    CHECK(record.attempts.at(0).sip == 486);
    CHECK(record.attempts.at(0).cause == 17);
    CHECK(record.attempts.at(1).why == call::leg_why::unreachable);
    CHECK(record.attempts.at(3).why == call::leg_why::declined);
    CHECK(record.attempts.at(5).dialled_ms == 10'000);
    CHECK(record.attempts.at(5).ended_ms == 12'000);
    CHECK(record.ring_ms == 12'000);
    REQUIRE(s.alerts().size() == 2);
    CHECK(s.alerts().at(1).route == "112");
}

TEST_CASE("sos call: a route that was just tried rests for a second", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    auto one_route = lent();
    one_route.routes.second.clear();
    s.feed(one_route);
    s.feed(mapped());
    CHECK(s.after(3s, ended(0, 17, 486)).empty());
    CHECK(s.pass(999ms).empty());
    CHECK(s.pass(1ms) == "call:01=r1/" + own + " alert(first_try)");
    CHECK(s.after(100ms, ended(1, 17, 486)) == "call:02=112/" + own);
    CHECK(s.after(100ms, ended(2, 17, 486)).empty());
    CHECK(s.feed(ended(2, 17, 486)).empty());
    CHECK(s.pass(1s) == "call:03=r1/" + own);
}

TEST_CASE("sos call: a default route that is one of the city's is not tried twice in a round", "[call]") {
    call::sos_rules rules;
    rules.default_route = "r1";
    call_script s = called(rules);
    CHECK(has(s.after(2s, ended(0, 17, 486)), "call:01=r2"));
    CHECK(has(s.after(2s, ended(1, 17, 486)), "call:02=r1"));
}

TEST_CASE("sos call: an attempt that does not even ring is given up after the silence limit", "[call]") {
    call_script s = called();
    s.feed(did(act::dial, 0));
    CHECK(s.pass(11'999ms).empty());
    CHECK(s.pass(1ms) == "drop:00/normal call:01=r2/" + own + " alert(first_try)");
    CHECK(s.feed(ended(0, 16)).empty());
    last_words(s, {1});
    CHECK(s.sos_record().attempts.at(0).why == call::leg_why::unreachable);
}

TEST_CASE("sos call: one that rings for ever is given up when Asterisk should have", "[call]") {
    call_script s = rung();
    CHECK(s.pass(60s + 999ms).empty());
    CHECK(s.pass(1ms) == "drop:00/normal call:01=r2/" + own + " alert(first_try)");
    CHECK(s.feed(answered(0)) == "drop:00/normal");
    CHECK(s.feed(ended(0)).empty());
    last_words(s, {1});
    CHECK(s.sos_record().attempts.at(0).why == call::leg_why::no_answer);
    CHECK(s.sos_record().attempts.at(0).ringing_ms == 1000);
}

TEST_CASE("sos call: Asterisk's own limit is a try that nobody answered", "[call]") {
    call_script s = rung();
    CHECK(has(s.after(59s, ended(0, 19)), "call:01=r2"));
    last_words(s, {1});
    CHECK(s.sos_record().attempts.at(0).why == call::leg_why::no_answer);
}

TEST_CASE("sos call: an Asterisk that refuses to make a leg first is asked the plain way, at once and from then on",
          "[call]") {
    call_script s = called();
    CHECK(s.feed(refused(act::dial, 500, 0)) == "drop:00/normal call:01=r1/" + own + "/plain");
    CHECK(s.feed(refused(act::drop_leg, 404, 0)).empty());
    CHECK(s.feed(refused(act::dial, 503, 1)) == "drop:01/normal call:02=r2/" + own + "/plain alert(first_try)");
    CHECK(has(s.after(2s, ended(2, 17, 486)), "call:03=112/" + own + "/plain"));
    last_words(s, {1, 3});
    CHECK(s.sos_record().attempts.size() == 3);  // the first way has asked nobody, and is no attempt
    CHECK(s.sos_record().attempts.at(0).why == call::leg_why::refused);
    CHECK(s.sos_record().attempts.at(0).way == call::call_way::plain);
}

TEST_CASE("sos call: an Asterisk that refuses everything gives the panel back to the dialplan", "[call]") {
    call_script s = called(with_tries(2));
    s.feed(refused(act::dial, 500, 0));
    s.feed(refused(act::dial, 500, 1));
    CHECK(s.feed(refused(act::dial, 500, 2)) == "drop:02/normal alert(first_try,every_try) give_back return:" + own);
    s.feed(refused(act::drop_leg, 404, 0));
    s.feed(refused(act::drop_leg, 404, 1));
    s.feed(refused(act::drop_leg, 404, 2));
    CHECK(s.feed(panel_gone()) == "freed sos_record:failed/no_route");
}

TEST_CASE("sos call: one try that fails is every try, and one alert", "[call]") {
    call_script s = called(with_tries(1));
    CHECK(s.feed(ended(0, 17, 486)) == "alert(every_try) give_back return:" + own);
    CHECK(s.feed(panel_gone()) == "freed sos_record:failed/no_route");
    CHECK(s.alerts().size() == 1);
}

TEST_CASE("sos call: whoever leaves before the two could talk makes the next attempt", "[call]") {
    call_script s = rung();
    CHECK(s.feed(answered(0)) == "answer");
    CHECK(s.after(10ms, ended(0, 16)) == "call:01=r2/" + own + " alert(first_try)");
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.feed(did(act::dial, 1)) == "join:01");
    CHECK(s.feed(did(act::join, 1)).empty());
    CHECK(s.after(1s, answered(1)).empty());  // the panel has been answered, and both stand in the bridge
    CHECK(s.after(5s, ended(1)) == "panel:normal return:" + own);
    s.feed(panel_gone());
    CHECK(s.feed(did(act::remove_bridge)) == "freed sos_record:answered/callee");
    CHECK(s.sos_record().talk_ms == 5000);
}

TEST_CASE("sos call: the emergency service hangs up, and the longest call", "[call]") {
    call_script hung_up = talking();
    CHECK(hung_up.after(20s, ended(0, 16)) == "panel:normal return:" + own);
    CHECK(hung_up.feed(panel_gone()) == "unbridge");
    CHECK(hung_up.feed(did(act::remove_bridge)) == "freed sos_record:answered/callee");
    CHECK(hung_up.sos_record().talk_ms == 20'000);

    call_script long_one = talking();
    CHECK(long_one.pass(4h - 1ms).empty());
    CHECK(long_one.pass(1ms) == "panel:normal drop:00/normal return:" + own);
    long_one.feed(panel_gone());
    long_one.feed(ended(0));
    CHECK(long_one.feed(did(act::remove_bridge)) == "freed sos_record:answered/talk_limit");
}

// ---- the worker drains

TEST_CASE("sos call: a worker that drains gives new emergency calls back and never ends one", "[call]") {
    call_script s = talking();
    CHECK(s.feed(call::drain_begun{}).empty());
    CHECK(s.feed(call::drain_over{}).empty());
    CHECK(s.board().sos_calls() == 1);
    const call_id other = call_id::of(1'795'401'292'052, 7, 43);
    CHECK(s.feed(call::sos_arrived{other, channel_id{"p2"}, panel_id{"5002"}, ""}) == "give_back");
    CHECK(s.feed(call::panel_left{channel_id{"p2"}}) == "sos_record:failed/drain");
    CHECK(s.alerts().empty());
    CHECK(last_words(s, {0}) == "freed sos_record:answered/panel");
}

TEST_CASE("sos call: the limit of calls holds for doors only", "[call]") {
    call::door_rules one;
    one.max_calls = 1;
    call_script s(one);
    CHECK(has(s.start_sos(), "site?"));
    const call_id door = call_id::of(1'795'401'292'052, 7, 43);
    CHECK(has(s.feed(call::panel_arrived{door, channel_id{"p2"}, panel_id{"5002"}, flat_id{"1"}, ""}), "find:1"));
    const call_id more = call_id::of(1'795'401'292'052, 7, 44);
    CHECK(has(s.feed(call::sos_arrived{more, channel_id{"p3"}, panel_id{"5003"}, ""}), "site?"));
    CHECK(s.board().calls() == 3);
    CHECK(s.board().sos_calls() == 2);
}

TEST_CASE("sos call: an arrival told twice begins one call", "[call]") {
    call_script s;
    s.start_sos();
    CHECK(s.start_sos().empty());
    CHECK(s.board().calls() == 1);
}
