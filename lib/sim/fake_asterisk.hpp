#pragma once
// Asterisk as a client of its REST interface meets it: a model without sockets or threads, in virtual time, the same
// for the same seed. It answers requests with Asterisk's own statuses, reports what Asterisk reports, in its order, and
// keeps silent where Asterisk does; panels call it and phones stand behind it. The behaviour is that observed
// on 22.10.1 and 16.28.0.
//
// Whoever owns it calls the acts with a time that never goes back, takes what was said after each of them, and calls
// `advance` when `next_deadline` is due.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/instant.hpp"
#include "base/random.hpp"
#include "sim/ari_words.hpp"
#include "sim/phone.hpp"

namespace td::sim {

enum class asterisk_release : std::uint8_t { v16, v22 };

struct asterisk_traits {
    asterisk_release release = asterisk_release::v22;
    /// 16.28 wakes a channel's thread by media only: answer, ring and addChannel wait up to this long for it.
    duration thread_wait = 200ms;
    /// After a true 409 the same connection answers a failed allocation with 409 as well (both releases).
    bool stale_conflicts = true;
    /// bridge_native_rtp is loaded: the two in a bridge without dtmf_events exchange their media past Asterisk's core,
    /// and their keys with it (both releases).
    bool native_rtp = true;
};

/// What the SIP side saw: the truth that no client is told.
struct sip_news {
    enum class kind : std::uint8_t {
        turned_away,  ///< the application had no socket; the dialplan hung up
        panel_rings,  ///< the panel hears 180 or 183
        panel_answered,
        panel_ended,
        given_back,  ///< the dialplan has the panel again
        heard_keys,  ///< `other` are the keys that the panel was sent, after the last of them
        invited,     ///< a leg to a phone was begun
        phone_rings,
        phone_answered,
        phone_ended,
        talk_begun,  ///< `channel` and `other` hear each other
        talk_ended,
    };
    instant at{};
    kind what = kind::invited;
    std::string channel;
    std::string endpoint;  ///< of a phone's leg; else empty
    std::string other;
    int cause = 0;  ///< of an end
};

using said = std::variant<reply, event, sip_news>;

struct panel_call {
    std::string panel;  ///< the caller's number
    std::string flat;   ///< the dialled extension
    std::string app;
    std::vector<std::string> args;
};

class fake_asterisk {
public:
    fake_asterisk(asterisk_traits traits, std::uint64_t seed);

    /// What was said since the last time, in order.
    [[nodiscard]] std::vector<said> take_said();
    void advance(instant now);
    [[nodiscard]] instant next_deadline() const;

    // ---- the client's side

    /// Opens a WebSocket for these applications. A socket that had one of them gets ApplicationReplaced and stays open,
    /// silent. Returns the socket's number, from 1.
    std::uint32_t connect(instant now, const std::vector<std::string>& apps);
    void disconnect(instant now, std::uint32_t socket);
    /// The reply comes when its time has come; 16.28 is slow with some. Requests without a socket work all the same.
    void ask(instant now, ticket to, request what);
    /// A closed HTTP connection takes its stale 409 with it.
    void connection_closed(std::uint32_t connection);

    // ---- the SIP side

    /// A panel's INVITE reaches Stasis(app,args…). Returns the name that Asterisk gives its channel.
    std::string panel_calls(instant now, const panel_call& call);
    void panel_hangs_up(instant now, const std::string& channel);
    void panel_presses(instant now, const std::string& channel, char key);

    /// The phone behind an endpoint as originate names it: PJSIP/79001112233@kamailio.
    void put_phone(instant now, const std::string& endpoint, const phone& who);
    /// Every endpoint that has none of its own is this phone.
    void put_default_phone(const phone& who) { default_phone_ = who; }
    /// The phone registers: it is awake from now on, and calls that the proxy holds for it ring.
    void wakes(instant now, const std::string& endpoint);
    void phone_answers(instant now, const std::string& channel);
    void phone_refuses(instant now, const std::string& channel, int sip_status);
    void phone_hangs_up(instant now, const std::string& channel);
    void phone_presses(instant now, const std::string& channel, char key);

    /// Asterisk dies and starts again: every channel, bridge and socket is gone, pending requests get no reply.
    void restart(instant now);

    // ---- the truth

