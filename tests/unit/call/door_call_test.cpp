// The stories of a door call: the happy path, every deadline, every late fact, a failure at each step.

#include "call/door_call.hpp"

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;

namespace {

/// A call whose two accounts have been dialled and pushed.
call_script two_rung(call::door_rules rules = {}) {
    call_script s(std::move(rules));
    s.start();
    s.feed(described());
    s.feed(accounts(2));
    return s;
}

/// A call in which the first of two accounts talks.
call_script talking(call::door_rules rules = {}) {
    call_script s = two_rung(std::move(rules));
    s.after(1s, ringing(0));
    s.after(1s, answered(0));
    s.feed(did(act::bridge));
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    s.feed(ended(1, 26));
    return s;
}

}  // namespace

TEST_CASE("door call: the first account to answer gets the panel, the rest are dropped", "[call]") {
    call_script s;
    CHECK(s.start() == "sound:ringing find:12 taken");
    CHECK(s.feed(described()).empty());
    CHECK(s.after(100ms, accounts(4)) == "dial:00=a1 dial:01=a2 dial:02=a3 dial:03=a4 push:ring(d1,d2,d3,d4)");
    CHECK(s.after(500ms, ringing(1)) == "bridge");
    CHECK(s.feed(did(act::bridge)).empty());
    CHECK(s.after(1s, answered(1)) ==
          "answer join:01 drop:00/answered_elsewhere drop:02/answered_elsewhere drop:03/answered_elsewhere "
          "push:ended/answered_elsewhere(d1,d3,d4)");
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.after(2ms, did(act::join, 1)).empty());
    CHECK(s.feed(ended(0, 26)).empty());
    CHECK(s.feed(ended(2, 26)).empty());
    CHECK(s.feed(ended(3, 26)).empty());
    CHECK(s.after(30s, panel_gone()) == "drop:01/normal");
    CHECK(s.feed(ended(1)) == "unbridge");
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/panel");
    CHECK(s.board().calls() == 0);
    CHECK(s.board().next_deadline() == never);

    const auto& record = s.record();
    CHECK(record.answered_by.text() == "a2");
    CHECK(record.ring_ms == 1600);
    CHECK(record.talk_ms == 30000);
    CHECK(record.legs.at(1).why == call::leg_why::answered);
    CHECK(record.legs.at(1).ringing_ms == 600);
    CHECK(record.legs.at(0).why == call::leg_why::answered_elsewhere);
    CHECK(record.source == call::crm_source::live);
}

TEST_CASE("door call: in a dead heat the first keeps the panel and the second is dropped once", "[call]") {
    call_script s = two_rung();
    CHECK(s.after(1s, answered(1)).find("join:01 drop:00/answered_elsewhere") != std::string::npos);
    CHECK(s.feed(answered(0)).empty());
    CHECK(s.feed(ended(0, 26)).empty());
    CHECK(s.board().legs() == 1);
}

TEST_CASE("door call: an answer told twice joins once", "[call]") {
    call_script s = two_rung();
    s.after(1s, answered(1));
    CHECK(s.feed(answered(1)).empty());
}

TEST_CASE("door call: a flat that is blocked rings nobody and the panel hears busy", "[call]") {
    call_script s;
    s.start();
    CHECK(s.feed(flat_that(true, false)) == "panel:busy");
    CHECK(s.feed(panel_gone()) == "freed record:blocked/blocked");
}

TEST_CASE("door call: a flat without accounts is a missed call at once", "[call]") {
    call_script s;
    s.start();
    CHECK(s.feed(accounts(0)) == "panel:no_answer");
    CHECK(s.feed(panel_gone()) == "freed record:missed/no_accounts");
}

TEST_CASE("door call: an unknown flat and a CRM without an answer end with their own words", "[call]") {
    call_script unknown;
    unknown.start("99");
    CHECK(unknown.feed(call::flat_unknown{the_call, call::crm_source::live, 3}) == "panel:unallocated");
    CHECK(unknown.feed(panel_gone()) == "freed record:failed/unknown_flat");

    call_script down;
    down.start();
    CHECK(down.feed(call::crm_failed{the_call, "timeout", 800}) == "panel:congestion");
    CHECK(down.feed(panel_gone()) == "freed record:failed/crm");
    CHECK(down.record().note == "crm: timeout");
}

