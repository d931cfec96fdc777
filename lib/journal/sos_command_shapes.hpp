#pragma once
// The name and the fields of the commands of emergency calls and callbacks; see command_shapes.hpp.

#include <string_view>

#include "call/commands.hpp"
#include "journal/sos_part_shapes.hpp"

namespace td::journal {

constexpr std::string_view word(const call::call_out*) {
    return "call_out";
}
constexpr std::string_view word(const call::find_site*) {
    return "find_site";
}
constexpr std::string_view word(const call::lend_number*) {
    return "lend_number";
}
constexpr std::string_view word(const call::lend_from_notes*) {
    return "lend_from_notes";
}
constexpr std::string_view word(const call::map_number*) {
    return "map_number";
}
constexpr std::string_view word(const call::return_number*) {
    return "return_number";
}
constexpr std::string_view word(const call::check_number*) {
    return "check_number";
}
constexpr std::string_view word(const call::finish_sos*) {
    return "finish_sos";
}
constexpr std::string_view word(const call::finish_callback*) {
    return "finish_callback";
}
constexpr std::string_view word(const call::alert*) {
    return "alert";
}

template <class Io, shape_of<call::call_out> Thing>
void describe(Io& io, Thing& thing) {
    auto& [leg, whom, way, target, caller, panel, site, how, limit] = thing;
    io.field("call", leg.call);
    io.field("leg", leg.leg);
    io.field("whom", whom);
    io.field("way", way);
    io.field("target", target);
    io.field("caller", caller);
    io.field("panel", panel);
    io.field("site", site);
    io.field("priority", how);
    io.field("limit_us", limit);
}

template <class Io, shape_of<call::find_site> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel] = thing;
    io.field("call", call);
    io.field("panel", panel);
}

template <class Io, shape_of<call::lend_number> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, site] = thing;
    io.field("call", call);
    io.field("panel", panel);
    io.field("site", site);
}

template <class Io, shape_of<call::lend_from_notes> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, site] = thing;
    io.field("call", call);
    io.field("panel", panel);
    io.field("site", site);
}

template <class Io, shape_of<call::map_number> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, token, number, panel, site] = thing;
    io.field("call", call);
    io.field("lease", token);
    io.field("number", number);
    io.field("panel", panel);
    io.field("site", site);
}

template <class Io, shape_of<call::return_number> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, token, number, panel, at] = thing;
    io.field("call", call);
    io.field("lease", token);
    io.field("number", number);
    io.field("panel", panel);
    io.field("ended_at", at);
}

template <class Io, shape_of<call::check_number> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, number] = thing;
    io.field("call", call);
    io.field("number", number);
}

template <class Io, shape_of<call::finish_sos> Thing>
void describe(Io& io, Thing& thing) {
    auto& [record] = thing;
    describe(io, record);
}

template <class Io, shape_of<call::finish_callback> Thing>
void describe(Io& io, Thing& thing) {
    auto& [record] = thing;
    describe(io, record);
}

template <class Io, shape_of<call::alert> Thing>
void describe(Io& io, Thing& thing) {
    auto& [news] = thing;
    describe(io, news);
}

}  // namespace td::journal
