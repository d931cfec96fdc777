#pragma once
// What was told through an alarm_sink, for parts that tell it on a thread of their own.

#include <mutex>
#include <string>
#include <string_view>

#include "base/alarm.hpp"

namespace td::test {

class alarm_book {
public:
    /// The book outlives it.
    alarm_sink sink() {
        return [this](const alarm& each) {
            const std::lock_guard lock(mutex_);
            words_ += each.name + (each.state == alarm_state::raised ? "+ " : "- ");
            last_ = each.text;
        };
    }
    /// "feed+ feed- ": what was raised and cleared, in its order.
    [[nodiscard]] std::string words() const {
        const std::lock_guard lock(mutex_);
        return words_;
    }
    /// "feed+": it was raised at some time.
    [[nodiscard]] bool has(std::string_view word) const { return words().find(word) != std::string::npos; }
    /// The text of the last one.
    [[nodiscard]] std::string last() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }

private:
    mutable std::mutex mutex_;
    std::string words_;
    std::string last_;
};

}  // namespace td::test
