#include "push/codec.hpp"

#include "catch.hpp"
#include "push/patience.hpp"

using namespace td;
using namespace td::push;

namespace {

const instant noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

call::push ring() {
    call::push wish;
    wish.call = *call_id::parse("01k8zx0000000000000000000a");
    wish.panel = panel_id{"5001"};
    wish.flat = flat_id{"12"};
    wish.title = "Lenina 1, entrance 2";
    wish.deadline = noon + 45s;
    wish.targets = {{account_id{"79001112233"}, device_id{"d1"}, "ios"},
                    {account_id{"79001112233"}, device_id{"d2"}, ""}};
    return wish;
}

std::string told(const result<rejections>& read) {
    if (!read) {
        return read.why().text;
    }
    std::string text;
    for (const auto& each : *read) {
        text += (text.empty() ? "" : " ") + each.device.text() + ":" + each.reason;
    }
    return text;
}

}  // namespace

TEST_CASE("push body: a ring as the contract says", "[push]") {
    CHECK(
        body_of(ring(), noon) ==
        R"({"call":"01k8zx0000000000000000000a","kind":"ring","panel":"5001","flat":"12","title":"Lenina 1, entrance 2",)"
        R"("sent_at":"2026-11-23T12:00:00.000Z","deadline":"2026-11-23T12:00:45.000Z","ttl_ms":45000,)"
        R"("devices":[{"account":"79001112233","device":"d1","platform":"ios"},)"
        R"({"account":"79001112233","device":"d2","platform":""}]})");
}

TEST_CASE("push body: an end says why, and no time to live is negative", "[push]") {
    call::push wish = ring();
    wish.kind = call::push_kind::ended;
    wish.end = call::push_end::answered_elsewhere;
    wish.targets.clear();
    const std::string body = body_of(wish, noon + 1h);
    CHECK(body.find(R"("kind":"ended","reason":"answered_elsewhere",)") != std::string::npos);
    CHECK(body.find(R"("ttl_ms":0,"devices":[]})") != std::string::npos);
}

TEST_CASE("push body: hostile texts stay JSON", "[push]") {
    call::push wish = ring();
    wish.title = "a\"\\\n\x1b\xff";
    wish.flat = flat_id{"Ж\xc3"};
    wish.targets.clear();
    const std::string body = body_of(wish, noon);
    CHECK(body.find(R"("title":"a\"\\\n\u001b\ufffd")") != std::string::npos);
    CHECK(body.find("\"flat\":\"Ж\\ufffd\"") != std::string::npos);
}

TEST_CASE("push reply: rejected devices with their reasons", "[push]") {
    CHECK(told(read_reply(202, R"({"accepted":2,"rejected":[]})", ring())).empty());
    CHECK(told(read_reply(202, R"({"accepted":1,"rejected":[{"device":"d1","reason":"broken_token"}]})", ring())) ==
          "d1:broken_token");
    CHECK(told(read_reply(202, R"({"rejected":[{"device":"d2"},{"reason":"x"},7,{"device":"d1","reason":5}]})",
                          ring())) == "d2:unknown d1:unknown");
}

TEST_CASE("push reply: devices nobody asked for, doubles and hostile reasons do no harm", "[push]") {
    CHECK(told(read_reply(202, R"({"rejected":[{"device":"d9","reason":"x"},{"device":"d1","reason":"a\u001b\n"},
                                               {"device":"d1","reason":"again"}]})",
                          ring())) == "d1:a??");
    const std::string endless(1000, 'r');
    CHECK(told(read_reply(202, R"({"rejected":[{"device":"d1","reason":")" + endless + "\"}]}", ring())).size() ==
          3 + 64);
}

TEST_CASE("push reply: any 2xx is accepted, also with a body that cannot be read; nothing else is", "[push]") {
    for (const char* body : {"", "OK", "[]", "{\"rejected\":{}}", "{\"rejected\":[", "\xff"}) {
        CAPTURE(body);
        CHECK(told(read_reply(202, body, ring())).empty());
        CHECK(told(read_reply(200, body, ring())).empty());
        CHECK(told(read_reply(503, body, ring())) == "status_503");
        CHECK(told(read_reply(302, body, ring())) == "status_302");
    }
}

TEST_CASE("patience: a ring is never tried again, an end is until its limit", "[push]") {
    const failure timeout{failure_kind::unreachable, "timeout"};
    const auto ended = call::push_kind::ended;
    CHECK(pause_before_next_try(call::push_kind::ring, timeout, 1, 0s, 10s) == std::nullopt);
    CHECK(pause_before_next_try(ended, timeout, 1, 0s, 10s) == 250ms);
    CHECK(pause_before_next_try(ended, timeout, 2, 1s, 10s) == 500ms);
    CHECK(pause_before_next_try(ended, timeout, 5, 5s, 10s) == 4s);
    CHECK(pause_before_next_try(ended, timeout, 5, 6s, 10s) == std::nullopt);
    CHECK(pause_before_next_try(ended, timeout, 1000, 0s, 10s) == std::nullopt);
}

TEST_CASE("patience: a server that said no is not asked again, one that is too busy is", "[push]") {
    const auto after = [](const char* reason) {
        return pause_before_next_try(call::push_kind::ended, {failure_kind::refused, reason}, 1, 0s, 10s).has_value();
    };
    CHECK_FALSE(after("status_400"));
    CHECK_FALSE(after("status_404"));
    CHECK(after("status_429"));
    CHECK(after("status_408"));
    CHECK(after("status_503"));
    CHECK(after("refused"));
    CHECK(after("full"));
}
