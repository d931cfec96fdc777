#pragma once
// How the loop hands work to a thread without ever waiting for it: a lock-free list with a weight limit and a bell.

#include <semaphore.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace td {

/// A POSIX semaphore. libstdc++ 12's own polls with sched_yield for up to 128 ms when it waits with a limit, which
/// costs an idle worker more than everything else it does.
class bell {
public:
    bell() { sem_init(&rings_, 0, 0); }
    bell(const bell&) = delete;
    bell& operator=(const bell&) = delete;
    ~bell() { sem_destroy(&rings_); }

    void ring() { sem_post(&rings_); }
    /// Waits for a ring, or until the time is over.
    void wait(std::chrono::nanoseconds at_most) {
        timespec until{};
        clock_gettime(CLOCK_MONOTONIC, &until);
        const std::int64_t nanoseconds = until.tv_nsec + at_most.count();
        until.tv_sec += static_cast<time_t>(nanoseconds / 1'000'000'000);
        until.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
        sem_clockwait(&rings_, CLOCK_MONOTONIC, &until);  // a signal that cuts it short is a wake-up for nothing
    }

private:
    sem_t rings_{};
};

/// Any thread puts, one thread takes. An item weighs from `put` until the taker says `settle`, so that what is taken
/// but not yet done (a disk that hangs) still counts against the limit.
template <class Item>
class inbox {
public:
    explicit inbox(std::size_t weight_limit) : weight_limit_(weight_limit) {}
    inbox(const inbox&) = delete;
    inbox& operator=(const inbox&) = delete;
    ~inbox() { static_cast<void>(take_all()); }

    /// False, and nothing taken, when the item would exceed the limit. Never waits.
    [[nodiscard]] bool put(Item item, std::size_t weight) {
        if (weight_.fetch_add(weight, std::memory_order_relaxed) + weight > weight_limit_) {
            weight_.fetch_sub(weight, std::memory_order_relaxed);
            return false;
        }
        auto entry = std::make_unique<node>(std::move(item));
        node* before = head_.load(std::memory_order_relaxed);
        do {
            entry->next = before;
        } while (
            !head_.compare_exchange_weak(before, entry.get(), std::memory_order_release, std::memory_order_relaxed));
        static_cast<void>(entry.release());  // the taker owns it, and may have freed it already
        if (before == nullptr) {
            bell_.ring();  // only the first item rings: the taker empties the whole list at once
        }
        return true;
    }

    /// Wakes the taker, to tell it of something that is not an item.
    void ring() { bell_.ring(); }

    /// Waits until an item comes, `ring` is called or the time is over. Taker only; it may wake for nothing.
    template <class Rep, class Period>
    void wait(std::chrono::duration<Rep, Period> at_most) {
        bell_.wait(at_most);
    }

    /// Everything that was put, in order. Taker only.
    [[nodiscard]] std::vector<Item> take_all() {
        std::size_t count = 0;
        node* last = head_.exchange(nullptr, std::memory_order_acquire);
        for (const node* each = last; each != nullptr; each = each->next) {
            ++count;
        }
        std::vector<Item> items;
        items.reserve(count);
        while (last != nullptr) {
            const std::unique_ptr<node> owned(last);
            items.push_back(std::move(owned->item));
            last = owned->next;
        }
        return {std::make_move_iterator(items.rbegin()), std::make_move_iterator(items.rend())};
    }

    /// The taker is done with items of this weight.
    void settle(std::size_t weight) { weight_.fetch_sub(weight, std::memory_order_relaxed); }

    [[nodiscard]] std::size_t weight() const { return weight_.load(std::memory_order_relaxed); }

private:
    struct node {
        explicit node(Item&& what) : item(std::move(what)) {}
        Item item;
        node* next = nullptr;
    };

    const std::size_t weight_limit_;
    std::atomic<std::size_t> weight_{0};
    std::atomic<node*> head_{nullptr};
    bell bell_;
};

}  // namespace td
