// The client where Asterisk does not let it in, or not act, or gives its application to another.

#include "ari/client.hpp"

#include "catch.hpp"
#include "client_stage.hpp"

using namespace td;
using namespace td::ari;
using namespace td::test;

TEST_CASE("client: a wrong password and a lost application are told once and end it", "[ari]") {
    stage s;
    SECTION("401") {
        s.server.handshake = 401;
        s.worker->start();
        REQUIRE(s.until([&] { return !s.fatal.empty(); }));
        CHECK(s.fatal[0].kind == failure_kind::not_allowed);
    }
    SECTION("ApplicationReplaced") {
        s.connect();
        s.server.tell(R"({"type":"ApplicationReplaced","application":"td"})");
        REQUIRE(s.until([&] { return !s.fatal.empty(); }));
        CHECK(s.fatal[0].kind == failure_kind::taken);
    }
    const std::size_t before = s.server.sockets_made();
    s.until([] { return false; }, 500ms);
    CHECK(s.fatal.size() == 1);
    CHECK(s.server.sockets_made() == before);
    CHECK_FALSE(s.worker->connected());
}

TEST_CASE("client: who may only read takes no application", "[ari]") {
    stage s;
    s.once("DELETE /ari/channels/td.nobody", {403, R"({"message":"Write access denied"})"});
    s.worker->start();
    REQUIRE(s.until([&] { return !s.fatal.empty(); }));
    CHECK(s.fatal[0].kind == failure_kind::not_allowed);
    CHECK(s.fatal[0].text.find("may only read") != std::string::npos);
    s.until([] { return false; }, 300ms);
    CHECK(s.server.handshake_targets().empty());
    CHECK(s.server.seen().size() == 1);
}

TEST_CASE("client: asks what it may and takes nothing, also when Asterisk is away at first", "[ari]") {
    stage s;
    std::size_t allowed = 0;
    const auto ask = [&] { s.worker->ask([&] { ++allowed; }); };
    SECTION("it may act") {
        ask();
        CHECK(s.until([&] { return allowed == 1; }));
        CHECK(s.fatal.empty());
    }
    SECTION("it may act, but Asterisk is away at first") {
        s.server.die();
        ask();
        s.until([] { return false; }, 200ms);
        CHECK(allowed == 0);
        s.server.begin_again();
        CHECK(s.until([&] { return allowed == 1; }));
    }
    SECTION("it may only read") {
        s.once("DELETE /ari/channels/td.nobody", {403, "{}"});
        ask();
        CHECK(s.until([&] { return !s.fatal.empty(); }));
        CHECK(allowed == 0);
    }
    s.until([] { return false; }, 200ms);
    CHECK(allowed + s.fatal.size() == 1);
    CHECK(s.server.handshake_targets().empty());
}

TEST_CASE("client: a URL that cannot be used is told, not thrown", "[ari]") {
    stage s(transport::http, [](options& o) { o.url = "https://pbx"; });
    s.worker->start();
    REQUIRE(s.until([&] { return !s.fatal.empty(); }));
    CHECK(s.fatal[0].kind == failure_kind::bad_input);
}
