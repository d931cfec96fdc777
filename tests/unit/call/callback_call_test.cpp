// The stories of a callback: it reaches the panel that the pool says, or the one it was routed to when the pool is
// silent; never a guessed one.

#include "call/callback_call.hpp"

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;

namespace {

const std::string number = "74950000001";

call::sos_rules with_desk() {
    call::sos_rules rules;
    rules.desk = "desk";
    return rules;
}

call_script called(call::sos_rules rules = {}) {
    call_script s(std::move(rules));
    s.start_callback();
    s.feed(leads_to("5001"));
    return s;
}

call_script talking() {
    call_script s = called();
    s.after(1s, ringing(0));
    s.after(2s, answered(0));
    s.feed(did(act::bridge));
    s.feed(did(act::join, 0));
    s.feed(did(act::answer));
    return s;
}

}  // namespace

TEST_CASE("callback: the panel that had the number rings and talks", "[call]") {
    call_script s;
    CHECK(s.start_callback() == "sound:ringing check:" + number);
    CHECK(s.after(20ms, leads_to("5001")) == "taken call:00=5001/112/plain");
    const auto& wish = std::get<call::call_out>(s.last().at(1));
    CHECK(wish.whom == call::callee::panel);
    CHECK(wish.panel.text() == "5001");
    CHECK(wish.limit == 60s);
    CHECK(s.after(980ms, ringing(0)).empty());
    CHECK(s.after(2s, answered(0)) == "bridge join:00 answer");
    CHECK(s.feed(did(act::bridge)).empty());
    CHECK(s.feed(did(act::join, 0)).empty());
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.after(10s, panel_gone()) == "drop:00/normal");
    CHECK(s.feed(ended(0)) == "unbridge");
    CHECK(s.feed(did(act::remove_bridge)) == "freed callback_record:answered/panel");
    CHECK(s.board().calls() == 0);
    CHECK(s.board().sos_calls() == 0);

    const auto& record = s.callback_record();
    CHECK(record.call == the_call);
    CHECK(record.number.text() == number);
    CHECK(record.panel.text() == "5001");
    CHECK(record.caller == "112");
    CHECK(record.priority == call::urgency::normal);
    CHECK(record.whom == call::callee::panel);
    CHECK(record.ring_ms == 3000);
    CHECK(record.talk_ms == 10'000);
    CHECK(record.ended_at - record.started_at == 13s);
    CHECK(record.note.empty());
}

TEST_CASE("callback: a panel that hangs up ends it too, and the longest call", "[call]") {
    call_script hung_up = talking();
    CHECK(hung_up.after(1s, ended(0)) == "panel:normal");
    hung_up.feed(panel_gone());
    CHECK(hung_up.feed(did(act::remove_bridge)) == "freed callback_record:answered/callee");

    call_script long_one = talking();
    CHECK(long_one.pass(4h - 1ms).empty());
    CHECK(long_one.pass(1ms) == "panel:normal drop:00/normal");
}

// ---- whom it leads to

TEST_CASE("callback: the pool has the last word on the panel", "[call]") {
    call_script s;
    s.start_callback("5009");
    CHECK(s.feed(leads_to("5001")) == "taken call:00=5001/112/plain");
    s.feed(panel_gone());
    CHECK(s.feed(ended(0)) == "freed callback_record:cancelled/panel");
    CHECK(s.callback_record().panel.text() == "5001");
    CHECK(s.callback_record().note == "routed to panel 5009, the pool knows better");
}

TEST_CASE("callback: a caller whom nobody routed gets the panel that the pool says", "[call]") {
    call_script s;
    s.start_callback("");
    CHECK(s.feed(leads_to("5001")) == "taken call:00=5001/112/plain");
    s.feed(panel_gone());
    s.feed(ended(0));
    CHECK(s.callback_record().note.empty());
}

TEST_CASE("callback: a pool that fails or is silent leaves it where it was routed", "[call]") {
    call_script silent;
    silent.start_callback("5009");
    CHECK(silent.pass(149ms).empty());
    CHECK(silent.pass(1ms) == "taken call:00=5009/112/plain");
    CHECK(silent.feed(leads_to("5001")).empty());
    CHECK(silent.feed(call::check_failed{the_call, "late"}).empty());
    silent.feed(panel_gone());
    silent.feed(ended(0));
    CHECK(silent.callback_record().panel.text() == "5009");
    CHECK(silent.callback_record().note == "pool: no answer in time");

    call_script fails;
    fails.start_callback("5009");
    CHECK(fails.feed(call::check_failed{the_call, "out of reach"}) == "taken call:00=5009/112/plain");
}

