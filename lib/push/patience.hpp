#pragma once
// When a push that failed is tried again.

#include <optional>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/words.hpp"

namespace td::push {

/// How long to wait before the next try of a push that failed for the `tries`-th time, `passed` after the first try
/// began; nothing when it is given up. A ring is never repeated here: the call itself sends it again to whoever still
/// sleeps, and a late ring is worse than none. An `ended` has no second chance but this, so it is tried at 250 ms, 500
/// ms, 1 s, 2 s, … until `limit`; not when the server understood it and said no.
[[nodiscard]] std::optional<duration> pause_before_next_try(call::push_kind kind, const failure& why, unsigned tries,
                                                            duration passed, duration limit);

}  // namespace td::push
