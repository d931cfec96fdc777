// Both are asked to talk, and the replies are lost: whether they do is what Asterisk shows when the line is back.

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;
using seen = call::pbx_seen;

namespace {

enum class is : std::uint8_t { alone, joined };

seen::channel panel(is how, seen::condition state = seen::condition::up) {
    return {the_panel, state, how == is::joined};
}

seen::channel callee(is how) {
    return {channel_id{channel_name(leg(0))}, seen::condition::up, how == is::joined};
}

std::string sees(call_script& s, std::vector<seen::channel> channels, call::line which = call::line::door) {
    return s.feed(seen{std::move(channels), {the_call}, which});
}

/// Answered 2 s after the arrival, and not a word about the join; the loss of the line is noticed 2 s later.
call_script unheard_door() {
    call_script s;
    s.start();
    s.feed(described());
    s.feed(accounts(1));
    s.after(1s, ringing(0));
    CHECK(s.after(1s, answered(0)).find("answer join:00") != std::string::npos);
    CHECK(s.after(2s, call::pbx_line_lost{}).empty());
    return s;
}

call_script unheard_operator() {
    call_script s;
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    s.after(1s, ringing(0));
    CHECK(s.after(1s, answered(0)) == "bridge join:00 answer");
    CHECK(s.after(2s, call::pbx_line_lost{call::line::sos}).empty());
    return s;
}

}  // namespace

