#pragma once
// Independent pieces of work on several threads; which of them does which is never seen in what comes out.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <future>
#include <vector>

namespace td::cmd {

/// Calls `work(0)` to `work(count - 1)`, at most `jobs` of them at a time, and returns when all are done.
template <class Work>
void side_by_side(std::size_t count, std::size_t jobs, const Work& work) {
    std::atomic<std::size_t> next{0};
    const auto take = [&] {
        for (std::size_t mine = next++; mine < count; mine = next++) {
            work(mine);
        }
    };
    std::vector<std::future<void>> others;
    for (std::size_t job = 1; job < std::min(jobs, count); ++job) {
        others.push_back(std::async(std::launch::async, take));
    }
    take();
    for (std::future<void>& each : others) {
        each.get();
    }
}

}  // namespace td::cmd
