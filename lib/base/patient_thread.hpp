#pragma once
// A thread for blocking work that its owner can give up on: a write to a dead disk or a stalled pipe never returns, and
// the worker must still be able to stop.

#include <chrono>
#include <functional>
#include <future>
#include <thread>
#include <utility>

namespace td {

/// `work` must own, or share, everything it touches: past the deadline it outlives its owner.
class patient_thread {
public:
    explicit patient_thread(std::function<void()> work) {
        std::promise<void> over;
        over_ = over.get_future();
        thread_ = std::thread([work = std::move(work), over = std::move(over)]() mutable {
            work();
            over.set_value();
        });
    }
    patient_thread(const patient_thread&) = delete;
    patient_thread& operator=(const patient_thread&) = delete;
    /// Waits for the work without a limit, where `over_within` was not asked first.
    ~patient_thread() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    /// True when the work is over in this time; false: the thread is left to itself.
    [[nodiscard]] bool over_within(std::chrono::milliseconds limit) {
        if (!thread_.joinable()) {
            return true;
        }
        if (over_.wait_for(limit) != std::future_status::ready) {
            thread_.detach();
            return false;
        }
        thread_.join();
        return true;
    }

private:
    std::future<void> over_;
    std::thread thread_;
};

}  // namespace td
