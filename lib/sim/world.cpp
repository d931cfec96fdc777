#include "sim/world.hpp"

#include <algorithm>
#include <utility>

namespace td::sim {

world::world(world_plan plan, story wanted)
    : mortal_world(plan, wanted, call::line::door), plan_(std::move(plan)), promises_(plan_) {
    plan_.foresee();
}

// ---- the course of time

void world::arrange_people() {
    for (const resident& r : plan_.residents) {
        asterisk().put_phone(plan_.start, endpoint_of(r.account.name), r.behaviour);
        if (r.behaviour.wakes_at) {
            time().put(*r.behaviour.wakes_at, [this, &r] { register_phone(r); });
        }
    }
    for (const visit& v : plan_.visits) {
        arrive_at(v.at, [this, &v] { arrive(v); });
    }
}

instant world::curfew() const {
    return plan_.visits.back().at + plan_.longest_call() + 60s;
}

/// A line that was cut, or a request that Asterisk carried out after all, may leave what only a look at Asterisk finds.
/// A single fault leaves nothing that the worker does not find by itself.
bool world::needs_another_look() const {
    return plan_.fault.what == mishap::none &&
           (!plan_.cuts.empty() || !plan_.deaths.empty() || plan_.faults.late_once_in != 0 ||
            plan_.faults.request_lost_once_in != 0 || plan_.faults.reply_lost_once_in != 0);
}

bool world::over() const {
    return quiet() && (needs_another_look() || time().next() >= plan_.visits.back().at);
}

void world::saw_the_end() {
    promises_.saw_the_end(time().now(), asterisk(), board().calls(), board().legs());
}

void world::carry_out_beside(const call::command& wish) {
    if (const auto* question = std::get_if<call::find_accounts>(&wish)) {
        ask_crm(*question);
    } else if (const auto* push = std::get_if<call::push>(&wish)) {
        send_push(*push);
    }
}

// ---- visitors

void world::arrive(const visit& who) {
    const bool knows_flat = who.flat < plan_.flats.size();
    panel_call call{
        who.panel.text(), knows_flat ? plan_.flats[who.flat].name.text() : "", std::string(wire::door_app), {}};
    call.args = knows_flat ? std::vector<std::string>{call.panel, call.flat} : std::vector<std::string>{call.panel};
    const std::string channel = come(call);
    visits_[channel] = static_cast<std::size_t>(&who - plan_.visits.data());
    hear();
    time().put_after(who.patience, [this, channel] { leave(channel); });
}

void world::saw_news(const sip_news& news) {
    promises_.saw_news(news);
    if (news.what == sip_news::kind::talk_begun) {
        const std::string& panel = visits_.contains(news.channel) ? news.channel : news.other;
        const auto found = visits_.find(panel);
        if (found != visits_.end()) {
            time().put_after(plan_.visits[found->second].talks, [this, panel] { leave(panel); });
        }
    }
}

// ---- the CRM and the push server

const visit* world::visit_of(const call_id& call) const {
    const auto found = visits_.find(caller_of(call));
    return found == visits_.end() ? nullptr : &plan_.visits[found->second];
}

void world::ask_crm(const call::find_accounts& question) {
    const visit* v = visit_of(question.call);
    if (v == nullptr) {
        return;
    }
    const auto took = static_cast<std::uint32_t>(v->crm_takes / 1ms);
    if (v->title_takes > duration::zero()) {
        meet_after(v->title_takes, call::panel_described{question.call, "Lenina 1"});
    }
    const auto answer_with = [&](call::fact news) { meet_after(v->crm_takes, std::move(news)); };
    switch (v->crm) {
        case crm_mood::answers:
            answer_with(call::accounts_found{question.call, plan_.flats[v->flat].record, call::crm_source::live, took});
            return;
        case crm_mood::fails: answer_with(call::crm_failed{question.call, "status_500", took}); return;
        case crm_mood::knows_no_flat:
            answer_with(call::flat_unknown{question.call, call::crm_source::live, took});
            return;
        case crm_mood::hangs: return;  // not even the adapter says anything: the machine has a limit of its own
    }
}

void world::register_phone(const resident& who) {
    asterisk().wakes(time().now(), endpoint_of(who.account.name));
    hear();
    take(call::account_registered{who.account.name});
}

void world::send_push(const call::push& wish) {
    const visit* v = visit_of(wish.call);
    call::push_answered answer{wish.call, wish.kind, {}, devices_of(wish)};
    bool fails = false;
    bool hangs = false;
    for (const call::push::target& t : wish.targets) {
        const auto who = std::find_if(plan_.residents.begin(), plan_.residents.end(),
                                      [&](const resident& r) { return r.account.name == t.account; });
        switch (who->push) {
            case push_mood::accepts:
                if (wish.kind == call::push_kind::ring) {
                    time().put_after(who->wakes_after, [this, &resident = *who] { register_phone(resident); });
                }
                break;
            case push_mood::rejects: answer.rejected.push_back({t.device, "broken_token"}); break;
            case push_mood::fails: fails = true; break;
            case push_mood::hangs: hangs = true; break;
        }
    }
    if (hangs || v == nullptr) {
        return;
    }
    const call::fact news =
        fails ? call::fact{call::push_failed{wish.call, wish.kind, "status_503", answer.asked}} : call::fact{answer};
    meet_after(v->push_takes, news);
}

// ---- what became of it

std::vector<verdict> world::verdicts() const {
    std::vector<verdict> all(plan_.visits.size());
    for (const auto& [channel, index] : visits_) {
        all[index].visitor = *fate_of(channel);
        for (const call::door_record* const record : promises_.records_of(channel)) {
            verdict& one = all[index];
            ++one.records;
            one.how = record->how;
            one.who = record->who;
            one.answered_by = record->answered_by;
        }
    }
    return all;
}

std::string verdict_of_seed(std::uint64_t seed) {
    const std::string story = story_of_broken<world>(plan_of(seed));
    return story.empty()
               ? story
               : "seed " + std::to_string(seed) + "\n" + story + "again: TDCTL_SEEDS=" + std::to_string(seed) + "-" +
                     std::to_string(seed) + " scripts/dev seeds\n";
}

}  // namespace td::sim
