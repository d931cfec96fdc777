#include "pool/size.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace td;
using namespace td::pool;

namespace {

bool near(double one, double other) {
    return std::abs(one - other) <= 0.01 * std::abs(other);
}

}  // namespace

TEST_CASE("size: Erlang B as the printed tables have it") {
    // Offered load at 1 % loss for 1, 5, 10, 50 and 100 lines (ITU-T E.520's tables).
    CHECK(near(erlang_b(0.0101, 1), 0.01));
    CHECK(near(erlang_b(1.361, 5), 0.01));
    CHECK(near(erlang_b(4.461, 10), 0.01));
    CHECK(near(erlang_b(37.90, 50), 0.01));
    CHECK(near(erlang_b(84.06, 100), 0.01));
    CHECK(erlang_b(10, 0) == 1);
    CHECK(erlang_b(0, 0) == 0);
    CHECK(erlang_b(0, 5) == 0);
}

TEST_CASE("size: a load that the factorials of the formula could not hold") {
    const double loss = erlang_b(100000, 100000);
    CHECK(std::isfinite(loss));
    CHECK(near(loss, std::sqrt(2 / (3.14159265 * 100000))));  // the known limit for load = lines
}

TEST_CASE("size: the fewest numbers that keep the loss") {
    const auto answer = size_for({120, 180min, 60min, 3min, 0.001, 2});
    REQUIRE(answer);
    CHECK(near(answer->load, 120 * 243.0 / 1440 * 2));
    CHECK(erlang_b(answer->load, answer->numbers) <= 0.001);
    CHECK(erlang_b(answer->load, answer->numbers - 1) > 0.001);
    CHECK(answer->loss == erlang_b(answer->load, answer->numbers));
    CHECK(answer->bare_numbers < answer->numbers);
    CHECK(size_for({0, 180min, 60min, 3min, 0.001, 2})->numbers == 0);
    // However dense, no stretch has more calls than the days that it spans.
    CHECK(size_for({100, 180min, 60min, 3min, 0.01, 1000})->load == 100);
    CHECK(size_for({10, 48h, 0min, 0min, 0.01, 1})->load == 20);
}

TEST_CASE("size: what makes no sense is refused") {
    const auto refused = [](const size_wish& wish) { return !size_for(wish).ok(); };
    CHECK(refused({-1, 1h, 1h, 1min, 0.01, 1}));
    CHECK(refused({std::nan(""), 1h, 1h, 1min, 0.01, 1}));
    CHECK(refused({1, 1h, 1h, 1min, 0, 1}));
    CHECK(refused({1, 1h, 1h, 1min, 1, 1}));
    CHECK(refused({1, 1h, 1h, 1min, 0.01, 0.5}));
    CHECK(refused({1, -1h, 1h, 1min, 0.01, 1}));
    CHECK(refused({1e9, 24h, 1h, 1min, 0.01, 1}));
    CHECK(refused({std::numeric_limits<double>::infinity(), 1h, 1h, 1min, 0.01, 1}));
}
