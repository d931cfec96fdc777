#include "story/phone_sentences.hpp"

#include <algorithm>

#include "story/words.hpp"

namespace td::story {
namespace {

/// " (SIP 480 Temporarily Unavailable)" of the last attempt that ended by itself; empty for none.
std::string last_end(const phone_story& phone) {
    for (auto each = phone.attempts.rbegin(); each != phone.attempts.rend(); ++each) {
        if (each->refused) {
            return *each->refused == 0 ? " (no reply of Asterisk)" : " (HTTP " + std::to_string(*each->refused) + ")";
        }
        if (each->ended_at != never && each->dropped_at == never) {
            const std::string words = end_text(each->cause, each->sip);
            return words.empty() ? "" : " (" + words + ")";
        }
    }
    return {};
}

std::string dials(const phone_story& phone) {
    return phone.attempts.size() > 1 ? ", dialled " + std::to_string(phone.attempts.size()) + " times" : "";
}

/// Of the devices of a phone that were pushed without success.
std::string reasons(const phone_story& phone) {
    std::string all;
    for (const device_story& each : phone.devices) {
        if (!each.reason.empty() && all.find(each.reason) == std::string::npos) {
            all += (all.empty() ? ": " : ", ") + each.reason;
        }
    }
    return all;
}

instant accepted_at(const phone_story& phone) {
    instant first = never;
    for (const device_story& each : phone.devices) {
        if (each.said == device_story::answer::accepted) {
            first = std::min(first, each.answered_at);
        }
    }
    return first;
}

std::string who_answered(const call_story& told) {
    return told.answered_by ? "phone " + std::to_string(*told.answered_by + 1) : "another phone";
}

std::string asleep(const phone_story& phone, const std::string& and_then) {
    return "it was not registered" + last_end(phone) + dials(phone) + ", " + and_then;
}

std::string why_the_call_ended(const call_story& told) {
    return told.who == call::ended_by::none ? "" : ": " + std::string(words_of(told.who));
}

std::string reason_of_silence(const phone_story& phone, const call_story& told) {
    const instant dialled = phone.attempts.empty() ? told.begins : phone.attempts.front().dialled_at;
    const std::string waited = length_text(std::max(std::min(told.over_at, told.ends) - dialled, duration{0}));
    switch (phone.why_silent) {
        case silence::none: return {};
        case silence::beyond_limit:
            return "only the first " + std::to_string(told.rules ? told.rules->door.max_accounts : 0) +
                   " accounts of a flat are rung; this one was only pushed";
        case silence::never_dialled:
            return told.crm.auto_open ? "nobody is rung where the door opens by itself"
                   : told.crm.blocked ? "the flat is blocked"
                                      : "the call was over before it was dialled";
        case silence::asterisk_refused: return "Asterisk would not call it" + last_end(phone) + dials(phone);
        case silence::no_device: return asleep(phone, "and the CRM names no device that a push could wake");
        case silence::not_pushed:
            return asleep(
                phone, told.push_wanted ? "and the call was over before the first push" : "and pushes are turned off");
        case silence::push_rejected:
            return asleep(phone, "and the push server accepted none of its devices" + reasons(phone));
        case silence::push_failed: return asleep(phone, "and the push failed" + reasons(phone));
        case silence::push_silent: return asleep(phone, "and the push server did not answer");
        case silence::not_registered:
            return "it never registered" + last_end(phone) + dials(phone) + ", although the push was accepted at " +
                   since(told, accepted_at(phone));
        case silence::woke_late:
            return "it woke late: it registered at " + since(told, phone.registered.front()) + ", " +
                   (told.answered_at <= phone.registered.front()
                        ? "when " + who_answered(told) + " had answered"
                        : length_text(std::min({told.answered_at, told.over_at, told.ends}) -
                                      phone.registered.front()) +
                              " before " +
                              (told.answered_at < told.over_at ? who_answered(told) + " answered" : "the end"));
        case silence::busy: return "it was in another call" + last_end(phone);
        case silence::declined: return "it declined at once" + last_end(phone);
        case silence::no_codec: return "no codec or media that both sides take" + last_end(phone);
        case silence::phone_refused: return "the phone or its proxy refused the call" + last_end(phone);
        case silence::answered_elsewhere:
            return who_answered(told) + " answered first, " +
                   (told.answered_at == never ? waited : length_text(told.answered_at - dialled)) +
                   " after this one was dialled";
        case silence::cancelled: return "the call ended " + waited + " after the dial" + why_the_call_ended(told);
        case silence::line_lost: return "its leg was gone when the line to Asterisk came back";
        case silence::unknown: return "the lines that say why are not there";
    }
    return {};
}

/// From the ring on.
std::string course_of(const phone_story& phone, const call_story& told) {
    const auto last = std::find_if(phone.attempts.rbegin(), phone.attempts.rend(),
                                   [](const attempt& a) { return a.rang_at != never || a.answered_at != never; });
    const instant rang = std::min(last->rang_at, last->answered_at);
    const instant until = std::min({last->answered_at, last->ended_at, last->dropped_at, told.ends});
    const std::string length = length_text(until - rang);
    if (last->answered_at != never && told.answered_by && *told.answered_by + 1 == phone.number) {
        return (last->rang_at == never ? "" : " for " + length) + " and answered at " + since(told, last->answered_at);
    }
    switch (phone.became) {
        case call::leg_why::none: return ", and still rings where the lines end";
        case call::leg_why::answered: return " for " + length + " and answered";
        case call::leg_why::answered_elsewhere: return " for " + length + ", until " + who_answered(told) + " answered";
        case call::leg_why::declined: return " for " + length + " and declined" + last_end(phone);
        case call::leg_why::busy: return ", then was busy" + last_end(phone);
        case call::leg_why::no_answer: return " for " + length + ", and nobody answered" + last_end(phone);
        case call::leg_why::unreachable: return " for " + length + ", then was not reached any more" + last_end(phone);
        case call::leg_why::cancelled: return " for " + length + ", until the call ended" + why_the_call_ended(told);
        case call::leg_why::refused: return ", then was refused" + last_end(phone);
        case call::leg_why::lost: return "; its end went unheard, because the line to Asterisk was cut";
    }
    return {};
}

}  // namespace

std::string since(const call_story& told, instant at) {
    if (at == never) {
        return "an unknown moment";
    }
    std::string exact = seconds_text(at - told.begins);
    exact.resize(exact.size() - 3);  // a millisecond is enough in a sentence
    return (at < told.begins ? "" : "+") + exact + " s";
}

std::string sentence_of(const phone_story& phone, const call_story& told) {
    if (!phone.rang()) {
        return "did not ring: " + reason_of_silence(phone, told) + '.';
    }
    const instant rang = phone.rang_at();
    const bool woken = !phone.registered.empty() && phone.registered.front() <= rang && phone.attempts.size() > 1;
    const auto first = std::find_if(phone.attempts.begin(), phone.attempts.end(),
                                    [&](const attempt& a) { return std::min(a.rang_at, a.answered_at) == rang; });
    const std::string course = course_of(phone, told);
    return (first->rang_at == never ? "did not ring first: it was taken at once, at " : "rang at ") +
           since(told, rang) +
           (woken ? ", woken late (it registered at " + since(told, phone.registered.front()) + ")" : "") +
           (woken && course.starts_with(' ') ? "," : "") + course + '.';
}

std::string sentence_of(const device_story& device) {
    std::string words = device.name.text() + (device.platform.empty() ? "" : " (" + device.platform + ")") + ": ";
    const std::string after = device.answered_at == never || device.pushed_at == never
                                  ? ""
                                  : " after " + length_text(device.answered_at - device.pushed_at);
    switch (device.said) {
        case device_story::answer::none: return words + "not pushed";
        case device_story::answer::silent: words += "pushed, no answer"; break;
        case device_story::answer::accepted: words += "push accepted" + after; break;
        case device_story::answer::rejected: words += "push not accepted" + after; break;
        case device_story::answer::failed: words += "push failed" + after; break;
    }
    words += device.reason.empty() ? "" : ": " + device.reason;
    return words + (device.pushes > 1 ? ", pushed " + std::to_string(device.pushes) + " times" : "");
}

std::string sentence_of(const try_story& tried, const call_story& told) {
    const attempt& leg = tried.leg;
    std::string words = tried.whom == call::callee::operator_route ? "route "
                        : tried.whom == call::callee::desk         ? "desk "
                                                                   : "panel ";
    words += tried.target + (tried.caller.empty() ? "" : " as " + tried.caller);
    words += tried.whom == call::callee::operator_route && tried.way == call::call_way::plain ? ", by one request" : "";
    words += ": called at " + since(told, leg.dialled_at);
    words += leg.rang_at == never ? "" : ", rang at " + since(told, leg.rang_at);
    if (leg.answered_at != never) {
        const bool joined = told.joined_at != never && &tried == &told.tries.back();
        return words + ", answered at " + since(told, leg.answered_at) +
               (joined ? "." : ", and could not be connected.");
    }
    if (leg.refused) {
        return words + "; Asterisk would not call it" +
               (*leg.refused == 0 ? " (no reply)." : " (HTTP " + std::to_string(*leg.refused) + ").");
    }
    const std::string why = end_text(leg.cause, leg.sip);
    if (leg.ended_at != never && leg.dropped_at == never) {
        return words + ", ended at " + since(told, leg.ended_at) + (why.empty() ? "." : ": " + why + '.');
    }
    return words +
           (leg.dropped_at == never ? ", and no end is told." : ", given up at " + since(told, leg.dropped_at) + '.');
}

}  // namespace td::story
