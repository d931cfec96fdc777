#include "allowed.hpp"

#include <array>

namespace td::test {
namespace {

using call::ended_by;
using call::outcome;
using sim::mishap;
using sim::verdict;

using row = excuse<verdict>;

/// No row parts a pair or loses a record: the promises see to that.
constexpr std::array table{
    row{"nobody listened when the panel called, and the dialplan went on without us",
        [](mishap what, const verdict&, const verdict& now) {
            return now.records == 0 && now.visitor.turned_away && (is_cut(what) || is_death(what));
        }},
    row{"the whole call lay in the lines that were lost, and nothing of it is left",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 0 && what == mishap::killed_forgetful && !calm.visitor.talked;
        }},
    row{"the arrival was among the lines that were lost: a panel that is up in a call of which nothing is known is let "
        "go",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.who == ended_by::bad_arguments && what == mishap::killed_forgetful &&
                   calm.how == outcome::answered;
        }},
    row{"Asterisk hung up a phone that answered while nobody listened",
        [](mishap what, const verdict&, const verdict& now) {
            return now.records == 1 && now.visitor.answered_in_vain && (is_cut(what) || is_death(what));
        }},
    row{"a drain ends with its process: the new one serves the call",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && is_death(what) && calm.who == ended_by::drain && calm.how == outcome::failed;
        }},
    row{"a decline was not heard, or its line was lost: nobody can say why that phone stopped",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && (is_cut(what) || is_death(what)) && calm.how == outcome::declined &&
                   now.how != outcome::failed;
        }},
    row{"a decline that ends the call came late, or from a phone that was rung late: another had answered",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && (is_loss(what) || what == mishap::delayed_long) &&
                   calm.how == outcome::declined && now.how == outcome::answered;
        }},
    row{"another phone was heard first",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 &&
                   (is_loss(what) || is_delay(what) || is_silence(what) || what == mishap::killed_forgetful ||
                    what == mishap::killed_unsent) &&
                   calm.how == outcome::answered && now.how == outcome::answered && !now.answered_by.empty() &&
                   now.answered_by != calm.answered_by;
        }},
    row{"the word that the two were joined was lost, or came behind the end of everything",
        [](mishap what, const verdict& calm, const verdict& now) {
            const bool by_people = now.who == ended_by::panel || now.who == ended_by::account;
            return now.records == 1 && (is_loss(what) || is_delay(what)) && calm.how == outcome::answered &&
                   calm.visitor.talked && now.visitor.talked &&
                   (now.how == outcome::cancelled || now.how == outcome::failed) && by_people;
        }},
    row{"it was over before the two were joined",
        [](mishap what, const verdict& calm, const verdict& now) {
            const bool by_people = now.who == ended_by::panel || now.who == ended_by::account ||
                                   now.who == ended_by::lost || now.who == ended_by::drain;
            return now.records == 1 && !is_double(what) && calm.how == outcome::answered && calm.visitor.talked &&
                   !now.visitor.talked && (now.how == outcome::cancelled || now.how == outcome::failed) && by_people;
        }},
    row{"how it ended was among the lines that were lost, and everybody was gone",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && what == mishap::killed_forgetful && now.who == ended_by::lost &&
                   calm.how != outcome::declined && (now.how == outcome::missed || now.how == outcome::cancelled);
        }},
    row{"a phone was rung anew or heard late, and another end of the ring came first",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 &&
                   (is_loss(what) || is_silence(what) || what == mishap::delayed_long ||
                    what == mishap::killed_forgetful || what == mishap::killed_unsent) &&
                   calm.how == outcome::answered && (now.who == ended_by::ring_limit || now.how == outcome::declined);
        }},
    row{"the visitor left in the time that the fault took, or was not heard leaving",
        [](mishap what, const verdict& calm, const verdict& now) {
            const bool one_is = (calm.who == ended_by::panel) != (now.who == ended_by::panel);
            return now.records == 1 && one_is && now.visitor.left && what != mishap::doubled &&
                   what != mishap::doubled_late && calm.how != outcome::answered && now.how != outcome::answered &&
                   now.how != outcome::failed;
        }},
    row{"the event that says who is gone came late, or fell into the gap",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && (what == mishap::delayed_long || is_cut(what)) &&
                   calm.how == outcome::cancelled && now.how == outcome::failed && now.who == ended_by::pbx;
        }},
    row{"the visitor came and left in the silence",
        [](mishap what, const verdict&, const verdict& now) {
            return now.records == 0 && is_silence(what) && now.visitor.left;
        }},
    row{"the replies to the opening of the door were lost with the line",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && is_silence(what) && calm.who == ended_by::auto_open && now.who == ended_by::pbx;
        }},
    row{"nobody heard in the silence that the two were joined, and it was over when the line was back",
        [](mishap what, const verdict& calm, const verdict& now) {
            const bool everybody_left = now.visitor.left && now.how == outcome::cancelled && now.who == ended_by::lost;
            const bool drain_was_over =
                calm.who == ended_by::drain && now.how == outcome::failed && now.who == ended_by::drain;
            return now.records == 1 && is_silence(what) && calm.how == outcome::answered &&
                   now.visitor.shown == sim::shown_joined::nobody && (everybody_left || drain_was_over);
        }},
    row{"who was heard leaving left in the silence, and the ring went on",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && is_silence(what) && calm.how == outcome::failed &&
                   calm.who == ended_by::account && now.who == ended_by::ring_limit;
        }},
    row{"the CRM's answer came behind its limit",
        [](mishap what, const verdict&, const verdict& now) {
            return now.records == 1 && what == mishap::delayed_long && now.who == ended_by::crm;
        }},
};

}  // namespace

bool is_cut(mishap what) {
    return what == mishap::line_cut || what == mishap::line_cut_unseen || is_silence(what);
}
bool is_silence(mishap what) {
    return what == mishap::silence || what == mishap::silence_both_ways;
}
bool is_death(mishap what) {
    return what == mishap::killed || what == mishap::killed_unsent || what == mishap::killed_forgetful ||
           what == mishap::clock_put_back || what == mishap::clock_put_forward;
}
bool is_loss(mishap what) {
    return what == mishap::request_lost || what == mishap::reply_lost;
}
bool is_delay(mishap what) {
    return what == mishap::delayed || what == mishap::delayed_long;
}

bool is_double(mishap what) {
    return what == mishap::doubled || what == mishap::doubled_late;
}

std::string words_of(const verdict& v) {
    return std::to_string(v.records) + " records, " + std::string(call::name_of(v.how)) + "/" +
           std::string(call::name_of(v.who)) + " by " + v.answered_by.text() + words_of(v.visitor);
}

std::string words_of(const sim::caller_fate& of) {
    return std::string(of.talked ? ", talked" : "") +
           (of.shown == sim::shown_joined::both  ? ", shown joined"
            : of.shown == sim::shown_joined::one ? ", one shown joined"
                                                 : "") +
           (of.turned_away ? ", turned away" : "") + (of.answered_in_vain ? ", answered in vain" : "") +
           (of.left ? ", left" : "");
}

judgement judge(mishap what, const verdict& calm, const verdict& disturbed) {
    const bool same =
        calm.records == disturbed.records && calm.how == disturbed.how && calm.answered_by == disturbed.answered_by;
    return same ? judgement{true, ""} : excused(table, what, calm, disturbed);
}

std::vector<std::string_view> reasons() {
    return reasons_in(table);
}

}  // namespace td::test
