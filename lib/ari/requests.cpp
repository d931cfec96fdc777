#include "ari/requests.hpp"

#include <algorithm>
#include <utility>

#include "ari/encoding.hpp"
#include "ari/variables.hpp"
#include "base/json_text.hpp"
#include "call/door_rules.hpp"

namespace td::ari {
namespace {

/// The name of a channel inside a path. Asterisk decodes the whole path before it splits it (http.c), so an encoded
/// slash would still be a slash: such a channel is not touched.
bool fits_path(const channel_id& channel) {
    const std::string& text = channel.text();
    return !text.empty() && text.find_first_of("/?") == std::string::npos && text != "." && text != ".." &&
           printable(text);
}

exchange on_channel(errand what, const order_key& key, method verb, std::string_view channel, std::string_view act) {
    exchange made;
    made.what = what;
    made.key = key;
    made.verb = verb;
    made.target.reserve(96);
    made.target = "channels/";
    append_encoded(made.target, channel);
    made.target += act;
    return made;
}

exchange on_bridge(errand what, const call_id& call, method verb, std::string_view act) {
    exchange made;
    made.what = what;
    made.key = {call, order_key::trunk};
    made.verb = verb;
    made.target = "bridges/";
    made.target.append(bridge_name(call)).append(act);
    return made;
}

order_key trunk_of(const call_id& call) {
    return {call, order_key::trunk};
}

order_key key_of(const leg_ref& leg) {
    return {leg.call, leg.leg.value};
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

/// <panel> as a caller id; what could end the number or the header field early becomes '_'.
std::string caller_of(const panel_id& panel) {
    std::string caller = "<";
    for (const char c : std::string_view(panel.text()).substr(0, 64)) {
        caller.push_back(dialable({&c, 1}) ? c : '_');
    }
    return caller + ">";
}

std::string drop_act(call::hangup_reason reason) {
    return std::string("?reason=").append(call::name_of(reason));
}

}  // namespace

std::string_view name_of(method verb) {
    switch (verb) {
        case method::get: return "GET";
        case method::post: return "POST";
        case method::put: return "PUT";
        case method::del: return "DELETE";
    }
    return {};
}

std::string_view name_of(errand what) {
    switch (what) {
        case errand::sound: return "sound";
        case errand::dial: return "dial";
        case errand::create: return "create";
        case errand::dial_out: return "dial_out";
        case errand::check_dial: return "check_dial";
        case errand::bridge: return "bridge";
        case errand::answer: return "answer";
        case errand::join: return "join";
        case errand::drop_leg: return "drop_leg";
        case errand::drop_panel: return "drop_panel";
        case errand::give_back: return "give_back";
        case errand::remove_bridge: return "remove_bridge";
        case errand::send_keys: return "send_keys";
        case errand::drop_stray: return "drop_stray";
        case errand::remove_stray: return "remove_stray_bridge";
        case errand::claim: return "claim";
        case errand::probe: return "probe";
        case errand::filter: return "event_filter";
        case errand::see_application: return "see_application";
        case errand::see_channels: return "see_channels";
        case errand::see_bridges: return "see_bridges";
        case errand::see_release: return "see_release";
        case errand::speak: return "speak";
    }
    return {};
}

request_maker::request_maker(const options& wanted)
    : app_(wanted.app),
      dial_(wanted.dial),
      callback_dial_(wanted.callback_dial),
      site_(wanted.site),
      which_(wanted.which) {}

std::optional<exchange> request_maker::make(const call::sound& wish) const {
    if (wish.kind == call::early_sound::none || !fits_path(wish.panel)) {
        return std::nullopt;
    }
    const bool rings = wish.kind == call::early_sound::ringing;
    return on_channel(errand::sound, trunk_of(wish.call), method::post, wish.panel.text(),
                      rings ? "/ring" : "/progress");
}

std::optional<exchange> request_maker::make(const call::dial& wish) const {
    const bool names_panel = dial_.find("{panel}") != std::string::npos;
    if (!dialable(wish.account.text()) || (names_panel && !dialable(wish.panel.text()))) {
        return std::nullopt;
    }
    std::string where = dial_;
    replace_all(where, "{account}", wish.account.text());
    replace_all(where, "{panel}", wish.panel.text());
    const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wish.limit).count());

    exchange made = on_channel(errand::dial, key_of(wish.leg), method::post, channel_name(wish.leg), "?endpoint=");
    made.leg = wish.leg.leg;
    append_encoded(made.target, where);
    made.target += "&app=";
    append_encoded(made.target, app_);
    made.target.append("&appArgs=leg&timeout=").append(std::to_string(seconds)).append("&callerId=");
    append_encoded(made.target, caller_of(wish.panel));
    return made;
}

