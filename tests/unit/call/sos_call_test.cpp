// The stories of an emergency call: the happy path, every deadline, every late fact, a failure at each step. Nothing
// may keep it from leaving, and a number that was lent goes back once.

#include "call/sos_call.hpp"

#include "catch.hpp"
#include "sos_script.hpp"

using namespace td;
using namespace td::test;
using refusal = call::number_refused::why;

TEST_CASE("sos call: with everything at hand it leaves with a number of its own, and nobody is alarmed", "[call]") {
    call_script s;
    CHECK(s.start_sos() == "sound:ringing site? taken");
    CHECK(s.after(10ms, site()) == "lend");
    CHECK(s.after(10ms, lent()) == "map:" + own);
    CHECK(s.after(10ms, mapped()) == "call:00=r1/" + own);
    CHECK(s.after(10ms, did(act::dial, 0)) == "bridge join:00");
    CHECK(s.feed(did(act::bridge)).empty());
    CHECK(s.feed(did(act::join, 0)).empty());
    CHECK(s.after(960ms, ringing(0)).empty());
    CHECK(s.after(4s, answered(0)) == "answer");
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.after(30s, panel_gone()) == "drop:00/normal return:" + own);
    CHECK(s.feed(ended(0)) == "unbridge");
    CHECK(s.feed(did(act::remove_bridge)) == "freed sos_record:answered/panel");
    CHECK(s.board().calls() == 0);
    CHECK(s.board().sos_calls() == 0);
    CHECK(s.board().next_deadline() == never);
    CHECK(s.alerts().empty());

    const auto& record = s.sos_record();
    CHECK(record.call == the_call);
    CHECK(record.panel.text() == "5001");
    CHECK(record.number.text() == own);
    CHECK(record.lent == pool::lent_how::rested);
    CHECK(record.lease == 9);
    CHECK(record.site.address == "Lenina 1");
    CHECK(record.source == call::crm_source::live);
    CHECK(record.crm_ms == 10);
    CHECK(record.number_ms == 20);
    CHECK(record.ring_ms == 5000);
    CHECK(record.talk_ms == 30000);
    CHECK(record.ended_at - record.started_at == 35s);
    REQUIRE(record.attempts.size() == 1);
    const auto& tried = record.attempts.front();
    CHECK(tried.route == "r1");
    CHECK(tried.way == call::call_way::early);
    CHECK(tried.dialled_ms == 30);
    CHECK(tried.ringing_ms == 1000);
    CHECK(tried.ended_ms == 35000);
    CHECK(tried.why == call::leg_why::answered);
    CHECK(record.lacks.empty());
    CHECK(record.note.empty());
}

TEST_CASE("sos call: what the operator is told of the call stands in the request", "[call]") {
    const call_script s = called();
    const auto& wish = std::get<call::call_out>(s.last().at(0));
    CHECK(wish.whom == call::callee::operator_route);
    CHECK(wish.target == "r1");
    CHECK(wish.caller == own);
    CHECK(wish.panel.text() == "5001");
    CHECK(wish.site.address == "Lenina 1");
    CHECK(wish.limit == 60s);
}

// ---- each thing it would like to know has a short time

TEST_CASE("sos call: a CRM that is silent is not waited for, and what it says late is told by the next attempt",
          "[call]") {
    call_script s;
    s.start_sos();
    CHECK(s.pass(179ms).empty());
    CHECK(s.pass(1ms) == "lend");
    s.feed(lent());
    CHECK(s.feed(mapped()) == "call:00=r1/" + own + " alert(site)");
    CHECK(std::get<call::call_out>(s.last().at(0)).site.address.empty());
    CHECK(s.feed(site()).empty());
    CHECK(s.after(1s, ended(0, 34, 503)) == "call:01=r2/" + own);
    CHECK(std::get<call::call_out>(s.last().at(0)).site.address == "Lenina 1");
    last_words(s, {1});
    CHECK(s.sos_record().lacks == std::vector{call::lack::site, call::lack::first_try});
    CHECK(s.sos_record().source == call::crm_source::live);
}

TEST_CASE("sos call: a CRM that fails says so in the record, and the call goes on at once", "[call]") {
    call_script s;
    s.start_sos();
    CHECK(s.feed(call::site_missing{the_call, "timeout", 7}) == "lend");
    s.feed(lent());
    CHECK(s.feed(mapped()) == "call:00=r1/" + own + " alert(site)");
    CHECK(s.alerts().at(0).note == "crm: timeout");
    last_words(s, {0});
    CHECK(s.sos_record().note == "crm: timeout");
    CHECK(s.sos_record().source == call::crm_source::none);
}

TEST_CASE("sos call: what is remembered of the panel is used when the CRM says nothing newer in time", "[call]") {
    call_script waits;
    waits.start_sos();
    CHECK(waits.feed(site(call::crm_source::stale)).empty());
    CHECK(waits.after(50ms, site()) == "lend");
    waits.feed(lent());
    CHECK(waits.feed(mapped()) == "call:00=r1/" + own);

    call_script old;
    old.start_sos();
    old.feed(site(call::crm_source::stale));
    CHECK(old.pass(180ms) == "lend");
    old.feed(lent());
    CHECK(old.feed(mapped()) == "call:00=r1/" + own + " alert(fresh_site)");
    CHECK(std::get<call::call_out>(old.last().at(0)).site.address == "Lenina 1");

    call_script fails;
    fails.start_sos();
    fails.feed(site(call::crm_source::stale));
    CHECK(fails.feed(call::site_missing{the_call, "status_500", 9}) == "lend");
}

