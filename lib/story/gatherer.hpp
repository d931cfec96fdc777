#pragma once
// Picks out of journals the lines that concern one call: its own, and those that concern every call while it lives.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "journal/entry.hpp"
#include "story/story.hpp"

namespace td::story {

/// The lines of one call, in their order.
struct call_lines {
    call_id call;
    std::string node;
    std::optional<call::rules> rules;  ///< in force at its arrival
    std::vector<journal::entry> lines;
    bool from_memory = false;  ///< its first lines are what a later file told again of it
    bool finished = false;
    ending without_record = ending::living;  ///< what became of it where no record says it
    /// Where files or lines are missing, in words.
    std::vector<std::string> holes;
};

class gatherer {
public:
    /// A run writes down once more what it remembers of the run before, and a file's head what its calls need.
    enum class hand { first, second };

    explicit gatherer(call_id wanted) { found_.call = wanted; }

    /// A file of this run begins.
    void begin_file(instant run);
    /// Lines of one node, files one after another.
    void take(journal::entry told, hand from);
    void take_hole(std::string words) { found_.holes.push_back(std::move(words)); }

    [[nodiscard]] const call_lines& found() const { return found_; }
    [[nodiscard]] call_lines finish() { return std::move(found_); }

private:
    [[nodiscard]] bool is_own(const call::fact& news) const;
    [[nodiscard]] bool is_general(const call::fact& news) const;

    call_lines found_;
    std::optional<call::rules> rules_;
    std::string node_;
    channel_id channel_;
    std::set<account_id> accounts_;
    instant run_{};
    bool begun_ = false;
    bool known_ = false;  ///< what is told again of it was told before
    bool over_ = false;
};

}  // namespace td::story
