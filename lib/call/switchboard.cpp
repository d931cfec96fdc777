#include "call/switchboard.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace td::call {

switchboard::switchboard(door_rules rules) : rules_(std::make_shared<const door_rules>(std::move(rules))) {}

void switchboard::step(instant now, const fact& news, commands& out) {
    advance(now, out);
    std::visit([&](const auto& told) { take(now, told, out); }, news);
}

void switchboard::advance(instant now, commands& out) {
    while (deadlines_.next() <= now) {
        const place due = deadlines_.next_owner();
        seats_[due].call->advance(now, out);
        settle(due);
    }
}

void switchboard::follow(door_rules rules) {
    rules_ = std::make_shared<const door_rules>(std::move(rules));
}

// ---- which call it is about

void switchboard::take(instant now, const panel_arrived& news, commands& out) {
    if (panels_.contains(news.channel) || places_.contains(news.call)) {
        return;  // told twice
    }
    const bool full = places_.size() >= rules_->max_calls;
    const place at = new_place();
    door_call& call = seats_[at].call.emplace(news, rules_);
    places_.emplace(news.call, at);
    panels_.emplace(news.channel, at);
    if (draining_) {
        call.refuse(now, ended_by::drain, out);
    } else if (full) {
        call.refuse(now, ended_by::full, out);
    } else {
        call.start(now, out);
    }
    settle(at);
}

void switchboard::take(instant now, const panel_left& news, commands& out) {
    const auto found = panels_.find(news.channel);
    if (found == panels_.end()) {
        return;  // its call is over, or it never was ours
    }
    const place at = found->second;
    seats_[at].call->on(now, news, out);
    settle(at);
}

/// A fact about one call that carries its name.
template <class OfCall>
void switchboard::take(instant now, const OfCall& news, commands& out) {
    const auto found = places_.find(news.call);
    if (found == places_.end()) {
        return;  // an answer that came after the end
    }
    const place at = found->second;
    seats_[at].call->on(now, news, out);
    settle(at);
}

/// A leg that lives without a call is ours by its name and is nobody's any more: its call ended while we could not
/// hear.
template <class OfLeg>
void switchboard::take_of_leg(instant now, const OfLeg& news, commands& out) {
    const auto found = places_.find(news.leg.call);
    if (found == places_.end()) {
        out.push_back(drop_stray{channel_id{channel_name(news.leg)}});
        return;
    }
    const place at = found->second;
    seats_[at].call->on(now, news, out);
    settle(at);
}

void switchboard::take(instant now, const leg_ended& news, commands& out) {
    const auto found = places_.find(news.leg.call);
    if (found != places_.end()) {
        const place at = found->second;
        seats_[at].call->on(now, news, out);
        settle(at);
    }
}

void switchboard::take(instant now, const key_pressed& news, commands& out) {
    const auto found = places_.find(news.leg.call);
    if (found != places_.end()) {
        seats_[found->second].call->on(now, news, out);
    }
}

// ---- what concerns all calls

template <class Act>
void switchboard::at_every_call(const Act& act) {
    for (place at = 0; at < seats_.size(); ++at) {
        if (seats_[at].call) {
            act(*seats_[at].call);
            settle(at);
        }
    }
}

void switchboard::take(instant now, const pbx_line_lost& news, commands& out) {
    at_every_call([&](door_call& call) { call.on(now, news, out); });
}

void switchboard::take(instant now, const pbx_seen& news, commands& out) {
    // Strays first: a call that ends by this very list would make its own legs look like strays. Each call is then
    // shown its own channels only: after a cut at the peak there are thousands of both.
    std::vector<pbx_seen> own(seats_.size());
    for (const pbx_seen::channel& c : news.channels) {
        const auto leg = leg_of_channel(c.name.text());
        const auto of_leg = leg ? places_.find(leg->call) : places_.end();
        const auto of_panel = panels_.find(c.name);
        if (of_leg != places_.end()) {
            own[of_leg->second].channels.push_back(c);
        } else if (leg) {
            out.push_back(drop_stray{c.name});
        } else if (of_panel != panels_.end()) {
            own[of_panel->second].channels.push_back(c);
        }
    }
    for (const call_id& bridge : news.bridges) {
        if (!places_.contains(bridge)) {
            out.push_back(remove_stray_bridge{bridge});
        }
    }
    for (place at = 0; at < own.size(); ++at) {
        if (seats_[at].call) {
            seats_[at].call->on(now, own[at], out);
            settle(at);
        }
    }
}

void switchboard::take(instant now, const account_registered& news, commands& out) {
    const auto [first, last] = waiting_.equal_range(news.account);
    std::vector<place> concerned;
    std::for_each(first, last, [&](const auto& entry) { concerned.push_back(entry.second); });
    std::sort(concerned.begin(), concerned.end());  // the order of a multimap differs between libraries
    for (const place at : concerned) {
        seats_[at].call->on(now, news, out);
        settle(at);
    }
}

void switchboard::take(instant, const drain_begun&, commands&) {
    draining_ = true;
}

void switchboard::take(instant now, const drain_over&, commands& out) {
    at_every_call([&](door_call& call) { call.stop(now, ended_by::drain, out); });
}

// ---- the places

switchboard::place switchboard::new_place() {
    if (free_.empty()) {
        seats_.emplace_back();
        return static_cast<place>(seats_.size() - 1);
    }
    const place at = free_.back();
    free_.pop_back();
    return at;
}

/// After every act on a call: its deadline, its legs, its end.
void switchboard::settle(place at) {
    seat& s = seats_[at];
    if (s.call->ended()) {
        forget(at);
        return;
    }
    const std::size_t legs_now = s.call->living_legs();
    legs_ = legs_ - s.legs + legs_now;
    s.legs = legs_now;
    if (!s.waited_for && !s.call->accounts().empty()) {
        wait_for_accounts(at, *s.call);
    }
    const instant next = s.call->next_deadline();
    if (next != s.armed_at) {
        s.armed_at = next;
        deadlines_.put(at, next);
    }
}

void switchboard::wait_for_accounts(place at, const door_call& call) {
    seats_[at].waited_for = true;
    for (const account& a : call.accounts()) {
        waiting_.emplace(a.name, at);
    }
}

void switchboard::forget(place at) {
    seat& s = seats_[at];
    for (const account& a : s.call->accounts()) {
        const auto [first, last] = waiting_.equal_range(a.name);
        const auto mine = std::find_if(first, last, [&](const auto& entry) { return entry.second == at; });
        if (mine != last) {
            waiting_.erase(mine);
        }
    }
    places_.erase(s.call->name());
    panels_.erase(s.call->panel_channel());
    deadlines_.put(at, never);
    legs_ -= s.legs;
    s = seat{};
    free_.push_back(at);
}

}  // namespace td::call
