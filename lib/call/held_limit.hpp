#pragma once
// A limit of ringing that is reached while the line to Asterisk is lost. Whoever was called may have answered
// meanwhile, and may even talk: nothing is decided before the picture tells, or the patience is over.

#include <algorithm>

#include "base/instant.hpp"

namespace td::call {

class held_limit {
public:
    /// Whether the limit is to be served now. `lost_at` is `never` while the line is there.
    [[nodiscard]] bool due(instant now, instant limit, instant lost_at, duration patience) {
        if (limit > now || lost_at == never) {
            return limit <= now;
        }
        until_ = std::min(until_, now + patience);
        return until_ <= now;
    }
    /// When `due` is next worth asking.
    [[nodiscard]] instant of(instant limit) const { return holds() ? std::max(limit, until_) : limit; }
    /// True from the moment at which a limit had to wait.
    [[nodiscard]] bool holds() const { return until_ != never; }
    /// The picture has come, or another wait begins.
    void release() { until_ = never; }

private:
    instant until_ = never;
};

}  // namespace td::call
