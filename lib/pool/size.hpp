#pragma once
// How many numbers a city needs. A number is occupied by one emergency call for the talk, the callback window and the
// guard time; calls that find none are lost to the shared number. That is Erlang's loss system (Erlang B, 1917), which
// holds for any distribution of the holding time as long as calls come independently.
//
// The busy hour: telephone trunks are planned for the busiest hour, because a call lasts minutes. A number is occupied
// for hours, so what counts is the busiest stretch as long as one occupation. `peak` says how many times as dense as
// the day's average the calls come in that stretch: 1 for calls spread evenly, 24 h / occupation at most, when all of
// the day's calls fall into it. Emergency calls of a city at two in the night and at eight in the evening differ by
// less than 2, which is the default; a city with one big fire needs more than any average says.
//
// A panel that calls again within its window occupies no further number, so the answer errs on the safe side.

#include <cstdint>

#include "base/instant.hpp"
#include "base/result.hpp"

namespace td::pool {

struct size_wish {
    double calls_per_day = 0;
    duration window{};
    duration guard{};
    duration talk = std::chrono::minutes{3};
    double loss = 0;  ///< share of calls that may find no number: 0.001 is one in a thousand
    double peak = 2;
};

struct size_answer {
    double load = 0;            ///< offered, in erlangs: numbers occupied on average at the peak, were there enough
    std::uint64_t numbers = 0;  ///< enough for the loss with every guard time kept
    double loss = 0;            ///< the loss with that many
    std::uint64_t bare_numbers = 0;  ///< enough when guard times are cut short whenever nothing else is free
};

/// The share of calls lost with so many numbers under so much load (erlangs); 0 without load.
[[nodiscard]] double erlang_b(double load, std::uint64_t numbers);
/// bad_input for what is negative, not finite or beyond a million calls in one occupation.
[[nodiscard]] result<size_answer> size_for(const size_wish& wish);

}  // namespace td::pool
