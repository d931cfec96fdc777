#pragma once
// A story in plain sentences: what an engineer wants to read first, before the single steps.

#include <string>
#include <vector>

#include "story/story.hpp"

namespace td::story {

/// One line of a paragraph, with what hangs below it.
struct row {
    std::string label;  ///< a phone's number, a name; may be empty
    std::string text;
    step::tone sounds = step::tone::plain;
    std::vector<std::string> below;
};

struct paragraph {
    std::string title;
    std::vector<row> rows;
};

/// Door call from panel 5001 to flat 12.
[[nodiscard]] std::string title_of(const call_story& told);
/// How it ended, and why.
[[nodiscard]] std::string verdict_of(const call_story& told);
[[nodiscard]] step::tone tone_of(const call_story& told);
/// Whom it asked, whom it rang and why somebody did not ring, what it had to do without, what crossed it.
[[nodiscard]] std::vector<paragraph> paragraphs_of(const call_story& told);
/// panel → tdctl; tdctl → phones 1, 2 and 4.
[[nodiscard]] std::string actors_of(const step& each);

}  // namespace td::story
