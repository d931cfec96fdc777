#include "sim/trace.hpp"

#include "base/overloaded.hpp"

namespace td::sim {
namespace {

std::string name(const call_id& call) {
    return std::string(call.text().substr(call_id::length - 6));
}

std::string name(const leg_ref& leg) {
    return name(leg.call) + "." + std::to_string(leg.leg.value);
}

std::string text(std::string_view view) {
    return std::string(view);
}

std::string act_words(const call_id& call, call::act what, leg_no leg) {
    return name(call) + " " + text(call::name_of(what)) + " leg " + std::to_string(leg.value);
}

std::string targets(const std::vector<call::push::target>& all) {
    std::string list;
    for (const call::push::target& t : all) {
        list.append(" ").append(t.device.text());
    }
    return list;
}

std::string words_of_seen(const call::pbx_seen& seen) {
    std::string list = "pbx_seen:";
    for (const call::pbx_seen::channel& c : seen.channels) {
        const auto leg = leg_of_channel(c.name.text());
        list.append(" ").append(leg ? name(*leg) : c.name.text());
        list.append(c.state == call::pbx_seen::condition::up        ? "/up"
                    : c.state == call::pbx_seen::condition::ringing ? "/ringing"
                                                                    : "/waiting");
        list.append(c.joined ? "/joined" : "");
    }
    for (const call_id& bridge : seen.bridges) {
        list.append(" bridge ").append(name(bridge));
    }
    return list;
}

std::string_view name_of(sip_news::kind what) {
    switch (what) {
        case sip_news::kind::turned_away: return "panel turned away";
        case sip_news::kind::panel_rings: return "panel hears ringing";
        case sip_news::kind::panel_answered: return "panel answered";
        case sip_news::kind::panel_ended: return "panel ended";
        case sip_news::kind::given_back: return "panel given back";
        case sip_news::kind::heard_keys: return "panel heard keys";
        case sip_news::kind::invited: return "phone invited";
        case sip_news::kind::phone_rings: return "phone rings";
        case sip_news::kind::phone_answered: return "phone answered";
        case sip_news::kind::phone_ended: return "phone ended";
        case sip_news::kind::talk_begun: return "talk begun";
        case sip_news::kind::talk_ended: return "talk ended";
    }
    return "?";
}

}  // namespace

std::string words_of(const call::fact& news) {
    return std::visit(
        overloaded{
            [](const call::panel_arrived& f) {
                return "panel_arrived " + name(f.call) + " " + f.channel.text() + " panel " + f.panel.text() +
                       " flat " + f.flat.text();
            },
            [](const call::sos_arrived& f) {
                return "sos_arrived " + name(f.call) + " " + f.channel.text() + " panel " + f.panel.text();
            },
            [](const call::callback_arrived& f) {
                return "callback_arrived " + name(f.call) + " " + f.channel.text() + " to " + f.number.text() +
                       " panel " + f.panel.text();
            },
            [](const call::site_found& f) {
                return "site_found " + name(f.call) + " " + text(call::name_of(f.source));
            },
            [](const call::site_missing& f) { return "site_missing " + name(f.call) + " " + f.reason; },
            [](const call::number_lent& f) {
                return "number_lent " + name(f.call) + " " + f.number.text() + " " + text(pool::name_of(f.how));
            },
            [](const call::number_refused& f) {
                return "number_refused " + name(f.call) + " " + text(call::name_of(f.reason));
            },
            [](const call::number_mapped& f) { return "number_mapped " + name(f.call); },
            [](const call::map_failed& f) { return "map_failed " + name(f.call); },
            [](const call::number_checked& f) { return "number_checked " + name(f.call) + " " + f.panel.text(); },
            [](const call::check_failed& f) { return "check_failed " + name(f.call); },
            [](const call::panel_left& f) { return "panel_left " + f.channel.text(); },
            [](const call::leg_ringing& f) { return "leg_ringing " + name(f.leg); },
            [](const call::leg_answered& f) { return "leg_answered " + name(f.leg); },
            [](const call::leg_ended& f) {
                return "leg_ended " + name(f.leg) + " cause " + std::to_string(f.cause) + " sip " +
                       std::to_string(f.sip);
            },
            [](const call::key_pressed& f) { return "key_pressed " + name(f.leg) + " " + std::string(1, f.key); },
            [](const call::pbx_did& f) { return "pbx_did " + act_words(f.call, f.what, f.leg); },
            [](const call::pbx_refused& f) {
                return "pbx_refused " + act_words(f.call, f.what, f.leg) + " status " + std::to_string(f.status);
            },
            [](const call::pbx_seen& f) { return words_of_seen(f); },
            [](const call::pbx_line_lost&) { return text("pbx_line_lost"); },
            [](const call::accounts_found& f) {
                std::string words = "accounts_found " + name(f.call) + ":";
                for (const call::account& a : f.flat.accounts) {
                    words.append(" ").append(a.name.text());
                }
                return words + (f.flat.blocked ? " blocked" : "") + (f.flat.auto_open ? " auto_open" : "");
            },
            [](const call::flat_unknown& f) { return "flat_unknown " + name(f.call); },
            [](const call::crm_failed& f) { return "crm_failed " + name(f.call) + " " + f.reason; },
            [](const call::panel_described& f) { return "panel_described " + name(f.call); },
            [](const call::push_answered& f) {
                return "push_answered " + name(f.call) + " " + text(call::name_of(f.kind)) + " rejected " +
                       std::to_string(f.rejected.size());
            },
            [](const call::push_failed& f) {
                return "push_failed " + name(f.call) + " " + text(call::name_of(f.kind));
            },
            [](const call::account_registered& f) { return "account_registered " + f.account.text(); },
            [](const call::memory_recalled&) { return text("memory_recalled"); },
            [](const call::drain_begun&) { return text("drain_begun"); },
            [](const call::drain_over&) { return text("drain_over"); },
            [](const call::time_passed&) { return text("time_passed"); },
        },
        news);
}

std::string words_of(const call::command& wish) {
    return std::visit(
        overloaded{
            [](const call::sound& c) { return "sound " + name(c.call) + " " + text(call::name_of(c.kind)); },
            [](const call::dial& c) {
                return "dial " + name(c.leg) + " " + c.account.text() + " for " + duration_text(c.limit);
            },
            [](const call::call_out& c) {
                return "call_out " + name(c.leg) + " " + text(call::name_of(c.whom)) + " " + c.target + " as " +
                       c.caller + " " + text(call::name_of(c.way));
            },
            [](const call::find_site& c) { return "find_site " + name(c.call); },
            [](const call::lend_number& c) { return "lend_number " + name(c.call); },
            [](const call::lend_from_notes& c) { return "lend_from_notes " + name(c.call); },
            [](const call::map_number& c) { return "map_number " + name(c.call) + " " + c.number.text(); },
            [](const call::return_number& c) { return "return_number " + name(c.call) + " " + c.number.text(); },
            [](const call::check_number& c) { return "check_number " + name(c.call) + " " + c.number.text(); },
            [](const call::finish_sos& c) {
                return "finish_sos " + name(c.record.call) + " " + text(call::name_of(c.record.how)) + " by " +
                       text(call::name_of(c.record.who));
            },
            [](const call::finish_callback& c) {
                return "finish_callback " + name(c.record.call) + " " + text(call::name_of(c.record.how)) + " by " +
                       text(call::name_of(c.record.who));
            },
            [](const call::alert& c) {
                std::string words = "alert " + name(c.news.call);
                for (const call::lack each : c.news.lacks) {
                    words.append(" ").append(call::name_of(each));
                }
                return words;
            },
            [](const call::make_bridge& c) { return "make_bridge " + name(c.call); },
            [](const call::answer_panel& c) { return "answer_panel " + name(c.call); },
            [](const call::join& c) { return "join " + name(c.leg); },
            [](const call::drop_leg& c) { return "drop_leg " + name(c.leg) + " " + text(call::name_of(c.reason)); },
            [](const call::drop_panel& c) {
                return "drop_panel " + name(c.call) + " " + text(call::name_of(c.reason));
            },
            [](const call::give_back& c) { return "give_back " + name(c.call); },
            [](const call::remove_bridge& c) { return "remove_bridge " + name(c.call); },
            [](const call::send_keys& c) { return "send_keys " + name(c.call) + " " + c.keys; },
            [](const call::drop_stray& c) { return "drop_stray " + c.channel.text(); },
            [](const call::remove_stray_bridge& c) { return "remove_stray_bridge " + name(c.bridge); },
            [](const call::find_accounts& c) { return "find_accounts " + name(c.call) + " flat " + c.flat.text(); },
            [](const call::push& c) {
                return "push " + name(c.call) + " " + text(call::name_of(c.kind)) + " " + text(call::name_of(c.end)) +
                       ":" + targets(c.targets);
            },
            [](const call::panel_taken& c) { return "panel_taken " + c.panel.text() + " " + name(c.call); },
            [](const call::panel_freed& c) { return "panel_freed " + c.panel.text() + " " + name(c.call); },
            [](const call::finish& c) { return "finish " + words_of(c.record); },
        },
        wish);
}

std::string words_of(const sip_news& news) {
    return text(name_of(news.what)) + " " + news.channel + " " + news.endpoint + (news.other.empty() ? "" : " with ") +
           news.other;
}

std::string words_of(const call::door_record& record) {
    std::string words = name(record.call) + " " + text(call::name_of(record.how)) + " by " +
                        text(call::name_of(record.who)) + " answered_by " + record.answered_by.text() + " ring " +
                        std::to_string(record.ring_ms) + " talk " + std::to_string(record.talk_ms) +
                        (record.opened_door ? " opened" : "") + " note '" + record.note + "'";
    for (const call::leg_record& l : record.legs) {
        words.append(" [").append(l.account.text()).append(" ").append(call::name_of(l.why)).append(" x");
        words.append(std::to_string(l.attempts)).append("]");
    }
    return words;
}

}  // namespace td::sim
