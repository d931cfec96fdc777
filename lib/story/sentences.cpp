#include "story/sentences.hpp"

#include <algorithm>

#include "story/phone_sentences.hpp"
#include "story/words.hpp"

namespace td::story {
namespace {

std::string capital(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    return text;
}

std::string words_of_source(const crm_story& crm) {
    switch (crm.source) {
        case call::crm_source::live: return "answered";
        case call::crm_source::fresh: return "was remembered, fresh enough not to be asked,";
        case call::crm_source::stale: return "failed; what it had said before was used (stale)";
        case call::crm_source::file: return "is a file and answered";
        case call::crm_source::none: return "said nothing";
    }
    return {};
}

std::string took(const crm_story& crm) {
    return crm.asked_at == never || crm.answered_at == never ? ""
                                                             : " after " + length_text(crm.answered_at - crm.asked_at);
}

row flat_row(const call_story& told) {
    const crm_story& crm = told.crm;
    switch (crm.said) {
        case crm_story::answer::not_asked: return {"CRM", "was not asked.", step::tone::quiet, {}};
        case crm_story::answer::silent: return {"CRM", "did not answer.", step::tone::bad, {}};
        case crm_story::answer::failed:
            return {"CRM", "failed" + took(crm) + ": " + crm.reason + "; nothing was remembered.", step::tone::bad, {}};
        case crm_story::answer::unknown: return {"CRM", "knows no such flat" + took(crm) + '.', step::tone::bad, {}};
        case crm_story::answer::found: break;
    }
    const std::string what = crm.blocked           ? "the flat is blocked"
                             : crm.auto_open       ? "the door opens by itself"
                             : told.phones.empty() ? "nobody lives there"
                                                   : count_text(told.phones.size(), "account", "accounts");
    return {"CRM",
            words_of_source(crm) + took(crm) + ": " + what + '.',
            crm.source == call::crm_source::stale ? step::tone::bad : step::tone::plain,
            {}};
}

std::string text_of_site(const call::site_record& site) {
    std::string words = site.address;
    const auto add = [&](const std::string& more) { words += (words.empty() || more.empty() ? "" : ", ") + more; };
    add(site.entrance.empty() ? "" : "entrance " + site.entrance);
    add(site.city_name);
    if (site.place) {
        std::string place = std::to_string(site.place->latitude) + ' ' + std::to_string(site.place->longitude);
        add(place);
    }
    return words.empty() ? "no address" : words;
}

row site_row(const call_story& told) {
    const crm_story& crm = told.crm;
    if (crm.site_known) {
        return {"Site",
                "the CRM " + words_of_source(crm) + took(crm) + ": " + text_of_site(crm.site) + '.',
                crm.source == call::crm_source::stale ? step::tone::bad : step::tone::plain,
                {}};
    }
    const bool asked = crm.said != crm_story::answer::not_asked;
    return {"Site",
            !asked               ? "was not asked for."
            : crm.reason.empty() ? "no answer of the CRM."
                                 : "not known: " + crm.reason + '.',
            step::tone::bad,
            {}};
}

row number_row(const call_story& told) {
    const number_story& number = told.number;
    const std::string notes =
        number.from_notes ? " The pool's store failed or was silent; the worker's notes helped." : "";
    if (number.number.empty()) {
        return {"Number",
                "none was lent" + (number.refused.empty() ? "" : ": " + number.refused) + '.' + notes,
                step::tone::bad,
                {}};
    }
    const std::string how = number.lent ? std::string(words_of(*number.lent)) : "shared: no callback finds the panel";
    return {"Number",
            number.number.text() + " (" + how + ")." + notes,
            number.lent && !number.from_notes ? step::tone::plain : step::tone::bad,
            {}};
}

row map_row(const call_story& told) {
    using map = number_story::map;
    switch (told.number.mapped) {
        case map::done: return {"Map", "a callback to it finds the panel.", step::tone::plain, {}};
        case map::failed: return {"Map", "failed: " + told.number.map_reason + '.', step::tone::bad, {}};
        case map::silent: return {"Map", "did not confirm the way back.", step::tone::bad, {}};
        case map::not_asked: break;
    }
    return {"Map", "was not asked.", step::tone::quiet, {}};
}

paragraph asked_of(const call_story& told) {
    paragraph asked{"Asked", {}};
    if (told.kind == call_kind::door) {
        asked.rows.push_back(flat_row(told));
    } else if (told.kind == call_kind::sos) {
        asked.rows = {site_row(told), number_row(told), map_row(told)};
    }
    return asked;
}

/// What nobody can mend is no alarm.
step::tone tone_of(const phone_story& phone) {
    switch (phone.why_silent) {
        case silence::none:
        case silence::beyond_limit:
        case silence::never_dialled:
        case silence::busy:
        case silence::declined:
        case silence::answered_elsewhere:
        case silence::cancelled: return step::tone::plain;
        case silence::asterisk_refused:
        case silence::no_device:
        case silence::not_pushed:
        case silence::push_rejected:
        case silence::push_failed:
        case silence::push_silent:
        case silence::not_registered:
        case silence::woke_late:
        case silence::no_codec:
        case silence::phone_refused:
        case silence::line_lost:
        case silence::unknown: return step::tone::bad;
    }
    return step::tone::plain;
}

paragraph phones_of(const call_story& told) {
    paragraph phones{"Phones", {}};
    for (const phone_story& each : told.phones) {
        const bool won = told.answered_by && *told.answered_by + 1 == each.number;
        const std::string name = each.account.empty() ? "account not known" : each.account.text();
        row one{std::to_string(each.number),
                name + ' ' + sentence_of(each, told),
                won ? step::tone::good : tone_of(each),
                {}};
        for (const device_story& device : each.devices) {
            if (each.why_silent == silence::never_dialled && device.pushes == 0) {
                continue;
            }
            one.below.push_back(sentence_of(device));
        }
        phones.rows.push_back(std::move(one));
    }
    return phones;
}

paragraph tries_of(const call_story& told) {
    paragraph tries{"Calls", {}};
    for (std::size_t at = 0; at < told.tries.size(); ++at) {
        const attempt& leg = told.tries[at].leg;
        tries.rows.push_back({std::to_string(at + 1),
                              sentence_of(told.tries[at], told),
                              leg.answered_at != never ? step::tone::good : step::tone::plain,
                              {}});
    }
    return tries;
}

paragraph lacks_of(const call_story& told) {
    paragraph lacks{"Alerts", {}};
    for (const call::sos_alert& each : told.alerts) {
        lacks.rows.push_back({since(told, each.at),
                              "it had to do without " +
                                  list_text(each.lacks, [](call::lack l) { return std::string(words_of(l)); }) + '.',
                              step::tone::bad,
                              {}});
        if (!each.note.empty()) {
            lacks.rows.back().below.push_back(each.note);
        }
    }
    return lacks;
}

paragraph remarks_of(const call_story& told) {
    paragraph remarks{"Beware", {}};
    if (told.beginning_missing) {
        remarks.rows.push_back({"",
                                "Its beginning is missing: the first line of it is of " + clock_text(told.begins) + '.',
                                step::tone::bad,
                                {}});
    }
    for (const std::string& each : told.remarks) {
        remarks.rows.push_back({"", each, step::tone::bad, {}});
    }
    if (!told.complaint.empty()) {
        remarks.rows.push_back({"", capital(told.complaint) + '.', step::tone::bad, {}});
    }
    if (!told.note.empty() && told.note != told.complaint) {
        remarks.rows.push_back({"", "The record notes: " + told.note + '.', step::tone::plain, {}});
    }
    return remarks;
}

}  // namespace

std::string title_of(const call_story& told) {
    const std::string panel = told.panel.empty() ? "an unknown panel" : "panel " + told.panel.text();
    switch (told.kind) {
        case call_kind::unknown: return "Call of an unknown kind";
        case call_kind::door:
            return "Door call from " + panel + " to " + (told.flat.empty() ? "no flat" : "flat " + told.flat.text());
        case call_kind::sos: return "Emergency call from " + panel;
        case call_kind::callback:
            return std::string(told.how_urgent == call::urgency::psap_callback ? "Urgent callback" : "Callback") +
                   " to number " + (told.number.number.empty() ? "unknown" : told.number.number.text()) +
                   (told.caller.empty() ? "" : " from " + told.caller) + (told.panel.empty() ? "" : ", for " + panel);
    }
    return {};
}

std::string verdict_of(const call_story& told) {
    const std::string talked = told.joined_at == never
                                   ? ""
                                   : ", they talked " + length_text(std::min(told.over_at, told.ends) - told.joined_at);
    if (told.end == ending::cut_off) {
        return "Cut off: its worker ended, and no later run of the journal knows it" + talked + '.';
    }
    if (told.end == ending::lost) {
        return "Its end is among lines of the journal that are missing" + talked + '.';
    }
    if (told.end == ending::living) {
        return "It lives where the journal ends" + talked + '.';
    }
    std::string by;
    if (told.how == call::outcome::answered && told.answered_by) {
        const phone_story& phone = told.phones[*told.answered_by];
        by = " by phone " + std::to_string(phone.number) + (phone.account.empty() ? "" : ", " + phone.account.text());
    }
    std::string why(words_of(told.who));
    if (told.kind == call_kind::sos || told.kind == call_kind::callback) {
        why = told.who == call::ended_by::panel
                  ? told.kind == call_kind::sos ? "the visitor hung up" : "the caller hung up"
              : told.who == call::ended_by::callee
                  ? told.kind == call_kind::sos ? "the emergency service hung up" : "the panel hung up"
                  : why;
    }
    return capital(std::string(name_of(told.how.value_or(call::outcome::failed)))) + by + talked + ": " + why + '.' +
           (told.opened_door ? " The door was opened." : "");
}

step::tone tone_of(const call_story& told) {
    if (told.end != ending::told) {
        return step::tone::bad;
    }
    switch (told.how.value_or(call::outcome::failed)) {
        case call::outcome::answered: return step::tone::good;
        case call::outcome::missed:
        case call::outcome::failed: return step::tone::bad;
        case call::outcome::cancelled:
        case call::outcome::declined:
        case call::outcome::blocked: return step::tone::plain;
    }
    return step::tone::plain;
}

std::vector<paragraph> paragraphs_of(const call_story& told) {
    std::vector<paragraph> all{remarks_of(told), asked_of(told), phones_of(told), tries_of(told), lacks_of(told)};
    std::erase_if(all, [](const paragraph& each) { return each.rows.empty(); });
    return all;
}

std::string actors_of(const step& each) {
    const auto one = [](const lane& who) {
        return std::string(name_of(who.who)) + (who.who == lane::part::phone ? ' ' + std::to_string(who.number) : "");
    };
    if (each.to.empty()) {
        return one(each.from);
    }
    const bool phones = each.to.size() > 1 && std::all_of(each.to.begin(), each.to.end(),
                                                          [](const lane& who) { return who.who == lane::part::phone; });
    if (phones && each.to.size() > 4) {
        return one(each.from) + " → " + std::to_string(each.to.size()) + " phones";
    }
    return one(each.from) + " → " +
           (phones ? "phones " + list_text(each.to, [](const lane& who) { return std::to_string(who.number); })
                   : list_text(each.to, one));
}

}  // namespace td::story
