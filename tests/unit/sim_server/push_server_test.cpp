// Which pushes keep the contract.

#include "sim_server/push_server.hpp"

#include <string>

#include "catch.hpp"

namespace {

using namespace td::sim_server;

const std::string good =
    R"({"call":"c","kind":"ring","panel":"5001","flat":"12","title":"Lenina 1","sent_at":"2026-11-23T02:34:52.076Z",)"
    R"("deadline":"2026-11-23T02:35:37.076Z","ttl_ms":45000,)"
    R"("devices":[{"account":"79001112233","device":"d1","platform":"ios"},{"account":"79001112233","device":"d2"}]})";

std::string with(std::string_view from, std::string_view to) {
    std::string body = good;
    const std::size_t place = body.find(from);
    REQUIRE(place != std::string::npos);
    return body.replace(place, from.size(), to);
}

TEST_CASE("push: one that keeps the contract is read whole", "[sim_server]") {
    const auto news = push_of(good);
    REQUIRE(news);
    CHECK(news->call == "c");
    CHECK(news->panel.text() == "5001");
    CHECK(news->title == "Lenina 1");
    REQUIRE(news->accepted.size() == 2);
    CHECK(news->accepted[0].platform == "ios");
    CHECK(news->accepted[1].device.text() == "d2");
    CHECK(push_of(with(R"("kind":"ring")", R"("kind":"ended","reason":"missed")")));
}

TEST_CASE("push: one that breaks the contract is refused", "[sim_server]") {
    CHECK_FALSE(push_of(""));
    CHECK_FALSE(push_of("[]"));
    CHECK_FALSE(push_of("{}"));
    CHECK_FALSE(push_of(with(R"("kind":"ring")", R"("kind":"rang")")));
    CHECK_FALSE(push_of(with(R"("kind":"ring")", R"("kind":"ended")")));
    CHECK_FALSE(push_of(with(R"("kind":"ring")", R"("kind":"ended","reason":"bored")")));
    CHECK_FALSE(push_of(with("45000", "-1")));
    CHECK_FALSE(push_of(with("45000", "\"45000\"")));
    CHECK_FALSE(push_of(with("2026-11-23T02:35:37.076Z", "soon")));
    CHECK_FALSE(push_of(with(R"("panel":"5001")", R"("panel":5001)")));
    CHECK_FALSE(push_of(with(R"({"account":"79001112233","device":"d1","platform":"ios"})", "7")));
    CHECK_FALSE(push_of(with(R"("device":"d2")", R"("device":"")")));
}

}  // namespace
