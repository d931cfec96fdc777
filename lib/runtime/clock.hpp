#pragma once
// The worker's only clock: UTC as it was at the start, moved on by the steady clock. A wall clock that is set back or
// forth in the night moves no deadline and makes no record run backwards. The next process starts with another UTC;
// what it remembers it moves by the difference of the two origins.

#include <chrono>
#include <optional>

#include "base/instant.hpp"
#include "journal/clock_origin.hpp"

namespace td::runtime {

/// The wall clock of this moment, however it is set.
[[nodiscard]] inline instant wall_clock() {
    return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

class steady_utc {
public:
    steady_utc() : wall_at_start_(wall_clock()), steady_at_start_(std::chrono::steady_clock::now()) {}

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

    /// What now() would have said when the steady clock stood at zero.
    [[nodiscard]] instant zero() const {
        return wall_at_start_ - std::chrono::duration_cast<duration>(steady_at_start_.time_since_epoch());
    }

private:
    instant wall_at_start_;
    std::chrono::steady_clock::time_point steady_at_start_;
};

/// Asks the kernel which boot of the machine this is; nothing when it does not say.
[[nodiscard]] std::optional<journal::clock_origin> origin_of(const steady_utc& clock);

}  // namespace td::runtime
