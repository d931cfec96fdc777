#pragma once
// The alarms that stand now, for whoever asks how the worker is. On the loop only: a sink that is called on another
// thread posts here.

#include <map>
#include <string>
#include <vector>

#include "base/alarm.hpp"

namespace td::runtime {

class alarm_board {
public:
    /// False when the news is none: an alarm raised that stands already keeps its newer words.
    bool take(const alarm& news) {
        if (news.state == alarm_state::cleared) {
            return standing_.erase(news.name) != 0;
        }
        return standing_.insert_or_assign(news.name, news.text).second;
    }

    /// A line each, sorted by name.
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (const auto& [name, text] : standing_) {
            all.push_back("alarm " + name + ": " + text);
        }
        return all;
    }

private:
    std::map<std::string, std::string> standing_;  // each alarm has a name of its own in the program, so they are few
};

}  // namespace td::runtime
