#pragma once
// Which clock the moments of a run were read from, so that a later run can find them on its own.

#include <optional>
#include <string>

#include "base/instant.hpp"

namespace td::journal {

struct recollection;

/// A run's clock is UTC as it was at the run's start, moved on by the machine's steady clock. Two runs of one boot
/// share that steady clock, and so differ by as much as the wall clock jumped between their starts.
struct clock_origin {
    std::string boot_id;  ///< names the boot of the machine
    /// What the run's clock said when the steady clock stood at zero. The steady clock is the one that stands still
    /// while the machine is suspended, because the deadlines of a process stand still then, too.
    instant zero{};
};

/// Moves what a run with the clock `theirs` left behind onto the clock `ours`, which says `now`. Within one boot no
/// deadline comes nearer or goes away by a jump of the wall clock; else the moments stay. In any case they all lie
/// before `now`. What last_words say of moments is left as it was first said.
void move_to_clock(recollection& whole, const std::optional<clock_origin>& theirs,
                   const std::optional<clock_origin>& ours, instant now);

/// What the clock `theirs` says when `ours` says `now`; nothing when that is not known, which is so after another boot.
[[nodiscard]] std::optional<instant> on_clock(const std::optional<clock_origin>& theirs,
                                              const std::optional<clock_origin>& ours, instant now);

}  // namespace td::journal
