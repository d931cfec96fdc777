#pragma once
// What stands inside the facts and commands of emergency calls and callbacks; see part_shapes.hpp.

#include <string_view>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "call/rules.hpp"
#include "journal/part_shapes.hpp"

namespace td::journal {

template <class Io, shape_of<call::position> Thing>
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
