#pragma once
// The name and the fields of every command; see part_shapes.hpp. A command without both does not compile.

#include <string_view>

#include "call/commands.hpp"
#include "journal/part_shapes.hpp"
#include "journal/sos_command_shapes.hpp"

namespace td::journal {

constexpr std::string_view word(const call::sound*) {
    return "sound";
}
constexpr std::string_view word(const call::dial*) {
    return "dial";
}
constexpr std::string_view word(const call::make_bridge*) {
    return "make_bridge";
}
constexpr std::string_view word(const call::answer_panel*) {
    return "answer_panel";
}
constexpr std::string_view word(const call::join*) {
    return "join";
}
constexpr std::string_view word(const call::drop_leg*) {
    return "drop_leg";
}
constexpr std::string_view word(const call::drop_panel*) {
    return "drop_panel";
}
constexpr std::string_view word(const call::give_back*) {
    return "give_back";
}
constexpr std::string_view word(const call::remove_bridge*) {
    return "remove_bridge";
}
constexpr std::string_view word(const call::send_keys*) {
    return "send_keys";
}
constexpr std::string_view word(const call::drop_stray*) {
    return "drop_stray";
}
constexpr std::string_view word(const call::remove_stray_bridge*) {
    return "remove_stray_bridge";
}
constexpr std::string_view word(const call::find_accounts*) {
    return "find_accounts";
}
constexpr std::string_view word(const call::push*) {
    return "push";
}
constexpr std::string_view word(const call::panel_taken*) {
    return "panel_taken";
}
constexpr std::string_view word(const call::panel_freed*) {
    return "panel_freed";
}
constexpr std::string_view word(const call::finish*) {
    return "finish";
}

template <class Io, shape_of<call::sound> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, kind] = thing;
    io.field("call", call);
    io.field("channel", panel);
    io.field("kind", kind);
}

template <class Io, shape_of<call::dial> Thing>
void describe(Io& io, Thing& thing) {
    auto& [leg, account, panel, limit] = thing;
    io.field("call", leg.call);
    io.field("leg", leg.leg);
    io.field("account", account);
    io.field("panel", panel);
    io.field("limit_us", limit);
}

template <class Io, shape_of<call::make_bridge> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call] = thing;
    io.field("call", call);
}

template <class Io, shape_of<call::answer_panel> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel] = thing;
    io.field("call", call);
    io.field("channel", panel);
}

template <class Io, shape_of<call::join> Thing>
void describe(Io& io, Thing& thing) {
    auto& [leg, panel] = thing;
    io.field("call", leg.call);
    io.field("leg", leg.leg);
    io.field("channel", panel);
}

template <class Io, shape_of<call::drop_leg> Thing>
void describe(Io& io, Thing& thing) {
    auto& [leg, reason] = thing;
    io.field("call", leg.call);
    io.field("leg", leg.leg);
    io.field("reason", reason);
}

template <class Io, shape_of<call::drop_panel> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, reason] = thing;
    io.field("call", call);
    io.field("channel", panel);
    io.field("reason", reason);
}

template <class Io, shape_of<call::give_back> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel] = thing;
    io.field("call", call);
    io.field("channel", panel);
}

template <class Io, shape_of<call::remove_bridge> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call] = thing;
    io.field("call", call);
}

template <class Io, shape_of<call::send_keys> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, keys] = thing;
    io.field("call", call);
    io.field("channel", panel);
    io.field("keys", keys);
}

template <class Io, shape_of<call::drop_stray> Thing>
void describe(Io& io, Thing& thing) {
    auto& [channel, which] = thing;
    io.field("channel", channel);
    io.field("line", which);
}

template <class Io, shape_of<call::remove_stray_bridge> Thing>
void describe(Io& io, Thing& thing) {
    auto& [bridge, which] = thing;
    io.field("bridge", bridge);
    io.field("line", which);
}

template <class Io, shape_of<call::find_accounts> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, panel, flat] = thing;
    io.field("call", call);
    io.field("panel", panel);
    io.field("flat", flat);
}

template <class Io, shape_of<call::push> Thing>
void describe(Io& io, Thing& thing) {
    auto& [call, kind, end, panel, flat, title, deadline, targets] = thing;
    io.field("call", call);
    io.field("kind", kind);
    io.field("end", end);
    io.field("panel", panel);
    io.field("flat", flat);
    io.field("title", title);
    io.field("deadline", deadline);
    io.field("targets", targets);
}

template <class Io, shape_of<call::panel_taken> Thing>
void describe(Io& io, Thing& thing) {
    auto& [panel, call] = thing;
    io.field("panel", panel);
    io.field("call", call);
}

template <class Io, shape_of<call::panel_freed> Thing>
void describe(Io& io, Thing& thing) {
    auto& [panel, call] = thing;
    io.field("panel", panel);
    io.field("call", call);
}

/// The fields of the record stand in the line itself, so that its call is where every other line has it.
template <class Io, shape_of<call::finish> Thing>
void describe(Io& io, Thing& thing) {
    auto& [record] = thing;
    describe(io, record);
}

}  // namespace td::journal
