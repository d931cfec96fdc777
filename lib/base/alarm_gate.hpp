#pragma once
// Stands between a thread that may outlive its owner and the owner's alarm_sink, which may not.

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/alarm.hpp"

namespace td {

/// One thread tells, another one shuts.
class alarm_gate {
public:
    explicit alarm_gate(alarm_sink to) : to_(std::move(to)) {}
    alarm_gate(const alarm_gate&) = delete;
    alarm_gate& operator=(const alarm_gate&) = delete;

    /// Nothing once the gate is shut.
    void tell(const alarm& news) {
        state expected = state::open;
        if (state_.compare_exchange_strong(expected, state::telling)) {
            if (to_) {
                to_(news);
            }
            state_ = state::open;
            state_.notify_all();
        }
    }

    /// Waits for an alarm that is being told; afterwards the sink is not called, and no longer there. Not from within
    /// the sink.
    void shut() {
        for (state expected = state::open; !state_.compare_exchange_strong(expected, state::shut);
             expected = state::open) {
            if (expected == state::shut) {
                return;
            }
            state_.wait(state::telling);
        }
        to_ = nullptr;
    }

private:
    enum class state : std::uint8_t { open, telling, shut };
    std::atomic<state> state_{state::open};
    alarm_sink to_;
};

}  // namespace td
