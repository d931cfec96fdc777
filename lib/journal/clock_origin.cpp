#include "journal/clock_origin.hpp"

#include <algorithm>

#include "journal/recollection.hpp"

namespace td::journal {
namespace {

/// A damaged journal may say any number; beyond this one no clock goes, and sums of a few of them fit.
constexpr duration longest = 24h * 365 * 10'000;

instant within_reach(instant at) {
    return std::clamp(at, instant{-longest}, instant{longest});
}

}  // namespace

void move_to_clock(recollection& whole, const std::optional<clock_origin>& theirs,
                   const std::optional<clock_origin>& ours, instant now) {
    duration by{0};
    if (theirs && ours && theirs->boot_id == ours->boot_id) {
        by = within_reach(ours->zero) - within_reach(theirs->zero);
    }
    // The line to Asterisk is lost a moment after the last line, and that is over, too.
    by = std::min(by, now - 1us - within_reach(whole.last));
    whole.last = within_reach(whole.last) + by;
    for (remembered_step& step : whole.steps) {
        step.at = within_reach(step.at) + by;
    }
}

}  // namespace td::journal