TEST_CASE("door call: a CRM that never answers is given up at the limit of the look-up", "[call]") {
    call_script s;
    s.start();
    CHECK(s.pass(1999ms).empty());
    CHECK(s.pass(1ms) == "panel:congestion");
    CHECK(s.feed(accounts(2)).empty());
    CHECK(s.feed(panel_gone()) == "freed record:failed/crm");
}

TEST_CASE("door call: arguments that cannot be used end the call with the reason in the record", "[call]") {
    call_script s;
    CHECK(s.feed(call::panel_arrived{the_call, the_panel, {}, {}, "the flat is longer than 64 bytes"}) ==
          "panel:unallocated");
    CHECK(s.feed(panel_gone()) == "record:failed/bad_arguments");
    CHECK(s.record().note == "the flat is longer than 64 bytes");
}

TEST_CASE("door call: auto_open answers, sends the key and hangs up; nobody is rung", "[call]") {
    call_script s;
    s.start();
    CHECK(s.feed(flat_that(false, true)) == "answer");
    CHECK(s.feed(did(act::answer)) == "keys:1");
    CHECK(s.feed(did(act::send_keys)).empty());
    CHECK(s.pass(1s + 450ms) == "panel:normal");
    CHECK(s.feed(panel_gone()) == "freed record:answered/auto_open");
    CHECK(s.record().opened_door);
    CHECK(s.record().answered_by.empty());
}

TEST_CASE("door call: auto_open that Asterisk refuses is a failed call, and its silence too", "[call]") {
    call_script refused_answer;
    refused_answer.start();
    refused_answer.feed(flat_that(false, true));
    CHECK(refused_answer.feed(refused(act::answer, 500)) == "panel:congestion");
    call_script lost_reply;
    lost_reply.start();
    lost_reply.feed(flat_that(false, true));
    CHECK(lost_reply.feed(refused(act::answer, 0)) == "answer");
    CHECK(lost_reply.feed(did(act::answer)) == "keys:1");
    CHECK(lost_reply.feed(refused(act::send_keys, 0)) == "panel:congestion");
    call_script silent;
    silent.start();
    silent.feed(flat_that(false, true));
    CHECK(silent.pass(3s + 450ms) == "panel:normal");
    CHECK(silent.feed(panel_gone()) == "freed record:failed/pbx");
    CHECK_FALSE(silent.record().opened_door);
}

TEST_CASE("door call: auto_open holds the line until the last of many keys is played", "[call]") {
    call::door_rules rules;
    rules.open_dtmf = "*12345678901234#";
    call_script s(rules);
    s.start();
    s.feed(flat_that(false, true));
    CHECK(s.after(2900ms, did(act::answer)) == "keys:*12345678901234#");
    s.feed(did(act::send_keys));
    CHECK(s.pass(250ms + 16 * 200ms).empty());
    CHECK(s.pass(1s) == "panel:normal");
    CHECK(s.feed(panel_gone()) == "freed record:answered/auto_open");
}

TEST_CASE("door call: one decline leaves the others ringing, everybody's decline ends the call", "[call]") {
    call_script s = two_rung();
    s.after(1s, ringing(0));
    s.feed(ringing(1));
    CHECK(s.after(1s, ended(0, 21, 603)).empty());
    CHECK(s.after(1s, ended(1, 17, 486)) == "panel:busy push:ended/declined(d1,d2)");
    CHECK(s.feed(panel_gone()) == "unbridge");
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:declined/declined");
}

TEST_CASE("door call: with on_decline = end_call one decline ends it for all", "[call]") {
    call::door_rules rules;
    rules.on_decline = call::decline_rule::end_call;
    call_script s = two_rung(rules);
    s.after(1s, ringing(1));
    CHECK(s.after(1s, ended(0, 21, 603)) == "panel:busy drop:01/normal push:ended/declined(d1,d2)");
}

TEST_CASE("door call: everybody busy is a missed call, and the panel hears busy", "[call]") {
    call_script s = two_rung();
    CHECK(s.feed(ended(0, 17, 486)).empty());
    CHECK(s.feed(ended(1, 17, 486)) == "panel:busy push:ended/missed(d1,d2)");
    s.feed(panel_gone());
    CHECK(s.record().who == call::ended_by::everybody_busy);
}

