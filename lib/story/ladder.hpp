#pragma once
// The ladder diagram of a story: who said what to whom, downwards in time.

#include <string>
#include <string_view>

#include "story/story.hpp"

namespace td::story {

/// Appends an SVG element whose places across are shares of its width, so that letters keep their size on any screen.
void append_ladder(std::string& out, const call_story& told);

/// Appends text for HTML and its attributes.
void append_escaped(std::string& out, std::string_view text);

}  // namespace td::story
