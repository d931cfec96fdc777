#include "config/rule_keys.hpp"

#include <algorithm>
#include <array>

#include "config/keys.hpp"
#include "config/words.hpp"

namespace td::config {
namespace {

/// crm.timeout and push.url are not here: by them the adapters act, and a journal tells only what came of it.
struct row {
    std::string_view key;
    void (*copy)(const call::rules& from, call::rules& to);
};

template <auto Member>
void copy_door(const call::rules& from, call::rules& to) {
    to.door.*Member = from.door.*Member;
}
template <auto Member>
void copy_sos(const call::rules& from, call::rules& to) {
    to.sos.*Member = from.sos.*Member;
}

constexpr std::array<row, 13> rows{{
    {"door.ring_limit", copy_door<&call::door_rules::ring_limit>},
    {"door.talk_limit", copy_door<&call::door_rules::talk_limit>},
    {"door.on_decline", copy_door<&call::door_rules::on_decline>},
    {"door.early", copy_door<&call::door_rules::early>},
    {"door.late_dial", copy_door<&call::door_rules::late_dial>},
    {"door.open_dtmf", copy_door<&call::door_rules::open_dtmf>},
    {"door.max_calls", copy_door<&call::door_rules::max_calls>},
    {"door.max_accounts", copy_door<&call::door_rules::max_accounts>},
    {"push.repeat", copy_door<&call::door_rules::push_repeat>},
    {"sos.answer_limit", copy_sos<&call::sos_rules::answer_limit>},
    {"sos.silence_limit", copy_sos<&call::sos_rules::silence_limit>},
    {"sos.default_route", copy_sos<&call::sos_rules::default_route>},
    {"sos.desk", copy_sos<&call::sos_rules::desk>},
}};

failure no_such_rule(const std::string& name, bool is_a_key) {
    const std::string quoted = '"' + printable(name) + '"';
    if (is_a_key) {
        return {failure_kind::bad_input,
                "no call decides by " + quoted +
                    "; what can be changed is door.*, push.repeat, "
                    "sos.answer_limit, sos.silence_limit, sos.default_route and sos.desk, but for "
                    "door.app and door.dial"};
    }
    const std::vector<std::string_view> known = keys_of_rules();
    const std::string_view meant = nearest(name, known);
    return {failure_kind::bad_input, "there is no key " + quoted +
                                         (meant.empty() ? "; write such as door.ring_limit=30s"
                                                        : "; did you mean \"" + std::string(meant) + "\"?")};
}

}  // namespace

result<rule_change> change_of_rules(const std::string& key, const std::string& value) {
    const auto all = keys();
    const auto known = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.full_name() == key; });
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const row& each) { return each.key == key; });
    if (found == rows.end() || known == all.end()) {
        return no_such_rule(key, known != all.end());
    }
    settings changed;
    if (const std::string why = known->take(changed, value); !why.empty()) {
        return failure{failure_kind::bad_input,
                       key + " cannot be \"" + printable(value) + "\": " + why + "; it wants " + known->wants};
    }
    return rule_change([copy = found->copy, rules = call_rules(changed)](call::rules& to) { copy(rules, to); });
}

std::vector<std::string_view> keys_of_rules() {
    std::vector<std::string_view> names;
    std::transform(rows.begin(), rows.end(), std::back_inserter(names), [](const row& each) { return each.key; });
    return names;
}

}  // namespace td::config