TEST_CASE("sos call: a pool that is silent is given up for the worker's own notes", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    CHECK(s.pass(119ms).empty());
    CHECK(s.pass(1ms) == "notes");
    CHECK(s.feed(lent(7, own, pool::lent_how::reserved)) == "map:" + own);
    CHECK(s.feed(mapped()) == "call:00=r1/" + own + " alert(store)");
    last_words(s, {0});
    CHECK(s.sos_record().lent == pool::lent_how::reserved);
    CHECK(s.sos_record().note == "pool: no answer in time");
}

TEST_CASE("sos call: notes that break their word are not waited for either", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    CHECK(s.pass(120ms) == "notes");
    CHECK(s.pass(49ms).empty());
    CHECK(s.pass(1ms) == "call:00=112 alert(store,own_number,route)");
    CHECK(s.feed(lent()) == "return:" + own);
    last_words(s, {0});
    CHECK(s.sos_record().number.empty());
    CHECK(s.sos_record().lease == 0);
    CHECK_FALSE(s.sos_record().lent);
}

TEST_CASE("sos call: a pool that is dry shows the city's shared number, which is nobody's and goes back to nobody",
          "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    CHECK(s.feed(none_lent(refusal::dry, routes())) == "call:00=r1/74950000000 alert(own_number)");
    CHECK(s.alerts().at(0).number.text() == "74950000000");
    CHECK(s.alerts().at(0).route == "r1");
    CHECK(s.feed(panel_gone()) == "drop:00/normal");
    CHECK(s.feed(ended(0)) == "freed sos_record:cancelled/panel");
    CHECK(s.sos_record().number.text() == "74950000000");
    CHECK_FALSE(s.sos_record().lent);
    CHECK(s.sos_record().note == "no number");
}

TEST_CASE("sos call: a store that fails, or that does not know the city, sends it to the notes", "[call]") {
    call_script fails;
    fails.start_sos();
    fails.feed(site());
    CHECK(fails.feed(none_lent(refusal::store)) == "notes");
    CHECK(fails.feed(none_lent(refusal::store, routes())) == "call:00=r1/74950000000 alert(store,own_number)");

    call_script abroad;
    abroad.start_sos();
    abroad.feed(site());
    CHECK(abroad.feed(none_lent(refusal::unknown_city)) == "notes");
    CHECK(abroad.feed(none_lent(refusal::store)) == "call:00=112 alert(own_number,route)");
}

TEST_CASE("sos call: routes that were told with a refusal hold when the notes know none", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    CHECK(s.feed(none_lent(refusal::store, routes())) == "notes");
    CHECK(s.feed(none_lent(refusal::store)) == "call:00=r1/74950000000 alert(store,own_number)");
}

TEST_CASE("sos call: a number whose guard time was spent is worth an alert", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    s.feed(lent(9, own, pool::lent_how::guard_spent));
    CHECK(s.feed(mapped()) == "call:00=r1/" + own + " alert(rested_number)");
}

TEST_CASE("sos call: a callback map that fails or is silent does not hold it", "[call]") {
    call_script silent;
    silent.start_sos();
    silent.feed(site());
    silent.feed(lent());
    CHECK(silent.pass(79ms).empty());
    CHECK(silent.pass(1ms) == "call:00=r1/" + own + " alert(callback_map)");
    CHECK(silent.alerts().at(0).note == "callback map: no answer in time");
    CHECK(silent.feed(mapped()).empty());
    CHECK(silent.feed(call::map_failed{the_call, "late"}).empty());

    call_script fails;
    fails.start_sos();
    fails.feed(site());
    fails.feed(lent());
    CHECK(fails.feed(call::map_failed{the_call, "refused"}) == "call:00=r1/" + own + " alert(callback_map)");
    last_words(fails, {0});
    CHECK(fails.sos_record().note == "callback map: refused");
}

TEST_CASE("sos call: with everything hanging it leaves after 380 ms at the latest", "[call]") {
    call_script s;
    s.start_sos();
    CHECK(s.pass(180ms) == "lend");
    CHECK(s.pass(120ms) == "notes");
    CHECK(s.after(49ms, lent()) == "map:" + own);
    CHECK(s.pass(80ms) == "call:00=r1/" + own + " alert(site,store,callback_map)");
    CHECK(s.alerts().at(0).lacks == std::vector{call::lack::site, call::lack::store, call::lack::callback_map});
    CHECK(s.alerts().at(0).at == s.now());
}

