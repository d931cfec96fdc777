#include "feed/broker_line.hpp"

#include "catch.hpp"

namespace td::feed {
namespace {

TEST_CASE("broker_line: the vhost of a URL", "[feed]") {
    CHECK(vhost_of_path("") == "/");
    CHECK(vhost_of_path("/") == "/");
    CHECK(vhost_of_path("/%2f") == "/");
    CHECK(vhost_of_path("/td") == "td");
    CHECK(vhost_of_path("/td%20calls%2Fnorth") == "td calls/north");
    CHECK_FALSE(vhost_of_path("/td%2"));
    CHECK_FALSE(vhost_of_path("/td%zz"));
    CHECK_FALSE(vhost_of_path("/td%00"));
    CHECK_FALSE(vhost_of_path("/" + std::string(256, 'v')));
}

TEST_CASE("broker_line: a port that nobody listens on is unreachable", "[feed]") {
    const auto opened = broker_line::open({"127.0.0.1", 1, "td", "/", "td.calls"}, secret("p"), {});
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.why().kind == failure_kind::unreachable);
}

}  // namespace
}  // namespace td::feed
