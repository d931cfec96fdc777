#pragma once
// Running an Asio loop in a test until something has happened, with a deadline so that a failure ends.

#include <utility>

#include <boost/asio/io_context.hpp>

#include <chrono>

namespace td::test {

/// False when the condition was not met in time; the limit is for what never comes true.
template <class Condition>
bool loop_until(boost::asio::io_context& loop, Condition met,
                std::chrono::milliseconds at_most = std::chrono::seconds{60}) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!met()) {
        if (std::chrono::steady_clock::now() >= end) {
            return false;
        }
        loop.restart();
        loop.run_one_for(std::chrono::milliseconds{20});
    }
    return true;
}

}  // namespace td::test
