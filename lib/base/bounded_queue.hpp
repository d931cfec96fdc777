#pragma once
// A first-in first-out queue that says no when it is full; what happens then is the caller's word.

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace td {

template <class T>
class bounded_queue {
public:
    explicit bounded_queue(std::size_t limit) : limit_(limit) {}

    /// False, and nothing taken, when the queue is full.
    [[nodiscard]] bool put(T item) {
        if (items_.size() >= limit_) {
            return false;
        }
        items_.push_back(std::move(item));
        return true;
    }

    [[nodiscard]] std::optional<T> take() {
        if (items_.empty()) {
            return std::nullopt;
        }
        std::optional<T> first(std::move(items_.front()));
        items_.pop_front();
        return first;
    }

    [[nodiscard]] bool empty() const { return items_.empty(); }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] std::size_t limit() const { return limit_; }

private:
    std::size_t limit_;
    std::deque<T> items_;
};

}  // namespace td
