#include "sim/mortal_world.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "sim/trace.hpp"

namespace td::sim {
namespace {

worker_plan foreseen(worker_plan course) {
    course.foresee();
    return course;
}

}  // namespace

mortal_world::mortal_world(const worker_plan& course, story wanted, call::line which)
    : course_(foreseen(course)),
      story_(wanted),
      time_(course_.start),
      asterisk_(course_.asterisk, course_.seed + 1),
      which_(which),
      board_(course_.rules),
      wire_(asterisk_, time_, course_.faults, course_.seed + 2,
            {[this](const call::fact& news) { meet(news); }, [this](const sip_news& news) { take(news); },
             wanted == story::told ? [this](const std::string& words) { remark("  wire: " + words); }
                                   : std::function<void(const std::string&)>{}},
            which) {}

void mortal_world::remark(const std::string& words) {
    if (tells()) {
        trace_.push_back(std::to_string((time_.now() - course_.start) / 1us) + " us " + words);
    }
}

std::string mortal_world::whole_story() const {
    std::string words;
    for (const death& each : course_.deaths) {
        words += "death behind step " + std::to_string(each.step) + (each.unsent ? ", unsent" : "") + ", forgotten " +
                 duration_text(each.forgotten) + ", clock put by " + duration_text(each.clock_jump) + "\n";
    }
    for (const std::string& line : trace_) {
        words.append(line).append("\n");
    }
    for (const std::string& line : broken()) {
        words.append("BROKEN ").append(line).append("\n");
    }
    return words;
}

// ---- the course of time

void mortal_world::arrange() {
    if (course_.fault.what == mishap::request_lost) {
        wire_.lose(course_.fault.place, fate_of_request::never_carried_out);
    } else if (course_.fault.what == mishap::reply_lost) {
        wire_.lose(course_.fault.place, fate_of_request::carried_out);
    }
    arrange_people();
    wire_.connect();
    for (const cut& c : course_.cuts) {
        time_.put(c.at, [this, &c] { lose_line(c, c.asterisk_restarts ? "Asterisk restarts" : "the line is cut"); });
    }
    for (const instant at : course_.extra_wake_ups) {
        time_.put(at, [this] { wake_up(); });
    }
    if (course_.drain_at != never) {
        time_.put(course_.drain_at, [this] { take(call::fact{call::drain_begun{}}); });
        time_.put(course_.drain_over_at, [this] { take(call::fact{call::drain_over{}}); });
    }
}

void mortal_world::arrive_at(instant when, std::function<void()> arrival) {
    ++arrivals_left_;
    time_.put(when, [this, arrival = std::move(arrival)] {
        --arrivals_left_;
        arrival();
    });
}

std::string mortal_world::come(const panel_call& call) {
    const std::string channel = asterisk_.panel_calls(time_.now(), call);
    callers_[channel].turned_away = !listens();
    watching().saw_arrival(time_.now(), channel);
    return channel;
}

void mortal_world::leave(const std::string& channel) {
    const auto all = asterisk_.channels();
    if (std::none_of(all.begin(), all.end(), [&](const channel_snapshot& c) { return c.id == channel; })) {
        return;
    }
    remark("the caller hangs up " + channel);
    watching().saw_caller_leave(time_.now(), channel);
    callers_[channel].left = true;
    asterisk_.panel_hangs_up(time_.now(), channel);
    wire_.hear();
}

const caller_fate* mortal_world::fate_of(const std::string& channel) const {
    const auto found = callers_.find(channel);
    return found == callers_.end() ? nullptr : &found->second;
}

std::string mortal_world::caller_of(const call_id& call) const {
    const auto found = calls_.find(call);
    return found == calls_.end() ? std::string() : found->second;
}

void mortal_world::take(const sip_news& news) {
    if (tells()) {
        remark("  sip: " + words_of(news));
    }
    if (news.what == sip_news::kind::talk_begun) {
        const auto found = callers_.find(callers_.contains(news.channel) ? news.channel : news.other);
        if (found != callers_.end()) {
            found->second.talked = true;
        }
    } else if (news.what == sip_news::kind::phone_answered) {
        answered_legs_[news.channel] = listens();
    } else if (const auto answered = answered_legs_.find(news.channel); news.what == sip_news::kind::phone_ended &&
                                                                        answered != answered_legs_.end() &&
                                                                        (!answered->second || !listens())) {
        const auto leg = leg_of_channel(news.channel);
        const auto caller = callers_.find(leg ? caller_of(leg->call) : std::string());
        if (caller != callers_.end()) {
            caller->second.answered_in_vain = true;
        }
    }
    saw_news(news);
}

void mortal_world::note_who_is_joined(const call::pbx_seen& picture) {
    for (auto& [channel, fate] : callers_) {
        std::size_t joined = 0;
        std::size_t up = 0;
        for (const call::pbx_seen::channel& c : picture.channels) {
            const auto leg = leg_of_channel(c.name.text());
            if (c.joined && (leg ? caller_of(leg->call) : c.name.text()) == channel) {
                ++joined;
                up += c.state == call::pbx_seen::condition::up ? 1U : 0U;
            }
        }
        if (fate.talked && joined > 0) {
            fate.shown = std::max(fate.shown, up > 1 ? shown_joined::both : shown_joined::one);
        }
    }
}

bool mortal_world::quiet() const {
    return alive_ && arrivals_left_ == 0 && board_.calls() == 0 && asterisk_.channel_count() == 0 &&
           asterisk_.bridge_count() == 0 && wire_.idle() && held_back_.empty() && again_ == 0;
}

instant mortal_world::next_deadline() const {
    const instant next = board_.next_deadline();
    return next == never ? never : next - lead_;
}

void mortal_world::run() {
    arrange();
    instant end = curfew();
    if (needs_another_look()) {
        time_.put(end, [this] {
            wire_.heal();
            wire_.lose_line({});
        });
        end += 60s;
    }
    while (!over()) {
        const instant due = alive_ ? next_deadline() : never;
        const instant next = std::min({time_.next(), asterisk_.next_deadline(), due});
        if (next > end) {
            break;
        }
        time_.pass_to(next);
        asterisk_.advance(time_.now());
        wire_.hear();
        if (!time_.act_once() && alive_ && next_deadline() <= time_.now()) {
            wake_up();
        }
    }
    saw_the_end();
}

void mortal_world::take(const call::fact& news) {
    if (!alive_ || (!course_.deaths.empty() && board_.told_before(news))) {
        return;  // as in a worker, whose picture tells every caller that waits
    }
    if (const auto who = arrival_of(news)) {
        calls_.emplace(who->call, who->channel.text());
    }
    if (const auto* const picture = std::get_if<call::pbx_seen>(&news)) {
        note_who_is_joined(*picture);
    }
    saw_fact(news);
    remark("> " + (tells() ? words_of(news) : std::string()));
    serve(&news);
}

void mortal_world::wake_up() {
    if (alive_) {
        serve(nullptr);
    }
}

void mortal_world::serve(const call::fact* news) {
    ++steps_;
    call::commands out;
    if (news != nullptr) {
        board_.step(clock(), *news, out);
    } else {
        board_.advance(clock(), out);
    }
    const bool unsent = is_unsent_step();
    watching().saw_step(time_.now(), news, as_seen(out, unsent));
    watching().saw_next_deadline(time_.now(), next_deadline());
    if (news == nullptr && !out.empty()) {
        remark("> time");
    }
    if (!course_.deaths.empty() || past_.keeps()) {
        past_.write_down(clock(), news != nullptr ? *news : call::fact{call::time_passed{}}, out);
    }
    if (!unsent) {
        carry_out(out);
    }
    strike_if_due();
    die_if_due(unsent);
}

void mortal_world::carry_out(const call::commands& wishes) {
    for (const call::command& wish : wishes) {
        if (tells()) {
            remark("    < " + words_of(wish));
        }
        if (const auto call = recorded_by(wish)) {
            recorded_.insert(*call);
        }
        carry_out_beside(wish);
        wire_.carry_out(wish);
    }
}

}  // namespace td::sim
