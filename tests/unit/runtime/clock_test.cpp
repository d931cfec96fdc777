#include "runtime/clock.hpp"

#include "catch.hpp"

namespace td::runtime {
namespace {

TEST_CASE("clock: its origin is what it said at the steady clock's zero, in this boot", "[runtime]") {
    const steady_utc clock;
    const auto origin = origin_of(clock);
    REQUIRE(origin);
    CHECK(origin->boot_id.size() == 36);
    CHECK(origin->zero == clock.zero());
    // The steady clock is finer than an instant.
    const auto at_zero = clock.steady(origin->zero).time_since_epoch();
    CHECK(at_zero >= 0us);
    CHECK(at_zero < 1us);
}

}  // namespace
}  // namespace td::runtime
