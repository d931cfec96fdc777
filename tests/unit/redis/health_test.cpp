#include "redis/health.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace td;

namespace {

struct listener {
    std::vector<std::string> said;
    alarm_sink sink() {
        return [this](const td::alarm& news) {
            said.push_back((news.state == alarm_state::raised ? "+" : "-") + news.name + ": " + news.text);
        };
    }
};

}  // namespace

TEST_CASE("health: each reason is told once, the end once, and then anew", "[redis]") {
    listener log;
    redis::health health("map", log.sink());
    CHECK_FALSE(health.good());
    health.well("good");
    CHECK(log.said.empty());  // nothing was wrong
    CHECK(health.good());
    for (int i = 0; i < 100; ++i) {
        health.trouble("down", "down");
        health.refusal("OOM used memory " + std::to_string(i), "takes nothing");
    }
    CHECK_FALSE(health.good());
    health.well("good");
    health.well("good");
    health.trouble("down", "down");
    CHECK(log.said ==
          std::vector<std::string>{"+map: down", "+map: takes nothing: OOM used memory 0", "-map: good", "+map: down"});
}

TEST_CASE("health: reasons that never end fill no log", "[redis]") {
    listener log;
    redis::health health("map", log.sink());
    for (int i = 0; i < 1000; ++i) {
        health.trouble(std::to_string(i), "odd");
    }
    CHECK(log.said.size() == 8);
    redis::health silent("map", {});
    silent.trouble("down", "down");
    silent.well("good");
    CHECK(silent.good());
}
