#pragma once
// The keys that calls decide by, each as a change of the rules of a journal: what would calls have been under it?

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "call/rules.hpp"

namespace td::config {

using rule_change = std::function<void(call::rules&)>;

/// Failures: bad_input (no key of this name, a key that no call decides by, a value that it cannot have), in words that
/// name what would do.
[[nodiscard]] result<rule_change> change_of_rules(const std::string& key, const std::string& value);

/// The keys for which it gives a change, in the order of tdctl.toml(5).
[[nodiscard]] std::vector<std::string_view> keys_of_rules();

}  // namespace td::config
