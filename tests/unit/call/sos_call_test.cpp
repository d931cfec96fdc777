// The stories of an emergency call: the happy path, every deadline, every late fact, a failure at each step. Nothing
// may keep it from leaving, and a number that was lent goes back once.

#include "call/sos_call.hpp"

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;
using refusal = call::number_refused::why;

namespace {

const std::string own = "74950000001";

/// A call whose number is mapped: the first attempt is under way.
call_script called(call::sos_rules rules = {}) {
    call_script s(std::move(rules));
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    return s;
}

/// The attempt was begun, and the two are in the bridge.
call_script rung(call::sos_rules rules = {}) {
    call_script s = called(std::move(rules));
    s.feed(did(act::dial, 0));
    s.feed(did(act::bridge));
    s.feed(did(act::join, 0));
    s.after(1s, ringing(0));
    return s;
}

call_script talking(call::sos_rules rules = {}) {
    call_script s = rung(std::move(rules));
    s.after(2s, answered(0));
    s.feed(did(act::answer));
    return s;
}

bool has(const std::string& words, const std::string& wanted) {
    return words.find(wanted) != std::string::npos;
}

/// The panel leaves, whatever was made goes, and the record comes last.
std::string last_words(call_script& s, std::initializer_list<unsigned> legs) {
    std::string words = s.feed(panel_gone());
    for (const unsigned each : legs) {
        words = s.feed(ended(each));
    }
    if (has(words, "unbridge")) {
        words = s.feed(did(act::remove_bridge));
    }
    return words;
}

}  // namespace

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
