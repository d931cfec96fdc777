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
#include "call/facts.hpp"
#include "call/rules.hpp"

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
    auto& [name, state, joined] = thing;
    io.field("channel", name);
    io.field("state", state);
    io.later_field("joined", joined);
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

}  // namespace td::journal
