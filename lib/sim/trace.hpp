#pragma once
// A fact, a command, or what the SIP side saw, as one line of plain words: what a failing world prints.

#include <string>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "sim/fake_asterisk.hpp"

namespace td::sim {

/// The last six characters of the call's name stand for the call.
[[nodiscard]] std::string words_of(const call::fact& news);
[[nodiscard]] std::string words_of(const call::command& wish);
[[nodiscard]] std::string words_of(const sip_news& news);
[[nodiscard]] std::string words_of(const call::door_record& record);

}  // namespace td::sim
