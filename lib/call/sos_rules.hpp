#pragma once
// The part of the configuration that an emergency call and a callback decide by. An emergency INVITE is on the wire
// within 500 ms of the panel's arrival whatever hangs, hence the three short waits: what has not come by then is done
// without, and told in an alert.

#include <string>

#include "base/instant.hpp"
#include "call/words.hpp"

namespace td::call {

struct sos_rules {
    duration site_wait = 180ms;    ///< for the CRM's word on where the panel stands
    duration number_wait = 120ms;  ///< for the pool's store; then the worker's own notes are asked
    duration map_wait = 80ms;      ///< for the callback route to be confirmed
    duration answer_limit = 60s;   ///< sos.answer_limit: of one attempt
    duration silence_limit = 12s;  ///< sos.silence_limit: an attempt that does not even ring by then is given up
    duration try_again = 1s;       ///< before a route is tried that was tried already
    unsigned most_tries = 6;       ///< attempts of one call
    duration longest_call = std::chrono::hours{4};
    std::string default_route = "112";  ///< sos.default_route
    std::string desk;                   ///< sos.desk; empty: a callback that must not reach a panel is rejected
    duration check_wait = 150ms;        ///< for the store to confirm whom a callback leads to
    duration join_limit = 5s;
    duration join_again = 200ms;
    duration drop_again = 2s;
    duration end_limit = 20s;
};

}  // namespace td::call
