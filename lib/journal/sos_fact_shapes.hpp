#pragma once
// The name and the fields of the facts of emergency calls and callbacks; see fact_shapes.hpp.

#include <string_view>

#include "call/facts.hpp"
#include "journal/sos_part_shapes.hpp"

namespace td::journal {

constexpr std::string_view word(const call::sos_arrived*) {
    return "sos_arrived";
}
constexpr std::string_view word(const call::callback_arrived*) {
    return "callback_arrived";
}
constexpr std::string_view word(const call::site_found*) {
    return "site_found";
}
constexpr std::string_view word(const call::site_missing*) {
    return "site_missing";
}
constexpr std::string_view word(const call::number_lent*) {
    return "number_lent";
}
constexpr std::string_view word(const call::number_refused*) {
    return "number_refused";
}
constexpr std::string_view word(const call::number_mapped*) {
    return "number_mapped";
}
constexpr std::string_view word(const call::map_failed*) {
    return "map_failed";
}
constexpr std::string_view word(const call::number_checked*) {
    return "number_checked";
}
constexpr std::string_view word(const call::check_failed*) {
    return "check_failed";
}

template <class Io, shape_of<call::sos_arrived> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, channel, panel, complaint] = thing;
    io.field("call", call);
    io.field("channel", channel);
    io.field("panel", panel);
    io.field("complaint", complaint);
}

template <class Io, shape_of<call::callback_arrived> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, channel, panel, number, caller, how, complaint] = thing;
    io.field("call", call);
    io.field("channel", channel);
    io.field("panel", panel);
    io.field("number", number);
    io.field("caller", caller);
    io.field("priority", how);
    io.field("complaint", complaint);
}

template <class Io, shape_of<call::site_found> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, site, source, took_ms] = thing;
    io.field("call", call);
    io.field("site", site);
    io.field("source", source);
    io.field("took_ms", took_ms);
}

template <class Io, shape_of<call::site_missing> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, reason, took_ms] = thing;
    io.field("call", call);
    io.field("reason", reason);
    io.field("took_ms", took_ms);
}

template <class Io, shape_of<call::number_lent> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, token, number, how, routes] = thing;
    io.field("call", call);
    io.field("lease", token);
    io.field("number", number);
    io.field("how", how);
    io.field("routes", routes);
}

template <class Io, shape_of<call::number_refused> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, reason, routes, text] = thing;
    io.field("call", call);
    io.field("why", reason);
    io.field("routes", routes);
    io.field("text", text);
}

template <class Io, shape_of<call::number_mapped> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call] = thing;
    io.field("call", call);
}

template <class Io, shape_of<call::map_failed> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, reason] = thing;
    io.field("call", call);
    io.field("reason", reason);
}

template <class Io, shape_of<call::number_checked> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel] = thing;
    io.field("call", call);
    io.field("panel", panel);
}

template <class Io, shape_of<call::check_failed> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, reason] = thing;
    io.field("call", call);
    io.field("reason", reason);
}

}  // namespace td::journal
