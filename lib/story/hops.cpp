// Where the time of a call went: marks that follow each other, and what was waited for up to each of them.

#include <algorithm>
#include <utility>

#include "story/builder.hpp"

namespace td::story {
namespace {

/// The mark that ends a hop; `never` where the call did not come that far.
struct mark {
    instant at = never;
    std::string_view name;
    std::string_view words;
};

/// What is not known is left out, and the time goes to the hop behind it. So the hops add up to the whole, whatever
/// the lines say.
std::vector<hop> between(const std::vector<mark>& marks, instant begins, instant ends) {
    std::vector<hop> hops;
    instant from = begins;
    for (const mark& each : marks) {
        if (each.at == never) {
            continue;
        }
        const instant to = std::clamp(each.at, from, ends);
        hops.push_back({each.name, std::string(each.words), to - from});
        from = to;
    }
    if (from < ends || hops.empty()) {
        hops.push_back({"rest", "until the last line", ends - from});
    }
    return hops;
}

instant first_dial(const call_story& told) {
    instant first = never;
    for (const phone_story& each : told.phones) {
        if (!each.attempts.empty()) {
            first = std::min(first, each.attempts.front().dialled_at);
        }
    }
    return first;
}

instant first_ring(const call_story& told) {
    instant first = never;
    for (const phone_story& each : told.phones) {
        first = std::min(first, each.rang_at());
    }
    return first;
}

/// Not behind the moment at which it no longer matters.
instant up_to(instant at, instant limit) {
    return at <= limit ? at : never;
}

std::vector<mark> door_marks(const call_story& told, instant over) {
    const instant answered = up_to(told.answered_at, over);
    const instant joined = up_to(told.joined_at, over);
    const instant decided = std::min(answered, over);
    const instant dialled = up_to(first_dial(told), decided);
    const instant rang = up_to(first_ring(told), decided);
    std::string_view waited = "until it was over";
    if (joined != never) {
        waited = "they talked";
    } else if (answered != never) {
        waited = "connecting, in vain";
    } else if (rang != never) {
        waited = "it rang, and nobody answered";
    } else if (dialled != never) {
        waited = "dialled, and no phone rang";
    } else if (told.crm.auto_open) {
        waited = told.opened_door ? "the door was opened" : "opening the door, in vain";
    } else if (told.crm.said == crm_story::answer::silent) {
        waited = "the CRM did not answer";
    }
    return {{up_to(told.crm.answered_at, decided), "crm", "the CRM answers"},
            {dialled, "dial", "the first phone is dialled"},
            {rang, "wake", "the first phone rings"},
            {answered, "ring", "somebody answers"},
            {joined, "join", "the two are connected"},
            {told.over_at == never ? never : over, joined != never ? "talk" : "wait", waited}};
}

std::vector<mark> pair_marks(const call_story& told, instant over) {
    const instant answered = up_to(told.answered_at, over);
    const instant joined = up_to(told.joined_at, over);
    const instant decided = std::min(answered, over);
    const bool sos = told.kind == call_kind::sos;
    std::vector<mark> marks;
    if (sos) {
        marks.push_back({up_to(told.crm.answered_at, decided), "site", "the CRM tells the site"});
    }
    if (!told.tries.empty()) {
        marks.push_back({up_to(told.tries.front().leg.dialled_at, decided), sos ? "number" : "check",
                         sos ? "a number is lent and mapped, and the call leaves" : "the pool says whom it leads to"});
        if (told.tries.size() > 1) {
            marks.push_back({up_to(told.tries.back().leg.dialled_at, decided), "tries", "the tries before the last"});
        }
        marks.push_back({up_to(told.tries.back().leg.rang_at, decided), "route", "the other side rings"});
    }
    std::string_view waited = "until it was over";
    if (joined != never) {
        waited = "they talked";
    } else if (answered != never) {
        waited = "connecting, in vain";
    } else if (!told.tries.empty()) {
        waited = "called, and nobody answered";
    }
    marks.push_back({answered, "ring", "somebody answers"});
    marks.push_back({joined, "join", "the two are connected"});
    marks.push_back({told.over_at == never ? never : over, joined != never ? "talk" : "wait", waited});
    return marks;
}

}  // namespace

std::vector<hop> hops_of(const call_story& told) {
    const instant over = std::min(told.over_at, told.ends);
    std::vector<mark> marks = told.kind == call_kind::sos || told.kind == call_kind::callback ? pair_marks(told, over)
                                                                                              : door_marks(told, over);
    if (told.end == ending::told) {
        marks.push_back({told.ends, "end", "everything is hung up and recorded"});
    }
    std::vector<hop> hops = between(marks, told.begins, told.ends);
    if (told.end != ending::told && hops.back().name == "rest") {
        hops.back().words = told.end == ending::living ? "until the journal ends" : "until the last line that is there";
    }
    return hops;
}

}  // namespace td::story
