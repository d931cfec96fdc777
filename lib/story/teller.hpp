#pragma once
// Makes the story of a call out of its lines.

#include "story/gatherer.hpp"
#include "story/story.hpp"

namespace td::story {

/// `lines` may lack anything: what is missing is said in the story.
[[nodiscard]] call_story tell(const call_lines& lines);

}  // namespace td::story