TEST_CASE("sos call: a panel that the dialplan does not name leaves as well", "[call]") {
    call_script s;
    CHECK(s.feed(call::sos_arrived{the_call, the_panel, {}, "no panel in the arguments"}) ==
          "sound:ringing call:00=112 alert(site,own_number,route)");
    CHECK(s.feed(panel_gone()) == "drop:00/normal");
    CHECK(s.feed(ended(0)) == "sos_record:cancelled/panel");
    CHECK(s.sos_record().note == "no panel in the arguments");
}

// ---- late facts

TEST_CASE("sos call: answers of the CRM, the pool and the map that come late or twice change nothing", "[call]") {
    const auto late = [](call_script& s) {
        CHECK(s.feed(site(call::crm_source::stale)).empty());
        CHECK(s.feed(call::site_missing{the_call, "late", 900}).empty());
        CHECK(s.feed(lent()).empty());
        CHECK(s.feed(lent(10, "74950000002")) == "return:74950000002");
        CHECK(s.feed(none_lent(refusal::dry)).empty());
        CHECK(s.feed(mapped()).empty());
        CHECK(s.feed(call::map_failed{the_call, "late"}).empty());
        CHECK(s.feed(leads_to("5001")).empty());
        CHECK(s.feed(call::check_failed{the_call, "not asked"}).empty());
        CHECK(s.feed(accounts(2)).empty());
    };
    call_script calling = called();
    late(calling);
    call_script rings = rung();
    late(rings);
    call_script talks = talking();
    late(talks);
    call_script ends = talking();
    ends.feed(panel_gone());
    late(ends);
    ends.feed(ended(0));
    ends.feed(did(act::remove_bridge));
    CHECK(ends.sos_record().number.text() == own);
    CHECK(ends.sos_record().note.empty());
}

TEST_CASE("sos call: a number that comes when its call is over goes back", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    CHECK(s.feed(panel_gone()) == "freed sos_record:cancelled/panel");
    CHECK(s.feed(lent()) == "return:" + own);
}

TEST_CASE("sos call: a number that comes while its call ends goes back once", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    s.feed(call::pbx_line_lost{call::line::sos});
    CHECK(s.feed(panel_gone()) == "freed sos_record:cancelled/panel");

    // With a leg still living the call waits for its end, and the second number goes back beside the first.
    call_script twice = called();
    CHECK(twice.feed(panel_gone()) == "drop:00/normal return:" + own);
    CHECK(twice.feed(lent(10, "74950000002")) == "return:74950000002");
    CHECK(twice.feed(lent()).empty());
    CHECK(twice.feed(ended(0)) == "freed sos_record:cancelled/panel");
}

TEST_CASE("sos call: facts of pair and panel that come in the first states are harmless", "[call]") {
    call_script s;
    s.start_sos();
    CHECK(s.feed(did(act::sound)).empty());
    CHECK(s.feed(refused(act::sound, 500)).empty());
    CHECK(s.feed(refused(act::answer, 500)).empty());
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.feed(ended(0)).empty());
    CHECK(s.feed(ringing(0)) == "drop:00/normal");  // of another life of this call
    CHECK(s.feed(answered(3)) == "drop:03/normal");
    CHECK(s.feed(site()) == "lend");
}

// ---- the panel leaves

TEST_CASE("sos call: a panel that leaves ends the call in every state, and the number goes back", "[call]") {
    call_script finding;
    finding.start_sos();
    CHECK(finding.feed(panel_gone()) == "freed sos_record:cancelled/panel");
    CHECK(finding.sos_record().attempts.empty());
    CHECK(finding.alerts().empty());

    call_script mapping;
    mapping.start_sos();
    mapping.feed(site());
    mapping.feed(lent());
    CHECK(mapping.after(10ms, panel_gone()) == "return:" + own + " freed sos_record:cancelled/panel");
    CHECK(mapping.sos_record().lease == 9);

    call_script calling = called();
    CHECK(calling.feed(panel_gone()) == "drop:00/normal return:" + own);
    CHECK(calling.after(50ms, ended(0, 26)) == "freed sos_record:cancelled/panel");
    CHECK(calling.sos_record().attempts.at(0).why == call::leg_why::cancelled);

    call_script joining = rung();
    joining.feed(answered(0));
    CHECK(joining.feed(panel_gone()) == "drop:00/normal return:" + own);
    CHECK(joining.feed(ended(0)) == "unbridge");
    CHECK(joining.feed(did(act::remove_bridge)) == "freed sos_record:cancelled/panel");

    call_script pausing = called(with_tries(3));
    pausing.feed(ended(0, 17, 486));
    pausing.feed(ended(1, 17, 486));
    pausing.feed(panel_gone());
    CHECK(pausing.feed(ended(2, 17, 486)) == "freed sos_record:cancelled/panel");
}

TEST_CASE("sos call: a panel that leaves while a route rests ends the call with what was tried", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    s.feed(none_lent(refusal::dry, {"112", "", {}}));
    CHECK(s.feed(ended(0, 17, 486)).empty());  // the same route once more, in a second
    CHECK(s.after(500ms, panel_gone()) == "freed sos_record:cancelled/panel");
    CHECK(s.sos_record().attempts.size() == 1);
    CHECK(s.sos_record().lacks == std::vector{call::lack::own_number});
}