TEST_CASE("callback: a number that leads to nobody is rejected, or goes to the desk", "[call]") {
    call_script rejected;
    rejected.start_callback("5009");
    CHECK(rejected.feed(leads_to("")) == "panel:unallocated");
    CHECK(rejected.feed(panel_gone()) == "callback_record:blocked/no_panel");
    CHECK(rejected.callback_record().panel.empty());

    call_script desk(with_desk());
    desk.start_callback("5009");
    CHECK(desk.feed(leads_to("")) == "call:00=desk/112/plain");
    desk.after(1s, answered(0));
    desk.feed(panel_gone());
    desk.feed(ended(0));
    CHECK(desk.feed(did(act::remove_bridge)) == "callback_record:cancelled/panel");
    CHECK(desk.callback_record().whom == call::callee::desk);
    CHECK(desk.callback_record().panel.empty());
}

TEST_CASE("callback: nobody routed it and the pool is silent: it is never led to a guessed panel", "[call]") {
    call_script rejected;
    rejected.start_callback("");
    CHECK(rejected.pass(150ms) == "panel:unallocated");
    call_script desk(with_desk());
    desk.start_callback("");
    CHECK(desk.feed(call::check_failed{the_call, "broken"}) == "call:00=desk/112/plain");
}

TEST_CASE("callback: without a number there is nothing to ask, and a routed panel is not believed", "[call]") {
    call_script rejected;
    CHECK(rejected.start_callback("5001", "") == "panel:unallocated");
    CHECK(rejected.feed(panel_gone()) == "callback_record:blocked/no_panel");
    call_script desk(with_desk());
    CHECK(desk.start_callback("5001", "") == "sound:ringing call:00=desk/112/plain");
    call_script complains;
    complains.feed(call::callback_arrived{the_call, the_panel, {}, {}, "", call::urgency::normal, "no number"});
    complains.feed(panel_gone());
    CHECK(complains.callback_record().note == "no number");
}

// ---- how it can come to nothing

TEST_CASE("callback: a panel that is busy, declines, is unreachable or does not answer", "[call]") {
    struct end {
        call::leg_ended news;
        const char* words;
        const char* record;
    };
    const auto [news, words, record] =
        GENERATE(end{ended(0, 17, 486), "panel:busy", "freed callback_record:missed/everybody_busy"},
                 end{ended(0, 21, 603), "panel:busy", "freed callback_record:declined/declined"},
                 end{ended(0, 20, 480), "panel:no_answer", "freed callback_record:missed/nobody_left"},
                 end{ended(0, 19, 0), "panel:no_answer", "freed callback_record:missed/ring_limit"});
    call_script s = called();
    s.feed(ringing(0));
    CHECK(s.after(1s, news) == words);
    CHECK(s.feed(panel_gone()) == record);
    CHECK(s.callback_record().sip == news.sip);
    CHECK(s.callback_record().cause == news.cause);
}

