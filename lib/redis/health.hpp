#pragma once
// Whether one role's Redis does what it is asked, for the log and a gauge: trouble is told once for each reason, and
// its end once.

#include <set>
#include <string>
#include <utility>

#include "base/alarm.hpp"

namespace td::redis {

class health {
public:
    /// `name` is the alarm's; an empty sink is allowed.
    health(std::string name, alarm_sink told) : name_(std::move(name)), told_(std::move(told)) {}

    /// A reason that was told before, since the last good word, is not told again: a Redis that refuses every write, or
    /// changes between two reasons, fills no log.
    void trouble(const std::string& reason, const std::string& what) {
        good_ = false;
        if (said_.size() < most_reasons && said_.insert(reason).second && told_) {
            told_({name_, alarm_state::raised, what});
        }
    }
    /// What Redis answered to a command; the first word of an error is its reason (OOM, READONLY, LOADING, …).
    void refusal(const std::string& error, const std::string& what) {
        trouble(error.substr(0, error.find(' ')), what + ": " + error);
    }

    /// It did what it was asked.
    void well(const std::string& what) {
        good_ = true;
        if (!said_.empty()) {
            said_.clear();
            if (told_) {
                told_({name_, alarm_state::cleared, what});
            }
        }
    }

    /// False until the first good word.
    [[nodiscard]] bool good() const { return good_; }

private:
    static constexpr std::size_t most_reasons = 8;

    std::string name_;
    alarm_sink told_;
    std::set<std::string> said_;
    bool good_ = false;
};

}  // namespace td::redis
