#include "journal/moment_order.hpp"

#include <string>

#include "catch.hpp"

using namespace td;
using namespace td::journal;

namespace {

const instant noon = *parse_rfc3339("2026-11-23T12:00:00Z");
constexpr int unknown = -1;

/// Seconds after noon, put in order.
std::vector<int> ordered(const std::vector<int>& seconds, instant latest = never) {
    std::vector<instant> told;
    for (const int each : seconds) {
        told.push_back(each == unknown ? unknown_moment : noon + std::chrono::seconds(each));
    }
    std::vector<int> after;
    for (const instant each : put_in_order(told, latest)) {
        after.push_back(each == unknown_moment ? unknown : static_cast<int>((each - noon) / 1s));
    }
    return after;
}

}  // namespace

TEST_CASE("moment order: what rises is left alone", "[journal]") {
    CHECK(ordered({}).empty());
    CHECK(ordered({5}) == std::vector{5});
    CHECK(ordered({1, 1, 2, 2, 2, 9}) == std::vector{1, 1, 2, 2, 2, 9});
    CHECK(ordered({unknown, unknown}) == std::vector{unknown, unknown});
    CHECK(ordered({1, unknown, 2}) == std::vector{1, unknown, 2});
}

TEST_CASE("moment order: what does not fit among the others is as late as what stands before it", "[journal]") {
    CHECK(ordered({1, 2, 9000, 3, 4}) == std::vector{1, 2, 2, 3, 4});
    CHECK(ordered({101, 102, 0, 103, 104}) == std::vector{101, 102, 102, 103, 104});
    CHECK(ordered({1, 9000, 9000, 9001, 2, 3, 4, 5}) == std::vector{1, 1, 1, 1, 2, 3, 4, 5});
    CHECK(ordered({1, 2, unknown, 9000, unknown, 3}) == std::vector{1, 2, unknown, 2, unknown, 3});
}

TEST_CASE("moment order: at the beginning it is as late as what stands behind it", "[journal]") {
    CHECK(ordered({9000, 1, 2, 3}) == std::vector{1, 1, 2, 3});
    CHECK(ordered({unknown, 9000, 9001, 1, 2, 3}) == std::vector{unknown, 1, 1, 1, 2, 3});
}

TEST_CASE("moment order: at the end it is known by what it is later than", "[journal]") {
    CHECK(ordered({1, 2, 9000}, noon + 10s) == std::vector{1, 2, 2});
    CHECK(ordered({1, 9000}, noon + 10s) == std::vector{1, 1});
    CHECK(ordered({1, 2, 10}, noon + 10s) == std::vector{1, 2, 10});
    // It cannot be that almost nothing has happened yet.
    CHECK(ordered({1, 2, 10}, noon + 1s) == std::vector{1, 2, 10});
    CHECK(ordered({1, 9000, 2, 10}, noon - 1h) == std::vector{1, 1, 2, 10});
}
