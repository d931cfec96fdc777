#pragma once
// What a journal remembers of the calls that lived when it broke off: the facts that rebuild exactly those, in order.
// It reads line by line and keeps only what living calls need, so that a long journal costs no more memory than a short
// one.
//
// A call's course follows from its own facts, from those that concern all calls, from the rules at its arrival and from
// the moments at which its deadlines were served. Another call's fact serves them too; in the recollection such a
// moment is a time_passed. One thing is not kept: which callback took a panel away from a door call, when the callback
// ended before the door call had.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/instant.hpp"
#include "call/switchboard.hpp"
#include "journal/entry.hpp"

namespace td::journal {

/// A fact, or rules that are in force from here on.
struct remembered_step {
    instant at{};
    std::variant<call::fact, call::rules> what;
};

struct recollection {
    std::vector<remembered_step> steps;  ///< empty when nothing lived
    /// Records, alerts and returned numbers of the last minutes: their adapters may not have had the time to write them
    /// down, and a disk that is full or hangs may have kept them from it.
    call::commands last_words;
    std::size_t calls = 0;      ///< that live at the end
    instant last{};             ///< of the last line; 1970 when there was none
    std::uint64_t missing = 0;  ///< lines that gaps speak of
};

/// Whether a command of this name is kept as a last word: finish, alert, …
[[nodiscard]] bool names_last_word(std::string_view name);

class recollector {
public:
    /// How far back before the last line last_words go, and how many they are at most: the latest.
    struct limits {
        duration last_words = 10min;
        std::size_t most_words = 20'000;  ///< more than fit into the spool's memory; it knows 100,000 again
    };
    recollector() : recollector(limits{}) {}
    explicit recollector(limits wanted) : limit_(wanted) {}

    /// Every line in its order, files one after another. A retold line says nothing new: who begins with the file in
    /// which it stands takes it as one that was told first.
    void take(entry told);
    /// Appends lines that say again all that the living calls need, and gives back how many. Whoever takes them, and
    /// the lines to come, remembers what this one does; it goes on from them itself, so that a long life costs no more
    /// memory than a short one. Last words are not among them.
    [[nodiscard]] std::uint64_t retell(std::string& lines);
    /// In force behind the last line.
    [[nodiscard]] const call::rules& rules() const { return rules_; }
    /// The living calls of which lines are missing, also those whose arrival is; nothing where no lines are.
    [[nodiscard]] std::optional<std::vector<call_id>> holed() const;
    /// To be asked once, at the end.
    [[nodiscard]] recollection finish();

private:
    struct kept {
        std::uint64_t no = 0;
        std::variant<call::fact, std::unique_ptr<call::rules>> what;  ///< rules are rare, and large
    };
    struct life {
        std::vector<kept> facts;
        channel_id panel;
        std::vector<account_id> accounts;
        bool turned_away = false;  ///< max_calls was reached
    };

    void take(instant at, call::fact news);
    void take(instant at, const call::command& wish);
    void take(instant at, const call::rules& rules);
    void take(instant at, const gap& hole);
    void begin(instant at, const call_id& call, const channel_id& panel);
    void end(const call_id& call);
    void say(instant at, call::command words);
    [[nodiscard]] life* life_of(const call::fact& news);
    [[nodiscard]] bool concerns_living(const call::fact& news) const;
    [[nodiscard]] std::uint64_t number(instant at);
    [[nodiscard]] std::vector<kept> in_order();
    [[nodiscard]] std::vector<kept> what_concerned(std::vector<kept> general) const;
    call::commands rebuild(const std::function<void(remembered_step)>& tell);

    limits limit_;
    std::unordered_map<call_id, life> living_;
    std::unordered_map<channel_id, call_id> panels_;
    std::unordered_map<account_id, std::size_t> accounts_;  ///< how many living calls ring it
    std::vector<kept> general_;                             ///< what concerns all calls, since the oldest that lives
    std::deque<instant> moments_;                           ///< of the facts since then
    std::uint64_t first_no_ = 0;                            ///< of moments_
    call::rules rules_;                                     ///< in force now
    call::rules first_rules_;                               ///< in force at the first of moments_
    std::optional<call_id> arriving_;                       ///< the call whose arrival the last fact was
    std::deque<std::pair<instant, call::command>> words_;
    bool draining_ = false;
    instant last_{};
    std::uint64_t missing_ = 0;
    std::optional<std::set<call_id>> holed_;  ///< the living calls of which lines are missing
};

}  // namespace td::journal
