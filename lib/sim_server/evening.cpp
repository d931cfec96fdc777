#include "sim_server/evening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace td::sim_server {
namespace {

using json = nlohmann::json;
using kind = sim::sip_news::kind;

sim::phone a_phone(sim::phone_habit habit, duration acts_after) {
    sim::phone made;
    made.habit = habit;
    made.acts_after = acts_after;
    return made;
}

/// 79, then the number of the call, then that of the resident: unique in an evening.
account_id account_no(std::size_t call, std::size_t resident) {
    return account_id(fmt::format("79{:07}{:02}", call, resident));
}

void people(door_scene& scene, std::size_t call, const evening_rules& rules) {
    const auto add = [&](const sim::phone& phone) {
        scene.residents.push_back({account_no(call, scene.residents.size() + 1), phone});
    };
    const sim::phone nobody_there = a_phone(sim::phone_habit::never_answers, 0s);
    sim::phone answering = a_phone(sim::phone_habit::answers, 1200ms);
    switch (scene.which) {
        case tale::answered:
            answering.hangs_up_after = 1500ms;
            add(nobody_there);
            add(answering);
            add(nobody_there);
            return;
        case tale::dead_heat:
            add(nobody_there);
            add(nobody_there);
            scene.picked_up_after = 1200ms;
            scene.leaves_after_talk = 1500ms;
            return;
        case tale::declined: add(a_phone(sim::phone_habit::declines, 900ms)); return;
        case tale::missed:
            add(nobody_there);
            add(a_phone(sim::phone_habit::busy, 0s));
            return;
        case tale::left:
            add(nobody_there);
            scene.visitor_leaves_after = 1800ms;
            return;
        case tale::woken:
            answering.sleep = sim::phone_sleep::refused_480;
            answering.acts_after = std::min<duration>(500ms, rules.ring_limit / 8);
            answering.hangs_up_after = 1200ms;
            add(answering);
            return;
    }
}

/// What the record of a tale has to say.
struct verdict {
    std::string_view outcome;
    std::string_view ended_by;
};

verdict verdict_of(tale which) {
    switch (which) {
        case tale::answered: return {"answered", "account"};
        case tale::dead_heat: return {"answered", "panel"};
        case tale::declined: return {"declined", "declined"};
        case tale::missed: return {"missed", "ring_limit"};
        case tale::left: return {"cancelled", "panel"};
        case tale::woken: return {"answered", "account"};
    }
    return {};
}

std::string text_in(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_in(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

/// PJSIP/79001112233@kamailio -> 79001112233
std::string account_in(const std::string& endpoint) {
    const std::size_t slash = std::min(endpoint.find('/'), endpoint.size());
    const std::string name = endpoint.substr(std::min(slash + 1, endpoint.size()));
    return name.substr(0, name.find('@'));
}

/// The accounts that had the panel, from the truth of the SIP side.
std::vector<std::string> joined_accounts(const std::vector<sim::sip_news>& seen, const std::string& call) {
    const std::string prefix = "td." + call + ".";
    std::map<std::string, std::string> account_of;
    std::vector<std::string> joined;
    for (const sim::sip_news& each : seen) {
        if (each.what == kind::invited) {
            account_of[each.channel] = account_in(each.endpoint);
        } else if (each.what == kind::talk_begun) {
            for (const std::string& side : {each.channel, each.other}) {
                if (side.starts_with(prefix)) {
                    joined.push_back(account_of[side]);
                }
            }
        }
    }
    return joined;
}

void check_record(const door_scene& scene, const kept_record& record, const std::vector<sim::sip_news>& seen,
                  std::vector<std::string>& broken) {
    const verdict right = verdict_of(scene.which);
    const auto complain = [&](const std::string& words) {
        broken.push_back(fmt::format("panel {} ({}): {}", scene.panel.text(), name_of(scene.which), words));
    };
    if (record.outcome != right.outcome || record.ended_by != right.ended_by) {
        complain(fmt::format("the record says {} by {}, but it was {} by {}", record.outcome, record.ended_by,
                             right.outcome, right.ended_by));
    }
    const std::vector<std::string> joined = joined_accounts(seen, record.call);
    const bool talked = right.outcome == "answered";
    if (joined.size() != (talked ? 1U : 0U)) {
        complain(fmt::format("the panel was joined with {} accounts, not with {}", joined.size(), talked ? 1 : 0));
    } else if (talked && joined.front() != record.answered_by) {
        complain(fmt::format("{} had the panel, but the record says {}", joined.front(), record.answered_by));
    }
    if (scene.which == tale::dead_heat && record.answered_elsewhere != 1) {
        complain(fmt::format("two answered at once, but {} legs of the record lost", record.answered_elsewhere));
    }
}

std::string words_of(const sim::sip_news& news, const door_scene& scene,
                     const std::map<std::string, std::string>& account_of) {
    const auto found = account_of.find(news.channel);
    const std::string who = found == account_of.end() ? "the panel" : found->second;
    switch (news.what) {
        case kind::turned_away: return "nobody takes the panel's call";
        case kind::panel_rings: return "the panel hears that it rings";
        case kind::panel_answered: return "the panel is answered";
        case kind::panel_ended: return fmt::format("the panel's leg ends: {}", sim::cause_text(news.cause));
        case kind::given_back: return "the dialplan has the panel again";
        case kind::heard_keys: return fmt::format("the panel hears the keys {}", news.other);
        case kind::invited: return fmt::format("{} is called", who);
        case kind::phone_rings: return fmt::format("{} rings", who);
        case kind::phone_answered: return fmt::format("{} answers", who);
        case kind::phone_ended: return fmt::format("{} ends: {}", who, sim::cause_text(news.cause));
        case kind::talk_begun:
            return fmt::format("panel {} and flat {} hear each other", scene.panel.text(), scene.flat.text());
        case kind::talk_ended: return "the talk is over";
    }
    return {};
}

}  // namespace

std::string_view name_of(tale which) {
    switch (which) {
        case tale::answered: return "answered";
        case tale::dead_heat: return "dead heat";
        case tale::declined: return "declined";
        case tale::missed: return "missed";
        case tale::left: return "visitor leaves";
        case tale::woken: return "woken by push";
    }
    return {};
}

std::vector<door_scene> evening_of(std::size_t calls, const evening_rules& rules) {
    std::vector<door_scene> scenes;
    for (std::size_t i = 0; i < calls; ++i) {
        door_scene scene;
        scene.which = static_cast<tale>(i % tales);
        scene.panel = panel_id(std::to_string(5001 + i));
        scene.flat = flat_id(std::to_string(1 + i % 90));
        scene.starts_after = 400ms * static_cast<int>(i);
        people(scene, i + 1, rules);
        scenes.push_back(std::move(scene));
    }
    return scenes;
}

result<kept_record> record_of(std::string_view line) {
    const json document = json::parse(line, nullptr, false);
    const auto body = document.is_object() ? document.find("body") : document.end();
    if (!document.is_object() || body == document.end() || !body->is_object()) {
        return failure{failure_kind::broken_data,
                       fmt::format("the spool has a line that is no record: {}", line.substr(0, 80))};
    }
    kept_record record;
    record.call = text_in(*body, "call");
    record.panel = panel_id(text_in(*body, "panel"));
    record.outcome = text_in(*body, "outcome");
    record.answered_by = text_in(*body, "answered_by");
    record.ended_by = text_in(*body, "ended_by");
    record.ring_ms = number_in(*body, "ring_ms");
    record.talk_ms = number_in(*body, "talk_ms");
    for (const json& leg : body->value("legs", json::array())) {
        record.answered_elsewhere += leg.is_object() && text_in(leg, "why") == "answered_elsewhere" ? 1 : 0;
    }
    return record;
}

std::vector<std::string> broken_promises(const std::vector<door_scene>& scenes, const std::vector<kept_record>& records,
                                         const std::vector<sim::sip_news>& seen, const aftermath& left) {
    std::vector<std::string> broken;
    std::map<panel_id, std::vector<const kept_record*>> by_panel;
    for (const kept_record& each : records) {
        by_panel[each.panel].push_back(&each);
    }
    if (records.size() != scenes.size()) {
        broken.push_back(fmt::format("{} calls left {} records", scenes.size(), records.size()));
    }
    for (const door_scene& scene : scenes) {
        const auto own = by_panel.find(scene.panel);
        if (own == by_panel.end() || own->second.size() != 1) {
            broken.push_back(fmt::format("panel {} ({}): {} records of its one call", scene.panel.text(),
                                         name_of(scene.which), own == by_panel.end() ? 0 : own->second.size()));
        } else {
            check_record(scene, *own->second.front(), seen, broken);
        }
    }
    if (left.channels != 0 || left.bridges != 0 || left.panels_busy != 0) {
        broken.push_back(fmt::format("Asterisk is left with {} channels, {} bridges and {} panels in a call",
                                     left.channels, left.bridges, left.panels_busy));
    }
    if (left.worker_status != 0) {
        broken.push_back(fmt::format("the worker ended with status {} after SIGTERM, not with 0", left.worker_status));
    }
    return broken;
}

std::vector<told_line> tell(const door_scene& scene, const kept_record& record, const std::vector<sim::sip_news>& seen,
                            const std::vector<seen_push>& pushes, const std::string& panel_channel, instant called_at) {
    const std::string prefix = "td." + record.call + ".";
    std::map<std::string, std::string> account_of;
    std::vector<told_line> story{
        {0, fmt::format("a visitor at panel {} calls flat {}", scene.panel.text(), scene.flat.text())}};
    for (const sim::sip_news& each : seen) {
        if (each.channel != panel_channel && !each.channel.starts_with(prefix)) {
            continue;
        }
        if (each.what == kind::invited) {
            account_of[each.channel] = account_in(each.endpoint);
        }
        story.push_back({milliseconds_between(called_at, each.at), words_of(each, scene, account_of)});
    }
    for (const seen_push& each : pushes) {
        if (each.call == record.call) {
            story.push_back({milliseconds_between(called_at, each.at),
                             fmt::format("a push '{}{}{}' goes to {} phones", each.kind,
                                         each.reason.empty() ? "" : ": ", each.reason, each.devices)});
        }
    }
    std::stable_sort(story.begin(), story.end(),
                     [](const told_line& a, const told_line& b) { return a.at_ms < b.at_ms; });
    return story;
}

}  // namespace td::sim_server
