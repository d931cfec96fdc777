// What was gone when the line to Asterisk came back: nobody told how it ended, and the record does not pretend to know.

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;
using seen = call::pbx_seen;

namespace {

call_script two_rung() {
    call_script s;
    s.start();
    s.feed(described());
    s.feed(accounts(2));
    s.after(1s, ringing(0));
    return s;
}

call_script joining() {
    call_script s = two_rung();
    s.after(1s, answered(0));
    s.feed(ended(1, 26));
    s.feed(did(act::bridge));
    return s;
}

call_script talking() {
    call_script s = joining();
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    return s;
}

/// The line is lost, and a second later this is what Asterisk holds.
std::string after_a_gap(call_script& s, std::vector<seen::channel> channels) {
    s.after(1s, call::pbx_line_lost{});
    seen picture;
    picture.channels = std::move(channels);
    picture.bridges = {the_call};
    return s.after(1s, picture);
}

const seen::channel panel_is_there{the_panel, seen::condition::up};
const seen::channel winner_is_there{channel_id{channel_name(leg(0))}, seen::condition::up};

}  // namespace

TEST_CASE("lost line: a talk whose resident is gone ended by nobody knows whom", "[call]") {
    call_script s = talking();
    CHECK(after_a_gap(s, {panel_is_there}) == "panel:normal");
    s.feed(panel_gone());
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/lost");
    CHECK(s.record().legs.at(0).why == call::leg_why::answered);
}

TEST_CASE("lost line: a talk whose panel is gone did too", "[call]") {
    call_script s = talking();
    CHECK(after_a_gap(s, {winner_is_there}) == "drop:00/normal");
    s.feed(ended(0));
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/lost");
}

TEST_CASE("lost line: a panel that is gone while it rings or joins is a call cancelled by nobody knows whom",
          "[call]") {
    call_script rings = two_rung();
    CHECK(after_a_gap(rings, {}) == "push:ended/cancelled(d1,d2) unbridge");
    CHECK(rings.feed(did(act::remove_bridge)) == "freed record:cancelled/lost");

    call_script joins = joining();
    after_a_gap(joins, {winner_is_there});
    joins.feed(ended(0));
    CHECK(joins.feed(did(act::remove_bridge)) == "freed record:cancelled/lost");
}

TEST_CASE("lost line: a winner that is gone before the two could talk fails the call", "[call]") {
    call_script s = joining();
    CHECK(after_a_gap(s, {panel_is_there}) == "panel:congestion");
    s.feed(panel_gone());
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:failed/lost");
}

TEST_CASE("lost line: a phone that rang and is gone is not dialled again, one that was silent is", "[call]") {
    call_script s = two_rung();
    CHECK(after_a_gap(s, {{the_panel, seen::condition::waiting}}).empty());
    CHECK(s.pass(1s) == "dial:02=a2");
    s.feed(panel_gone());
    s.feed(ended(2));
    s.feed(did(act::remove_bridge));
    CHECK(s.record().legs.at(0).why == call::leg_why::lost);
    CHECK(s.record().legs.at(1).attempts == 2);
}

TEST_CASE("lost line: a phone that was lost is dialled again when it registers", "[call]") {
    call_script s = two_rung();
    after_a_gap(s, {{the_panel, seen::condition::waiting}});
    CHECK(s.feed(call::account_registered{account_id{"a1"}}) == "dial:02=a1");
}

TEST_CASE("lost line: where every phone rang and is gone, the call was lost", "[call]") {
    call_script s = two_rung();
    s.feed(ringing(1));
    CHECK(after_a_gap(s, {{the_panel, seen::condition::waiting}}) == "panel:no_answer push:ended/missed(d1,d2)");
    s.feed(panel_gone());
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:missed/lost");
}
