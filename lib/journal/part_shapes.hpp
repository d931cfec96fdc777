#pragma once
// The fields of everything that stands inside a fact or a command. Each description is read by the writer and by the
// reader, so that the two cannot differ; and each takes its struct apart by structured binding, so that a member added
// to the struct does not compile until it has its field here.
//
// An `io` offers field(name, member), for what every line has, and later_field(name, member), for what was added within
// a schema number: older journals lack it, and the member then keeps its default.

#include <concepts>
#include <type_traits>

#include "call/commands.hpp"
#include "call/rules.hpp"
#include "call/facts.hpp"

namespace td::journal {

/// T or const T: one description serves the reader and the writer.
template <class Thing, class T>
concept shape_of = std::same_as<std::remove_const_t<Thing>, T>;

template <class Io, shape_of<call::device> Thing>
void describe(Io& io, Thing& thing) {
    auto& [name, platform] = thing;
    io.field("device", name);
    io.field("platform", platform);
}

template <class Io, shape_of<call::account> Thing>
void describe(Io& io, Thing& thing) {
    auto& [name, devices] = thing;
    io.field("account", name);
    io.field("devices", devices);
}

template <class Io, shape_of<call::flat_record> Thing>
void describe(Io& io, Thing& thing) {
    auto& [blocked, auto_open, accounts] = thing;
    io.field("blocked", blocked);
    io.field("auto_open", auto_open);
    io.field("accounts", accounts);
}

template <class Io, shape_of<call::pbx_seen::channel> Thing>
void describe(Io& io, Thing& thing) {
    auto& [name, state] = thing;
    io.field("channel", name);
    io.field("state", state);
}

template <class Io, shape_of<call::push_answered::rejection> Thing>
void describe(Io& io, Thing& thing) {
    auto& [device, reason] = thing;
    io.field("device", device);
    io.field("reason", reason);
}

template <class Io, shape_of<call::push::target> Thing>
void describe(Io& io, Thing& thing) {
    auto& [account, device, platform] = thing;
    io.field("account", account);
    io.field("device", device);
    io.field("platform", platform);
}

template <class Io, shape_of<call::leg_record> Thing>
void describe(Io& io, Thing& thing) {
    auto& [account, device, dialled_ms, ringing_ms, ended_ms, sip, cause, why, attempts] = thing;
    io.field("account", account);
    io.field("device", device);
    io.field("dialled_ms", dialled_ms);
    io.field("ringing_ms", ringing_ms);
    io.field("ended_ms", ended_ms);
    io.field("sip", sip);
    io.field("cause", cause);
    io.field("why", why);
    io.field("attempts", attempts);
}

template <class Io, shape_of<call::push_record> Thing>
void describe(Io& io, Thing& thing) {
    auto& [device, accepted, reason] = thing;
    io.field("device", device);
    io.field("accepted", accepted);
    io.field("reason", reason);
}

template <class Io, shape_of<call::door_record> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, flat, started_at, ended_at, how, answered_by, ring_ms, talk_ms, who, opened_door, legs, pushes,
           source, crm_ms, note] = thing;
    io.field("call", call);
    io.field("panel", panel);
    io.field("flat", flat);
    io.field("started_at", started_at);
    io.field("ended_at", ended_at);
    io.field("outcome", how);
    io.field("answered_by", answered_by);
    io.field("ring_ms", ring_ms);
    io.field("talk_ms", talk_ms);
    io.field("ended_by", who);
    io.field("opened_door", opened_door);
    io.field("legs", legs);
    io.field("pushes", pushes);
    io.field("source", source);
    io.field("crm_ms", crm_ms);
    io.field("note", note);
}

template <class Io, shape_of<call::site_record::position> Thing>
void describe(Io& io, Thing& thing) {
    auto& [latitude, longitude] = thing;
    io.field("latitude", latitude);
    io.field("longitude", longitude);
}

template <class Io, shape_of<call::site_record> Thing>
void describe(Io& io, Thing& thing) {
    auto& [city, city_name, address, entrance, place] = thing;
    io.field("city", city);
    io.field("city_name", city_name);
    io.field("address", address);
    io.field("entrance", entrance);
    io.field("place", place);
}

template <class Io, shape_of<call::sos_routes> Thing>
void describe(Io& io, Thing& thing) {
    auto& [first, second, shared_number] = thing;
    io.field("route", first);
    io.field("second_route", second);
    io.field("shared_number", shared_number);
}

