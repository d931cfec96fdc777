// Legs that do not go as they should: seeds of the simulated world that rang a phone too long, as scripts.

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;

namespace {

call_script two_dialled() {
    call_script s;
    s.start();
    s.feed(accounts(2));
    return s;
}

bool has(const std::string& words, const std::string& wanted) {
    return words.find(wanted) != std::string::npos;
}

}  // namespace

TEST_CASE("door call: an account that the CRM names twice is rung once", "[call]") {
    call_script s;
    s.start();
    call::accounts_found twice = accounts(2);
    twice.flat.accounts.push_back(twice.flat.accounts.front());
    CHECK(s.feed(twice) == "dial:00=a1 dial:01=a2");
}

TEST_CASE("door call: a loser whose hang-up Asterisk refuses is told again, or it rings on while another talks",
          "[call]") {
    call_script s = two_dialled();
    s.feed(ringing(1));
    CHECK(has(s.feed(answered(0)), "drop:01/answered_elsewhere"));
    s.feed(refused(act::drop_leg, 503, 1));
    CHECK(has(s.pass(2s), "drop:01/answered_elsewhere"));
    s.feed(ended(1, 26));
    CHECK_FALSE(has(s.pass(2500ms), "drop:01"));
}

TEST_CASE("door call: a leg that was given up and rings after all is hung up until it is gone", "[call]") {
    call_script s = two_dialled();
    CHECK(s.feed(refused(act::dial, 0, 0)) == "drop:00/normal");
    s.feed(refused(act::drop_leg, 404, 0));
    CHECK(has(s.feed(ringing(0)), "drop:00/normal"));
    s.feed(refused(act::drop_leg, 500, 0));
    CHECK(has(s.pass(2s), "drop:00/normal"));
    s.feed(ended(0));
    CHECK_FALSE(has(s.pass(2500ms), "drop:00"));
}

TEST_CASE("door call: a given-up leg that only the list after a cut shows is hung up", "[call]") {
    call_script s = two_dialled();
    s.feed(refused(act::dial, 0, 0));
    s.feed(refused(act::drop_leg, 404, 0));
    s.feed(call::pbx_line_lost{});
    call::pbx_seen seen;
    for (const std::string& name : {the_panel.text(), channel_name(leg(0)), channel_name(leg(1))}) {
        seen.channels.push_back({channel_id(name), call::pbx_seen::condition::ringing});
    }
    const std::string words = s.feed(seen);
    CHECK(has(words, "drop:00/normal"));
    CHECK_FALSE(has(words, "drop:01"));
}
