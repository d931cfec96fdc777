#include "config/settings.hpp"

namespace td::config {
namespace {

/// The CRM adapter answers after crm.timeout at the latest; a machine that hears nothing this much later goes on alone.
constexpr duration lookup_margin = 1200ms;

call::door_rules door_rules(const settings& from) {
    call::door_rules rules;
    rules.ring_limit = from.door.ring_limit;
    rules.talk_limit = from.door.talk_limit;
    rules.on_decline = from.door.on_decline;
    rules.early = from.door.early;
    rules.late_dial = from.door.late_dial;
    rules.open_dtmf = from.door.open_dtmf;
    rules.max_calls = from.door.max_calls;
    rules.max_accounts = from.door.max_accounts;
    rules.push_wanted = !from.push.url.is("none");
    rules.push_repeat = from.push.repeat;
    rules.lookup_limit = from.crm.timeout + lookup_margin;
    return rules;
}

call::sos_rules sos_rules(const settings& from) {
    call::sos_rules rules;
    rules.answer_limit = from.sos.answer_limit;
    rules.silence_limit = from.sos.silence_limit;
    rules.default_route = from.sos.default_route;
    rules.desk = from.sos.desk;
    return rules;
}

}  // namespace

call::rules call_rules(const settings& from) {
    return {door_rules(from), sos_rules(from)};
}

}  // namespace td::config
