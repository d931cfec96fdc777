#pragma once
// Why a phone rang or did not, in a sentence.

#include <string>

#include "story/story.hpp"

namespace td::story {

[[nodiscard]] std::string sentence_of(const phone_story& phone, const call_story& told);
/// d1 (ios): the push was accepted after 2 ms, 3 times.
[[nodiscard]] std::string sentence_of(const device_story& device);
/// +1.234 s after the call began.
[[nodiscard]] std::string since(const call_story& told, instant at);
/// What became of a leg that somebody else than a phone of the flat was called by.
[[nodiscard]] std::string sentence_of(const try_story& tried, const call_story& told);

}  // namespace td::story
