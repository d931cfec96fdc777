#pragma once
// The name and the fields of every fact; see part_shapes.hpp. A fact without both does not compile.

#include <string_view>

#include "call/facts.hpp"
#include "journal/part_shapes.hpp"
#include "journal/sos_fact_shapes.hpp"

namespace td::journal {

constexpr std::string_view word(const call::panel_arrived*) {
    return "panel_arrived";
}
constexpr std::string_view word(const call::panel_left*) {
    return "panel_left";
}
constexpr std::string_view word(const call::leg_ringing*) {
    return "leg_ringing";
}
constexpr std::string_view word(const call::leg_answered*) {
    return "leg_answered";
}
constexpr std::string_view word(const call::leg_ended*) {
    return "leg_ended";
}
constexpr std::string_view word(const call::key_pressed*) {
    return "key_pressed";
}
constexpr std::string_view word(const call::pbx_did*) {
    return "pbx_did";
}
constexpr std::string_view word(const call::pbx_refused*) {
    return "pbx_refused";
}
constexpr std::string_view word(const call::pbx_seen*) {
    return "pbx_seen";
}
constexpr std::string_view word(const call::pbx_line_lost*) {
    return "pbx_line_lost";
}
constexpr std::string_view word(const call::accounts_found*) {
    return "accounts_found";
}
constexpr std::string_view word(const call::flat_unknown*) {
    return "flat_unknown";
}
constexpr std::string_view word(const call::crm_failed*) {
    return "crm_failed";
}
constexpr std::string_view word(const call::panel_described*) {
    return "panel_described";
}
constexpr std::string_view word(const call::push_answered*) {
    return "push_answered";
}
constexpr std::string_view word(const call::push_failed*) {
    return "push_failed";
}
constexpr std::string_view word(const call::account_registered*) {
    return "account_registered";
}
constexpr std::string_view word(const call::memory_recalled*) {
    return "memory_recalled";
}
constexpr std::string_view word(const call::drain_begun*) {
    return "drain_begun";
}
constexpr std::string_view word(const call::drain_over*) {
    return "drain_over";
}
constexpr std::string_view word(const call::time_passed*) {
    return "time_passed";
}

template <class Io, shape_of<call::panel_arrived> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, channel, panel, flat, complaint] = thing;
    io.field("call", call);
    io.field("channel", channel);
    io.field("panel", panel);
    io.field("flat", flat);
    io.field("complaint", complaint);
}

template <class Io, shape_of<call::panel_left> Thing>
void describe(Io& io, Thing& thing) {
    auto& [channel] = thing;
    io.field("channel", channel);
}

template <class Io, shape_of<call::leg_ringing> Thing>
void describe(Io& io, Thing& thing) {
    auto& [leg] = thing;
    io.field("call", leg.call);
    io.field("leg", leg.leg);
}

template <class Io, shape_of<call::leg_answered> Thing>
void describe(Io& io, Thing& thing) {
    auto& [leg] = thing;
    io.field("call", leg.call);
    io.field("leg", leg.leg);
}

template <class Io, shape_of<call::leg_ended> Thing>
void describe(Io& io, Thing& thing) {
    auto& [leg, cause, sip] = thing;
    io.field("call", leg.call);
    io.field("leg", leg.leg);
    io.field("cause", cause);
    io.field("sip", sip);
}

template <class Io, shape_of<call::key_pressed> Thing>
void describe(Io& io, Thing& thing) {
    auto& [leg, key] = thing;
    io.field("call", leg.call);
    io.field("leg", leg.leg);
    io.field("key", key);
}

template <class Io, shape_of<call::pbx_did> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, what, leg] = thing;
    io.field("call", call);
    io.field("act", what);
    io.field("leg", leg);
}

template <class Io, shape_of<call::pbx_refused> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, what, leg, status] = thing;
    io.field("call", call);
    io.field("act", what);
    io.field("leg", leg);
    io.field("status", status);
}

template <class Io, shape_of<call::pbx_seen> Thing>
void describe(Io& io, Thing& thing) {
    auto& [channels, bridges, which] = thing;
    io.field("line", which);
    io.field("channels", channels);
    io.field("bridges", bridges);
}

template <class Io, shape_of<call::pbx_line_lost> Thing>
void describe(Io& io, Thing& thing) {
    auto& [which] = thing;
    io.field("line", which);
}

template <class Io, shape_of<call::accounts_found> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, flat, source, took_ms] = thing;
    io.field("call", call);
    io.field("flat", flat);
    io.field("source", source);
    io.field("took_ms", took_ms);
}

template <class Io, shape_of<call::flat_unknown> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, source, took_ms] = thing;
    io.field("call", call);
    io.field("source", source);
    io.field("took_ms", took_ms);
}

template <class Io, shape_of<call::crm_failed> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, reason, took_ms] = thing;
    io.field("call", call);
    io.field("reason", reason);
    io.field("took_ms", took_ms);
}

template <class Io, shape_of<call::panel_described> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, title] = thing;
    io.field("call", call);
    io.field("title", title);
}

template <class Io, shape_of<call::push_answered> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, kind, rejected, asked] = thing;
    io.field("call", call);
    io.field("kind", kind);
    io.field("rejected", rejected);
    io.later_field("asked", asked);
}

template <class Io, shape_of<call::push_failed> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, kind, reason, asked] = thing;
    io.field("call", call);
    io.field("kind", kind);
    io.field("reason", reason);
    io.later_field("asked", asked);
}

template <class Io, shape_of<call::account_registered> Thing>
void describe(Io& io, Thing& thing) {
    auto& [account] = thing;
    io.field("account", account);
}

template <class Io, shape_of<call::memory_recalled> Thing>
void describe(Io&, Thing&) {}

template <class Io, shape_of<call::drain_begun> Thing>
void describe(Io&, Thing&) {}

template <class Io, shape_of<call::drain_over> Thing>
void describe(Io&, Thing&) {}

template <class Io, shape_of<call::time_passed> Thing>
void describe(Io&, Thing&) {}

}  // namespace td::journal
