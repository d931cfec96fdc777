// Two who are to talk: what Asterisk refuses on the way, what a lost line hides, and how everything ends. The stories
// are told by emergency calls, whose owner tries another way when the callee is missed.

#include "call/pair.hpp"

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;
using seen = call::pbx_seen;

namespace {

const std::string own = "74950000001";

call_script called(call::sos_rules rules = {}) {
    call_script s(std::move(rules));
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    return s;
}

/// The callee rings, and stands in the bridge with the panel.
call_script rung(call::sos_rules rules = {}) {
    call_script s = called(std::move(rules));
    s.feed(did(act::dial, 0));
    s.feed(did(act::bridge));
    s.feed(did(act::join, 0));
    s.after(1s, ringing(0));
    return s;
}

/// The callee was answered, and nothing of the bridge is confirmed.
call_script joining(call::sos_rules rules = {}) {
    call_script s = called(std::move(rules));
    s.feed(ringing(0));
    s.after(1s, answered(0));
    return s;
}

call_script talking(call::sos_rules rules = {}) {
    call_script s = rung(std::move(rules));
    s.after(2s, answered(0));
    s.feed(did(act::answer));
    return s;
}

const seen::channel panel_is_there{the_panel, seen::condition::up};

seen::channel leg_is(unsigned number, seen::condition how) {
    return {channel_id{channel_name(leg(number))}, how};
}

/// The line is lost, and a second later this is what Asterisk holds.
std::string after_a_gap(call_script& s, std::vector<seen::channel> channels) {
    s.after(1s, call::pbx_line_lost{call::line::sos});
    seen picture;
    picture.channels = std::move(channels);
    picture.bridges = {the_call};
    picture.which = call::line::sos;
    return s.after(1s, picture);
}

}  // namespace

// ---- joining

TEST_CASE("pair: a leg of the plain way is joined when it is answered", "[call]") {
    call_script s = called();
    s.feed(refused(act::dial, 500, 0));
    s.feed(ringing(1));
    CHECK(s.after(1s, answered(1)) == "bridge join:01 answer");
    CHECK(s.feed(did(act::bridge)).empty());
    CHECK(s.feed(did(act::join, 1)).empty());
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.feed(answered(1)).empty());
    CHECK(s.after(5s, panel_gone()).find("drop:01/normal") != std::string::npos);
}

TEST_CASE("pair: an early join that is refused is asked for again by the answer", "[call]") {
    call_script s = called();
    CHECK(s.feed(did(act::dial, 0)) == "bridge join:00");
    CHECK(s.feed(refused(act::bridge, 503)).empty());
    CHECK(s.feed(refused(act::join, 404, 0)).empty());
    CHECK(s.pass(5s).empty());
    CHECK(s.feed(answered(0)) == "bridge join:00 answer");
}

TEST_CASE("pair: what Asterisk refuses of a join is asked once more, then the callee is missed", "[call]") {
    const auto [what, number] = GENERATE(table<act, unsigned>({{act::bridge, 0}, {act::join, 0}, {act::answer, 0}}));
    call_script s = joining();
    CHECK(s.feed(refused(what, 500, number)).empty());
    CHECK(s.pass(199ms).empty());
    CHECK(s.pass(1ms) == (what == act::bridge ? "bridge join:00 answer" : "join:00 answer"));
    CHECK(s.feed(refused(what, 0, number)) == "drop:00/normal call:01=r2/" + own + " alert(first_try)");
    CHECK(s.feed(ended(0)).empty());
    CHECK(s.alerts().at(0).note == "asterisk refused to join: 500; asterisk refused to join: 0");
}

TEST_CASE("pair: a join that is refused for want of the bridge meets nobody gone", "[call]") {
    call_script s = joining();
    CHECK(s.feed(refused(act::bridge, 503)).empty());
    CHECK(s.feed(refused(act::join, 404, 0)).empty());  // «Bridge not found»
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.pass(200ms) == "bridge join:00");
    CHECK(s.feed(did(act::bridge)).empty());
    CHECK(s.feed(did(act::join, 0)).empty());
    CHECK(s.pass(1h).empty());  // they talk
}

