#include "sim/world.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"
#include "sim/trace.hpp"

namespace td::sim {

world::world(world_plan plan, story wanted)
    : plan_(std::move(plan)),
      story_(wanted),
      time_(plan_.start),
      asterisk_(plan_.asterisk, plan_.seed + 1),
      board_(plan_.rules),
      promises_(plan_),
      wire_(asterisk_, time_, plan_.faults, plan_.seed + 2,
            {[this](const call::fact& news) { meet(news); }, [this](const sip_news& news) { take(news); },
             wanted == story::told ? [this](const std::string& words) { remark("  wire: " + words); }
                                   : std::function<void(const std::string&)>{}}) {}

void world::remark(const std::string& words) {
    if (story_ == story::told) {
        trace_.push_back(std::to_string((time_.now() - plan_.start) / 1us) + " us " + words);
    }
}

// ---- the course of time

void world::arrange() {
    sip_sides_.resize(plan_.visits.size());
    prepare_fault();
    for (const resident& r : plan_.residents) {
        asterisk_.put_phone(plan_.start, endpoint_of(r.account.name), r.behaviour);
        if (r.behaviour.wakes_at) {
            time_.put(*r.behaviour.wakes_at, [this, &r] { register_phone(r); });
        }
    }
    wire_.connect();
    arrivals_left_ = plan_.visits.size();
    for (const visit& v : plan_.visits) {
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

bool world::quiet() const {
    return alive_ && arrivals_left_ == 0 && board_.calls() == 0 && asterisk_.channel_count() == 0 &&
           asterisk_.bridge_count() == 0 && wire_.idle() && held_back_.empty() && again_ == 0;
}

void world::run() {
    arrange();
    // After this nothing can be left of the last call; what is, was forgotten.
    const instant curfew = plan_.visits.back().at + plan_.longest_call() + 60s;
    // A line that was cut, or a request that Asterisk carried out after all, may leave what only a look at Asterisk
    // finds. A single fault leaves nothing that the worker does not find by itself.
    const bool another_look = plan_.fault.what == mishap::none &&
                              (!plan_.cuts.empty() || !plan_.deaths.empty() || plan_.faults.late_once_in != 0 ||
                               plan_.faults.request_lost_once_in != 0 || plan_.faults.reply_lost_once_in != 0);
    if (another_look) {
        time_.put(curfew, [this] {
            wire_.heal();
            wire_.lose_line({});
        });
    }
    const instant end = another_look ? curfew + 30s : curfew;
    while (!quiet() || (!another_look && time_.next() < plan_.visits.back().at)) {
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
    promises_.saw_the_end(time_.now(), asterisk_, board_.calls(), board_.legs());
}

void world::take(const call::fact& news) {
    if (!alive_ || (!plan_.deaths.empty() && board_.told_before(news))) {
        return;  // as in a worker, whose picture tells every panel that waits
    }
    if (const auto* arrival = std::get_if<call::panel_arrived>(&news)) {
        const auto found = visits_.find(arrival->channel.text());
        if (found != visits_.end()) {
            calls_[arrival->call] = found->second;
        }
    }
    remark("> " + (story_ == story::told ? words_of(news) : std::string()));
    serve(&news);
}

void world::wake_up() {
    if (alive_) {
        serve(nullptr);
    }
}

void world::serve(const call::fact* news) {
    ++steps_;
    call::commands out;
    if (news != nullptr) {
        board_.step(time_.now(), *news, out);
    } else {
        board_.advance(time_.now(), out);
    }
    promises_.saw_step(time_.now(), news, plan_.deaths.empty() ? out : as_seen(out));
    promises_.saw_next_deadline(time_.now(), board_.next_deadline());
    if (news == nullptr && !out.empty()) {
        remark("> time");
    }
    if (!plan_.deaths.empty()) {
        past_.write_down(time_.now(), news != nullptr ? *news : call::fact{call::time_passed{}}, out);
    }
    carry_out(out);
    strike_if_due();
    die_if_due();
}

void world::carry_out(const call::commands& wishes) {
    for (const call::command& wish : wishes) {
        if (story_ == story::told) {
            remark("    < " + words_of(wish));
        }
        if (const auto call = recorded_by(wish)) {
            recorded_.insert(*call);
        }
        if (const auto* question = std::get_if<call::find_accounts>(&wish)) {
            ask_crm(*question);
        } else if (const auto* push = std::get_if<call::push>(&wish)) {
            send_push(*push);
        } else {
            wire_.carry_out(wish);
        }
    }
}

// ---- visitors

void world::arrive(const visit& who) {
    --arrivals_left_;
    const bool knows_flat = who.flat < plan_.flats.size();
    panel_call call{
        who.panel.text(), knows_flat ? plan_.flats[who.flat].name.text() : "", std::string(wire::door_app), {}};
    call.args = knows_flat ? std::vector<std::string>{call.panel, call.flat} : std::vector<std::string>{call.panel};
    const std::string channel = asterisk_.panel_calls(time_.now(), call);
    sip_sides_[static_cast<std::size_t>(&who - plan_.visits.data())].turned_away = listens() == hearing::nobody;
    visits_[channel] = static_cast<std::size_t>(&who - plan_.visits.data());
    wire_.hear();
    time_.put_after(who.patience, [this, channel] { leave(channel); });
}

void world::leave(const std::string& channel) {
    const auto all = asterisk_.channels();
    const auto found = std::find_if(all.begin(), all.end(), [&](const channel_snapshot& c) { return c.id == channel; });
    if (found == all.end()) {
        return;
    }
    remark("the visitor hangs up " + channel);
    promises_.saw_visitor_leave(time_.now(), channel);
    sip_sides_[visits_.at(channel)].visitor_left = true;
    asterisk_.panel_hangs_up(time_.now(), channel);
    wire_.hear();
}

void world::take(const sip_news& news) {
    if (story_ == story::told) {
        remark("  sip: " + words_of(news));
    }
    promises_.saw_news(news);
    if (news.what == sip_news::kind::talk_begun) {
        const bool panel_first = visits_.contains(news.channel);
        const std::string& panel = panel_first ? news.channel : news.other;
        const auto found = visits_.find(panel);
        if (found != visits_.end()) {
            sip_sides_[found->second].talked = true;
            time_.put_after(plan_.visits[found->second].talks, [this, panel] { leave(panel); });
        }
    } else if (news.what == sip_news::kind::phone_answered) {
        answered_legs_[news.channel] = listens();
    } else if (const auto answered = answered_legs_.find(news.channel);
               news.what == sip_news::kind::phone_ended && answered != answered_legs_.end() &&
               (answered->second == hearing::nobody || listens() == hearing::nobody)) {
        const auto leg = leg_of_channel(news.channel);
        const auto call = leg ? calls_.find(leg->call) : calls_.end();
        if (call != calls_.end()) {
            sip_sides_[call->second].answered_in_vain = true;
        }
    }
}

// ---- the CRM and the push server

const visit* world::visit_of(const call_id& call) const {
    const auto found = calls_.find(call);
    return found == calls_.end() ? nullptr : &plan_.visits[found->second];
}

void world::ask_crm(const call::find_accounts& question) {
    const visit* v = visit_of(question.call);
    if (v == nullptr) {
        return;
    }
    const auto took = static_cast<std::uint32_t>(v->crm_takes / 1ms);
    if (v->title_takes > duration::zero()) {
        time_.put_after(v->title_takes, [this, call = question.call, life = deaths_] {
            if (life == deaths_) {
                meet(call::panel_described{call, "Lenina 1"});
            }
        });
    }
    const auto answer_with = [&](call::fact news) {
        time_.put_after(v->crm_takes, [this, news = std::move(news), life = deaths_] {
            if (life == deaths_) {
                meet(news);
            }
        });
    };
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
    asterisk_.wakes(time_.now(), endpoint_of(who.account.name));
    wire_.hear();
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
                    time_.put_after(who->wakes_after, [this, &resident = *who] { register_phone(resident); });
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
    time_.put_after(v->push_takes, [this, news, life = deaths_] {
        if (life == deaths_) {
            meet(news);
        }
    });
}

// ---- a seed as a test

std::string verdict_of_seed(std::uint64_t seed) {
    world first(plan_of(seed), story::untold);
    first.run();
    if (first.broken().empty()) {
        return {};
    }
    world again(plan_of(seed), story::told);
    again.run();
    std::string words = "seed " + std::to_string(seed) + "\n";
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
