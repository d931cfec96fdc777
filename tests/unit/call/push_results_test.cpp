// What the record says of every phone that was pushed: answers to repeats speak only of those that were asked.

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;

namespace {

using devices = std::vector<device_id>;

call::push_failed failed(const char* reason, devices asked) {
    return {the_call, call::push_kind::ring, reason, std::move(asked)};
}
call::push_answered taken(devices asked, std::vector<call::push_answered::rejection> rejected = {}) {
    return {the_call, call::push_kind::ring, std::move(rejected), std::move(asked)};
}

/// Two phones are asked, and five seconds later the second one again, because the first one rings.
call_script second_asked_again() {
    call_script s;
    s.start();
    s.feed(described());
    s.feed(accounts(2));
    s.feed(ringing(0));
    CHECK(s.pass(5s) == "push:ring(d2)");
    return s;
}

std::string told_of(call_script& s) {
    s.feed(panel_gone());
    s.feed(ended(0));
    s.feed(ended(1));
    s.feed(did(act::remove_bridge));
    std::string words;
    for (const call::push_record& each : s.record().pushes) {
        words.append(words.empty() ? "" : " ").append(each.device.text()).append("=");
        words.append(each.accepted ? "accepted" : each.reason);
    }
    return words;
}

}  // namespace

TEST_CASE("pushes: the answer to a repeat says nothing of a phone that was not asked", "[call]") {
    call_script s = second_asked_again();
    s.feed(taken({device_id{"d2"}}));
    CHECK(told_of(s) == "d1=no_reply d2=accepted");
}

TEST_CASE("pushes: the failure of a repeat says nothing of a phone that was not asked", "[call]") {
    call_script s = second_asked_again();
    s.feed(failed("timeout", {device_id{"d2"}}));
    CHECK(told_of(s) == "d1=no_reply d2=timeout");
}

TEST_CASE("pushes: a phone that took a later push was reached, whatever became of the first", "[call]") {
    call_script s = second_asked_again();
    s.feed(failed("timeout", {device_id{"d1"}, device_id{"d2"}}));
    s.feed(taken({device_id{"d2"}}));
    CHECK(told_of(s) == "d1=timeout d2=accepted");
}

TEST_CASE("pushes: a phone that took a push and rejects the next one was reached, and is asked no more", "[call]") {
    call_script s = second_asked_again();
    s.feed(taken({device_id{"d2"}}, {{device_id{"d2"}, "broken_token"}}));
    s.feed(taken({device_id{"d1"}, device_id{"d2"}}));
    CHECK(s.pass(5s).empty());
    CHECK(told_of(s) == "d1=accepted d2=accepted");
}

TEST_CASE("pushes: an answer that does not say whom it was about is about all", "[call]") {
    call_script s = second_asked_again();
    s.feed(taken({}, {{device_id{"d2"}, "broken_token"}}));
    CHECK(told_of(s) == "d1=accepted d2=broken_token");
}