    [[nodiscard]] std::vector<channel_snapshot> channels() const;
    [[nodiscard]] std::vector<bridge_snapshot> bridges() const;
    [[nodiscard]] std::size_t channel_count() const { return legs_.size(); }
    [[nodiscard]] std::size_t bridge_count() const { return bridges_.size(); }

private:
    struct leg {
        channel_snapshot shown;
        std::uint64_t birth = 0;
        std::string endpoint;  // empty for a panel's
        std::string app;
        std::vector<std::string> args;
        std::string subscriber;  // the application that hears of its whole life; empty: only while in Stasis
        std::string bridge;
        phone far;
        std::string playing;  // keys
        int cause = 16;
        int tech_cause = 0;
        bool in_stasis = false;
        bool has_been_in_stasis = false;
        bool dialling = false;
        bool held = false;
        bool gone = false;  // hung up: requests no longer find it, its last events are still to come
        bool end_reported = false;
    };
    struct bridge {
        bridge_snapshot shown;
        std::string subscriber;
        bool dtmf_events = false;
    };
    struct application {
        std::uint32_t socket = 0;  // 0: nobody listens
        event_filter filter;
    };
    enum class step : std::uint8_t { invite, alert, act, enter, time_out, far_hang_up, press, played, vanish };
    struct leg_step {
        std::string key;
        std::uint64_t birth = 0;
        step what = step::invite;
        char key_pressed = 0;
    };
    struct request_due {
        ticket to;
        request what;
    };
    struct phone_due {
        std::string endpoint;
    };
    using job = std::variant<leg_step, request_due, phone_due, reply>;

    // requests: fake_asterisk.cpp
    reply carry_out(const originate& wish);
    reply carry_out(const create& wish);
    reply carry_out(const dial_created& wish);
    reply carry_out(const ring& wish);
    reply carry_out(const progress& wish);
    reply carry_out(const answer& wish);
    reply carry_out(const go_on& wish);
    reply carry_out(const hang_up& wish);
    reply carry_out(const send_dtmf& wish);
    reply carry_out(const create_bridge& wish);
    reply carry_out(const add_channels& wish);
    reply carry_out(const remove_channels& wish);
    reply carry_out(const delete_bridge& wish);
    reply carry_out(const list_channels& wish);
    reply carry_out(const show_channel& wish);
    reply carry_out(const list_bridges& wish);
    reply carry_out(const show_bridge& wish);
    reply carry_out(const show_application& wish);
    reply carry_out(const filter_events& wish);
    reply carry_out(const say_user_event& wish);
    void carry_out_now(const request_due& due);
    [[nodiscard]] duration time_for(const request& what);
    [[nodiscard]] std::optional<reply> objection_to(const std::string& endpoint, const std::string& app,
                                                    const std::string& channel);
    [[nodiscard]] std::optional<reply> objection_to_member(const std::string& channel);

    // the life of a leg: fake_asterisk_legs.cpp
    leg& make_leg(std::string id, const std::string& endpoint, std::string app, std::vector<std::string> args);
    void take_step(const leg_step& due);
    void invite(leg& l);
    void alert(leg& l);
    void act(leg& l);
    void answered(leg& l);
    void refuse(leg& l, int sip_status);
    void enter_stasis(leg& l);
    void leave_stasis(leg& l);
    void time_out(leg& l);
    void begin_end(leg& l, int cause, int tech_cause);
    void vanish(const std::string& key);
    void enter_bridge(leg& l, bridge& into);
    void leave_bridge(leg& l);
    void plan(const leg& l, duration after, step what, char key = 0);
    void plan_at(instant at, job what);

    // what is said: fake_asterisk_words.cpp
    [[nodiscard]] bool wanted(const std::string& app, std::string_view type) const;
    void tell(const std::string& app, event_body what);
    void tell_variables_of_pair(const leg& a, const leg& b);
    void tell_media_report(const leg& l);
    void tell_dial(const leg& l, std::string_view status);
    void tell_news(sip_news::kind what, const leg& l, std::string other = {});
    [[nodiscard]] const std::string& listener(const leg& l) const;
    [[nodiscard]] bool active(const std::string& app) const;
    [[nodiscard]] bool holds_anything(const std::string& app) const;

    [[nodiscard]] static std::string key_of(std::string id);
    [[nodiscard]] leg* find(const std::string& id);
    [[nodiscard]] leg* alive(const std::string& id);
    [[nodiscard]] duration some(duration least, duration most);
    [[nodiscard]] bool is_16() const { return traits_.release == asterisk_release::v16; }

    asterisk_traits traits_;
    random_source random_;
    instant now_{};
    std::map<std::string, leg, std::less<>> legs_;  // by id in lower case
    std::map<std::string, bridge> bridges_;
    std::map<std::string, application> applications_;
    std::map<std::string, phone> phones_;
    phone default_phone_;
    std::map<std::pair<instant, std::uint64_t>, job> due_;
    std::set<std::uint32_t> after_conflict_;
    std::vector<said> said_;
    std::uint64_t counter_ = 0;
    std::uint32_t last_socket_ = 0;
    std::uint32_t names_ = 0;
};

}  // namespace td::sim
