#pragma once
// The steps of a story in the order of their moments. What is said of several at one moment is one step, and what is
// repeated over and over is one step that counts.

#include <cstddef>
#include <string>
#include <vector>

#include "story/story.hpp"

namespace td::story {

class step_list {
public:
    /// The same words of the same speaker at the same moment join their listeners.
    void add(instant at, lane from, std::vector<lane> to, std::string words, step::tone sounds = step::tone::plain);
    /// By moment; those of one moment as they were added.
    [[nodiscard]] std::vector<step> take();

private:
    std::vector<step> steps_;
};

}  // namespace td::story
