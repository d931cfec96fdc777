#include "runtime/call_log.hpp"

#include <variant>

#include "base/overloaded.hpp"

namespace td::runtime {

void call_log::saw(instant, const call::fact& news, const call::commands& wishes) {
    tell(news);
    for (const call::command& wish : wishes) {
        if (const auto* end = std::get_if<call::finish>(&wish)) {
            tell_end(end->record);
        }
    }
}

void call_log::tell(const call::fact& news) {
    const auto detail = [this](const call_id& call, std::string_view event, log_fields fields) {
        if (log_.says(log_level::debug)) {
            log_.say(log_level::debug, call, event, fields);
        }
    };
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
            [&](const call::pbx_line_lost&) { log_.say(log_level::error, "line to asterisk lost"); },
            [&](const call::pbx_seen& n) {
                log_.say(log_level::info, "line to asterisk up",
                         {{"channels", n.channels.size()}, {"bridges", n.bridges.size()}});
            },
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
            [](const call::panel_left&) {},          // the end of its call is told
            [](const call::panel_described&) {},     // only a title
            [](const call::account_registered&) {},  // a thousand a second, and nobody's call as a rule
            [](const call::time_passed&) {},
        },
        news);
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

}  // namespace td::runtime
