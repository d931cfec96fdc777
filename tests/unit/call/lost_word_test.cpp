// A request to Asterisk, or its reply, is lost once. What the simulated worlds found is told here as scripts.

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;

namespace {

call_script two_rung() {
    call_script s;
    s.start();
    s.feed(accounts(2));
    s.feed(ringing(0));
    s.feed(did(act::bridge));
    return s;
}

}  // namespace

TEST_CASE("lost word: a talk goes on though the dial of its leg is never confirmed", "[call]") {
    call_script s = two_rung();
    s.feed(answered(0));
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    CHECK(s.feed(refused(act::dial, 0, 0)).empty());
    CHECK(s.after(5s, panel_gone()) == "drop:00/normal");
}

TEST_CASE("lost word: a phone that rings goes on ringing though its dial is never confirmed", "[call]") {
    call_script s = two_rung();
    CHECK(s.feed(refused(act::dial, 0, 0)).empty());
    CHECK(s.feed(answered(0)).find("answer join:00 drop:01/answered_elsewhere") == 0);
}

TEST_CASE("lost word: a bridge that may have been made is removed in any case", "[call]") {
    call_script s;
    s.start();
    s.feed(accounts(1));
    CHECK(s.feed(ringing(0)) == "bridge");
    CHECK(s.feed(refused(act::bridge, 0)).empty());
    s.feed(panel_gone());
    CHECK(s.feed(ended(0)) == "unbridge");
    CHECK(s.feed(refused(act::remove_bridge, 404)) == "freed record:cancelled/panel");
}

TEST_CASE("lost word: a bridge that was never made is made when the join finds none", "[call]") {
    call_script s;
    s.start();
    s.feed(accounts(1));
    s.feed(ringing(0));
    CHECK(s.feed(answered(0)) == "answer join:00");
    CHECK(s.after(1s, refused(act::bridge, 0)).empty());
    s.feed(did(act::answer));
    CHECK(s.feed(refused(act::join, 404, 0)).empty());
    CHECK(s.pass(200ms) == "bridge answer join:00");
    s.feed(did(act::bridge));
    s.feed(did(act::answer));
    CHECK(s.feed(did(act::join, 0)).empty());
    CHECK(s.after(5s, panel_gone()) == "drop:00/normal");
}

TEST_CASE("lost word: a bridge that was made in forgotten moments is removed at the end", "[call]") {
    call_script s;
    s.start();
    s.feed(accounts(1));
    s.feed(call::pbx_line_lost{});
    s.feed(call::memory_recalled{});
    const call::pbx_seen::channel panel{the_panel, call::pbx_seen::condition::waiting};
    const call::pbx_seen::channel phone{channel_id{channel_name(leg(0))}, call::pbx_seen::condition::ringing};
    s.feed(call::pbx_seen{{panel, phone}, {the_call}, call::line::door});
    s.feed(panel_gone());
    CHECK(s.feed(ended(0)) == "unbridge");
}

TEST_CASE("lost word: a leg of forgotten moments goes on ringing though Asterisk is too busy to be asked again",
          "[call]") {
    call_script s;
    s.start();
    s.feed(call::pbx_line_lost{});
    s.feed(call::memory_recalled{});
    const call::pbx_seen::channel panel{the_panel, call::pbx_seen::condition::waiting};
    const call::pbx_seen::channel phone{channel_id{channel_name(leg(0))}, call::pbx_seen::condition::ringing};
    s.feed(call::pbx_seen{{panel, phone}, {}, call::line::door});
    CHECK(s.feed(accounts(1)) == "dial:00=a1");
    CHECK(s.feed(refused(act::dial, 503, 0)).empty());
    CHECK(s.feed(answered(0)).find("join:00") != std::string::npos);
}

TEST_CASE("lost word: a visitor who left in the gap cancelled the call, whatever became of the phones", "[call]") {
    call_script s = two_rung();
    s.after(1s, call::pbx_line_lost{});
    s.after(1s, call::pbx_seen{{}, {the_call}, call::line::door});
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:cancelled/lost");
}
