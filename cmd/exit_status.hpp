#pragma once
// How the program ends: the table that stands in every man page. Scripts decide by these numbers, so they are only
// added to.

#include "base/result.hpp"

namespace td::cmd {

enum class exit_status : int {
    done = 0,           ///< done; a finished drain too
    failed = 1,         ///< failed, and no row below says why
    usage = 2,          ///< the command line or the configuration is wrong
    partly = 3,         ///< partly done
    findings = 4,       ///< done, with findings over the threshold
    unreachable = 5,    ///< something it needs is unreachable: try again
    nothing = 9,        ///< there was nothing to do
    not_found = 10,     ///< no such thing
    locked = 11,        ///< another run holds the lock
    not_allowed = 12,   ///< rights are missing
    level_missed = 13,  ///< a service level was missed
    interrupted = 130,  ///< cut short by SIGINT
    terminated = 143,   ///< cut short by SIGTERM
};

[[nodiscard]] constexpr exit_status status_of(failure_kind kind) {
    switch (kind) {
        case failure_kind::bad_input: return exit_status::usage;
        case failure_kind::unreachable: return exit_status::unreachable;
        case failure_kind::not_found: return exit_status::not_found;
        case failure_kind::taken: return exit_status::locked;
        case failure_kind::not_allowed: return exit_status::not_allowed;
        case failure_kind::refused:
        case failure_kind::broken_data:
        case failure_kind::full: return exit_status::failed;
    }
    return exit_status::failed;
}

}  // namespace td::cmd
