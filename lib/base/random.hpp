#pragma once
// Randomness as a value: the same seed gives the same numbers on every machine and compiler.

#include <cstdint>

namespace td {

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, good enough for schedules, names and simulations; not for
/// secrets.
class random_source {
public:
    explicit random_source(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    /// 0 to limit - 1; 0 when the limit is 0. The bias of the remainder is below 2^-32 for every limit used here.
    std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }

    /// True once in `times` on average.
    bool once_in(std::uint64_t times) { return below(times) == 0; }

    /// 0 up to, but not, 1.
    double fraction() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

private:
    std::uint64_t state_;
};

}  // namespace td
