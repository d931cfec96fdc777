#include "sim/sos_world.hpp"

#include <algorithm>
#include <utility>

namespace td::sim {

sos_world::sos_world(sos_plan plan, story wanted)
    : mortal_world(plan, wanted, call::line::sos),
      plan_(std::move(plan)),
      promises_(plan_),
      outside_(
          plan_, time(), [this](const call::fact& news) { meet(news); }, [this] { return clock(); }) {
    plan_.foresee();
}

// ---- the course of time

void sos_world::arrange_people() {
    for (const sos_callee& each : plan_.callees) {
        asterisk().put_phone(plan_.start, sos_endpoint_of(each.name), each.behaviour);
    }
    for (const sos_visit& v : plan_.visits) {
        arrive_at(v.at, [this, &v] { arrive(v); });
    }
    for (const psap_visit& v : plan_.callbacks) {
        arrive_at(v.at, [this, &v] { arrive(v); });
    }
}

instant sos_world::curfew() const {
    constexpr duration longest_patience = 10min;
    return plan_.last_arrival() + std::max(plan_.longest_call(), longest_patience) + 60s;
}

bool sos_world::over() const {
    const instant answers_end = plan_.last_arrival() + 5s;  // the slowest part has answered the last call by then
    return quiet() && !needs_another_look() && time().now() >= answers_end;
}

void sos_world::saw_the_end() {
    // What was lent to a worker that did not live to hear of it counts as over when no call lasts so long. Its clock
    // may have been ahead.
    instant settled = clock();
    for (const death& each : plan_.deaths) {
        settled += pool::lease_rules{}.longest_call + std::max(each.clock_jump, -each.clock_jump);
    }
    promises_.saw_the_end(time().now(), asterisk(), board().calls(), board().legs(), outside_.truth_at(settled));
}

void sos_world::saw_fact(const call::fact& news) {
    if (const auto who = arrival_of(news)) {
        const auto found = stays_.find(who->channel.text());
        if (found != stays_.end()) {
            outside_.meet(who->call, found->second.moods);
        }
    }
}

// ---- who calls

void sos_world::arrive(const sos_visit& who) {
    call_in({who.panel.text()}, who.panel.text(), who.patience, {who.moods, who.talks});
}

void sos_world::arrive(const psap_visit& who) {
    const auto& lent = outside_.lent();
    const number_id number = who.which < lent.size() ? lent[lent.size() - 1 - who.which] : number_id("74959999999");
    const panel_id routed = who.routed.value_or(outside_.routed(number));
    call_in({routed.text(), "callback", number.text(),
             who.how == call::urgency::psap_callback ? "psap-callback" : "normal"},
            "112", who.patience, {who.moods, who.talks});
    arrived_.back().called_back = number;
    arrived_.back().routed = routed;
}

void sos_world::call_in(std::vector<std::string> args, const std::string& caller, duration patience, stay how) {
    const panel_call call{caller, "112", std::string(wire::sos_app), std::move(args)};
    const std::string channel = come(call);
    arrived_.push_back({channel, {}, {}});
    stays_[channel] = std::move(how);
    hear();
    time().put_after(patience, [this, channel] { leave(channel); });
}

void sos_world::saw_news(const sip_news& news) {
    promises_.saw_news(news);
    const auto leg = leg_of_channel(news.channel);
    const auto found = stays_.find(leg ? caller_of(leg->call) : std::string());
    if (news.what == sip_news::kind::phone_answered && found != stays_.end()) {
        time().put_after(found->second.talks, [this, channel = found->first] { leave(channel); });
    }
}

// ---- what became of it

std::vector<sos_verdict> sos_world::verdicts() const {
    std::vector<sos_verdict> all;
    for (const arrived& who : arrived_) {
        sos_verdict& one = all.emplace_back();
        one.caller = *fate_of(who.channel);
        one.called_back = who.called_back;
        one.routed = who.routed;
        for (const sos_promises::ending& each : promises_.endings_of(who.channel)) {
            ++one.records;
            one.how = each.how;
            one.who = each.who;
        }
    }
    return all;
}

std::string sos_verdict_of_seed(std::uint64_t seed) {
    const std::string story = story_of_broken<sos_world>(sos_plan_of(seed));
    return story.empty()
               ? story
               : "sos seed " + std::to_string(seed) + "\n" + story + "again: TDCTL_SEEDS=" + std::to_string(seed) +
                     "-" + std::to_string(seed) + " scripts/dev seeds\n";
}

}  // namespace td::sim
