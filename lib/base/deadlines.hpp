#pragma once
// One table of deadlines for many owners: a binary heap that knows where each owner stands, so that moving a deadline
// costs O(log n) and the next one is always at hand.

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/instant.hpp"

namespace td {

/// Each key has at most one deadline. Equal deadlines are served in no particular, but repeatable, order.
template <class Key>
class deadlines {
public:
    /// Sets or moves the deadline of `key`; `never` takes it out.
    void put(const Key& key, instant at) {
        const auto found = places_.find(key);
        if (found == places_.end()) {
            if (at == never) {
                return;
            }
            heap_.push_back({at, key});
            places_.emplace(key, heap_.size() - 1);
            rise(heap_.size() - 1);
            return;
        }
        const std::size_t place = found->second;
        if (at == never) {
            take_out(place);
            return;
        }
        const instant before = heap_[place].at;
        heap_[place].at = at;
        if (at < before) {
            rise(place);
        } else if (at > before) {
            sink(place);
        }
    }

    [[nodiscard]] bool empty() const { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const { return heap_.size(); }
    /// `never` when nothing waits.
    [[nodiscard]] instant next() const { return heap_.empty() ? never : heap_.front().at; }
    /// The owner of the next deadline; the table must not be empty.
    [[nodiscard]] const Key& next_owner() const { return heap_.front().key; }

private:
    struct entry {
        instant at;
        Key key;
    };

    void take_out(std::size_t place) {
        places_.erase(heap_[place].key);
        if (place + 1 != heap_.size()) {
            heap_[place] = std::move(heap_.back());
            places_[heap_[place].key] = place;
            heap_.pop_back();
            sink(place);
            rise(place);
        } else {
            heap_.pop_back();
        }
    }

    void exchange(std::size_t a, std::size_t b) {
        std::swap(heap_[a], heap_[b]);
        places_[heap_[a].key] = a;
        places_[heap_[b].key] = b;
    }

    void rise(std::size_t place) {
        while (place > 0 && heap_[place].at < heap_[(place - 1) / 2].at) {
            exchange(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
    }

    void sink(std::size_t place) {
        for (;;) {
            std::size_t least = place;
            for (std::size_t child = 2 * place + 1; child <= 2 * place + 2 && child < heap_.size(); ++child) {
                if (heap_[child].at < heap_[least].at) {
                    least = child;
                }
            }
            if (least == place) {
                return;
            }
            exchange(least, place);
            place = least;
        }
    }

    std::vector<entry> heap_;
    std::unordered_map<Key, std::size_t> places_;
};

}  // namespace td
