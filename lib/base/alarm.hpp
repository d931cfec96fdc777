#pragma once
// Trouble that stays until it is over: raised once, cleared once.

#include <cstdint>
#include <functional>
#include <string>

namespace td {

enum class alarm_state : std::uint8_t { raised, cleared };

struct alarm {
    std::string name;  ///< what it is about: journal, spool_half_full, …
    alarm_state state = alarm_state::raised;
    std::string text;  ///< one sentence with the offending thing and the remedy
};

/// Called on the thread that met the trouble, not on the loop.
using alarm_sink = std::function<void(const alarm&)>;

}  // namespace td
