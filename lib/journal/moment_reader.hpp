#pragma once
// Moments as a journal writes them, read faster than RFC 3339 in general.

#include <string>
#include <string_view>

#include "base/instant.hpp"

namespace td::journal {

/// Reads the moments of one journal, which mostly fall on one day.
class moment_reader {
public:
    /// 2026-11-23T02:34:52.076123Z quickly, every other form of RFC 3339 too.
    [[nodiscard]] bool read(std::string_view text, instant& at);

private:
    std::string day_text_;
    instant day_{};
};

}  // namespace td::journal
