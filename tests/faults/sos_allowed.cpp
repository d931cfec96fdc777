// When a disturbed emergency call or callback may come to another verdict.

#include <array>

#include "allowed.hpp"

namespace td::test {
namespace {

using call::ended_by;
using call::outcome;
using sim::mishap;
using sim::sos_verdict;

using row = excuse<sos_verdict>;

constexpr auto is = [](const sos_verdict& what, outcome how, ended_by who) {
    return what.how == how && what.who == who;
};

/// As people do, and the longest call: not Asterisk, nor the worker's own end.
constexpr auto ended_a_talk = [](const sos_verdict& what) {
    return what.how == outcome::answered &&
           (what.who == ended_by::panel || what.who == ended_by::callee || what.who == ended_by::talk_limit);
};

/// No row parts a pair, loses a record or leaves a number: the promises see to that.
constexpr std::array table{
    row{"nobody listened when the caller came, and the dialplan went on without us",
        [](mishap what, const sos_verdict&, const sos_verdict& now) {
            return now.records == 0 && now.caller.turned_away && (is_cut(what) || is_death(what));
        }},
    row{"the whole call lay in the lines that were lost, and nothing of it is left",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            return now.records == 0 && what == mishap::killed_forgetful && calm.how != outcome::answered;
        }},
    row{"the caller came and left in the silence",
        [](mishap what, const sos_verdict&, const sos_verdict& now) {
            return now.records == 0 && is_silence(what) && now.caller.left;
        }},
    row{"a drain ends with its process: the new one serves the call",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            return now.records == 1 && is_death(what) && calm.who == ended_by::drain && calm.how == outcome::failed;
        }},
    row{"the earlier call had not arrived, or had no number yet: a callback to nobody's number",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            const bool late = is_cut(what) || is_death(what) || what == mishap::delayed_long;
            return now.records == 1 && late && calm.called_back != now.called_back && now.routed.empty() &&
                   is(now, outcome::blocked, ended_by::no_panel) && !now.caller.talked;
        }},
    row{"the number is lent and leads to nobody yet: it was called back before the callback map had it",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            return now.records == 1 && is_delay(what) && calm.called_back == now.called_back && !calm.routed.empty() &&
                   now.routed.empty() && is(now, outcome::blocked, ended_by::no_panel) && !now.caller.talked;
        }},
    row{"an earlier call had no number, or not yet: another one is called back, and its panel does something else",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            const bool late = is_cut(what) || is_death(what) || what == mishap::delayed_long;
            const bool declines_no_more = is(calm, outcome::declined, ended_by::declined) &&
                                          is(now, outcome::answered, ended_by::talk_limit) && now.caller.talked;
            const bool leads_to_somebody = is(calm, outcome::blocked, ended_by::no_panel) &&
                                           is(now, outcome::answered, ended_by::panel) && now.caller.talked;
            const bool is_away = is(calm, outcome::answered, ended_by::panel) &&
                                 is(now, outcome::missed, ended_by::nobody_left) && !now.caller.talked;
            return now.records == 1 && late && calm.called_back != now.called_back && !now.routed.empty() &&
                   calm.routed != now.routed && (declines_no_more || leads_to_somebody || is_away);
        }},
    row{"Asterisk hung up who answered while nobody listened",
        [](mishap what, const sos_verdict&, const sos_verdict& now) {
            return now.records == 1 && now.caller.answered_in_vain && (is_cut(what) || is_death(what));
        }},
    row{"the one request to call back was lost, or its reply, or was never sent: a callback is not tried again",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            return now.records == 1 && (is_loss(what) || is_death(what) || is_silence(what)) &&
                   !calm.called_back.empty() && (now.who == ended_by::pbx || now.who == ended_by::nobody_left);
        }},
    row{"why a callee was gone fell into the gap",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            return now.records == 1 && (is_cut(what) || is_death(what)) && now.how == outcome::missed &&
                   (calm.how == outcome::missed || calm.how == outcome::declined);
        }},
    row{"both were gone, and who had left first was among the lines that were lost: the callee is looked for first",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            return now.records == 1 && what == mishap::killed_forgetful && now.caller.left &&
                   is(calm, outcome::answered, ended_by::panel) && is(now, outcome::answered, ended_by::callee);
        }},
    row{"the talk began later, or with the callee of another try: another end of it came first",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            const bool takes_long = is_silence(what) || is_death(what) || what == mishap::delayed_long;
            return now.records == 1 && takes_long && ended_a_talk(calm) && ended_a_talk(now) &&
                   now.caller.left == (now.who == ended_by::panel);
        }},
    row{"the caller gave up before it was known that the two were joined",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            const bool by_people = calm.who == ended_by::panel || calm.who == ended_by::callee;
            return now.records == 1 && (is_silence(what) || is_death(what) || is_loss(what) || is_delay(what)) &&
                   calm.how == outcome::answered && by_people && is(now, outcome::cancelled, ended_by::panel) &&
                   now.caller.left && now.caller.shown != sim::shown_joined::both;
        }},
    row{"the panel that was called back left before Asterisk's word came that the two were joined",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            return now.records == 1 && what == mishap::delayed_long && !calm.called_back.empty() &&
                   is(calm, outcome::answered, ended_by::callee) && is(now, outcome::missed, ended_by::nobody_left);
        }},
    row{"the try that the fault took was the last one",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            const bool takes_a_try = is_cut(what) || is_death(what) || is_loss(what) || is_delay(what);
            return now.records == 1 && takes_a_try && calm.called_back.empty() && ended_a_talk(calm) &&
                   is(now, outcome::failed, ended_by::no_route) && now.caller.shown != sim::shown_joined::both;
        }},
    row{"how it ended was among the lines that were lost, and everybody was gone",
        [](mishap what, const sos_verdict&, const sos_verdict& now) {
            return now.records == 1 && what == mishap::killed_forgetful && now.how == outcome::cancelled;
        }},
    row{"a word came behind its limit: who is gone",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            return now.records == 1 && what == mishap::delayed_long && is(calm, outcome::cancelled, ended_by::panel) &&
                   is(now, outcome::failed, ended_by::pbx);
        }},
    row{"a word came behind its limit: whom the number leads to, and the dialplan's panel was called",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            const bool nobodys = is(calm, outcome::blocked, ended_by::no_panel) &&
                                 is(now, outcome::answered, ended_by::panel) && now.caller.talked;
            const bool another_ones =
                is(calm, outcome::answered, ended_by::panel) && is(now, outcome::declined, ended_by::declined);
            return now.records == 1 && what == mishap::delayed_long && calm.called_back == now.called_back &&
                   !now.routed.empty() && (nobodys || another_ones);
        }},
    row{"somebody was known to have answered before the caller left: of a next try, or because the leaving came late",
        [](mishap what, const sos_verdict& calm, const sos_verdict& now) {
            const bool takes_a_try = is_silence(what) || is_death(what) || what == mishap::delayed_long;
            const bool next_try = takes_a_try && is(now, outcome::answered, ended_by::panel) && now.caller.left;
            const bool told_late = is_delay(what) && calm.caller.talked &&
                                   (now.who == ended_by::callee || (now.who == ended_by::panel && now.caller.left));
            return now.records == 1 && calm.called_back.empty() && is(calm, outcome::cancelled, ended_by::panel) &&
                   now.how == outcome::answered && now.caller.talked && (next_try || told_late);
        }},
    row{"its arrival was heard when the worker drained already",
        [](mishap what, const sos_verdict&, const sos_verdict& now) {
            return now.records == 1 && is_silence(what) && now.who == ended_by::drain && now.how == outcome::failed;
        }},
};

}  // namespace

judgement judge(mishap what, const sos_verdict& calm, const sos_verdict& disturbed) {
    const bool same = calm.records == disturbed.records && calm.how == disturbed.how && calm.who == disturbed.who;
    return same ? judgement{true, ""} : excused(table, what, calm, disturbed);
}

std::vector<std::string_view> sos_reasons() {
    return reasons_in(table);
}

std::string words_of(const sos_verdict& v) {
    return std::to_string(v.records) + " records, " + std::string(call::name_of(v.how)) + "/" +
           std::string(call::name_of(v.who)) + words_of(v.caller);
}

}  // namespace td::test
