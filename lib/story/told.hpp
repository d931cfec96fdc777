#pragma once
// A story for a terminal.

#include <string>

#include "story/story.hpp"

namespace td::story {

/// Lines of UTF-8 with their line ends. What came from outside cannot move a terminal's cursor.
[[nodiscard]] std::string told(const call_story& what);

}  // namespace td::story
