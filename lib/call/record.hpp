#pragma once
// The finished record of a door call, as the feed sends it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "call/words.hpp"

namespace td::call {

/// A moment within a call in milliseconds since its start; -1 for "it never came".
using call_ms = std::int64_t;
inline constexpr call_ms not_reached = -1;

/// One account as the call met it. Redials of a phone that woke late are one entry: the times are of the last attempt.
struct leg_record {
    account_id account;
    device_id device;  ///< when the account has just one; else empty, as only the proxy knows which phone it was
    call_ms dialled_ms = not_reached;
    call_ms ringing_ms = not_reached;
    call_ms ended_ms = not_reached;
    int sip = 0;
    int cause = 0;
    leg_why why = leg_why::none;
    unsigned attempts = 0;
};

struct push_record {
    device_id device;
    bool accepted = false;
    std::string reason;  ///< why it was not accepted
};

struct door_record {
    call_id call;
    panel_id panel;
    flat_id flat;
    instant started_at{};
    instant ended_at{};
    outcome how = outcome::failed;
    account_id answered_by;
    call_ms ring_ms = 0;  ///< from the start to the answer, or to the end where nobody answered
    call_ms talk_ms = 0;
    ended_by who = ended_by::none;
    bool opened_door = false;
    std::vector<leg_record> legs;
    std::vector<push_record> pushes;
    crm_source source = crm_source::none;
    call_ms crm_ms = not_reached;
    std::string note;  ///< what an operator should know: the complaint, the CRM's failure
};

/// One try to reach the emergency service.
struct attempt_record {
    std::string route;
    call_way way = call_way::early;
    call_ms dialled_ms = not_reached;
    call_ms ringing_ms = not_reached;
    call_ms ended_ms = not_reached;
    int sip = 0;
    int cause = 0;
    leg_why why = leg_why::none;
};

struct sos_record {
    call_id call;
    panel_id panel;
    instant started_at{};
    instant ended_at{};
    outcome how = outcome::failed;  ///< answered, cancelled or failed
    ended_by who = ended_by::none;
    call_ms ring_ms = 0;  ///< from the start to the answer, or to the end
    call_ms talk_ms = 0;
    number_id number;                    ///< the caller id; empty: none was known
    std::optional<pool::lent_how> lent;  ///< nothing for the shared number
    pool::lease_token lease = 0;
    site_record site;
    crm_source source = crm_source::none;
    call_ms crm_ms = not_reached;
    call_ms number_ms = not_reached;  ///< until the number was known
    std::vector<attempt_record> attempts;
    std::vector<lack> lacks;
    std::string note;
};

struct callback_record {
    call_id call;
    number_id number;
    panel_id panel;  ///< empty when it led to nobody
    std::string caller;
    urgency priority = urgency::normal;
    instant started_at{};
    instant ended_at{};
    outcome how = outcome::failed;  ///< answered, missed, cancelled, blocked (led to nobody) or failed
    ended_by who = ended_by::none;
    callee whom = callee::panel;
    call_ms ring_ms = 0;
    call_ms talk_ms = 0;
    int sip = 0;
    int cause = 0;
    std::string note;
};

struct sos_alert {
    call_id call;
    panel_id panel;
    instant at{};
    number_id number;
    std::string route;
    std::vector<lack> lacks;
    std::string note;
};

}  // namespace td::call