TEST_CASE("pair: a bridge whose reply was lost, and that was there after all, is removed at the end", "[call]") {
    call_script s = called();
    s.feed(did(act::dial, 0));
    s.feed(refused(act::bridge, 0));
    s.feed(did(act::join, 0));
    s.feed(answered(0));
    s.feed(did(act::answer));
    s.feed(panel_gone());
    CHECK(s.feed(ended(0)) == "unbridge");
}

TEST_CASE("pair: a bridge of which nothing was heard is removed at the end", "[call]") {
    call_script s = called();
    s.feed(did(act::dial, 0));
    s.feed(refused(act::bridge, 0));
    s.feed(panel_gone());
    CHECK(s.feed(ended(0)) == "unbridge");
}

TEST_CASE("pair: the answer asks again for a bridge of which nothing was heard", "[call]") {
    call_script s = called();
    s.feed(did(act::dial, 0));
    s.feed(refused(act::bridge, 0));
    CHECK(s.feed(answered(0)) == "bridge join:00 answer");
}

TEST_CASE("pair: a join before its lost bridge gives nobody up", "[call]") {
    call_script s = joining();
    CHECK(s.feed(refused(act::join, 404, 0)).empty());  // «Bridge not found», and no word of the bridge so far
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.pass(1s).empty());
    CHECK(s.feed(refused(act::bridge, 0)).empty());
    CHECK(s.pass(200ms) == "bridge join:00");
    CHECK(s.feed(did(act::bridge)).empty());
    CHECK(s.feed(did(act::join, 0)).empty());
    CHECK(s.pass(1h).empty());  // they talk
}

TEST_CASE("pair: three refusals of one join are one", "[call]") {
    call_script s = joining();
    CHECK(s.feed(refused(act::bridge, 500)).empty());
    CHECK(s.feed(refused(act::join, 500, 0)).empty());
    CHECK(s.feed(refused(act::answer, 500)).empty());
    CHECK(s.pass(200ms) == "bridge join:00 answer");
    CHECK(s.feed(did(act::bridge)).empty());
    CHECK(s.feed(did(act::join, 0)).empty());
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.pass(1h).empty());  // they talk
}

TEST_CASE("pair: a join that meets somebody gone waits for the word who it is", "[call]") {
    call_script panel = joining();
    CHECK(panel.feed(refused(act::join, 400, 0)).empty());
    CHECK(panel.after(100ms, panel_gone()) == "drop:00/normal return:" + own);

    call_script callee = joining();
    CHECK(callee.feed(refused(act::join, 400, 0)).empty());
    CHECK(callee.after(100ms, ended(0)) == "call:01=r2/" + own + " alert(first_try)");

    call_script nobody_tells = joining();
    CHECK(nobody_tells.feed(refused(act::join, 400, 0)).empty());
    CHECK(nobody_tells.pass(200ms) == "drop:00/normal call:01=r2/" + own + " alert(first_try)");
}

