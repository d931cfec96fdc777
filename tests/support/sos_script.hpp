#pragma once
// Emergency calls that have come so far, for the scripts that begin there.

#include <initializer_list>
#include <string>
#include <utility>

#include "call_script.hpp"

namespace td::test {

using call::act;

inline const std::string own = "74950000001";

/// A call whose number is mapped: the first attempt is under way.
inline call_script called(call::sos_rules rules = {}) {
    call_script s(std::move(rules));
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    return s;
}

/// The attempt was begun, and the two are in the bridge.
inline call_script rung(call::sos_rules rules = {}) {
    call_script s = called(std::move(rules));
    s.feed(did(act::dial, 0));
    s.feed(did(act::bridge));
    s.feed(did(act::join, 0));
    s.after(1s, ringing(0));
    return s;
}

inline call_script talking(call::sos_rules rules = {}) {
    call_script s = rung(std::move(rules));
    s.after(2s, answered(0));
    s.feed(did(act::answer));
    return s;
}

inline bool has(const std::string& words, const std::string& wanted) {
    return words.find(wanted) != std::string::npos;
}

/// The panel leaves, whatever was made goes, and the record comes last.
inline std::string last_words(call_script& s, std::initializer_list<unsigned> legs) {
    std::string words = s.feed(panel_gone());
    for (const unsigned each : legs) {
        words = s.feed(ended(each));
    }
    if (has(words, "unbridge")) {
        words = s.feed(did(act::remove_bridge));
    }
    return words;
}

}  // namespace td::test
