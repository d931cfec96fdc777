#include "sim/sos_world.hpp"

#include <algorithm>
#include <utility>

#include "sim/trace.hpp"

namespace td::sim {

sos_world::sos_world(sos_plan plan, story wanted)
    : plan_(std::move(plan)),
      story_(wanted),
      time_(plan_.start),
      asterisk_(plan_.asterisk, plan_.seed + 1),
      board_(plan_.rules),
      promises_(plan_),
      outside_(plan_, time_, [this](const call::fact& news) { take(news); }),
      wire_(asterisk_, time_, plan_.faults, plan_.seed + 2,
            {[this](const call::fact& news) { take(news); }, [this](const sip_news& news) { take(news); },
             wanted == story::told ? [this](const std::string& words) { remark("  wire: " + words); }
                                   : std::function<void(const std::string&)>{}},
            call::line::sos) {}

void sos_world::remark(const std::string& words) {
    if (story_ == story::told) {
        trace_.push_back(std::to_string((time_.now() - plan_.start) / 1us) + " us " + words);
    }
}

// ---- the course of time

void sos_world::arrange() {
    prepare_fault();
    for (const sos_callee& each : plan_.callees) {
        asterisk_.put_phone(plan_.start, sos_endpoint_of(each.name), each.behaviour);
    }
    wire_.connect();
    arrivals_left_ = plan_.visits.size() + plan_.callbacks.size();
    for (const sos_visit& v : plan_.visits) {
        time_.put(v.at, [this, &v] { arrive(v); });
    }
    for (const psap_visit& v : plan_.callbacks) {
        time_.put(v.at, [this, &v] { arrive(v); });
    }
    for (const cut& c : plan_.cuts) {
        time_.put(c.at, [this, &c] {
            remark(c.asterisk_restarts ? "Asterisk restarts" : "the line is cut");
            if (alive_) {
                wire_.lose_line(c);
            }
        });
    }
    for (const instant at : plan_.extra_wake_ups) {
        time_.put(at, [this] { wake_up(); });
    }
    if (plan_.drain_at != never) {
        time_.put(plan_.drain_at, [this] { take(call::fact{call::drain_begun{}}); });
        time_.put(plan_.drain_over_at, [this] { take(call::fact{call::drain_over{}}); });
    }
}

bool sos_world::quiet() const {
    return alive_ && arrivals_left_ == 0 && board_.calls() == 0 && asterisk_.channel_count() == 0 &&
           asterisk_.bridge_count() == 0 && wire_.idle();
}

void sos_world::run() {
    arrange();
    // After this nothing can be left of the last call; what is, was forgotten.
    constexpr duration longest_patience = 10min;
    const instant curfew = plan_.last_arrival() + std::max(plan_.longest_call(), longest_patience) + 60s;
    const instant end = curfew + 60s;
    if (!plan_.healthy_wire()) {
        // Only another look at Asterisk finds what a cut line or a lost reply has left there.
        time_.put(curfew, [this] {
            wire_.heal();
            wire_.lose_line({});
        });
    }
    const instant answers_end = plan_.last_arrival() + 5s;  // the slowest part has answered the last call by then
    while (!quiet() || !plan_.healthy_wire() || time_.now() < answers_end) {
        const instant due = alive_ ? board_.next_deadline() : never;
        const instant next = std::min({time_.next(), asterisk_.next_deadline(), due});
        if (next > end) {
            break;
        }
        time_.pass_to(next);
        asterisk_.advance(time_.now());
        wire_.hear();
        if (!time_.act_once() && alive_ && board_.next_deadline() <= time_.now()) {
            wake_up();
        }
    }
    // What was lent to a worker that did not live to hear of it counts as over when no call lasts so long.
    const instant settled = time_.now() + (plan_.deaths.empty() ? duration{} : pool::lease_rules{}.longest_call);
    promises_.saw_the_end(time_.now(), asterisk_, board_.calls(), board_.legs(), outside_.in_calls(settled));
}

void sos_world::take(const call::fact& news) {
    if (!alive_ || (!plan_.deaths.empty() && board_.told_before(news))) {
        return;  // as in a worker, whose picture tells every caller that waits
    }
    const auto meet = [this](const auto& arrival) {
        const auto found = stays_.find(arrival.channel.text());
        if (found != stays_.end()) {
            calls_.emplace(arrival.call, arrival.channel.text());
            outside_.meet(arrival.call, found->second.moods);
        }
    };
    if (const auto* sos = std::get_if<call::sos_arrived>(&news)) {
        meet(*sos);
    } else if (const auto* back = std::get_if<call::callback_arrived>(&news)) {
        meet(*back);
    }
    remark("> " + (story_ == story::told ? words_of(news) : std::string()));
    serve(&news);
}

void sos_world::wake_up() {
    if (alive_) {
        remark("> time");
        serve(nullptr);
    }
}

void sos_world::serve(const call::fact* news) {
    ++steps_;
    call::commands out;
    if (news != nullptr) {
        board_.step(time_.now(), *news, out);
    } else {
        board_.advance(time_.now(), out);
    }
    promises_.saw_step(time_.now(), news, as_seen(out));
    promises_.saw_next_deadline(time_.now(), board_.next_deadline());
    if (!plan_.deaths.empty()) {
        past_.write_down(time_.now(), news != nullptr ? *news : call::fact{call::time_passed{}}, out);
    }
    carry_out(out);
    strike_if_due();
    die_if_due();
}

void sos_world::carry_out(const call::commands& wishes) {
    for (const call::command& wish : wishes) {
        if (story_ == story::told) {
            remark("    < " + words_of(wish));
        }
        if (const auto call = recorded_by(wish)) {
            recorded_.insert(*call);
        }
        outside_.take(wish);
        wire_.carry_out(wish);
    }
}

// ---- who calls

void sos_world::arrive(const sos_visit& who) {
    come({who.panel.text()}, who.panel.text(), who.patience, {who.moods, who.talks});
}

void sos_world::arrive(const psap_visit& who) {
    const auto& lent = outside_.lent();
    const number_id number = who.which < lent.size() ? lent[lent.size() - 1 - who.which] : number_id("74959999999");
    const panel_id routed = who.routed.value_or(outside_.routed(number));
    come({routed.text(), "callback", number.text(),
          who.how == call::urgency::psap_callback ? "psap-callback" : "normal"},
         "112", who.patience, {who.moods, who.talks});
}

void sos_world::come(std::vector<std::string> args, const std::string& caller, duration patience, stay how) {
    --arrivals_left_;
    const panel_call call{caller, "112", std::string(wire::sos_app), std::move(args)};
    const std::string channel = asterisk_.panel_calls(time_.now(), call);
    stays_[channel] = std::move(how);
    promises_.saw_arrival(time_.now(), channel);
    wire_.hear();
    time_.put_after(patience, [this, channel] { leave(channel); });
}

void sos_world::leave(const std::string& channel) {
    const auto all = asterisk_.channels();
    if (std::none_of(all.begin(), all.end(), [&](const channel_snapshot& c) { return c.id == channel; })) {
        return;
    }
    remark("the caller hangs up " + channel);
    promises_.saw_caller_leave(time_.now(), channel);
    asterisk_.panel_hangs_up(time_.now(), channel);
    wire_.hear();
}

void sos_world::take(const sip_news& news) {
    if (story_ == story::told) {
        remark("  sip: " + words_of(news));
    }
    promises_.saw_news(news);
    const auto leg = leg_of_channel(news.channel);
    if (news.what != sip_news::kind::phone_answered || !leg) {
        return;
    }
    const auto found = calls_.find(leg->call);
    if (found != calls_.end()) {
        time_.put_after(stays_[found->second].talks, [this, channel = found->second] { leave(channel); });
    }
}

// ---- a seed as a test

std::string sos_verdict_of_seed(std::uint64_t seed) {
    sos_world first(sos_plan_of(seed), story::untold);
    first.run();
    if (first.broken().empty()) {
        return {};
    }
    sos_world again(sos_plan_of(seed), story::told);
    again.run();
    std::string words = "sos seed " + std::to_string(seed) + "\n";
    for (const std::string& line : again.trace()) {
        words.append(line).append("\n");
    }
    for (const std::string& line : again.broken()) {
        words.append("BROKEN ").append(line).append("\n");
    }
    return words.append("again: TDCTL_SEEDS=" + std::to_string(seed) + "-" + std::to_string(seed) +
                        " scripts/dev seeds\n");
}

}  // namespace td::sim
