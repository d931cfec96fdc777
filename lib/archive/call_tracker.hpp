#pragma once
// Follows the calls of one worker through the lines of its journal, and says of each that is over what the index keeps.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "archive/file_head.hpp"
#include "archive/glance.hpp"
#include "archive/index_row.hpp"
#include "journal/codec.hpp"

namespace td::archive {

/// A call that lives where the lines end.
struct living_call {
    index_row row;
    std::string channel;       ///< as JSON has it
    instant last{};            ///< moment of its last line
    bool from_memory = false;  ///< its first lines are gone, and what is told again now is all that is known of it
    bool remembered = false;   ///< what is being told again names it
};

class call_tracker {
public:
    struct outlets {
        std::function<bool(const call_id&)> known;  ///< whether the index has its row
        std::function<void(const index_row&)> ended;
    };
    call_tracker(outlets to, std::vector<living_call> living);
    ~call_tracker();

    /// How a file begins, and how much of that is still to come.
    struct beginning {
        retold_head head{};
        bool goes_on = false;   ///< what the head tells stands in files that were read
        bool says_all = false;  ///< who is not named in the head does not live any more
        /// Up to there, and to memory_recalled, the lines tell again what the run remembers of the one before.
        instant memory_until = instant::min();
    };
    void begin_file(const beginning& how);
    void read_on(const beginning& how) { beginning_ = how; }
    [[nodiscard]] const beginning& still_to_come() const { return beginning_; }
    /// A line that is no header.
    void take(std::string_view line, place at);

    /// Whether the line that was taken last stands in a file's head.
    [[nodiscard]] bool in_head() const { return in_head_; }
    /// Whether it tells again what an earlier file told.
    [[nodiscard]] bool retelling() const { return retelling_; }
    [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }
    [[nodiscard]] instant last() const { return last_; }
    [[nodiscard]] std::vector<living_call> living();

private:
    using lives = std::unordered_map<std::string, living_call>;

    void take(const glance& seen, std::string_view line, place at);
    void take_other(std::string_view line, place at);
    void of_call(const glance& seen, std::string_view line, place at);
    living_call* life_of(const glance& seen);
    void arrive(living_call& one, std::string_view line);
    void find_accounts(living_call& one, std::string_view line);
    void end(lives::iterator which, std::string_view line);
    void end(lives::iterator which);
    void end_head(bool whole);
    void recalled(place at);
    void miss(std::string_view line, place at);
    void end_untold(lives::iterator which, story::ending how);
    void at_everybody(place at);
    [[nodiscard]] bool concerns(const living_call& one) const;
    void remember_end(const std::string& name);
    static void put(living_call& one, place at);

    outlets to_;
    lives living_;
    std::unordered_map<std::string, std::string> channels_;       ///< to the call's name
    std::unordered_multimap<std::string, std::string> accounts_;  ///< the same
    std::unordered_set<std::string> ended_;                       ///< of late
    std::deque<std::string> ended_order_;
    journal::reader reader_;
    struct moments;
    std::unique_ptr<moments> moments_;
    bool in_head_ = false;
    bool retelling_ = false;
    beginning beginning_;
    std::uint64_t unreadable_ = 0;
    instant last_{};
};

}  // namespace td::archive
