#pragma once
// Which call a fact or a command speaks of.

#include <optional>

#include "base/id.hpp"
#include "call/commands.hpp"
#include "call/facts.hpp"

namespace td::call {

/// Nothing when it names none. A panel_left names its channel only.
[[nodiscard]] std::optional<call_id> call_named_by(const fact& news);
/// Of a stray the call that it belonged to; nothing for a stray that is not named after one.
[[nodiscard]] std::optional<call_id> call_named_by(const command& wish);
/// The call whose last command this is.
[[nodiscard]] std::optional<call_id> call_finished_by(const command& wish);

/// The call that begins with this fact.
[[nodiscard]] std::optional<call_id> call_begun_by(const fact& news);

}  // namespace td::call