TEST_CASE("door call: nobody answers until the ring limit", "[call]") {
    call_script s = two_rung();
    s.feed(ringing(0));
    s.feed(ringing(1));
    CHECK(s.pass(44999ms).find("panel") == std::string::npos);
    CHECK(s.pass(1ms) == "panel:no_answer drop:00/normal drop:01/normal push:ended/missed(d1,d2)");
    CHECK(s.feed(ended(0)).empty());
    CHECK(s.feed(ended(1)).empty());
    CHECK(s.feed(panel_gone()) == "unbridge");
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:missed/ring_limit");
    CHECK(s.record().legs.at(0).why == call::leg_why::no_answer);
    CHECK(s.record().ring_ms == 45000);
}

TEST_CASE("door call: the panel leaves while looking up, ringing, joining and talking", "[call]") {
    call_script looking;
    looking.start();
    CHECK(looking.feed(panel_gone()) == "freed record:cancelled/panel");
    CHECK(looking.feed(accounts(2)).empty());

    call_script rings = two_rung();
    CHECK(rings.after(1s, panel_gone()) == "drop:00/normal drop:01/normal push:ended/cancelled(d1,d2)");
    CHECK(rings.feed(ended(0)).empty());
    CHECK(rings.feed(ended(1)) == "freed record:cancelled/panel");

    call_script joins = two_rung();
    joins.after(1s, answered(0));
    CHECK(joins.feed(panel_gone()) == "drop:00/normal");
    CHECK(joins.feed(refused(act::join, 400, 0)).empty());
    joins.feed(ended(1, 26));
    CHECK(joins.feed(ended(0)) == "unbridge");
    CHECK(joins.feed(refused(act::remove_bridge, 404)) == "freed record:cancelled/panel");

    call_script talks = talking();
    CHECK(talks.after(10s, panel_gone()) == "drop:00/normal");
}

TEST_CASE("door call: the account that talks hangs up, before and after the bridge is ready", "[call]") {
    call_script s = talking();
    CHECK(s.after(10s, ended(0)) == "panel:normal");
    CHECK(s.feed(panel_gone()) == "unbridge");
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/account");

    call_script early = two_rung();
    early.after(1s, answered(0));
    CHECK(early.feed(ended(0)) == "panel:congestion");
    CHECK(early.feed(did(act::join, 0)).empty());
    early.feed(ended(1));
    early.feed(panel_gone());
    CHECK(early.feed(did(act::remove_bridge)) == "freed record:failed/account");
    CHECK(early.record().answered_by.empty());
    CHECK(early.record().talk_ms == 0);
    CHECK(early.record().note == "the resident was gone before the two could talk");
}

TEST_CASE("door call: the talk limit ends both sides", "[call]") {
    call_script s = talking();
    CHECK(s.pass(120s) == "panel:normal drop:00/normal");
    s.feed(ended(0));
    s.feed(panel_gone());
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/talk_limit");
}

TEST_CASE("door call: a refused join or answer is tried once more, then the call ends cleanly", "[call]") {
    const int status = GENERATE(0, 409, 412, 422, 500, 503);
    call_script s = two_rung();
    s.after(1s, answered(0));
    CHECK(s.feed(did(act::bridge)).empty());
    CHECK(s.feed(refused(act::answer, status)).empty());
    CHECK(s.feed(did(act::join, 0)).empty());
    CHECK(s.pass(200ms) == "answer join:00");
    CHECK(s.feed(refused(act::answer, status)) == "panel:congestion drop:00/normal");
    s.feed(ended(0));
    s.feed(ended(1));
    s.feed(panel_gone());
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:failed/pbx");
}