TEST_CASE("lost join: two who were joined talk, from the answer to the talk limit", "[call]") {
    call_script s = unheard_door();
    s.after(1s, refused(act::answer, 0));
    CHECK(s.feed(refused(act::join, 0, 0)).empty());
    CHECK(s.pass(10s).empty());
    CHECK(sees(s, {panel(is::joined), callee(is::joined)}).empty());
    CHECK(s.pass(106s).empty());  // the answer was 13 s ago
    CHECK(s.pass(1s) == "panel:normal drop:00/normal");
    s.feed(panel_gone());
    s.feed(ended(0));
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/talk_limit");
    CHECK(s.record().talk_ms == 120'000);
}

TEST_CASE("lost join: who was not joined is asked for again, with the whole time", "[call]") {
    call_script s = unheard_door();
    const int status = GENERATE(0, 400, 404, 500);
    s.after(1s, refused(act::answer, status));
    s.feed(refused(act::bridge, status));
    CHECK(s.feed(refused(act::join, status, 0)).empty());
    CHECK(s.pass(10s).empty());
    CHECK(sees(s, {panel(is::alone, seen::condition::waiting), callee(is::alone)}) == "answer join:00");
    CHECK(s.pass(4900ms).empty());
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    CHECK(s.pass(119s).empty());
    CHECK(s.pass(1s) == "panel:normal drop:00/normal");
}

TEST_CASE("lost join: a panel that is seen waiting was not answered, whoever stands in the bridge", "[call]") {
    call_script s = unheard_door();
    CHECK(sees(s, {panel(is::joined, seen::condition::waiting), callee(is::joined)}) == "answer join:00");
    CHECK(s.feed(did(act::answer)).empty());
    CHECK(s.feed(panel_gone()).find("drop:00/normal") == 0);
    s.feed(ended(0));
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/panel");
}

TEST_CASE("lost join: whoever is left in the bridge tells that the two have talked", "[call]") {
    SECTION("the visitor went") {
        call_script s = unheard_door();
        CHECK(sees(s, {callee(is::joined)}) == "drop:00/normal");
        s.feed(ended(0));
        CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/lost");
        CHECK(s.record().answered_by == account_id{"a1"});
        CHECK(s.record().talk_ms == 2'000);
    }
    SECTION("the resident went") {
        call_script s = unheard_door();
        CHECK(sees(s, {panel(is::joined)}) == "panel:normal");
        s.feed(panel_gone());
        CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/lost");
    }
    SECTION("one is left, and not in the bridge") {
        call_script s = unheard_door();
        CHECK(sees(s, {callee(is::alone)}) == "drop:00/normal");
        s.feed(ended(0));
        CHECK(s.feed(did(act::remove_bridge)) == "freed record:cancelled/lost");
    }
}

TEST_CASE("lost join: as long as the two may talk, nobody parts them for want of the line", "[call]") {
    call_script s = unheard_door();
    CHECK(s.pass(100s).empty());
    CHECK(s.pass(25s).find("panel:congestion drop:00/normal") == 0);
    s.feed(panel_gone());
    s.feed(ended(0));
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:failed/pbx");
}

TEST_CASE("lost join: replies that are heard after somebody left tell that the two have talked", "[call]") {
    call_script s;
    s.start();
    s.feed(described());
    s.feed(accounts(1));
    s.after(1s, answered(0));
    s.after(3s, panel_gone());  // a process that stood still hears everything at once, in any order
    CHECK(s.feed(did(act::answer)).empty());
    SECTION("both of them") {
        s.feed(did(act::join, 0));
        s.feed(ended(0));
        CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/panel");
        CHECK(s.record().talk_ms == 3'000);
        CHECK(s.record().answered_by == account_id{"a1"});
    }
    SECTION("one is not enough") {
        s.feed(refused(act::join, 400, 0));
        s.feed(ended(0));
        CHECK(s.feed(did(act::remove_bridge)) == "freed record:cancelled/panel");
        CHECK(s.record().talk_ms == 0);
    }
}

TEST_CASE("lost join: an operator who talks is not called again", "[call]") {
    call_script s = unheard_operator();
    s.after(1s, refused(act::join, 0, 0));
    s.feed(refused(act::answer, 0));
    CHECK(s.pass(10s).empty());
    SECTION("both stand in the bridge") {
        CHECK(sees(s, {panel(is::joined), callee(is::joined)}, call::line::sos).empty());
    }
    SECTION("neither does") {
        CHECK(sees(s, {panel(is::alone, seen::condition::waiting), callee(is::alone)}, call::line::sos) ==
              "join:00 answer");
        s.feed(did(act::join, 0));
        s.feed(did(act::answer));
    }
    SECTION("the panel was not answered") {
        CHECK(sees(s, {panel(is::joined, seen::condition::waiting), callee(is::joined)}, call::line::sos) == "answer");
        s.feed(did(act::answer));
    }
    CHECK(s.pass(300s).empty());
    CHECK(s.feed(panel_gone()).find("drop:00/normal") == 0);
    s.feed(ended(0));
    CHECK(s.feed(did(act::remove_bridge)) == "freed sos_record:answered/panel");
}

TEST_CASE("lost join: an operator who talked and is gone is not called again", "[call]") {
    call_script s = unheard_operator();
    SECTION("the panel is left in the bridge") {
        CHECK(sees(s, {panel(is::joined)}, call::line::sos).find("panel:normal") == 0);
        s.feed(panel_gone());
        CHECK(s.feed(did(act::remove_bridge)) == "freed sos_record:answered/callee");
    }
    SECTION("the panel stands alone: another try") {
        CHECK(sees(s, {panel(is::alone)}, call::line::sos).find("call:01=") != std::string::npos);
    }
}

TEST_CASE("lost join: an operator's line that stays lost parts nobody", "[call]") {
    call_script s = unheard_operator();
    CHECK(s.pass(4h - 10s).empty());
    CHECK(s.pass(20s).find("drop:00/normal") != std::string::npos);
}

TEST_CASE("lost join: an emergency talk whose replies come after its end is an answered call", "[call]") {
    call_script s;
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    s.after(2s, answered(0));
    s.after(4s, panel_gone());
    s.feed(did(act::join, 0));
    s.feed(did(act::answer));
    s.feed(ended(0));
    CHECK(s.feed(did(act::remove_bridge)) == "freed sos_record:answered/panel");
}
