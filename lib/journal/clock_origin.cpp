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

/// How far `one` is ahead of `other`; nothing when they share no boot.
std::optional<duration> lead_of(const std::optional<clock_origin>& one, const std::optional<clock_origin>& other) {
    if (!one || !other || one->boot_id != other->boot_id) {
        return std::nullopt;
    }
    return within_reach(one->zero) - within_reach(other->zero);
}

}  // namespace

void move_to_clock(recollection& whole, const std::optional<clock_origin>& theirs,
                   const std::optional<clock_origin>& ours, instant now) {
    duration by = lead_of(ours, theirs).value_or(duration{0});
    // The line to Asterisk is lost a moment after the last line, and that is over, too.
    by = std::min(by, now - 1us - within_reach(whole.last));
    whole.last = within_reach(whole.last) + by;
    for (remembered_step& step : whole.steps) {
        step.at = within_reach(step.at) + by;
    }
}

std::optional<instant> on_clock(const std::optional<clock_origin>& theirs, const std::optional<clock_origin>& ours,
                                instant now) {
    const auto lead = lead_of(ours, theirs);
    return lead ? std::optional(within_reach(now) - *lead) : std::nullopt;
}

}  // namespace td::journal
