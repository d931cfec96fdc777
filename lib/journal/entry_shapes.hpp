#pragma once
// The fields of the lines that are neither fact nor command; see part_shapes.hpp.

#include "journal/entry.hpp"
#include "journal/sos_part_shapes.hpp"

namespace td::journal {

/// A header with the moment that its entry carries: it stands among the other fields, because a file that begins with
/// "journal" is recognised by its first bytes.
struct opened_file {
    header first;
    instant at{};
};

template <class Io, shape_of<clock_origin> Thing>
void describe(Io& io, Thing& thing) {
    auto& [boot_id, zero] = thing;
    io.field("boot_id", boot_id);
    io.field("zero", zero);
}

template <class Io, shape_of<opened_file> Thing>
void describe(Io& io, Thing& thing) {
    auto& [first, at] = thing;
    auto& [number, node, version, run, seq, rules, oldest, clock, recalled, retold, holed] = first;
    io.field("schema", number);
    io.field("node", node);
    io.field("version", version);
    io.field("opened_at", at);
    io.field("run", run);
    io.field("seq", seq);
    io.field("rules", rules);
    io.later_field("oldest", oldest);
    io.later_field("clock", clock);
    io.later_field("recalled", recalled);
    io.later_field("retold", retold);
    io.later_field("holed", holed);
}

template <class Io, shape_of<rules_changed> Thing>
void describe(Io& io, Thing& thing) {
    auto& [rules] = thing;
    io.field("rules", rules);
}

template <class Io, shape_of<gap> Thing>
void describe(Io& io, Thing& thing) {
    auto& [lines, since, living, draining] = thing;
    io.field("gap", lines);
    io.field("since", since);
    io.later_field("living", living);
    io.later_field("draining", draining);
}

}  // namespace td::journal
