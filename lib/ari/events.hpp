#pragma once
// The codec of what Asterisk tells: one WebSocket message in, one typed event out. Pure: no socket, no clock. It takes
// any bytes whatever and never throws but for want of memory; what it does not know it names so, for the counters.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "call/facts.hpp"

namespace td::ari {

/// A channel that is not a leg of ours entered our application: a panel calls. Names as in call::panel_arrived.
struct panel_entered {
    channel_id channel;
    panel_id panel;
    flat_id flat;
    std::string complaint;
};
/// The same for an emergency call, and for a callback; names as in the facts.
struct sos_entered {
    channel_id channel;
    panel_id panel;
    std::string complaint;
};
struct callback_entered {
    channel_id channel;
    panel_id panel;
    number_id number;
    std::string caller;
    call::urgency how = call::urgency::normal;
    std::string complaint;
};
/// A leg that is made first and dialled then entered our application, not yet answered.
struct leg_made {
    leg_ref leg;
};
/// Asterisk has called the leg: its INVITE is out.
struct leg_called {
    leg_ref leg;
};
/// A leg was answered; of those that are dialled at once it is their StasisStart that counts, which follows.
struct leg_up {
    leg_ref leg;
};
/// A channel in StasisBroadcast(): the first worker that claims it has it.
struct call_offered {
    std::string channel;
};
/// Another worker took our application's name; Asterisk sends us nothing more.
struct application_replaced {};
/// The reply to a request of ours that went over the WebSocket.
struct request_answered {
    std::uint64_t number = 0;
    int status = 0;
    std::string body;
};
/// What this worker said to itself (request_maker::speak).
struct own_word_heard {};
/// A known event that means nothing to a call.
struct of_no_interest {};
/// An event of a type this worker has never heard of.
struct unknown_event {};
/// Not JSON, no object, or without what its type must have.
struct broken_message {};

using event =
    std::variant<panel_entered, sos_entered, callback_entered, leg_made, leg_called, leg_up, call::panel_left,
                 call::leg_ringing, call::leg_answered, call::leg_ended, call::key_pressed, call_offered,
                 application_replaced, request_answered, own_word_heard, of_no_interest, unknown_event, broken_message>;

/// What the dialplan said in Stasis(app,<panel>,<flat>): names trimmed of spaces, or both empty and a complaint.
struct stasis_arguments {
    panel_id panel;
    flat_id flat;
    std::string complaint;
};
/// A name must be 1 to 64 bytes, all printable. Nothing is guessed from the caller's number: a call for the wrong flat
/// is worse than a call for none. Arguments after the second are for later versions of the dialplan and ignored.
[[nodiscard]] stasis_arguments read_arguments(const std::vector<std::optional<std::string_view>>& arguments);

/// What the dialplan said in Stasis(app,<panel>) or Stasis(app,<panel>,callback,<number>[,psap-callback]). A callback
/// whose number cannot be used has a complaint; its panel may be empty, then the pool decides.
[[nodiscard]] std::variant<sos_entered, callback_entered> read_sos_arguments(
    const std::vector<std::optional<std::string_view>>& arguments);

/// A channel of GET /channels.
struct seen_channel {
    std::string name;
    call::pbx_seen::condition state = call::pbx_seen::condition::waiting;
    bool made_first = false;  ///< a leg that entered Stasis before it was dialled
    bool in_stasis = true;    ///< false when Asterisk says that another dialplan application holds it
    bool broadcast = false;   ///< it was claimed out of StasisBroadcast(), whose data do not name the application
    std::string app_data{};   ///< the application's name and arguments, as the dialplan gave them; empty before 16.6.
                              ///< Of StasisBroadcast() the arguments alone, behind a comma
    std::string caller{};     ///< the caller's number, where it can be shown
};

/// A bridge of GET /bridges.
struct seen_bridge {
    std::string name;
    std::vector<std::string> channels;
    friend bool operator==(const seen_bridge&, const seen_bridge&) = default;
};

/// 22.10.1 is {22, 10}; what cannot be read is {0, 0}.
struct asterisk_release {
    int major = 0;
    int minor = 0;
    friend bool operator==(const asterisk_release&, const asterisk_release&) = default;
};

/// Reads messages and reply bodies. It keeps its memory from one to the next.
class reader {
public:
    explicit reader(call::line which = call::line::door);
    ~reader();
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    /// One WebSocket message.
    [[nodiscard]] event read(std::string_view message);
    /// What the StasisStart of a panel that waits in Stasis has said, for one that nobody heard. A panel that talks has
    /// lost the call that it was in, and nothing is known of it: a door call is not begun anew for it.
    [[nodiscard]] event arrival_of(const seen_channel& panel) const;

    /// The body of GET /channels; nothing when it is not one. Entries without an id are left out.
    [[nodiscard]] std::optional<std::vector<seen_channel>> channels(std::string_view body);
    /// The body of GET /channels/{id}; nothing when it is not one.
    [[nodiscard]] std::optional<seen_channel> channel(std::string_view body);
    /// Each bridge named `app` in the body of GET /bridges.
    [[nodiscard]] std::optional<std::vector<seen_bridge>> bridges(std::string_view body, std::string_view app);
    /// `channel_ids` in the body of GET /applications/{app}.
    [[nodiscard]] std::optional<std::vector<std::string>> application_channels(std::string_view body);
    /// `system.version` in the body of GET /asterisk/info.
    [[nodiscard]] asterisk_release release(std::string_view body);

private:
    struct insides;
    std::unique_ptr<insides> insides_;
};

}  // namespace td::ari
