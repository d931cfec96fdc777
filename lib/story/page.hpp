#pragma once
// A story as one page of HTML that stands by itself: no script, no outside resource, light and dark, readable on a
// phone.

#include <string>

#include "story/story.hpp"

namespace td::story {

/// UTF-8. Text from outside is escaped, and control characters are made visible.
[[nodiscard]] std::string page(const call_story& told);

}  // namespace td::story
