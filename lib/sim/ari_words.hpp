#pragma once
// The words of Asterisk's REST interface as values: what a client can ask, what it is told, and what Asterisk reports
// by itself. No JSON here; whoever puts the model behind a socket turns these into text. Names in comments are ARI's
// own.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/instant.hpp"

namespace td::sim {

enum class channel_state : std::uint8_t { down, ring, ringing, up };
/// Down, Ring, Ringing, Up.
[[nodiscard]] std::string_view name_of(channel_state state);

/// A caller id.
struct party {
    std::string name;
    std::string number;
    friend bool operator==(const party&, const party&) = default;
};
/// Reads `"door" <771>`, `771`, `door <771>`.
[[nodiscard]] party party_of(std::string_view text);

struct channel_snapshot {
    std::string id;
    std::string name;  ///< PJSIP/<endpoint>-0000001f
    channel_state state = channel_state::down;
    party caller;
    party connected;
    std::string exten;     ///< dialplan.exten
    std::string app_name;  ///< dialplan.app_name: Stasis, AppDial2, or empty
    std::string app_data;  ///< dialplan.app_data
    instant created{};
};

struct bridge_snapshot {
    std::string id;
    std::string name;
    std::string type = "mixing";
    std::vector<std::string> channels;
    instant created{};
};

/// Event types by ARI's names; both lists empty lets everything through.
struct event_filter {
    std::vector<std::string> allowed;
    std::vector<std::string> disallowed;
};

struct application_snapshot {
    std::string name;
    std::vector<std::string> channels;
    std::vector<std::string> bridges;
    event_filter filter;
};

// ---- what a client asks

struct originate {        ///< POST /channels or /channels/{id}
    std::string channel;  ///< empty: Asterisk chooses
    std::string endpoint;
    std::string app;
    std::string app_args;
    std::string caller_id;
    duration timeout{30s};
};
struct create {  ///< POST /channels/create
    std::string channel;
    std::string endpoint;
    std::string app;
    std::string app_args;
    std::string originator;
};
struct dial_created {  ///< POST /channels/{id}/dial
    std::string channel;
    std::string caller;
    duration timeout{30s};
};
struct ring {  ///< POST /channels/{id}/ring
    std::string channel;
};
struct progress {  ///< POST /channels/{id}/progress, 22.6 and newer
    std::string channel;
};
struct answer {  ///< POST /channels/{id}/answer
    std::string channel;
};
struct go_on {  ///< POST /channels/{id}/continue
    std::string channel;
};
struct hang_up {  ///< DELETE /channels/{id}
    std::string channel;
    std::string reason;
    int reason_code = 0;
};
struct send_dtmf {  ///< POST /channels/{id}/dtmf
    std::string channel;
    std::string keys;
    duration before{};  ///< the defaults are Asterisk's
    duration between = std::chrono::milliseconds{100};
    duration length = std::chrono::milliseconds{100};
};
struct create_bridge {  ///< POST /bridges or /bridges/{id}
    std::string bridge;
    std::string name;
    bool dtmf_events = false;  ///< one of its types
};
struct add_channels {  ///< POST /bridges/{id}/addChannel
    std::string bridge;
    std::vector<std::string> channels;
};
struct remove_channels {  ///< POST /bridges/{id}/removeChannel
    std::string bridge;
    std::vector<std::string> channels;
};
struct delete_bridge {  ///< DELETE /bridges/{id}
    std::string bridge;
};
struct list_channels {};
struct show_channel {
    std::string channel;
};
struct list_bridges {};
struct show_bridge {
    std::string bridge;
};
struct show_application {
    std::string app;
};
struct filter_events {  ///< PUT /applications/{app}/eventFilter
    std::string app;
    event_filter filter;
};
struct say_user_event {  ///< POST /events/user/{eventName}
    std::string name;
    std::string app;
};

using request = std::variant<originate, create, dial_created, ring, progress, answer, go_on, hang_up, send_dtmf,
                             create_bridge, add_channels, remove_channels, delete_bridge, list_channels, show_channel,
                             list_bridges, show_bridge, show_application, filter_events, say_user_event>;

/// Which request: the HTTP connection it came on (Asterisk's stale 409 clings to it) and a number that the asker chose.
struct ticket {
    std::uint32_t connection = 0;
    std::uint64_t number = 0;
    friend bool operator==(const ticket&, const ticket&) = default;
};

using reply_body = std::variant<std::monostate, channel_snapshot, std::vector<channel_snapshot>, bridge_snapshot,
                                std::vector<bridge_snapshot>, application_snapshot>;

struct reply {
    instant at{};
    ticket to;
    int status = 204;
    std::string message;  ///< of a status of 400 and above: JSON key `message`
    std::string error;    ///< instead of it, JSON key `error`: a channel that could not be allocated
    reply_body body;
};

// ---- what Asterisk reports

struct stasis_started {  ///< StasisStart
    channel_snapshot channel;
    std::vector<std::string> args;
};
struct stasis_ended {  ///< StasisEnd
    channel_snapshot channel;
};
struct state_changed {  ///< ChannelStateChange
    channel_snapshot channel;
};
struct dialled {  ///< Dial; the channel stands under the JSON key `peer`
    channel_snapshot peer;
    std::string status;  ///< empty, RINGING, ANSWER, NOANSWER, BUSY, …
    std::string dialstring;
};
struct destroyed {  ///< ChannelDestroyed
    channel_snapshot channel;
    int cause = 0;
    int tech_cause = 0;  ///< the SIP status, from 22.7 on; 0: the key is left out
};
struct hangup_requested {  ///< ChannelHangupRequest
    channel_snapshot channel;
    int cause = 0;  ///< 0: the key is left out
    int tech_cause = 0;
    bool soft = false;
};
struct dtmf_received {  ///< ChannelDtmfReceived
    channel_snapshot channel;
    char key = 0;
    duration length{100ms};
};
struct variable_set {  ///< ChannelVarset
    channel_snapshot channel;
    std::string variable;
    std::string value;
};
struct bridge_entered {  ///< ChannelEnteredBridge
    channel_snapshot channel;
    bridge_snapshot bridge;
};
struct bridge_left {  ///< ChannelLeftBridge
    channel_snapshot channel;
    bridge_snapshot bridge;
};
struct bridge_destroyed {  ///< BridgeDestroyed
    bridge_snapshot bridge;
};
struct line_connected {  ///< ChannelConnectedLine
    channel_snapshot channel;
};
struct application_replaced {};  ///< ApplicationReplaced
struct user_event_said {         ///< ChannelUserevent without a channel
    std::string name;
};

using event_body = std::variant<stasis_started, stasis_ended, state_changed, dialled, destroyed, hangup_requested,
                                dtmf_received, variable_set, bridge_entered, bridge_left, bridge_destroyed,
                                line_connected, application_replaced, user_event_said>;

struct event {
    instant at{};
    std::uint32_t socket = 0;  ///< which of the client's WebSockets gets it
    std::string application;
    event_body what;
};
/// StasisStart, ChannelDestroyed, …
[[nodiscard]] std::string_view name_of(const event_body& what);

/// "Normal Clearing" for 16, and so on; cause_txt of ChannelDestroyed.
[[nodiscard]] std::string_view cause_text(int cause);
/// The cause that a `reason` of DELETE stands for; 0 for one that Asterisk does not know.
[[nodiscard]] int cause_of_reason(std::string_view reason);
/// The cause that Asterisk makes of a final SIP status of a callee.
[[nodiscard]] int cause_of_sip(int status);

}  // namespace td::sim
