#pragma once
// The worker's only clock: UTC as it was at the start, moved on by the steady clock. A wall clock that is set back or
// forth in the night moves no deadline and makes no record run backwards.

#include <chrono>

#include "base/instant.hpp"

namespace td::runtime {

class steady_utc {
public:
    steady_utc()
        : wall_at_start_(std::chrono::time_point_cast<duration>(std::chrono::system_clock::now())),
          steady_at_start_(std::chrono::steady_clock::now()) {}

    [[nodiscard]] instant now() const {
        return wall_at_start_ +
               std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - steady_at_start_);
    }
    /// The moment of the steady clock at which now() will say `at`; `never` is the steady clock's own end.
    [[nodiscard]] std::chrono::steady_clock::time_point steady(instant at) const {
        if (at == never) {
            return std::chrono::steady_clock::time_point::max();
        }
        return steady_at_start_ + (at - wall_at_start_);
    }

private:
    instant wall_at_start_;
    std::chrono::steady_clock::time_point steady_at_start_;
};

}  // namespace td::runtime
