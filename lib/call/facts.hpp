#pragma once
// Everything that can happen to the calls of one worker. A fact is past and true; every fact is legal at every moment,
// and a late one is ignored. What stands here is what the journal records and what a replay feeds back.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "call/words.hpp"

namespace td::call {

/// The requests to Asterisk whose replies decide something.
enum class act : std::uint8_t {
    sound,
    dial,
    bridge,
    answer,
    join,
    drop_leg,
    drop_panel,
    give_back,
    remove_bridge,
    send_keys
};
[[nodiscard]] std::string_view name_of(act what);

// ---- from Asterisk

/// A panel's leg entered Stasis. `panel` and `flat` are already trimmed; both are empty when the dialplan's arguments
/// could not be used, and then `complaint` says why in words that are safe to log.
struct panel_arrived {
    call_id call;
    channel_id channel;
    panel_id panel;
    flat_id flat;
    std::string complaint;
};
/// A panel's leg entered Stasis for an emergency call; `panel` is empty when the arguments could not be used.
struct sos_arrived {
    call_id call;
    channel_id channel;
    panel_id panel;
    std::string complaint;
};
/// The emergency service calls a number back, and whoever routed the call says that it leads to `panel`. Either is
/// empty when the arguments could not be used.
struct callback_arrived {
    call_id call;
    channel_id channel;
    panel_id panel;
    number_id number;
    std::string caller;  ///< the caller's number, for the panel to show
    urgency how = urgency::normal;
    std::string complaint;
};
/// The leg that began a call (a panel's; in a callback the gateway's) left Stasis or is gone.
struct panel_left {
    channel_id channel;
};
/// A phone behind the leg rings (SIP 180 or 183).
struct leg_ringing {
    leg_ref leg;
};
/// The leg was answered and is in Stasis.
struct leg_answered {
    leg_ref leg;
};
/// The leg is gone. `cause` is Q.850, `sip` the SIP status where Asterisk tells it (20.17, 22.7 and newer), else 0.
struct leg_ended {
    leg_ref leg;
    int cause = 0;
    int sip = 0;
};
/// The resident on the leg pressed a key.
struct key_pressed {
    leg_ref leg;
    char key = 0;
};
/// Asterisk did what the command asked. Reported for bridge, answer, join, remove_bridge and send_keys, and for the
/// dial of a call_out.
struct pbx_did {
    call_id call;
    act what = act::join;
    leg_no leg;  ///< of join; else 0
};
/// Asterisk would not, or did not reply after the adapter's retries. `status` is that of HTTP, 0 for no reply. Reported
/// for every act; "gone already" (404 on a hang-up or a removal) is reported too.
struct pbx_refused {
    call_id call;
    act what = act::join;
    leg_no leg;
    int status = 0;
};
/// What Asterisk really holds, asked for after every connect.
struct pbx_seen {
    enum class condition : std::uint8_t { waiting, ringing, up };
    struct channel {
        channel_id name;
        condition state = condition::waiting;
        bool joined = false;  ///< it stands in a bridge of ours
    };
    std::vector<channel> channels;  ///< those that our application holds, and no others
    std::vector<call_id> bridges;   ///< ours only
    line which = line::door;
};
/// The line to Asterisk is cut: no event comes until pbx_seen.
struct pbx_line_lost {
    line which = line::door;
};

// ---- from the CRM

struct accounts_found {
    call_id call;
    flat_record flat;
    crm_source source = crm_source::live;
    std::uint32_t took_ms = 0;
};
/// The CRM answered that there is no such flat.
struct flat_unknown {
    call_id call;
    crm_source source = crm_source::live;
    std::uint32_t took_ms = 0;
};
/// The CRM failed and nothing is remembered. `reason` is short and safe to log: timeout, status_500, broken_json, …
struct crm_failed {
    call_id call;
    std::string reason;
    std::uint32_t took_ms = 0;
};
/// What the CRM calls the panel (for the title of a push); empty when it does not know it.
struct panel_described {
    call_id call;
    std::string title;
};

/// Where the panel stands. It may come twice: what is remembered at once (stale), what the CRM says now later.
struct site_found {
    call_id call;
    site_record site;
    crm_source source = crm_source::live;
    std::uint32_t took_ms = 0;
};
/// The CRM does not know the panel, or failed and nothing is remembered.
struct site_missing {
    call_id call;
    std::string reason;
    std::uint32_t took_ms = 0;
};

// ---- from the pool of numbers

/// What is known of the city's routes; empty texts where it is not.
struct sos_routes {
    std::string first;
    std::string second;
    number_id shared_number;
    friend bool operator==(const sos_routes&, const sos_routes&) = default;
};
/// A number is lent to this call.
struct number_lent {
    call_id call;
    pool::lease_token token = 0;
    number_id number;
    pool::lent_how how = pool::lent_how::rested;
    sos_routes routes;
};
/// There is none, and why: the pool is dry, the city is not known, or the store failed.
struct number_refused {
    enum class why : std::uint8_t { dry, unknown_city, store };
    call_id call;
    why reason = why::dry;
    sos_routes routes;
    std::string text;
};
[[nodiscard]] std::string_view name_of(number_refused::why reason);
/// The callback map leads the number to the panel now.
struct number_mapped {
    call_id call;
};
struct map_failed {
    call_id call;
    std::string reason;
};
/// To whom the number leads now; `panel` is empty when to nobody.
struct number_checked {
    call_id call;
    panel_id panel;
};
/// The store could not say it.
struct check_failed {
    call_id call;
    std::string reason;
};

// ---- from the push server

struct push_answered {
    struct rejection {
        device_id device;
        std::string reason;
        friend bool operator==(const rejection&, const rejection&) = default;
    };
    call_id call;
    push_kind kind = push_kind::ring;
    std::vector<rejection> rejected;
    std::vector<device_id> asked{};  ///< those of the push that this answers; empty in older journals: all of the call
};
struct push_failed {
    call_id call;
    push_kind kind = push_kind::ring;
    std::string reason;
    std::vector<device_id> asked{};  ///< as above
};

// ---- from elsewhere

/// One of the account's phones has registered just now.
struct account_registered {
    account_id account;
};
/// These calls were remembered from the journal of a process that died. What it asked outside of Asterisk is never
/// answered now; what it asked of Asterisk may have been done, and pbx_seen tells. The first fact of a new life.
struct memory_recalled {};
/// The worker was told to stop: no new call is served, the living ones go on.
struct drain_begun {};
/// The drain's time is over: everything that lives is ended.
struct drain_over {};

/// A deadline was reached while nothing else happened. It stands in the journal so that a replay wakes at the same
/// moments.
struct time_passed {};

using fact = std::variant<panel_arrived, sos_arrived, callback_arrived, panel_left, leg_ringing, leg_answered,
                          leg_ended, key_pressed, pbx_did, pbx_refused, pbx_seen, pbx_line_lost, accounts_found,
                          flat_unknown, crm_failed, panel_described, site_found, site_missing, number_lent,
                          number_refused, number_mapped, map_failed, number_checked, check_failed, push_answered,
                          push_failed, account_registered, memory_recalled, drain_begun, drain_over, time_passed>;

}  // namespace td::call