TEST_CASE("pair: a join that Asterisk never answers is given up for another try", "[call]") {
    call_script s = joining();
    CHECK(s.pass(4'999ms).empty());
    CHECK(s.pass(1ms) == "drop:00/normal call:01=r2/" + own + " alert(first_try)");
    CHECK(s.alerts().at(0).note == "asterisk did not join in time");
}

TEST_CASE("pair: refusals that come when the two talk change nothing", "[call]") {
    call_script s = talking();
    CHECK(s.feed(refused(act::bridge, 500)).empty());
    CHECK(s.feed(refused(act::join, 400, 0)).empty());
    CHECK(s.feed(refused(act::answer, 500)).empty());
    CHECK(s.feed(refused(act::sound, 500)).empty());
    CHECK(s.pass(1h).empty());
}

TEST_CASE("pair: a dial whose reply was lost is believed when the leg tells of itself", "[call]") {
    call_script rings = called();
    rings.feed(ringing(0));
    CHECK(rings.after(1s, refused(act::dial, 0, 0)).empty());
    CHECK(rings.feed(answered(0)) == "bridge join:00 answer");

    call_script joins = joining();
    CHECK(joins.feed(refused(act::dial, 0, 0)).empty());

    call_script talks = talking();
    CHECK(talks.feed(refused(act::dial, 0, 0)).empty());
    CHECK(talks.board().legs() == 1);
}

// ---- legs that were given up

TEST_CASE("pair: a leg that was given up and rings after all is hung up until it is gone", "[call]") {
    call_script s = called();
    s.feed(refused(act::dial, 0, 0));
    s.feed(refused(act::drop_leg, 404, 0));
    CHECK(s.feed(ringing(0)) == "drop:00/normal");
    CHECK(s.feed(refused(act::drop_leg, 500, 0)).empty());
    CHECK(s.pass(2s) == "drop:00/normal");
    CHECK(s.feed(ended(0)).empty());
    CHECK(s.pass(2s).empty());
}

TEST_CASE("pair: a leg that was given up is told again while another one talks", "[call]") {
    call_script s = rung();
    CHECK(s.pass(61s).find("drop:00/normal call:01=r2") == 0);
    s.feed(did(act::dial, 1));
    s.feed(did(act::join, 1));
    s.feed(refused(act::drop_leg, 503, 0));
    CHECK(s.feed(answered(1)) == "answer");
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.pass(2s) == "drop:00/normal");
    CHECK(s.feed(answered(0)) == "drop:00/normal");
    CHECK(s.feed(ended(0)).empty());
    CHECK(s.board().legs() == 1);
}

// ---- the end

TEST_CASE("pair: an end is asked for again until Asterisk says that everything is gone", "[call]") {
    call_script s = talking();
    s.feed(ended(0));
    CHECK(s.pass(2s) == "panel:normal");
    CHECK(s.feed(refused(act::drop_panel, 500)).empty());
    CHECK(s.pass(2s) == "panel:normal");
    CHECK(s.feed(refused(act::drop_panel, 404)) == "unbridge");
    CHECK(s.pass(2s) == "unbridge");
    CHECK(s.feed(refused(act::remove_bridge, 500)).empty());
    CHECK(s.pass(2s) == "unbridge");
    CHECK(s.feed(refused(act::remove_bridge, 404)) == "freed sos_record:answered/callee");
}

TEST_CASE("pair: a leg that is gone already is gone", "[call]") {
    call_script s = talking();
    s.feed(panel_gone());
    CHECK(s.feed(refused(act::drop_leg, 404, 0)) == "unbridge");
    CHECK(s.feed(ended(0)).empty());
    CHECK(s.feed(panel_gone()).empty());
}

TEST_CASE("pair: an end that Asterisk never confirms is over all the same, and the record says so", "[call]") {
    call_script s = talking();
    s.feed(panel_gone());
    const std::string words = s.pass(20s);
    CHECK(words.find("drop:00/normal") == 0);
    CHECK(words.ends_with("freed sos_record:answered/panel"));
    CHECK(s.sos_record().note == "asterisk did not confirm the end");
    CHECK(s.board().next_deadline() == never);
    CHECK(s.feed(ringing(0)) == "stray:" + channel_name(leg(0)));
}

TEST_CASE("pair: a panel that cannot be given back is given back again, and not twice where it went on", "[call]") {
    call_script s = called(with_tries(1));
    s.feed(ended(0, 17, 486));
    CHECK(s.feed(refused(act::give_back, 500)).empty());
    CHECK(s.pass(200ms) == "give_back");
    CHECK(s.pass(4s).empty());
    CHECK(s.feed(refused(act::give_back, 409)) == "freed sos_record:failed/no_route");

    call_script gone = called(with_tries(1));
    gone.feed(ended(0, 17, 486));
    CHECK(gone.feed(refused(act::give_back, 404)) == "freed sos_record:failed/no_route");
}

// ---- the line is lost

TEST_CASE("pair: a callee that is gone after a cut is missed before the answer, and ends the talk after it", "[call]") {
    call_script calling = called();
    CHECK(after_a_gap(calling, {panel_is_there}) == "call:01=r2/" + own + " alert(first_try)");
    call_script rings = rung();
    CHECK(after_a_gap(rings, {panel_is_there}) == "call:01=r2/" + own + " alert(first_try)");
    call_script joins = joining();
    CHECK(after_a_gap(joins, {panel_is_there}) == "call:01=r2/" + own + " alert(first_try)");
    call_script talks = talking();
    CHECK(after_a_gap(talks, {panel_is_there}) == "panel:normal return:" + own);
}

TEST_CASE("pair: a panel that is gone after a cut has left", "[call]") {
    call_script finding;
    finding.start_sos();
    CHECK(after_a_gap(finding, {}).ends_with("unbridge"));  // it was seen, whoever made it
    CHECK(finding.feed(did(act::remove_bridge)).ends_with("freed sos_record:cancelled/panel"));
    call_script rings = rung();
    CHECK(after_a_gap(rings, {leg_is(0, seen::condition::ringing)}) == "drop:00/normal return:" + own);
    call_script joins = joining();
    CHECK(after_a_gap(joins, {leg_is(0, seen::condition::up)}) == "drop:00/normal return:" + own);
    call_script talks = talking();
    CHECK(after_a_gap(talks, {leg_is(0, seen::condition::up)}) == "drop:00/normal return:" + own);
    talks.feed(ended(0));
    CHECK(talks.feed(did(act::remove_bridge)) == "freed sos_record:answered/panel");
    call_script ends = talking();
    ends.feed(panel_gone());
    CHECK(after_a_gap(ends, {}).ends_with("unbridge"));
}

TEST_CASE("pair: what happened during a cut is seen after it", "[call]") {
    call_script answers = rung();
    CHECK(after_a_gap(answers, {panel_is_there, leg_is(0, seen::condition::up)}) == "answer");
    CHECK(answers.feed(answered(0)).empty());
    call_script rings = called();
    CHECK(after_a_gap(rings, {panel_is_there, leg_is(0, seen::condition::ringing)}).empty());
    CHECK(rings.pass(20s).empty());  // it rings, so the silence limit is none of its
    call_script waits = called();
    CHECK(after_a_gap(waits, {panel_is_there, leg_is(0, seen::condition::waiting)}).empty());
    CHECK(waits.pass(10s) == "drop:00/normal call:01=r2/" + own + " alert(first_try)");
}

TEST_CASE("pair: a leg that was called after the cut is not gone because the picture is older", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(call::pbx_line_lost{call::line::sos});
    s.after(10ms, site());
    s.feed(lent());
    s.feed(mapped());
    seen picture;
    picture.channels = {panel_is_there};
    picture.which = call::line::sos;
    CHECK(s.after(1s, picture).empty());
}

TEST_CASE("pair: a leg that was given up and is there after a cut is hung up", "[call]") {
    call_script s = called();
    s.feed(refused(act::dial, 0, 0));
    s.feed(refused(act::drop_leg, 404, 0));
    CHECK(after_a_gap(s, {panel_is_there, leg_is(0, seen::condition::ringing), leg_is(1, seen::condition::ringing)}) ==
          "drop:00/normal");
}

TEST_CASE("pair: the door line's cuts and pictures are none of its", "[call]") {
    call_script s = talking();
    s.feed(call::pbx_line_lost{call::line::door});
    CHECK(s.feed(call::pbx_seen{}).empty());
    s.feed(call::pbx_line_lost{call::line::sos});
    CHECK(s.feed(call::pbx_seen{}).empty());
    CHECK(s.board().legs() == 1);
}
