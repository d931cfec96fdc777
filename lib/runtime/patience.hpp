#pragma once
// The machine's time in a process that stood still. Pure.
//
// A process that was stopped (SIGSTOP, a frozen host, no memory) wakes with deadlines that are over, and with the news
// that would have kept them unread in its sockets. A phone answered, Asterisk joined the two: it must be heard before
// anybody is judged. So the machine's time goes on from where it was, at most `hears_first` before its next deadline,
// and runs `hurries` times as fast until it has caught up with the clock. Its deadlines keep their order, and what is
// asked meanwhile has nearly its whole time.

#include "base/instant.hpp"

namespace td::runtime {

class patience {
public:
    /// How often the loop must turn while anything is due: a longer silence than `stood_still` is none of the loop's.
    static constexpr duration beat = 250ms;
    static constexpr duration stood_still = 1s;
    static constexpr duration hears_first = 2s;  ///< of the machine's time; half a second of the clock's
    static constexpr int hurries = 4;
    static constexpr duration longest = 30s;  ///< Asterisk has given up a worker that stood still for longer

    /// The loop turns, the clock says `real`, and `due` is the machine's next deadline: the machine's time. It never
    /// runs backwards.
    instant turn(instant real, instant due);
    /// When the clock will show `at` of the machine's time.
    [[nodiscard]] instant on_the_clock(instant at) const;

private:
    [[nodiscard]] duration behind(instant real) const;

    instant turned_ = never;  ///< the last turn, by the clock; never: there was none
    instant woke_{};
    duration behind_when_woken_{0};
};

}  // namespace td::runtime
