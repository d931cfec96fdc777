#pragma once
// What is wrong with a line, in the words of the failure that its reader gives back.

#include <string>
#include <string_view>
#include <utility>

namespace td::journal {

/// The first thing that was wrong, and the path of fields that leads to it.
class complaint {
public:
    /// Always false, so that a reading can `return wrong.with(…)`.
    bool with(std::string reason) {
        if (reason_.empty()) {
            reason_ = std::move(reason);
        }
        return false;
    }
    /// What was wrong stands in this field.
    bool in(std::string_view field) {
        path_ = path_.empty() ? std::string(field) : std::string(field).append(".").append(path_);
        return false;
    }
    [[nodiscard]] std::string text() const { return path_.empty() ? reason_ : path_ + ' ' + reason_; }

private:
    std::string reason_;
    std::string path_;
};

}  // namespace td::journal
