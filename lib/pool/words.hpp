#pragma once
// The words of the number pool: cities, numbers, leases. A number is lent to a panel for an emergency call, leads back
// to it for the callback window, rests for the guard time, and is free again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"

namespace td {

/// A city by its code in the Russian address register (FIAS), a UUID in lower case.
using city_id = id<struct city_tag>;
/// A telephone number in E.164 without '+': digits only.
using number_id = id<struct number_tag>;

}  // namespace td

namespace td::pool {

/// leased: in a call, or reserved by a worker. window: a callback leads to the panel. guard: leads to nobody.
enum class number_state : std::uint8_t { free, leased, window, guard, disabled };
[[nodiscard]] std::string_view name_of(number_state what);
[[nodiscard]] std::optional<number_state> number_state_named(std::string_view name);

/// Why this number was taken for this call.
enum class lent_how : std::uint8_t {
    sticky,       ///< the panel's own: its call or its window is open
    rested,       ///< free, and the one of its pool that has rested longest
    guard_spent,  ///< nothing was free any more: the one whose guard time is nearest to its end
    reserved,     ///< from the block that the worker keeps for nights without a store
};
[[nodiscard]] std::string_view name_of(lent_how what);
[[nodiscard]] std::optional<lent_how> lent_how_named(std::string_view name);

/// Grows with every lease of a store. Whoever writes with an older one is too late (a fencing token).
using lease_token = std::uint64_t;

/// Where the emergency calls of a city go.
struct city {
    city_id fias;
    std::string name;
    std::string route;         ///< stands for {route} in sos.dial
    std::string second_route;  ///< tried when the first is busy, refused or silent; empty: the first once more
    number_id shared_number;   ///< caller id when the pool is dry; empty: there is none
    city_id parent;            ///< whose pool helps out; empty: nobody's
    friend bool operator==(const city&, const city&) = default;
};

/// One number as the store holds it. `state` is what was written; what it is at a moment is `state_at` (rules.hpp).
struct number_row {
    number_id number;
    city_id city;
    number_state state = number_state::free;
    panel_id panel;               ///< whose it is in leased and window, was in guard
    std::string holder;           ///< the worker that reserved it and has not lent it yet; else empty
    lease_token lease = 0;        ///< the latest; 0: never lent
    unsigned calls = 0;           ///< in progress with this number
    instant until = never;        ///< end of the state: of leased the longest time that a call may last
    instant guard_until = never;  ///< when it is free again if nothing more happens; never when it is free
    /// When it was last given back: the latest end of a call, then of its window, then of its guard time; the epoch for
    /// a new one. A lease begins no earlier, so that the history of a number never overlaps when a clock was set back.
    instant rested_since{};
    friend bool operator==(const number_row&, const number_row&) = default;
};

/// A number that an operator brings in: free, or disabled until somebody enables it.
struct new_number {
    number_id number;
    city_id city;
    number_state state = number_state::free;
    friend bool operator==(const new_number&, const new_number&) = default;
};

/// How long the states last.
struct lease_rules {
    duration window = std::chrono::minutes{180};
    duration guard = std::chrono::minutes{60};
    /// A lease whose end was never told counts as ended after this: its worker died and never came back.
    duration longest_call = std::chrono::hours{4};
};

/// One call with a borrowed number.
struct lease_wish {
    panel_id panel;
    city_id city;
    call_id call;
    instant at{};
    std::string site;  ///< JSON as in td:sos:site:<number>, without `leased_at` and `call`: kept as it was at the call
    std::string who;   ///< for the audit: serve-ari@node, or a user's name
    std::string why;   ///< for the audit: "sos call", or an operator's words
};

struct lent {
    lease_token token = 0;
    number_id number;
    city_id city;  ///< of the number: the panel's city or a parent
    lent_how how = lent_how::rested;
    instant until{};  ///< when the lease ends if its end is never told
    friend bool operator==(const lent&, const lent&) = default;
};

/// What a store answers to a wish. Without `number` the pool is dry, and the shared number is to be used.
struct lease_answer {
    std::optional<lent> number;
    std::optional<city> where;  ///< the panel's city; nothing when the store does not know it
};

/// One row a lease, kept for ever.
struct lease_row {
    lease_token token = 0;
    number_id number;
    city_id city;
    panel_id panel;
    call_id call;
    lent_how how = lent_how::rested;
    instant leased_at{};
    instant ended_at = never;      ///< of the call; never while it lasts
    instant window_until = never;  ///< never while the call lasts
    std::string site;
    friend bool operator==(const lease_row&, const lease_row&) = default;
};

struct audit_row {
    std::uint64_t no = 0;
    instant at{};
    std::string who;
    std::string act;  ///< lease, end, window_over, guard_over, reserve, settle, release, enable, disable, add, remove,
                      ///< city, import, repair
    number_id number;
    panel_id panel;
    number_state before = number_state::free;
    number_state after = number_state::free;
    std::string why;
    friend bool operator==(const audit_row&, const audit_row&) = default;
};

}  // namespace td::pool
