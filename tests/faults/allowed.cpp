#include "allowed.hpp"

#include <algorithm>
#include <array>

namespace td::test {
namespace {

using call::ended_by;
using call::outcome;
using sim::mishap;
using sim::verdict;

bool is_cut(mishap what) {
    return what == mishap::line_cut || what == mishap::line_cut_unseen;
}
bool is_death(mishap what) {
    return what == mishap::killed || what == mishap::killed_forgetful;
}
bool is_loss(mishap what) {
    return what == mishap::request_lost || what == mishap::reply_lost;
}
bool is_delay(mishap what) {
    return what == mishap::delayed || what == mishap::delayed_long;
}

struct row {
    std::string_view reason;
    bool (*holds)(mishap what, const verdict& calm, const verdict& now);
};

/// The first row that holds counts. No row parts a pair or loses a record: the promises see to that.
constexpr std::array table{
    row{"nobody listened when the panel called, and the dialplan went on without us",
        [](mishap what, const verdict&, const verdict& now) {
            return now.records == 0 && now.turned_away && (is_cut(what) || is_death(what));
        }},
    row{"the whole call lay in the lines that were lost, and nothing of it is left",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 0 && what == mishap::killed_forgetful && !calm.talked;
        }},
    row{"the arrival was among the lines that were lost: a panel that is up in a call of which nothing is known is let "
        "go",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.who == ended_by::bad_arguments && what == mishap::killed_forgetful &&
                   calm.how == outcome::answered;
        }},
    row{"Asterisk hung up a phone that answered while nobody listened",
        [](mishap what, const verdict&, const verdict& now) {
            return now.records == 1 && now.answered_in_vain && (is_cut(what) || is_death(what));
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
            return now.records == 1 && (is_loss(what) || is_delay(what) || what == mishap::killed_forgetful) &&
                   calm.how == outcome::answered && now.how == outcome::answered && !now.answered_by.empty() &&
                   now.answered_by != calm.answered_by;
        }},
    row{"it was over before Asterisk's word came that the two were joined",
        [](mishap what, const verdict& calm, const verdict& now) {
            const bool by_people = now.who == ended_by::panel || now.who == ended_by::account ||
                                   now.who == ended_by::lost || now.who == ended_by::drain;
            return now.records == 1 && what != mishap::doubled && what != mishap::doubled_late &&
                   calm.how == outcome::answered && calm.talked &&
                   (now.how == outcome::cancelled || now.how == outcome::failed) && by_people;
        }},
    row{"how it ended was among the lines that were lost, and everybody was gone",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && what == mishap::killed_forgetful && now.who == ended_by::lost &&
                   calm.how != outcome::declined && (now.how == outcome::missed || now.how == outcome::cancelled);
        }},
    row{"a phone was rung anew or heard late, and another end of the ring came first",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 &&
                   (is_loss(what) || what == mishap::delayed_long || what == mishap::killed_forgetful) &&
                   calm.how == outcome::answered && (now.who == ended_by::ring_limit || now.how == outcome::declined);
        }},
    row{"the visitor left in the time that the fault took, or was not heard leaving",
        [](mishap what, const verdict& calm, const verdict& now) {
            const bool one_is = (calm.who == ended_by::panel) != (now.who == ended_by::panel);
            return now.records == 1 && one_is && now.visitor_left && what != mishap::doubled &&
                   what != mishap::doubled_late && calm.how != outcome::answered && now.how != outcome::answered &&
                   now.how != outcome::failed;
        }},
    row{"the event that says who is gone came late, or fell into the gap",
        [](mishap what, const verdict& calm, const verdict& now) {
            return now.records == 1 && (what == mishap::delayed_long || is_cut(what)) &&
                   calm.how == outcome::cancelled && now.how == outcome::failed && now.who == ended_by::pbx;
        }},
    row{"the CRM's answer came behind its limit",
        [](mishap what, const verdict&, const verdict& now) {
            return now.records == 1 && what == mishap::delayed_long && now.who == ended_by::crm;
        }},
};

}  // namespace

judgement judge(mishap what, const verdict& calm, const verdict& disturbed) {
    if (calm.records == disturbed.records && calm.how == disturbed.how && calm.answered_by == disturbed.answered_by) {
        return {true, ""};
    }
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const row& each) { return each.holds(what, calm, disturbed); });
    return {false, found == table.end() ? std::string_view() : found->reason};
}

std::vector<std::string_view> reasons() {
    std::vector<std::string_view> all;
    for (const row& each : table) {
        all.push_back(each.reason);
    }
    return all;
}

}  // namespace td::test