std::optional<exchange> request_maker::make(const call::call_out& wish) const {
    if (!dialable(wish.target)) {
        return std::nullopt;
    }
    const bool panel = wish.whom == call::callee::panel;
    std::string where = panel ? callback_dial_ : dial_;
    replace_all(where, panel ? "{panel}" : "{route}", wish.target);
    const std::string name = channel_name(wish.leg);
    const bool early = wish.way == call::call_way::early;
    exchange made = on_channel(early ? errand::create : errand::dial, key_of(wish.leg), method::post,
                               early ? "create" : name, "?endpoint=");
    made.leg = wish.leg.leg;
    made.rings = std::max<duration>(1s, wish.limit);
    append_encoded(made.target, where);
    made.target += "&app=";
    append_encoded(made.target, app_);
    if (early) {
        made.target.append("&appArgs=early&channelId=").append(name);
    } else {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(made.rings).count();
        made.target.append("&appArgs=leg&timeout=").append(std::to_string(seconds));
        if (dialable(wish.caller)) {
            made.target += "&callerId=";
            append_encoded(made.target, "<" + wish.caller + ">");
        }
    }
    made.body = variables_of(wish, site_);
    return made;
}

exchange request_maker::dial_out(const exchange& made) {
    exchange dial =
        on_channel(errand::dial_out, made.key, method::post, channel_name({made.key.call, made.leg}), "/dial?timeout=");
    dial.leg = made.leg;
    dial.target += std::to_string(std::chrono::ceil<std::chrono::seconds>(made.rings).count());
    return dial;
}

std::optional<exchange> request_maker::make(const call::make_bridge& wish) const {
    // The bridge carries the application's name, so that whoever finds it later knows whose it was: an application
    // holds a bridge only while a channel is in it.
    // Keys come from the bridge too: it is dtmf_events that keeps Asterisk from joining the two sides below its core
    // (bridge_native_rtp, where that is loaded), past which no key of a resident would ever be seen.
    exchange made = on_bridge(errand::bridge, wish.call, method::post, "?type=mixing%2Cdtmf_events&name=");
    append_encoded(made.target, app_);
    return made;
}

std::optional<exchange> request_maker::make(const call::answer_panel& wish) const {
    if (!fits_path(wish.panel)) {
        return std::nullopt;
    }
    return on_channel(errand::answer, trunk_of(wish.call), method::post, wish.panel.text(), "/answer");
}

std::optional<exchange> request_maker::make(const call::join& wish) const {
    // The query form is split at commas, so a comma in the name would name two channels.
    if (!fits_path(wish.panel) || wish.panel.text().find(',') != std::string::npos) {
        return std::nullopt;
    }
    exchange made = on_bridge(errand::join, wish.leg.call, method::post, "/addChannel?channel=");
    made.leg = wish.leg.leg;
    append_encoded(made.target, wish.panel.text());
    made.target.append(",").append(channel_name(wish.leg));
    return made;
}

std::optional<exchange> request_maker::make(const call::drop_leg& wish) const {
    exchange made =
        on_channel(errand::drop_leg, key_of(wish.leg), method::del, channel_name(wish.leg), drop_act(wish.reason));
    made.leg = wish.leg.leg;
    return made;
}

std::optional<exchange> request_maker::make(const call::drop_panel& wish) const {
    if (!fits_path(wish.panel)) {
        return std::nullopt;
    }
    return on_channel(errand::drop_panel, trunk_of(wish.call), method::del, wish.panel.text(), drop_act(wish.reason));
}

std::optional<exchange> request_maker::make(const call::give_back& wish) const {
    if (!fits_path(wish.panel)) {
        return std::nullopt;
    }
    return on_channel(errand::give_back, trunk_of(wish.call), method::post, wish.panel.text(), "/continue");
}

std::optional<exchange> request_maker::make(const call::remove_bridge& wish) const {
    return on_bridge(errand::remove_bridge, wish.call, method::del, "");
}

