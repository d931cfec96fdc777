#include "journal/clock_origin.hpp"

#include "catch.hpp"
#include "journal/recollection.hpp"

using namespace td;
using namespace td::journal;

namespace {

const instant noon = *parse_rfc3339("2026-11-23T12:00:00Z");
const clock_origin first{"a boot", noon - 24h};

/// A call of one minute that talks at the last line, a minute before a second run by an undisturbed clock.
recollection call_at(instant last) {
    recollection whole;
    whole.steps = {{last - 1min, call::fact{call::time_passed{}}}, {last, call::fact{call::time_passed{}}}};
    whole.last = last;
    return whole;
}

/// How long ago, by the second run's clock, the call arrived and its last line was written.
std::string ages(recollection whole, const std::optional<clock_origin>& theirs, const std::optional<clock_origin>& ours,
                 instant now) {
    move_to_clock(whole, theirs, ours, now);
    CHECK(whole.last == whole.steps.back().at);
    return duration_text(now - whole.steps.front().at) + ' ' + duration_text(now - whole.last);
}

/// The wall clock jumps by so much between the two runs of one boot.
std::string ages_after(duration jump) {
    const clock_origin second{first.boot_id, first.zero + jump};
    return ages(call_at(noon), first, second, noon + 1min + jump);
}

}  // namespace

TEST_CASE("clock origin: a wall clock that jumped between two runs of one boot makes no call older or younger",
          "[journal]") {
    CHECK(ages_after(0s) == "2m 1m");
    CHECK(ages_after(10min) == "2m 1m");  // or the machine was suspended
    CHECK(ages_after(-1h) == "2m 1m");
    CHECK(ages_after(24h * 365 * 56) == "2m 1m");
}

TEST_CASE("clock origin: after another boot, or without a word of the clock, moments stay and none lies ahead",
          "[journal]") {
    const clock_origin rebooted{"another boot", noon};
    const auto ages_by = [](const auto& theirs, const auto& ours, instant now) {
        recollection whole = call_at(noon);
        move_to_clock(whole, theirs, ours, now);
        CHECK(whole.steps.back().at - whole.steps.front().at == 1min);
        return std::pair(whole.last, whole.last < now);
    };
    for (const auto& [theirs, ours] :
         {std::pair<std::optional<clock_origin>, std::optional<clock_origin>>{first, rebooted},
          {std::nullopt, rebooted},
          {first, std::nullopt},
          {std::nullopt, std::nullopt}}) {
        CHECK(ages_by(theirs, ours, noon + 1min) == std::pair(noon, true));
        CHECK(ages_by(theirs, ours, noon - 1h) == std::pair(noon - 1h - 1us, true));
    }
}

TEST_CASE("clock origin: what the former clock would say now is known within one boot only", "[journal]") {
    const clock_origin second{first.boot_id, first.zero - 1h};
    CHECK(on_clock(first, second, noon) == noon + 1h);
    CHECK_FALSE(on_clock(first, clock_origin{"another boot", noon}, noon));
    CHECK_FALSE(on_clock(std::nullopt, second, noon));
    CHECK_FALSE(on_clock(first, std::nullopt, noon));
    CHECK(on_clock(clock_origin{"a boot", instant::min()}, first, never).has_value());
}

TEST_CASE("clock origin: moments that no clock says break nothing", "[journal]") {
    for (const instant wild : {instant::min(), instant::max(), instant{}}) {
        for (const instant zero : {instant::min(), instant::max()}) {
            recollection whole = call_at(noon);
            whole.steps.front().at = wild;
            whole.last = wild;
            move_to_clock(whole, clock_origin{"a boot", zero}, first, noon);
            CHECK(whole.last < noon);
        }
    }
    recollection nothing;
    move_to_clock(nothing, first, first, noon);
    CHECK(nothing.last == instant{});
}
