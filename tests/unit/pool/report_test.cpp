#include "pool/report.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::pool;

namespace {

const city_id chelyabinsk("a376e68d-724a-4472-be7c-891bdb09ae32");
const city_id kopeysk("26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10");

city made(const city_id& fias, const std::string& name) {
    city what;
    what.fias = fias;
    what.name = name;
    return what;
}

number_row number_of(const city_id& city, number_state state) {
    number_row row;
    row.city = city;
    row.state = state;
    return row;
}

}  // namespace

TEST_CASE("report: numbers are counted by city and state, cities sorted by name", "[pool]") {
    const auto all =
        report({made(kopeysk, "Kopeysk"), made(chelyabinsk, "Chelyabinsk")},
               {number_of(kopeysk, number_state::free), number_of(chelyabinsk, number_state::free),
                number_of(chelyabinsk, number_state::disabled), number_of(chelyabinsk, number_state::free)});
    REQUIRE(all.size() == 2);
    CHECK(all[0].where.name == "Chelyabinsk");
    CHECK(all[0].count(number_state::free) == 2);
    CHECK(all[0].count(number_state::disabled) == 1);
    CHECK(all[0].total() == 3);
    CHECK(all[0].in_service() == 2);
    CHECK(all[1].total() == 1);
}

TEST_CASE("report: numbers of a city that is gone are not lost from the sum", "[pool]") {
    const auto all = report({}, {number_of(kopeysk, number_state::guard)});
    REQUIRE(all.size() == 1);
    CHECK(all[0].where.fias == kopeysk);
    CHECK(all[0].count(number_state::guard) == 1);
}

TEST_CASE("report: a mark is a count or a share", "[pool]") {
    CHECK(parse_low_water("20")->value == 20);
    CHECK_FALSE(parse_low_water("20")->percent);
    CHECK(parse_low_water("0")->value == 0);
    CHECK(parse_low_water("2.5%")->value == 2.5);
    CHECK(parse_low_water("5%")->percent);
    for (const char* wrong :
         {"", "%", "-1", "-1%", "101%", "x", "5 %", "2.5", "1e3", "nan%", "inf%", "5%%", "99999999999999999999"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_low_water(wrong));
    }
}

TEST_CASE("report: a city is low under the mark, not at it", "[pool]") {
    city_report what;
    what.counts = {3, 5, 1, 1, 90};  // 3 of 10 in service are free
    CHECK(is_low(what, {4, false}));
    CHECK_FALSE(is_low(what, {3, false}));
    CHECK(is_low(what, {31, true}));
    CHECK_FALSE(is_low(what, {30, true}));
    CHECK_FALSE(is_low(what, {0, false}));
}

TEST_CASE("report: a city with nothing in service is low under every share", "[pool]") {
    city_report what;
    CHECK(is_low(what, {10, true}));
    CHECK_FALSE(is_low(what, {0, true}));
    what.counts = {0, 0, 0, 0, 5};  // all are disabled
    CHECK(is_low(what, {10, true}));
    CHECK_FALSE(is_low(what, {0, true}));
    what.where.parent = chelyabinsk;  // the parent's numbers help, but somebody meant this city to have its own
    CHECK(is_low(what, {10, true}));
}

TEST_CASE("report: a city without numbers lives on its parent's, and without a parent on nothing", "[pool]") {
    city_report what;
    CHECK(is_low(what, {1, false}));
    what.where.parent = chelyabinsk;
    CHECK_FALSE(is_low(what, {1, false}));
}

TEST_CASE("report: the metrics are what Prometheus reads", "[pool]") {
    city_report what;
    what.where = made(kopeysk, "Ko\"pe\\y\nsk");
    what.counts = {1, 2, 3, 4, 5};
    const std::string text = as_metrics({what}, low_water{2, false}, instant{1'780'000'000s});
    CHECK(text ==
          "# HELP tdctl_pool_numbers Numbers of the emergency pool by city (FIAS code) and state.\n"
          "# TYPE tdctl_pool_numbers gauge\n"
          "tdctl_pool_numbers{city=\"26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10\",state=\"free\"} 1\n"
          "tdctl_pool_numbers{city=\"26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10\",state=\"leased\"} 2\n"
          "tdctl_pool_numbers{city=\"26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10\",state=\"window\"} 3\n"
          "tdctl_pool_numbers{city=\"26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10\",state=\"guard\"} 4\n"
          "tdctl_pool_numbers{city=\"26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10\",state=\"disabled\"} 5\n"
          "# HELP tdctl_pool_city_info The name of a city, by its FIAS code; always 1.\n"
          "# TYPE tdctl_pool_city_info gauge\n"
          "tdctl_pool_city_info{city=\"26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10\",name=\"Ko\\\"pe\\\\y\\nsk\"} 1\n"
          "# HELP tdctl_pool_low 1 when a city has fewer free numbers than --low-water says.\n"
          "# TYPE tdctl_pool_low gauge\n"
          "tdctl_pool_low{city=\"26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10\"} 1\n"
          "# HELP tdctl_pool_last_success_timestamp_seconds When this file was written, in Unix time.\n"
          "# TYPE tdctl_pool_last_success_timestamp_seconds gauge\n"
          "tdctl_pool_last_success_timestamp_seconds 1780000000\n");
    CHECK(as_metrics({what}, std::nullopt, instant{}).find("tdctl_pool_low{") == std::string::npos);
}