TEST_CASE("door call: a join that succeeds the second time talks", "[call]") {
    call_script s = two_rung();
    s.after(1s, answered(0));
    s.feed(refused(act::bridge, 500));
    s.feed(did(act::answer));
    s.feed(refused(act::join, 404, 0));
    CHECK(s.pass(199ms).empty());
    CHECK(s.pass(1ms) == "bridge answer join:00");      // 404 of a join: there is no bridge
    CHECK(s.feed(refused(act::join, 404, 0)).empty());  // of the first time, by a slow Asterisk
    s.feed(did(act::bridge));
    CHECK(s.feed(refused(act::join, 404, 0)).find("panel:congestion") != std::string::npos);

    call_script again = two_rung();
    again.after(1s, answered(0));
    again.feed(refused(act::bridge, 503));
    CHECK(again.pass(200ms) == "bridge answer join:00");
    again.feed(did(act::bridge));
    again.feed(did(act::answer));
    again.feed(did(act::join, 0));
    CHECK(again.after(5s, panel_gone()) == "drop:00/normal");
    CHECK(again.feed(ended(0)).empty());
    CHECK(again.feed(ended(1)) == "unbridge");
    again.feed(did(act::remove_bridge));
    CHECK(again.record().talk_ms == 5000);
}

TEST_CASE("door call: a join that says somebody is gone waits for the event that says who", "[call]") {
    call_script s = two_rung();
    s.after(1s, answered(0));
    CHECK(s.feed(refused(act::join, 400, 0)).empty());
    CHECK(s.after(50ms, panel_gone()) == "drop:00/normal");
    s.feed(ended(1));
    s.feed(ended(0));
    s.feed(did(act::remove_bridge));
    CHECK(s.record().how == call::outcome::cancelled);
}

TEST_CASE("door call: an Asterisk that never confirms the join is given up at the join limit", "[call]") {
    call_script s = two_rung();
    s.after(1s, answered(0));
    CHECK(s.pass(5s) == "panel:congestion drop:00/normal");
}

TEST_CASE("door call: hang-ups without effect are repeated, and silence to the end still gives one record", "[call]") {
    call_script s = two_rung();
    s.after(1s, panel_gone());
    CHECK(s.pass(2s) == "drop:00/normal drop:01/normal");
    CHECK(s.feed(refused(act::drop_leg, 404, 0)).empty());
    CHECK(s.pass(2s) == "drop:01/normal");
    const std::string rest = s.pass(60s);
    CHECK(rest.find("freed record:cancelled/panel") != std::string::npos);
    CHECK(s.records() == 1);
    CHECK(s.record().note == "asterisk did not confirm the end");
}

TEST_CASE("door call: a phone that wakes late is dialled again every late_dial, and at once when it registers",
          "[call]") {
    call_script s = two_rung();
    CHECK(s.after(100ms, ended(1, 0, 404)).empty());
    CHECK(s.pass(999ms).empty());
    CHECK(s.pass(1ms) == "dial:02=a2");
    CHECK(s.after(50ms, ended(2, 0, 480)).empty());
    CHECK(s.after(100ms, call::account_registered{account_id{"a2"}}) == "dial:03=a2");
    CHECK(s.after(100ms, ringing(3)) == "bridge");
    CHECK(s.after(100ms, answered(3)) == "answer join:03 drop:00/answered_elsewhere push:ended/answered_elsewhere(d1)");
    CHECK(s.feed(call::account_registered{account_id{"a1"}}).empty());
}

TEST_CASE("door call: a leg that a proxy may hold gets its grace after a registration, then a new leg", "[call]") {
    call_script held = two_rung();
    CHECK(held.after(3s, call::account_registered{account_id{"a1"}}).empty());
    CHECK(held.after(500ms, ringing(0)) == "bridge");
    CHECK(held.pass(1s).empty());

    call_script silent = two_rung();
    silent.after(3s, call::account_registered{account_id{"a1"}});
    CHECK(silent.pass(1s) == "drop:00/normal dial:02=a1");
}

TEST_CASE("door call: pushes are repeated to phones that neither ring nor registered, rejected ones are left out",
          "[call]") {
    call_script s;
    s.start();
    s.feed(described());
    s.feed(accounts(4));
    s.feed(call::push_answered{the_call, call::push_kind::ring, {{device_id{"d4"}, "broken_token"}}});
    s.feed(ringing(0));
    s.feed(call::account_registered{account_id{"a2"}});
    CHECK(s.pass(5s).find("push:ring(d3)") != std::string::npos);
    CHECK(s.after(1s, panel_gone()).find("push:ended/cancelled(d1,d2,d3)") != std::string::npos);
    for (unsigned i = 0; i < 6; ++i) {
        s.feed(ended(i));
    }
    s.feed(did(act::remove_bridge));
    const auto& pushes = s.record().pushes;
    CHECK(pushes.at(0).accepted);
    CHECK_FALSE(pushes.at(3).accepted);
    CHECK(pushes.at(3).reason == "broken_token");
}

