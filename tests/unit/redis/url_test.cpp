#include "redis/url.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::redis;

TEST_CASE("redis URL: host, port and database", "[redis]") {
    CHECK(*read_url("redis://10.0.0.9:6380/3") == place{"10.0.0.9", 6380, 3});
    CHECK(*read_url("redis://redis.local") == place{"redis.local", 6379, 0});
    CHECK(*read_url("redis://redis.local/") == place{"redis.local", 6379, 0});
    CHECK(*read_url("redis://[::1]:6380/1") == place{"::1", 6380, 1});
    CHECK(*read_url("redis://[::1]") == place{"::1", 6379, 0});
    CHECK(*read_url("redis://tdctl@h:1/2") == place{"h", 1, 2, "tdctl"});
    CHECK(*read_url("redis://tdctl@[::1]") == place{"::1", 6379, 0, "tdctl"});
    CHECK(text_of_place(*read_url("redis://tdctl@h:1/2")) == "Redis at h:1/2");
    CHECK(text_of_place(*read_url("redis://[::1]")) == "Redis at [::1]:6379/0");
}

TEST_CASE("redis URL: anything else is refused with the remedy", "[redis]") {
    for (const char* url : {"", "http://h", "redis://", "redis://:6379", "redis://h:", "redis://h:0", "redis://h:65536",
                            "redis://h:6379x", "redis://@h", "redis://a/b@h", "redis://a b@h", "redis://a@b@h",
                            "redis://a@", "redis://h/x", "redis://h/-1", "redis://[]:1", "redis://[::1]6379"}) {
        CAPTURE(url);
        const auto read = read_url(url);
        REQUIRE_FALSE(read);
        CHECK(read.why().text.find("redis://host:port/db") != std::string::npos);
    }
}

TEST_CASE("redis URL: a password in it is refused and not repeated", "[redis]") {
    const auto read = read_url("redis://user:hunter2@h/0");
    REQUIRE_FALSE(read);
    CHECK(read.why().text.find("hunter2") == std::string::npos);
}
