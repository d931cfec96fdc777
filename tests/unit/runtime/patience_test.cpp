#include "runtime/patience.hpp"

#include "catch.hpp"

namespace td::runtime {
namespace {

constexpr instant start{1'795'000'000s};

/// The loop turns every beat from `from` to `to`; the machine's time at the last turn.
instant turns(patience& time, instant from, instant to, instant due) {
    instant last = start;
    for (instant at = from; at <= to; at += patience::beat) {
        last = time.turn(at, due);
    }
    return last;
}

TEST_CASE("patience: a loop that turns has the clock's own time, over a deadline that is late too", "[runtime]") {
    patience time;
    CHECK(time.turn(start, never) == start);
    CHECK(turns(time, start, start + 10s, start + 9800ms) == start + 10s);
    CHECK(time.on_the_clock(start + 20s) == start + 20s);
}

TEST_CASE("patience: one that never turned is not one that stood still", "[runtime]") {
    patience time;
    CHECK(time.turn(start, start - 1h) == start);
}

TEST_CASE("patience: with nothing due a long silence is rest", "[runtime]") {
    patience time;
    static_cast<void>(time.turn(start, never));
    CHECK(time.turn(start + 1h, never) == start + 1h);
    CHECK(time.turn(start + 2h, start + 2h + patience::hears_first) == start + 2h);
}

TEST_CASE("patience: who stood still over a deadline goes on before it, and catches up", "[runtime]") {
    patience time;
    static_cast<void>(turns(time, start, start + 1s, start + 6s));
    const instant woke = start + 6s + 100ms;  // 100 ms late, and nothing was heard for 5 s
    CHECK(time.turn(woke, start + 6s) == start + 4s);
    CHECK(time.on_the_clock(start + 6s) == woke + 500ms);
    CHECK(time.turn(woke + 100ms, start + 6s) == start + 4400ms);
    CHECK(time.turn(woke + 500ms, start + 6s) == start + 6s);
    CHECK(time.turn(woke + 700ms, start + 9s) == woke + 700ms);  // 2.1 s behind, three of it made good in every second
    CHECK(time.on_the_clock(start + 9s) == start + 9s);
}

TEST_CASE("patience: it never goes back before what the machine has seen", "[runtime]") {
    patience time;
    CHECK(turns(time, start, start + 1s, start + 1100ms) == start + 1s);
    CHECK(time.turn(start + 5s, start + 1100ms) == start + 1s);
    CHECK(time.on_the_clock(start + 1100ms) == start + 5s + 25ms);
    const instant again = start + 7s;  // and stands still once more while it catches up
    const instant before = time.turn(start + 5s + 10ms, start + 1100ms);
    CHECK(before == start + 1040ms);
    CHECK(time.turn(again, start + 1100ms) == before);
}

TEST_CASE("patience: it has an end", "[runtime]") {
    patience time;
    static_cast<void>(time.turn(start, start + 1s));
    CHECK(time.turn(start + 1h, start + 1s) == start + 1h - patience::longest);
    CHECK(time.turn(start + 1h + 10s, start + 1s) == start + 1h + 10s - patience::longest);  // stood still again
    CHECK(turns(time, start + 1h + 10s, start + 1h + 21s, start + 1s) == start + 1h + 21s);
}

}  // namespace
}  // namespace td::runtime
