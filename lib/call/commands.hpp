#pragma once
// Everything a call can ask of the world. The commands of one step are carried out in their order for one call:
// Asterisk sees answer before join. Different calls may overtake each other.

#include <string>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "call/record.hpp"
#include "call/words.hpp"

namespace td::call {

// ---- to Asterisk

/// Let the panel hear that it rings (180), or early media (183).
struct sound {
    call_id call;
    channel_id panel;
    early_sound kind = early_sound::ringing;
};
/// Call an account; the leg has the name td.<call>.<leg>. Asterisk gives up after `limit`.
struct dial {
    leg_ref leg;
    account_id account;
    panel_id panel;  ///< the caller id's number
    duration limit{};
};
/// Call the emergency service, a panel back, or the desk; the leg has the name td.<call>.<leg>.
struct call_out {
    leg_ref leg;
    callee whom = callee::operator_route;
    call_way way = call_way::early;
    std::string target;  ///< the route, the panel or the desk, as the dial strings of [sos] take it
    std::string caller;  ///< the caller id's number; empty: the gateway's own
    panel_id panel;
    site_record site;  ///< told to the operator as sos.location says
    urgency how = urgency::normal;
    duration limit{};
};
struct make_bridge {
    call_id call;
};
struct answer_panel {
    call_id call;
    channel_id panel;
};
/// Put the panel and the leg into the call's bridge.
struct join {
    leg_ref leg;
    channel_id panel;
};
struct drop_leg {
    leg_ref leg;
    hangup_reason reason = hangup_reason::normal;
};
struct drop_panel {
    call_id call;
    channel_id panel;
    hangup_reason reason = hangup_reason::normal;
};
struct remove_bridge {
    call_id call;
};
/// Let the dialplan go on with the panel's leg (ARI's `continue`): another worker, or a plain Dial(), serves it.
struct give_back {
    call_id call;
    channel_id panel;
};
/// Send keys (DTMF) to the panel: they open the door.
struct send_keys {
    call_id call;
    channel_id panel;
    std::string keys;
};
/// Hang up a channel of ours that belongs to no call.
struct drop_stray {
    channel_id channel;
    line which = line::door;
};
/// Remove a bridge of ours that belongs to no call.
struct remove_stray_bridge {
    call_id bridge;
    line which = line::door;
};

// ---- to the CRM, the push server, the feed

struct find_accounts {
    call_id call;
    panel_id panel;
    flat_id flat;
};
struct push {
    struct target {
        account_id account;
        device_id device;
        std::string platform;
        friend bool operator==(const target&, const target&) = default;
    };
    call_id call;
    push_kind kind = push_kind::ring;
    push_end end = push_end::none;  ///< of kind ended
    panel_id panel;
    flat_id flat;
    std::string title;
    instant deadline{};  ///< when the ring is over for good
    std::vector<target> targets;
};
/// The devices that a push asks, for its answer.
[[nodiscard]] std::vector<device_id> devices_of(const push& wish);
/// Ask where the panel stands: site_found, at once what is remembered, or site_missing.
struct find_site {
    call_id call;
    panel_id panel;
};

// ---- to the pool of numbers and the callback map

/// Lend the panel a number of its city: number_lent or number_refused.
struct lend_number {
    call_id call;
    panel_id panel;
    site_record site;
};
/// The store was silent for too long: answer at once from the worker's own notes, by number_lent or number_refused.
/// Whatever the store answers to the same call later is given back to it.
struct lend_from_notes {
    call_id call;
    panel_id panel;
    site_record site;
};
/// Let callbacks to the number find the panel: number_mapped or map_failed. What failed is repeated until it is done or
/// its time is over.
struct map_number {
    call_id call;
    pool::lease_token token = 0;
    number_id number;
    panel_id panel;
    site_record site;
};
/// The call with this number is over: its window begins. Repeated until the store has it.
struct return_number {
    call_id call;
    pool::lease_token token = 0;
    number_id number;
    panel_id panel;
    instant at{};
};
/// To whom does the number lead? number_checked or check_failed.
struct check_number {
    call_id call;
    number_id number;
};

/// The panel is in this call from now on.
struct panel_taken {
    panel_id panel;
    call_id call;
};
/// The call has let go of its panel.
struct panel_freed {
    panel_id panel;
    call_id call;
};
/// The call is over: exactly one of these a call, and the last of its commands.
struct finish {
    door_record record;
};
/// The same of an emergency call and of a callback.
struct finish_sos {
    sos_record record;
};
struct finish_callback {
    callback_record record;
};
/// An emergency call had to do without something. At most two a call: when it leaves, and when no route took it.
struct alert {
    sos_alert news;
};

using command = std::variant<sound, dial, call_out, make_bridge, answer_panel, join, drop_leg, drop_panel, give_back,
                             remove_bridge, send_keys, drop_stray, remove_stray_bridge, find_accounts, find_site,
                             lend_number, lend_from_notes, map_number, return_number, check_number, push, panel_taken,
                             panel_freed, finish, finish_sos, finish_callback, alert>;
using commands = std::vector<command>;

}  // namespace td::call
