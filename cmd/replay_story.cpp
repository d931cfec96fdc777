#include "cmd/replay_story.hpp"

#include <nlohmann/json.hpp>

#include "story/phone_sentences.hpp"
#include "story/sentences.hpp"

namespace td::cmd::replay_calls {
namespace {

using json = nlohmann::ordered_json;
using story::call_story;

json text_or_null(std::string_view text) {
    return text.empty() ? json(nullptr) : json(std::string(text));
}

json moment(instant at) {
    return at == never ? json(nullptr) : json(rfc3339(at));
}

/// Since the call began.
json after(const call_story& told, instant at) {
    return at == never ? json(nullptr) : json((at - told.begins).count());
}

json as_json(const call_story& told, const story::attempt& leg) {
    return {{"leg", leg.leg.value},
            {"dialled_us", after(told, leg.dialled_at)},
            {"rang_us", after(told, leg.rang_at)},
            {"answered_us", after(told, leg.answered_at)},
            {"dropped_us", after(told, leg.dropped_at)},
            {"ended_us", after(told, leg.ended_at)},
            {"sip", leg.sip},
            {"cause", leg.cause},
            {"refused", leg.refused ? json(*leg.refused) : json(nullptr)}};
}

json as_json(const call_story& told, const story::phone_story& phone) {
    json devices = json::array();
    for (const story::device_story& each : phone.devices) {
        devices.push_back({{"device", each.name.text()},
                           {"platform", each.platform},
                           {"push", std::string(name_of(each.said))},
                           {"reason", text_or_null(each.reason)},
                           {"pushes", each.pushes},
                           {"pushed_us", after(told, each.pushed_at)},
                           {"answered_us", after(told, each.answered_at)}});
    }
    json attempts = json::array();
    for (const story::attempt& each : phone.attempts) {
        attempts.push_back(as_json(told, each));
    }
    json registered = json::array();
    for (const instant each : phone.registered) {
        registered.push_back(after(told, each));
    }
    return {{"phone", phone.number},
            {"account", text_or_null(phone.account.text())},
            {"rang", phone.rang()},
            {"why", std::string(name_of(phone.became))},
            {"why_silent", phone.rang() ? json(nullptr) : json(std::string(name_of(phone.why_silent)))},
            {"text", sentence_of(phone, told)},
            {"registered_us", registered},
            {"devices", devices},
            {"attempts", attempts}};
}

json crm_of(const call_story& told) {
    const story::crm_story& crm = told.crm;
    return {{"answer", std::string(name_of(crm.said))},
            {"source", std::string(name_of(crm.source))},
            {"asked_us", after(told, crm.asked_at)},
            {"answered_us", after(told, crm.answered_at)},
            {"reason", text_or_null(crm.reason)},
            {"blocked", crm.blocked},
            {"auto_open", crm.auto_open}};
}

json site_of(const call_story& told) {
    const call::site_record& site = told.crm.site;
    if (!told.crm.site_known) {
        return nullptr;
    }
    return {{"fias", site.city.text()},
            {"city", site.city_name},
            {"address", site.address},
            {"entrance", site.entrance},
            {"lat", site.place ? json(site.place->latitude) : json(nullptr)},
            {"lon", site.place ? json(site.place->longitude) : json(nullptr)}};
}

json number_of(const call_story& told) {
    using map = story::number_story::map;
    const auto mapped = [&] {
        switch (told.number.mapped) {
            case map::not_asked: return "not_asked";
            case map::silent: return "no_reply";
            case map::done: return "done";
            case map::failed: return "failed";
        }
        return "?";
    };
    return {{"number", text_or_null(told.number.number.text())},
            {"how", told.number.lent ? json(std::string(name_of(*told.number.lent))) : json(nullptr)},
            {"refused", text_or_null(told.number.refused)},
            {"from_notes", told.number.from_notes},
            {"map", mapped()}};
}

json tries_of(const call_story& told) {
    json all = json::array();
    for (const story::try_story& each : told.tries) {
        json one{{"whom", std::string(name_of(each.whom))},
                 {"way", std::string(name_of(each.way))},
                 {"target", each.target},
                 {"caller", text_or_null(each.caller)},
                 {"text", sentence_of(each, told)}};
        one.update(as_json(told, each.leg));
        all.push_back(std::move(one));
    }
    return all;
}

json alerts_of(const call_story& told) {
    json all = json::array();
    for (const call::sos_alert& each : told.alerts) {
        json lacks = json::array();
        for (const call::lack lack : each.lacks) {
            lacks.push_back(std::string(name_of(lack)));
        }
        all.push_back({{"after_us", after(told, each.at)},
                       {"lacks", lacks},
                       {"route", text_or_null(each.route)},
                       {"number", text_or_null(each.number.text())},
                       {"note", text_or_null(each.note)}});
    }
    return all;
}

json course_of(const call_story& told) {
    json steps = json::array();
    for (const story::step& each : told.steps) {
        steps.push_back({{"after_us", after(told, each.at)}, {"who", actors_of(each)}, {"text", each.words}});
    }
    return steps;
}

}  // namespace

std::string as_json(const call_story& told) {
    json hops = json::array();
    for (const story::hop& each : told.hops) {
        hops.push_back({{"hop", std::string(each.name)}, {"took_us", each.took.count()}, {"text", each.words}});
    }
    json phones = json::array();
    for (const story::phone_story& each : told.phones) {
        phones.push_back(as_json(told, each));
    }
    json remarks = json::array();
    for (const std::string& each : told.remarks) {
        remarks.push_back(each);
    }
    const json whole{{"type", "call_story"},
                     {"schema", 1},
                     {"call", std::string(told.call.text())},
                     {"kind", std::string(name_of(told.kind))},
                     {"node", told.node},
                     {"panel", text_or_null(told.panel.text())},
                     {"flat", text_or_null(told.flat.text())},
                     {"caller", text_or_null(told.caller)},
                     {"title", title_of(told)},
                     {"text", verdict_of(told)},
                     {"state", std::string(name_of(told.end))},
                     {"outcome", told.how ? json(std::string(name_of(*told.how))) : json(nullptr)},
                     {"ended_by", std::string(name_of(told.who))},
                     {"opened_door", told.opened_door},
                     {"started_at", rfc3339(told.begins)},
                     {"ended_at", moment(told.over_at)},
                     {"beginning_missing", told.beginning_missing},
                     {"answered_by", told.answered_by ? json(*told.answered_by + 1) : json(nullptr)},
                     {"whole_us", told.whole().count()},
                     {"hops", hops},
                     {"crm", crm_of(told)},
                     {"site", site_of(told)},
                     {"number", number_of(told)},
                     {"phones", phones},
                     {"tries", tries_of(told)},
                     {"alerts", alerts_of(told)},
                     {"course", course_of(told)},
                     {"remarks", remarks},
                     {"note", text_or_null(told.note)}};
    return whole.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace td::cmd::replay_calls
