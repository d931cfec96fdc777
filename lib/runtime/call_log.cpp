#include "runtime/call_log.hpp"

#include <variant>

#include "base/overloaded.hpp"

namespace td::runtime {

void call_log::saw(instant, const call::fact& news, const call::commands& wishes) {
    tell(news);
    for (const call::command& wish : wishes) {
        if (const auto* end = std::get_if<call::finish>(&wish)) {
            tell_end(end->record);
        } else if (const auto* sos = std::get_if<call::finish_sos>(&wish)) {
            tell_end(sos->record);
        } else if (const auto* back = std::get_if<call::finish_callback>(&wish)) {
            tell_end(back->record);
        } else if (const auto* degraded = std::get_if<call::alert>(&wish)) {
            tell_alert(degraded->news);
        }
    }
}

void call_log::tell(const call::fact& news) {
    std::visit(
        overloaded{
            [&](const call::panel_arrived& n) {
                log_.say(n.complaint.empty() ? log_level::info : log_level::warning, n.call, "call begun",
                         {{"panel", n.panel}, {"flat", n.flat}, {"channel", n.channel}, {"complaint", n.complaint}});
            },
            [&](const call::accounts_found& n) {
                log_.say(
                    n.source == call::crm_source::stale ? log_level::warning : log_level::debug, n.call,
                    "accounts found",
                    {{"accounts", n.flat.accounts.size()}, {"source", call::name_of(n.source)}, {"ms", n.took_ms}});
            },
            [&](const call::flat_unknown& n) {
                log_.say(log_level::warning, n.call, "flat unknown to the crm", {{"source", call::name_of(n.source)}});
            },
            [&](const call::crm_failed& n) {
                log_.say(log_level::error, n.call, "crm failed", {{"reason", n.reason}, {"ms", n.took_ms}});
            },
            [&](const call::push_failed& n) {
                log_.say(log_level::warning, n.call, "push failed",
                         {{"kind", call::name_of(n.kind)}, {"reason", n.reason}});
            },
            [&](const call::pbx_refused& n) {
                // 404 is how Asterisk says "gone already": it happens whenever two sides hang up at the same moment.
                log_.say(n.status == 404 ? log_level::debug : log_level::warning, n.call, "asterisk refused",
                         {{"act", call::name_of(n.what)}, {"leg", n.leg}, {"status", n.status}});
            },
            [&](const call::pbx_line_lost& n) {
                log_.say(log_level::error, "line to asterisk lost", {{"line", call::name_of(n.which)}});
            },
            [&](const call::pbx_seen& n) {
                log_.say(
                    log_level::info, "line to asterisk up",
                    {{"line", call::name_of(n.which)}, {"channels", n.channels.size()}, {"bridges", n.bridges.size()}});
            },
            [](const call::memory_recalled&) {},  // cmd tells how many there are
            [&](const call::drain_begun&) { log_.say(log_level::info, "draining"); },
            [&](const call::drain_over&) { log_.say(log_level::warning, "drain over, living calls are ended"); },
            [&](const call::leg_answered& n) {
                detail(n.leg.call, "leg answered", {{"leg", n.leg.leg}});
            },
            [&](const call::leg_ringing& n) {
                detail(n.leg.call, "leg ringing", {{"leg", n.leg.leg}});
            },
            [&](const call::leg_ended& n) {
                detail(n.leg.call, "leg ended", {{"leg", n.leg.leg}, {"cause", n.cause}, {"sip", n.sip}});
            },
            [&](const call::key_pressed& n) {
                detail(n.leg.call, "key pressed", {{"leg", n.leg.leg}});
            },
            [&](const call::pbx_did& n) {
                detail(n.call, "asterisk did", {{"act", call::name_of(n.what)}});
            },
            [&](const call::push_answered& n) {
                detail(n.call, "push answered", {{"kind", call::name_of(n.kind)}, {"rejected", n.rejected.size()}});
            },
            [&](const auto& n) { tell_of_emergency(n); },
            [](const call::panel_left&) {},          // the end of its call is told
            [](const call::panel_described&) {},     // only a title
            [](const call::account_registered&) {},  // a thousand a second, and nobody's call as a rule
            [](const call::time_passed&) {},
        },
        news);
}

void call_log::detail(const call_id& call, std::string_view event, log_fields fields) {
    if (log_.says(log_level::debug)) {
        log_.say(log_level::debug, call, event, fields);
    }
}

void call_log::tell_end(const call::door_record& record) {
    log_.say(record.how == call::outcome::failed ? log_level::warning : log_level::info, record.call, "call finished",
             {{"panel", record.panel},
              {"flat", record.flat},
              {"outcome", call::name_of(record.how)},
              {"ended_by", call::name_of(record.who)},
              {"answered_by", record.answered_by},
              {"ring_ms", record.ring_ms},
              {"talk_ms", record.talk_ms},
              {"legs", record.legs.size()},
              {"note", record.note}});
}

// ---- emergency calls and callbacks

void call_log::tell_of_emergency(const call::sos_arrived& n) {
    log_.say(log_level::info, n.call, "emergency call begun",
             {{"panel", n.panel}, {"channel", n.channel}, {"complaint", n.complaint}});
}

void call_log::tell_of_emergency(const call::callback_arrived& n) {
    log_.say(log_level::info, n.call, "callback begun",
             {{"panel", n.panel},
              {"number", account_id{n.number.text()}},
              {"priority", call::name_of(n.how)},
              {"channel", n.channel},
              {"complaint", n.complaint}});
}

void call_log::tell_of_emergency(const call::site_missing& n) {
    log_.say(log_level::warning, n.call, "site unknown", {{"reason", n.reason}, {"ms", n.took_ms}});
}

void call_log::tell_of_emergency(const call::number_refused& n) {
    log_.say(log_level::error, n.call, "no number lent", {{"why", call::name_of(n.reason)}, {"said", n.text}});
}

void call_log::tell_of_emergency(const call::map_failed& n) {
    log_.say(log_level::error, n.call, "callback route not written", {{"reason", n.reason}});
}

void call_log::tell_of_emergency(const call::check_failed& n) {
    log_.say(log_level::warning, n.call, "number not checked", {{"reason", n.reason}});
}

void call_log::tell_of_emergency(const call::site_found& n) {
    detail(n.call, "site found", {{"source", call::name_of(n.source)}, {"ms", n.took_ms}});
}

void call_log::tell_of_emergency(const call::number_lent& n) {
    detail(n.call, "number lent", {{"how", pool::name_of(n.how)}, {"lease", n.token}});
}

void call_log::tell_of_emergency(const call::number_mapped& n) {
    detail(n.call, "callback route written", {});
}

void call_log::tell_of_emergency(const call::number_checked& n) {
    detail(n.call, "number checked", {{"panel", n.panel}});
}

void call_log::tell_end(const call::sos_record& record) {
    log_.say(record.how == call::outcome::failed ? log_level::error : log_level::info, record.call,
             "emergency call finished",
             {{"panel", record.panel},
              {"outcome", call::name_of(record.how)},
              {"ended_by", call::name_of(record.who)},
              {"number", account_id{record.number.text()}},
              {"attempts", record.attempts.size()},
              {"ring_ms", record.ring_ms},
              {"talk_ms", record.talk_ms},
              {"note", record.note}});
}

void call_log::tell_end(const call::callback_record& record) {
    log_.say(log_level::info, record.call, "callback finished",
             {{"panel", record.panel},
              {"outcome", call::name_of(record.how)},
              {"ended_by", call::name_of(record.who)},
              {"number", account_id{record.number.text()}},
              {"ring_ms", record.ring_ms},
              {"talk_ms", record.talk_ms},
              {"note", record.note}});
}

void call_log::tell_alert(const call::sos_alert& news) {
    std::string without;
    for (const call::lack each : news.lacks) {
        without.append(without.empty() ? "" : ",").append(call::name_of(each));
    }
    log_.say(log_level::error, news.call, "emergency call degraded",
             {{"panel", news.panel}, {"without", without}, {"route", news.route}, {"note", news.note}});
}

}  // namespace td::runtime