template <class Io, shape_of<call::attempt_record> Thing>
void describe(Io& io, Thing& thing) {
    auto& [route, way, dialled_ms, ringing_ms, ended_ms, sip, cause, why] = thing;
    io.field("route", route);
    io.field("way", way);
    io.field("dialled_ms", dialled_ms);
    io.field("ringing_ms", ringing_ms);
    io.field("ended_ms", ended_ms);
    io.field("sip", sip);
    io.field("cause", cause);
    io.field("why", why);
}

template <class Io, shape_of<call::sos_record> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, started_at, ended_at, how, who, ring_ms, talk_ms, number, lent, lease, site, source, crm_ms,
           number_ms, attempts, lacks, note] = thing;
    io.field("call", call);
    io.field("panel", panel);
    io.field("started_at", started_at);
    io.field("ended_at", ended_at);
    io.field("outcome", how);
    io.field("ended_by", who);
    io.field("ring_ms", ring_ms);
    io.field("talk_ms", talk_ms);
    io.field("number", number);
    io.field("lent", lent);
    io.field("lease", lease);
    io.field("site", site);
    io.field("source", source);
    io.field("crm_ms", crm_ms);
    io.field("number_ms", number_ms);
    io.field("attempts", attempts);
    io.field("lacks", lacks);
    io.field("note", note);
}

template <class Io, shape_of<call::callback_record> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, number, panel, caller, priority, started_at, ended_at, how, who, whom, ring_ms, talk_ms, sip, cause,
           note] = thing;
    io.field("call", call);
    io.field("number", number);
    io.field("panel", panel);
    io.field("caller", caller);
    io.field("priority", priority);
    io.field("started_at", started_at);
    io.field("ended_at", ended_at);
    io.field("outcome", how);
    io.field("ended_by", who);
    io.field("whom", whom);
    io.field("ring_ms", ring_ms);
    io.field("talk_ms", talk_ms);
    io.field("sip", sip);
    io.field("cause", cause);
    io.field("note", note);
}

template <class Io, shape_of<call::sos_alert> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, at, number, route, lacks, note] = thing;
    io.field("call", call);
    io.field("panel", panel);
    io.field("told_at", at);
    io.field("number", number);
    io.field("route", route);
    io.field("lacks", lacks);
    io.field("note", note);
}

template <class Io, shape_of<call::door_rules> Thing>
void describe(Io& io, Thing& thing) {
    auto& [ring_limit, talk_limit, on_decline, early, late_dial, open_dtmf, max_calls, max_accounts, push_wanted,
           push_repeat, title_wait, lookup_limit, join_limit, drop_again, end_limit, join_again, keys_play,
           keys_limit] = thing;
    io.field("ring_limit_us", ring_limit);
    io.field("talk_limit_us", talk_limit);
    io.field("on_decline", on_decline);
    io.field("early", early);
    io.field("late_dial_us", late_dial);
    io.field("open_dtmf", open_dtmf);
    io.field("max_calls", max_calls);
    io.field("max_accounts", max_accounts);
    io.field("push_wanted", push_wanted);
    io.field("push_repeat_us", push_repeat);
    io.field("title_wait_us", title_wait);
    io.field("lookup_limit_us", lookup_limit);
    io.field("join_limit_us", join_limit);
    io.field("drop_again_us", drop_again);
    io.field("end_limit_us", end_limit);
    io.field("join_again_us", join_again);
    io.field("keys_play_us", keys_play);
    io.field("keys_limit_us", keys_limit);
}

template <class Io, shape_of<call::sos_rules> Thing>
void describe(Io& io, Thing& thing) {
    auto& [site_wait, number_wait, map_wait, answer_limit, silence_limit, try_again, most_tries, longest_call,
           default_route, desk, check_wait, join_limit, join_again, drop_again, end_limit] = thing;
    io.field("site_wait_us", site_wait);
    io.field("number_wait_us", number_wait);
    io.field("map_wait_us", map_wait);
    io.field("answer_limit_us", answer_limit);
    io.field("silence_limit_us", silence_limit);
    io.field("try_again_us", try_again);
    io.field("most_tries", most_tries);
    io.field("longest_call_us", longest_call);
    io.field("default_route", default_route);
    io.field("desk", desk);
    io.field("check_wait_us", check_wait);
    io.field("join_limit_us", join_limit);
    io.field("join_again_us", join_again);
    io.field("drop_again_us", drop_again);
    io.field("end_limit_us", end_limit);
}

template <class Io, shape_of<call::rules> Thing>
void describe(Io& io, Thing& thing) {
    auto& [door, sos] = thing;
    io.field("door", door);
    io.field("sos", sos);
}

}  // namespace td::journal
