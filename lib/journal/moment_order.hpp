#pragma once
// The moments of a run's lines never go back. One that does not fit among the others was damaged on its disk, and
// taken at its word it would end every living call: a call that rings since ten years ago, or until ten years from now.

#include <vector>

#include "base/instant.hpp"

namespace td::journal {

/// Stands for a line whose moment cannot be read.
inline constexpr instant unknown_moment = instant::min();

/// The moments of a run, in the order of its lines and none later than `latest`, with as few as possible replaced: by
/// the nearest one before them that is left alone, where there is none by the nearest behind them. Unknown ones stay.
/// When most are later than `latest`, that is what is wrong, and it does not count.
[[nodiscard]] std::vector<instant> put_in_order(std::vector<instant> told, instant latest);

}  // namespace td::journal