TEST_CASE("callback: Asterisk's refusal fails it, and its silence is a panel that does not answer", "[call]") {
    call_script refuses = called();
    CHECK(refuses.feed(refused(act::dial, 500, 0)) == "drop:00/normal panel:congestion");
    refuses.feed(refused(act::drop_leg, 404, 0));
    CHECK(refuses.feed(panel_gone()) == "freed callback_record:failed/pbx");

    call_script silent = called();
    CHECK(silent.pass(61'999ms).empty());
    CHECK(silent.pass(1ms) == "drop:00/normal panel:no_answer");
    silent.feed(panel_gone());
    CHECK(silent.feed(ended(0)) == "freed callback_record:missed/ring_limit");
}

TEST_CASE("callback: a panel that cannot be joined fails it", "[call]") {
    call_script s = called();
    s.feed(ringing(0));
    s.feed(answered(0));
    CHECK(s.feed(refused(act::join, 500, 0)).empty());
    CHECK(s.pass(200ms) == "join:00 answer");
    CHECK(s.feed(refused(act::join, 500, 0)) == "drop:00/normal panel:congestion");
    s.feed(panel_gone());
    s.feed(ended(0));
    CHECK(s.feed(did(act::remove_bridge)) == "freed callback_record:failed/pbx");
}

TEST_CASE("callback: a caller who leaves ends it in every state", "[call]") {
    call_script checking;
    checking.start_callback();
    CHECK(checking.feed(panel_gone()) == "callback_record:cancelled/panel");
    CHECK(checking.feed(leads_to("5001")).empty());
    call_script calling = called();
    CHECK(calling.feed(panel_gone()) == "drop:00/normal");
    CHECK(calling.feed(leads_to("5002")).empty());
    CHECK(calling.feed(ended(0)) == "freed callback_record:cancelled/panel");
    call_script joining = called();
    joining.feed(answered(0));
    CHECK(joining.feed(panel_gone()) == "drop:00/normal");
}

TEST_CASE("callback: a panel that leaves before the two could talk is missed, not called twice", "[call]") {
    call_script s = called();
    s.feed(ringing(0));
    s.feed(answered(0));
    CHECK(s.after(10ms, ended(0, 16)) == "panel:no_answer");
    s.feed(panel_gone());
    CHECK(s.feed(did(act::remove_bridge)) == "freed callback_record:missed/nobody_left");
}

TEST_CASE("callback: facts of an emergency call are none of its", "[call]") {
    call_script s;
    s.start_callback();
    CHECK(s.feed(site()).empty());
    CHECK(s.feed(mapped()).empty());
    CHECK(s.feed(none_lent(call::number_refused::why::dry)).empty());
    CHECK(s.feed(leads_to("5001")) == "taken call:00=5001/112/plain");
}

TEST_CASE("callback: it prolongs nothing: no number is lent, mapped or returned", "[call]") {
    call_script s = talking();
    s.feed(panel_gone());
    s.feed(ended(0));
    CHECK(s.feed(did(act::remove_bridge)) == "freed callback_record:answered/panel");
    CHECK(s.alerts().empty());
}

// ---- a callback with priority

namespace {

const call_id door = call_id::of(1'795'401'292'052, 7, 43);

/// The panel 5001 is in a door call that rings nobody yet, and another panel in one of its own.
call_script busy_panel() {
    call_script s;
    s.feed(call::panel_arrived{door, channel_id{"p2"}, panel_id{"5001"}, flat_id{"1"}, ""});
    s.feed(call::panel_arrived{call_id::of(1'795'401'292'052, 7, 44), channel_id{"p3"}, panel_id{"5002"}, flat_id{"1"},
                               ""});
    return s;
}

}  // namespace

TEST_CASE("callback: one with priority clears the panel's door call first, and no other panel's", "[call]") {
    call_script s = busy_panel();
    s.start_callback("5001", number, call::urgency::psap_callback);
    CHECK(s.feed(leads_to("5001")) == "panel:normal taken call:00=5001/112/plain");
    CHECK(std::get<call::call_out>(s.last().at(2)).how == call::urgency::psap_callback);
    CHECK(s.feed(call::panel_left{channel_id{"p2"}}) == "freed record:cancelled/callback");
    CHECK(s.board().calls() == 2);
}

TEST_CASE("callback: one with priority clears the panel when the pool is silent too", "[call]") {
    call_script s = busy_panel();
    s.start_callback("5001", number, call::urgency::psap_callback);
    CHECK(s.pass(150ms) == "panel:normal taken call:00=5001/112/plain");
}

TEST_CASE("callback: an ordinary one leaves the panel's door call alone", "[call]") {
    call_script s = busy_panel();
    s.start_callback();
    CHECK(s.feed(leads_to("5001")) == "taken call:00=5001/112/plain");
    CHECK(s.board().calls() == 3);
}

TEST_CASE("callback: one with priority never ends an emergency call of the panel", "[call]") {
    call_script s;
    const call_id sos = call_id::of(1'795'401'292'052, 7, 43);
    s.feed(call::sos_arrived{sos, channel_id{"p2"}, panel_id{"5001"}, ""});
    s.start_callback("5001", number, call::urgency::psap_callback);
    CHECK(s.feed(leads_to("5001")) == "taken call:00=5001/112/plain");
    CHECK(s.board().sos_calls() == 2);
}

TEST_CASE("callback: one with priority calls a panel again that is still busy with what it was freed of", "[call]") {
    call_script s = busy_panel();
    s.start_callback("5001", number, call::urgency::psap_callback);
    s.feed(leads_to("5001"));
    CHECK(s.after(20ms, ended(0, 17, 486)).empty());
    // A visitor was quicker, and is sent away as well.
    s.feed(call::panel_arrived{call_id::of(1'795'401'292'052, 7, 46), channel_id{"p4"}, panel_id{"5001"}, flat_id{"1"},
                               ""});
    CHECK(s.pass(1s) == "panel:normal call:01=5001/112/plain");
    CHECK(s.after(20ms, ended(1, 17, 486)).empty());
    CHECK(s.pass(1s).ends_with("call:02=5001/112/plain"));
    CHECK(s.after(20ms, ended(2, 17, 486)) == "panel:busy");  // it is in another emergency call, or off the hook
}

TEST_CASE("callback: its caller may leave before the panel is called again", "[call]") {
    call_script s = busy_panel();
    s.start_callback("5001", number, call::urgency::psap_callback);
    s.feed(leads_to("5001"));
    s.feed(ended(0, 17, 486));
    CHECK(s.after(500ms, panel_gone()) == "freed callback_record:cancelled/panel");
    CHECK(s.pass(1h).find("call:") == std::string::npos);
}

// ---- the worker drains

TEST_CASE("callback: a worker that drains gives new ones back, and never ends one", "[call]") {
    call_script s = talking();
    s.feed(call::drain_begun{});
    CHECK(s.feed(call::drain_over{}).empty());
    const call_id other = call_id::of(1'795'401'292'052, 7, 45);
    CHECK(s.feed(call::callback_arrived{other, channel_id{"p2"}, panel_id{"5001"}, number_id{number}, "112",
                                        call::urgency::normal, ""}) == "give_back");
    CHECK(s.feed(call::panel_left{channel_id{"p2"}}) == "callback_record:failed/drain");
    CHECK(s.board().sos_calls() == 1);
}
