#pragma once
// A resident's phone, or all phones of an account behind the proxy, and what it does when a call comes. Every time is
// counted from the act before it, so one value describes every call to that phone.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/instant.hpp"

namespace td::sim {

/// What the called side does in the end.
enum class phone_habit : std::uint8_t {
    answers,        ///< rings, then 200
    declines,       ///< rings, then 603
    busy,           ///< 486 at once
    never_answers,  ///< rings for ever
    silent,         ///< not a byte comes back
    progresses,     ///< 183 and early media instead of ringing, then 200
    no_contact,     ///< Asterisk has no address for it: originate fails
};
/// What meets a call to a phone that sleeps, until it registers.
enum class phone_sleep : std::uint8_t {
    awake,
    refused_404,  ///< the proxy knows nobody by that name
    refused_480,  ///< the proxy knows that nobody is there just now
    held,         ///< the proxy holds the call and rings the phone when it registers (Kamailio's TSILO)
};

struct phone {
    struct press {
        duration after{};  ///< after the answer
        char key = '1';
    };
    phone_habit habit = phone_habit::answers;
    phone_sleep sleep = phone_sleep::awake;
    duration rings_after = 5ms;  ///< from the INVITE to 180, or to a refusal
    duration acts_after = 3s;    ///< from 180 to the answer or the decline
    duration hangs_up_after{};   ///< from the answer; zero: never
    std::vector<press> presses;
    std::optional<instant> wakes_at;  ///< registers by itself; a push may wake it earlier
};

}  // namespace td::sim
