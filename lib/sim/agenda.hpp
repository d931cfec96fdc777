#pragma once
// What is to happen at which moment of virtual time. Acts of one moment keep the order in which they were put in.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "base/instant.hpp"

namespace td::sim {

class agenda {
public:
    explicit agenda(instant start) : now_(start) {}

    [[nodiscard]] instant now() const { return now_; }
    [[nodiscard]] bool empty() const { return acts_.empty(); }
    [[nodiscard]] instant next() const { return acts_.empty() ? never : acts_.begin()->first.first; }

    /// A moment that is past means "in the next turn".
    void put(instant when, std::function<void()> act) {
        acts_.emplace(std::pair{std::max(when, now_), ++counter_}, std::move(act));
    }
    void put_after(duration wait, std::function<void()> act) { put(now_ + wait, std::move(act)); }

    /// Time goes on to `when`; it never goes back.
    void pass_to(instant when) { now_ = std::max(now_, when); }

    /// Does the first act if it is due; false when none is.
    bool act_once() {
        if (next() > now_) {
            return false;
        }
        auto first = acts_.extract(acts_.begin());
        first.mapped()();
        return true;
    }

private:
    instant now_;
    std::map<std::pair<instant, std::uint64_t>, std::function<void()>> acts_;
    std::uint64_t counter_ = 0;
};

}  // namespace td::sim
