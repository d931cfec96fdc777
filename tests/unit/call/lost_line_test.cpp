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

TEST_CASE("lost line: a ring limit that is reached while nobody can hear waits for the picture", "[call]") {
    call_script s = two_rung();
    s.feed(ringing(1));
    s.feed(did(act::bridge));
    s.after(43s, call::pbx_line_lost{});  // 44 s after the dial
    const auto ends = [](const std::string& words) { return words.find("panel:") != std::string::npos; };
    SECTION("somebody answered in the last moment that was not heard") {
        CHECK_FALSE(ends(s.pass(4s)));
        CHECK(s.feed(seen{{panel_is_there, winner_is_there}, {the_call}, call::line::door}) ==
              "answer join:00 drop:01/answered_elsewhere push:ended/answered_elsewhere(d2)");
    }
    SECTION("nobody did") {
        CHECK_FALSE(ends(s.pass(4s)));
        const seen::channel rings{channel_id{channel_name(leg(0))}, seen::condition::ringing};
        CHECK(s.feed(seen{{panel_is_there, rings}, {the_call}, call::line::door}).find("panel:no_answer") == 0);
    }
    SECTION("the line does not come back: nobody is dialled or woken any more, and there is an end to it") {
        CHECK(s.pass(1s).find("dial") == std::string::npos);
        CHECK(s.feed(call::account_registered{account_id{"a2"}}).empty());
        CHECK(s.pass(4900ms).empty());
        CHECK(ends(s.pass(100ms)));
    }
}

TEST_CASE("lost line: an operator's silence is not believed while nobody can hear", "[call]") {
    call_script s(with_tries(3));
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    s.after(10s, call::pbx_line_lost{call::line::sos});
    CHECK(s.pass(6s).empty());
    const auto operator_is = [](seen::condition state) {
        return seen{{panel_is_there, {channel_id{channel_name(leg(0))}, state}}, {the_call}, call::line::sos};
    };
    SECTION("it has answered") {
        CHECK(s.feed(operator_is(seen::condition::up)) == "join:00 answer");
    }
    SECTION("it rings: the attempt goes on") {
        CHECK(s.feed(operator_is(seen::condition::ringing)).empty());
        CHECK(s.pass(45s).empty());
        CHECK(s.after(500ms, answered(0)) == "join:00 answer");
    }
    SECTION("it was silent: the next one") {
        CHECK(s.feed(operator_is(seen::condition::waiting)).find("drop:00/normal call:01=r2") == 0);
    }
    SECTION("the line does not come back") {
        CHECK(s.pass(1s).find("drop:00/normal call:01=r2") == 0);
    }
}
