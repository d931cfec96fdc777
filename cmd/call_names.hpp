#pragma once
// Names of new calls: the clock, and 80 bits of a generator that the system's randomness has seeded.

#include <chrono>
#include <cstdint>
#include <random>

#include "base/random.hpp"
#include "call/words.hpp"
#include "runtime/clock.hpp"

namespace td::cmd {

class call_names {
public:
    /// The clock outlives it.
    explicit call_names(const runtime::steady_utc& clock) : clock_(clock), random_(seed()) {}
    call_id operator()() {
        const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch());
        return call_id::of(static_cast<std::uint64_t>(now.count()), static_cast<std::uint16_t>(random_.next()),
                           random_.next());
    }

private:
    static std::uint64_t seed() {
        std::random_device device;
        return (std::uint64_t{device()} << 32U) | device();
    }
    const runtime::steady_utc& clock_;
    random_source random_;
};

}  // namespace td::cmd
