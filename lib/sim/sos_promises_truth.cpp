// What really happened to the emergency calls of a world, and whether the records and the store agree with it.

#include <algorithm>

#include "sim/sos_promises.hpp"

namespace td::sim {
namespace {

constexpr duration two_talk_limit = 1s;  // a callee that answers after it was given up is gone by then

}  // namespace

/// The rescuers call a number back, and whose door they open must not depend on who was lent it last. No window of a
/// number ends within a world's time.
void sos_promises::check_exclusive(instant now, const call_id& call, const number_id& number) {
    const panel_id& panel = calls_[call].panel;
    const auto [led, first] = led_to_.emplace(number, panel);
    if (!panel.empty() && led->second != panel) {
        blame(now, call,
              "number " + number.text() + " is lent to panel " + panel.text() + ", and leads to panel " +
                  led->second.text());
    }
}

/// Nobody who talks in a call that is known is a stray.
void sos_promises::check_stray(instant now, const std::string& channel) {
    for (const auto& [call, watched] : calls_) {
        const auto real = truths_.find(watched.channel);
        if (real != truths_.end() && real->second.talking() && real->second.bridged_with == channel) {
            blame(now, call, "a talking pair is parted: " + channel + " is dropped as a stray");
        }
    }
}

std::vector<sos_promises::ending> sos_promises::endings_of(const std::string& channel) const {
    std::vector<ending> all;
    for (const auto& [call, watched] : calls_) {
        if (watched.channel == channel && watched.sos) {
            all.push_back({watched.sos->how, watched.sos->who});
        } else if (watched.channel == channel && watched.callback) {
            all.push_back({watched.callback->how, watched.callback->who});
        }
    }
    return all;
}

void sos_promises::saw_news(const sip_news& news) {
    const auto leg = leg_of_channel(news.channel);
    if (news.what == sip_news::kind::talk_begun || news.what == sip_news::kind::talk_ended) {
        truth& of_pair = truths_[leg ? news.other : news.channel];
        of_pair.bridged_with = news.what == sip_news::kind::talk_ended ? std::string()
                               : leg                                   ? news.channel
                                                                       : news.other;
        return;
    }
    const auto watched = leg ? calls_.find(leg->call) : calls_.end();
    if (watched == calls_.end()) {
        return;
    }
    truth& real = truths_[watched->second.channel];
    if (news.what == sip_news::kind::invited && !real.invited) {
        real.invited = news.at;
        if (watched->second.what == kind::sos) {
            slowest_invite_ = std::max(slowest_invite_, duration{news.at - real.arrived});
        }
    } else if (news.what == sip_news::kind::phone_answered) {
        real.up[news.channel] = news.at;
        real.answered.insert(news.channel);
    } else if (news.what == sip_news::kind::phone_ended) {
        const auto ended = real.up.find(news.channel);
        if (ended == real.up.end()) {
            return;
        }
        for (const auto& [other, since] : real.up) {
            if (other != news.channel && plan_.undisturbed() &&
                news.at - std::max(since, ended->second) > two_talk_limit) {
                blame(news.at, leg->call, "two callees were up at once");
            }
        }
        real.up.erase(ended);
    }
}

void sos_promises::saw_the_end(instant now, const fake_asterisk& asterisk, std::size_t calls, std::size_t legs,
                               const pool_truth& pool) {
    check_left_behind(now, asterisk, calls, legs);
    if (pool.in_calls != 0) {
        blame(now, {}, "the store still has " + std::to_string(pool.in_calls) + " calls with a number");
    }
    for (const number_id& each : pool.astray) {
        blame(now, {}, "a callback to " + each.text() + " is routed to another panel than the store says");
    }
    for (const auto& [name, watched] : calls_) {
        if (watched.channel.empty()) {
            continue;  // a name that only a stray had
        }
        if (!watched.recorded_at) {
            blame(now, name, "no record");
        }
        check_numbers(now, name, watched);
        check_invite(now, name, watched);
        check_truth(now, name, watched);
    }
}

void sos_promises::check_numbers(instant now, const call_id& name, const call_watch& watched) {
    for (const auto& [token, number] : watched.lent) {
        // Of a number that the worker forgot only the store can tell whether it is free again.
        if (!watched.torn && !watched.returned.contains(token)) {
            blame(now, name, "number " + number.text() + " was never returned");
        }
    }
    if (watched.what == kind::callback && !watched.lent.empty()) {
        blame(now, name, "a callback was lent a number");
    }
}

void sos_promises::check_invite(instant now, const call_id& name, const call_watch& watched) {
    if (watched.what != kind::sos || watched.refused || !plan_.undisturbed() || !watched.sos) {
        return;
    }
    const truth& real = truths_[watched.channel];
    const instant due = real.arrived + invite_limit;
    // A route whose gateway Asterisk does not know is refused before any INVITE, and the next one follows.
    const bool callable = std::none_of(watched.sos->attempts.begin(), watched.sos->attempts.end(),
                                       [&](const auto& each) { return plan_.has_no_contact(each.route); });
    if (callable && real.left > due && (!real.invited || *real.invited > due)) {
        blame(now, name, "the INVITE did not leave in time");
    }
}

/// With a healthy wire the record has to agree with the truth.
void sos_promises::check_truth(instant now, const call_id& name, const call_watch& watched) {
    if (!plan_.undisturbed() || !watched.recorded_at) {
        return;
    }
    const truth& real = truths_[watched.channel];
    const call::outcome how = watched.sos ? watched.sos->how : watched.callback->how;
    const call::ended_by who = watched.sos ? watched.sos->who : watched.callback->who;
    const call::call_ms talked = watched.sos ? watched.sos->talk_ms : watched.callback->talk_ms;
    if (how == call::outcome::answered && real.answered.empty()) {
        blame(now, name, "answered by nobody");
    }
    if (how != call::outcome::answered && talked > 0) {
        blame(now, name, "somebody talked, but nobody answered");
    }
    if (who == call::ended_by::panel && real.left == never) {
        blame(now, name, "the caller did not hang up");
    }
    if (watched.refused && (real.invited || how != call::outcome::failed)) {
        blame(now, name, "a worker that drains has served a new call");
    }
}

}  // namespace td::sim
