#include "panel/redis_url.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::panel;

TEST_CASE("redis URL: host, port and database", "[panel]") {
    CHECK(*read_redis_url("redis://10.0.0.9:6380/3") == redis_place{"10.0.0.9", 6380, 3});
    CHECK(*read_redis_url("redis://redis.local") == redis_place{"redis.local", 6379, 0});
    CHECK(*read_redis_url("redis://redis.local/") == redis_place{"redis.local", 6379, 0});
    CHECK(*read_redis_url("redis://[::1]:6380/1") == redis_place{"::1", 6380, 1});
    CHECK(*read_redis_url("redis://[::1]") == redis_place{"::1", 6379, 0});
}

TEST_CASE("redis URL: anything else is refused with the remedy", "[panel]") {
    for (const char* url : {"", "http://h", "redis://", "redis://:6379", "redis://h:", "redis://h:0", "redis://h:65536",
                            "redis://h:6379x", "redis://h/x", "redis://h/-1", "redis://[]:1", "redis://[::1]6379"}) {
        CAPTURE(url);
        const auto read = read_redis_url(url);
        REQUIRE_FALSE(read);
        CHECK(read.why().text.find("redis://host:port/db") != std::string::npos);
    }
}

TEST_CASE("redis URL: a password in it is refused and not repeated", "[panel]") {
    const auto read = read_redis_url("redis://user:hunter2@h/0");
    REQUIRE_FALSE(read);
    CHECK(read.why().text.find("hunter2") == std::string::npos);
}
