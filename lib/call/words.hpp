#pragma once
// The words of a call: what the CRM says of a flat, why a leg ended, how a call ended.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "pool/words.hpp"

namespace td::call {

/// Which of the worker's two lines to Asterisk: emergency calls have an application and connections of their own, so
/// that they never wait behind door calls.
enum class line : std::uint8_t { door, sos };

/// A point on WGS 84, in degrees.
struct position {
    double latitude = 0;   ///< -90 to 90
    double longitude = 0;  ///< -180 to 180
    friend bool operator==(const position&, const position&) = default;
};

/// Where a panel stands, as the CRM tells it; texts are empty and the place is missing when it does not.
struct site_record {
    city_id city;
    std::string city_name;
    std::string address;
    std::string entrance;
    std::optional<position> place;
    friend bool operator==(const site_record&, const site_record&) = default;
};

/// A phone that a push can wake.
struct device {
    device_id name;
    std::string platform;  ///< as the CRM says it: ios, android, …
    friend bool operator==(const device&, const device&) = default;
};

/// A resident's SIP account with its phones.
struct account {
    account_id name;
    std::vector<device> devices;
    friend bool operator==(const account&, const account&) = default;
};

/// What the CRM knows of a flat.
struct flat_record {
    bool blocked = false;    ///< nobody is rung, the panel hears busy
    bool auto_open = false;  ///< the panel is answered, sent the key and hung up; nobody is rung
    std::vector<account> accounts;
    friend bool operator==(const flat_record&, const flat_record&) = default;
};

/// Where an answer of the CRM came from.
enum class crm_source : std::uint8_t {
    live,   ///< asked for this call
    fresh,  ///< remembered, younger than crm.fresh
    stale,  ///< remembered, because the CRM failed just now
    file,   ///< crm.url is a file
    none,   ///< there was no answer
};

/// Why a leg is no longer rung, from the operator's point of view.
enum class leg_why : std::uint8_t {
    none,                ///< it still lives
    answered,            ///< it was the first to answer, and its part is over
    answered_elsewhere,  ///< another account was first
    declined,            ///< the resident pressed "reject"
    busy,                ///< the phone was in another call
    unreachable,         ///< no phone of the account was registered or answered the INVITE
    no_answer,           ///< it rang until its time was over
    cancelled,           ///< the panel left, or the call ended for another reason
    refused,             ///< Asterisk would not make the leg
    lost,                ///< it was gone when the line to Asterisk came back, and nobody can say why
};

/// How a door call ended; these are the words of the finished record.
enum class outcome : std::uint8_t { answered, missed, cancelled, declined, blocked, failed };

/// Who or what ended a call.
enum class ended_by : std::uint8_t {
    none,            ///< not ended yet
    panel,           ///< the visitor hung up
    account,         ///< the resident hung up
    ring_limit,      ///< nobody answered in door.ring_limit
    talk_limit,      ///< door.talk_limit was over
    declined,        ///< a decline with on_decline = end_call, or everybody declined
    everybody_busy,  ///< every account was in another call
    nobody_left,     ///< every leg ended by itself before the ring limit
    blocked,         ///< the flat is blocked
    no_accounts,     ///< the flat has nobody to ring
    unknown_flat,    ///< the CRM does not know the flat
    crm,             ///< the CRM failed and there was no good answer left
    auto_open,       ///< the door was opened without asking anybody
    bad_arguments,   ///< the dialplan gave no panel or no flat that can be used
    full,            ///< max_calls was reached
    pbx,             ///< Asterisk would not do what the call needs
    lost,            ///< what the call needs was gone when the line to Asterisk came back
    drain,           ///< the worker was told to stop
    callee,          ///< the emergency service, or the panel that was called back, hung up
    no_route,        ///< every route was tried, and none took the call
    no_panel,        ///< a callback whose number leads to no panel
    callback,        ///< a callback with priority needed the panel
};

/// Who is called by an emergency call or a callback.
enum class callee : std::uint8_t { operator_route, panel, desk };
/// early: made first and dialled then, so that the caller hears what the callee's network says before the answer.
/// plain: one request, for an Asterisk that refused the other.
enum class call_way : std::uint8_t { early, plain };
/// How urgent a callback is (RFC 7090: Priority: psap-callback).
enum class urgency : std::uint8_t { normal, psap_callback };

/// What an emergency call had to do without; each one is told in an alert.
enum class lack : std::uint8_t {
    site,           ///< the CRM told nothing of the panel, now or ever
    fresh_site,     ///< the CRM failed, and what was remembered was used
    store,          ///< the pool's store failed or was silent, and the worker's own notes helped
    rested_number,  ///< a number was lent before its guard time was over
    own_number,     ///< the pool was dry, or nothing was known: the shared number, or none
    route,          ///< the city's route was not known: sos.default_route
    callback_map,   ///< the callback route was not confirmed before the INVITE left
    first_try,      ///< the first attempt failed, and another one was made
    every_try,      ///< every attempt failed
};

/// What the panel hears before somebody answers.
enum class early_sound : std::uint8_t { none, ringing, progress };
enum class decline_rule : std::uint8_t { drop_leg, end_call };

/// Why a channel is hung up, in the words of ARI's `reason`.
enum class hangup_reason : std::uint8_t { normal, busy, congestion, no_answer, unallocated, answered_elsewhere };

enum class push_kind : std::uint8_t { ring, ended };
/// Why a ring that was pushed is over.
enum class push_end : std::uint8_t { none, answered_elsewhere, missed, declined, cancelled };

[[nodiscard]] std::string_view name_of(crm_source source);
[[nodiscard]] std::string_view name_of(leg_why why);
[[nodiscard]] std::string_view name_of(outcome how);
[[nodiscard]] std::string_view name_of(ended_by who);
[[nodiscard]] std::string_view name_of(early_sound sound);
[[nodiscard]] std::string_view name_of(decline_rule rule);
[[nodiscard]] std::string_view name_of(hangup_reason reason);
[[nodiscard]] std::string_view name_of(push_kind kind);
[[nodiscard]] std::string_view name_of(push_end end);
[[nodiscard]] std::string_view name_of(line which);
[[nodiscard]] std::string_view name_of(callee whom);
[[nodiscard]] std::string_view name_of(call_way way);
[[nodiscard]] std::string_view name_of(urgency how);
[[nodiscard]] std::string_view name_of(lack what);

}  // namespace td::call
