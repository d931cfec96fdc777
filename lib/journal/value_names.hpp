#pragma once
// The enumerators of lib/call by name, both ways. Their names come from the domain's own name_of, so that a new
// enumerator needs no line here.

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "call/facts.hpp"
#include "call/words.hpp"

namespace td::journal {

using call::name_of;

[[nodiscard]] constexpr std::string_view name_of(call::pbx_seen::condition state) {
    switch (state) {
        case call::pbx_seen::condition::waiting: return "waiting";
        case call::pbx_seen::condition::ringing: return "ringing";
        case call::pbx_seen::condition::up: return "up";
    }
    return "?";
}

/// The enumerator of that name. It asks name_of for 0, 1, 2, …: the first "?" is past the last enumerator.
template <class Value>
requires std::is_same_v<std::underlying_type_t<Value>, std::uint8_t>
[[nodiscard]] std::optional<Value> value_named(std::string_view name) {
    for (std::uint8_t number = 0; number < UINT8_MAX; ++number) {
        const std::string_view candidate = name_of(static_cast<Value>(number));
        if (candidate == "?" || candidate.empty()) {
            return std::nullopt;
        }
        if (candidate == name) {
            return static_cast<Value>(number);
        }
    }
    return std::nullopt;
}

}  // namespace td::journal