TEST_CASE("door call: the first push waits a moment for the panel's name, the legs do not", "[call]") {
    call_script s;
    s.start();
    CHECK(s.feed(accounts(1)) == "dial:00=a1");
    CHECK(s.after(50ms, described()) == "push:ring(d1)");
    const auto& pushed = std::get<call::push>(s.last().back());
    CHECK(pushed.title == "Lenina 1, entrance 2");
    CHECK(pushed.deadline == s.now() - 50ms + 45s);

    call_script nameless;
    nameless.start();
    nameless.feed(accounts(1));
    CHECK(nameless.pass(150ms) == "push:ring(d1)");
    CHECK(std::get<call::push>(nameless.last().back()).title == "Panel 5001");
}

TEST_CASE("door call: a push server that fails changes no leg, and the record says so", "[call]") {
    call_script s = two_rung();
    CHECK(s.feed(call::push_failed{the_call, call::push_kind::ring, "timeout"}).empty());
    s.feed(panel_gone());
    s.feed(ended(0));
    s.feed(ended(1));
    CHECK(s.record().pushes.at(0).reason == "timeout");
}

TEST_CASE("door call: the resident's key opens the door, other keys and other phones do not", "[call]") {
    call_script s = talking();
    s.feed(call::key_pressed{leg(0), '5'});
    s.feed(call::key_pressed{leg(1), '1'});
    s.feed(panel_gone());
    s.feed(ended(0));
    s.feed(did(act::remove_bridge));
    CHECK_FALSE(s.record().opened_door);

    call::door_rules rules;
    rules.open_dtmf = "*1";
    call_script opens = talking(rules);
    opens.feed(call::key_pressed{leg(0), '1'});
    opens.feed(call::key_pressed{leg(0), '*'});
    opens.feed(call::key_pressed{leg(0), '1'});
    opens.feed(panel_gone());
    opens.feed(ended(0));
    opens.feed(did(act::remove_bridge));
    CHECK(opens.record().opened_door);
}

TEST_CASE("door call: a leg that Asterisk would not make is dialled again or left, by what it said", "[call]") {
    call_script no_contact = two_rung();
    CHECK(no_contact.feed(refused(act::dial, 500, 0)).empty());
    CHECK(no_contact.pass(1s) == "dial:02=a1");

    call_script wrong = two_rung();
    CHECK(wrong.feed(refused(act::dial, 400, 0)).empty());
    CHECK(wrong.feed(refused(act::dial, 400, 1)) == "panel:congestion push:ended/missed(d1,d2)");

    call_script silent = two_rung();
    CHECK(silent.feed(refused(act::dial, 0, 0)) == "drop:00/normal");
    CHECK(silent.feed(refused(act::drop_leg, 404, 0)).empty());
    CHECK(silent.pass(1s) == "dial:02=a1");
}

TEST_CASE("door call: after a lost line only what really went is ended", "[call]") {
    using seen = call::pbx_seen;
    call_script s = two_rung();
    s.after(1s, ringing(0));
    s.after(1s, call::pbx_line_lost{});
    seen list;
    list.channels = {{the_panel, seen::condition::waiting},
                     {channel_id{channel_name(leg(1))}, seen::condition::ringing}};
    CHECK(s.after(1s, list).empty());
    CHECK(s.feed(list).empty());
    CHECK(s.board().legs() == 1);

    call_script panel_went = two_rung();
    panel_went.after(1s, call::pbx_line_lost{});
    CHECK(panel_went.after(1s, seen{}).find("record:cancelled/lost") != std::string::npos);
}

TEST_CASE("door call: sixteen accounts and more than a hundred attempts never use a living leg's number", "[call]") {
    call_script s;
    s.start();
    s.feed(described());
    s.feed(accounts(16));
    unsigned next = 0;
    for (unsigned round = 0; round < 12; ++round) {
        for (unsigned i = 0; i < 16; ++i) {
            s.feed(ended((next + i) % 100, 0, 404));
        }
        next = (next + 16) % 100;
        s.pass(1s);
        CHECK(s.board().legs() == 16);
    }
}