std::optional<exchange> request_maker::make(const call::send_keys& wish) const {
    constexpr std::size_t most_keys = 32;
    if (!fits_path(wish.panel) || wish.keys.empty() || wish.keys.size() > most_keys ||
        wish.keys.find_first_not_of("0123456789*#ABCD") != std::string::npos) {
        return std::nullopt;
    }
    exchange made = on_channel(errand::send_keys, trunk_of(wish.call), method::post, wish.panel.text(), "/dtmf?dtmf=");
    append_encoded(made.target, wish.keys);
    const auto add = [&made](std::string_view name, duration length) {
        made.target.append("&").append(name).append("=");
        append_json_number(made.target, std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
    };
    add("before", call::before_keys);
    add("duration", call::key_sounds);
    add("between", call::between_keys);
    return made;
}

std::optional<exchange> request_maker::make(const call::drop_stray& wish) const {
    if (!fits_path(wish.channel)) {
        return std::nullopt;
    }
    const auto leg = leg_of_channel(wish.channel.text());
    const order_key key = leg ? key_of(*leg) : order_key{{}, order_key::stray};
    return on_channel(errand::drop_stray, key, method::del, wish.channel.text(), "");
}

std::optional<exchange> request_maker::make(const call::remove_stray_bridge& wish) const {
    return on_bridge(errand::remove_stray, wish.bridge, method::del, "");
}

exchange request_maker::claim(std::string_view channel) const {
    exchange made;
    made.what = errand::claim;
    made.key = {{}, order_key::claim};
    made.verb = method::post;
    made.target = "events/claim?channelId=";
    append_encoded(made.target, channel);
    made.target += "&application=";
    append_encoded(made.target, app_);
    return made;
}

exchange request_maker::probe() const {
    exchange made;
    made.target = "asterisk/ping";
    return made;
}

/// Asterisk refuses every method but GET and OPTIONS to such a user before it looks at the path (403; seen on 16.28.0
/// and 22.10.1). To others it says 404: no channel has this name.
exchange request_maker::question_of_rights() const {
    exchange made;
    made.verb = method::del;
    made.target = "channels/td.nobody";
    return made;
}

/// Dial stays out, though a phone that sends 183 and no 180 is seen to ring in nothing else: Asterisk compares the type
/// alone (seen on 16.28.0 and 22.10.1: a dialstatus beside it is accepted and lets every Dial through), and three Dials
/// a leg would be half as many events again.
exchange request_maker::filter() const {
    exchange made;
    made.what = errand::filter;
    made.key = {{}, order_key::picture};
    made.verb = method::put;
    made.target = "applications/";
    append_encoded(made.target, app_);
    made.target += "/eventFilter";
    made.body = R"({"allowed":[{"type":"StasisStart"},{"type":"StasisEnd"},{"type":"ChannelDestroyed"},)"
                R"({"type":"ChannelStateChange"},{"type":"ChannelDtmfReceived"},{"type":"ApplicationReplaced"},)"
                R"({"type":"CallBroadcast"},{"type":"ChannelUserevent"},)"
                // Without it Asterisk carries requests of the WebSocket out and never answers them (seen on 22.10.1).
                R"({"type":"RESTResponse"})";
    // A gateway may say 183 and never 180; of the two only the Dial event tells.
    made.body += which_ == call::line::sos ? R"(,{"type":"Dial"}]})" : "]}";
    return made;
}

exchange request_maker::see(errand part) const {
    exchange made;
    made.what = part;
    made.key = {{}, order_key::picture};
    if (part == errand::see_application) {
        made.target = "applications/";
        append_encoded(made.target, app_);
    } else if (part == errand::see_release) {
        made.target = "asterisk/info?only=system";
    } else {
        made.target = part == errand::see_channels ? "channels" : "bridges";
    }
    return made;
}

exchange request_maker::speak() const {
    exchange made;
    made.what = errand::speak;
    made.key = {{}, order_key::word};
    made.verb = method::post;
    made.target.append("events/user/").append(own_word).append("?application=");
    append_encoded(made.target, app_);
    return made;
}

void append_http(std::string& out, const exchange& request, std::string_view base, std::string_view fixed) {
    out.append(name_of(request.verb)).append(" ").append(base).append("/ari/").append(request.target);
    out.append(" HTTP/1.1\r\n").append(fixed);
    if (request.body.empty()) {
        out.append("Content-Length: 0\r\n\r\n");
        return;
    }
    out.append("Content-Type: application/json\r\nContent-Length: ").append(std::to_string(request.body.size()));
    out.append("\r\n\r\n").append(request.body);
}

std::string socket_text(const exchange& request) {
    std::string text = R"({"type":"RESTRequest","transaction_id":"td","request_id":")";
    append_json_number(text, request.number);
    text.append(R"(","method":")").append(name_of(request.verb)).append(R"(","uri":)");
    append_json_text(text, request.target, broken_utf8::replaced);
    if (!request.body.empty()) {
        text.append(R"(,"content_type":"application/json","message_body":)");
        append_json_text(text, request.body, broken_utf8::replaced);
    }
    text.push_back('}');
    return text;
}

}  // namespace td::ari
