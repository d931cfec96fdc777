#include "call/switchboard.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace td::call {

namespace {

/// A call in a seat; nothing happens at an empty one.
template <class Seat, class Act>
void at_call(Seat& seat, const Act& act) {
    std::visit(
        [&](auto& call) {
            if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(call)>, std::monostate>) {
                act(call);
            }
        },
        seat.call);
}

template <class Call>
constexpr line line_of() {
    return std::is_same_v<Call, door_call> ? line::door : line::sos;
}

}  // namespace

switchboard::switchboard(rules wanted) {
    follow(std::move(wanted));
}

void switchboard::step(instant now, const fact& news, commands& out) {
    if (std::holds_alternative<memory_recalled>(news)) {
        take(now, memory_recalled{}, out);  // before the deadlines: who is only now asked again has not been silent
        advance(now, out);
        return;
    }
    advance(now, out);
    std::visit([&](const auto& told) { take(now, told, out); }, news);
}

bool switchboard::told_before(const fact& news) const {
    return std::visit(
        [&]<class News>(const News& told) {
            if constexpr (std::is_same_v<News, panel_arrived> || std::is_same_v<News, sos_arrived> ||
                          std::is_same_v<News, callback_arrived>) {
                return panels_.contains(told.channel) || places_.contains(told.call);
            } else {
                return false;
            }
        },
        news);
}

void switchboard::advance(instant now, commands& out) {
    while (deadlines_.next() <= now) {
        const place due = deadlines_.next_owner();
        act_at(due, now, out, [&](auto& call) { call.advance(now, out); });
    }
}

void switchboard::follow(rules wanted) {
    door_rules_ = std::make_shared<const door_rules>(std::move(wanted.door));
    sos_rules_ = std::make_shared<const sos_rules>(std::move(wanted.sos));
}

// ---- which call it is about

void switchboard::take(instant now, const panel_arrived& news, commands& out) {
    if (panels_.contains(news.channel) || places_.contains(news.call)) {
        return;  // told twice
    }
    const bool full = places_.size() - sos_calls_ >= door_rules_->max_calls;
    const place at = new_place();
    door_call& call = seats_[at].call.emplace<door_call>(news, door_rules_);
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

/// No limit of calls counts for an emergency.
template <class Call, class Arrival>
void switchboard::begin_sos(instant now, const Arrival& news, commands& out) {
    if (panels_.contains(news.channel) || places_.contains(news.call)) {
        return;  // told twice
    }
    const place at = new_place();
    Call& call = seats_[at].call.emplace<Call>(news, sos_rules_);
    places_.emplace(news.call, at);
    panels_.emplace(news.channel, at);
    ++sos_calls_;
    if (draining_) {
        call.refuse(now, ended_by::drain, out);
    } else {
        call.start(now, out);
    }
    settle(at);
}

void switchboard::take(instant now, const panel_left& news, commands& out) {
    const auto found = panels_.find(news.channel);
    if (found != panels_.end()) {  // else its call is over, or it never was ours
        tell(found->second, now, news, out);
    }
}

/// A fact for a call: one of another kind has no use for it.
template <class News>
void switchboard::tell(place at, instant now, const News& news, commands& out) {
    act_at(at, now, out, [&](auto& call) {
        if constexpr (requires { call.on(now, news, out); }) {
            call.on(now, news, out);
        }
    });
}

/// What a panel must be freed of goes first: the hang-up leaves before the call that needs the panel.
template <class Act>
void switchboard::act_at(place at, instant now, commands& out, const Act& act) {
    const auto before = static_cast<commands::difference_type>(out.size());
    std::optional<panel_id> claim;
    at_call(seats_[at], [&](auto& call) {
        act(call);
        if constexpr (requires { call.take_claim(); }) {
            claim = call.take_claim();
        }
    });
    settle(at);
    if (claim) {
        commands first;
        clear_panel(now, *claim, first);
        out.insert(out.begin() + before, first.begin(), first.end());
    }
}

/// A panel carries one call at a time, and somebody's life may hang on this one.
void switchboard::clear_panel(instant now, const panel_id& panel, commands& out) {
    for (place at = 0; at < seats_.size(); ++at) {
        if (auto* call = std::get_if<door_call>(&seats_[at].call); call != nullptr && call->panel() == panel) {
            call->stop(now, ended_by::callback, out);
            settle(at);
        }
    }
}

/// A fact about one call that carries its name.
template <class OfCall>
void switchboard::take(instant now, const OfCall& news, commands& out) {
    const auto found = places_.find(news.call);
    if (found != places_.end()) {  // else an answer that came after the end
        tell(found->second, now, news, out);
    }
}

/// A number that is lent to a call that is over goes back, or it would rest with nobody.
void switchboard::take(instant now, const number_lent& news, commands& out) {
    const auto found = places_.find(news.call);
    if (found == places_.end()) {
        out.push_back(return_number{news.call, news.token, news.number, {}, now});
    } else {
        tell(found->second, now, news, out);
    }
}

/// A leg that lives without a call is ours by its name and is nobody's any more: its call ended while we could not
/// hear.
template <class OfLeg>
void switchboard::take_of_leg(instant now, const OfLeg& news, commands& out) {
    const auto found = places_.find(news.leg.call);
    if (found == places_.end()) {
        // On which line it lives is not known here; a hang-up goes over either.
        out.push_back(drop_stray{channel_id{channel_name(news.leg)}, line::door});
        return;
    }
    tell(found->second, now, news, out);
}

void switchboard::take(instant now, const leg_ended& news, commands& out) {
    const auto found = places_.find(news.leg.call);
    if (found != places_.end()) {
        tell(found->second, now, news, out);
    }
}

void switchboard::take(instant now, const key_pressed& news, commands& out) {
    const auto found = places_.find(news.leg.call);
    if (found != places_.end()) {
        tell(found->second, now, news, out);
    }
}

// ---- what concerns all calls

template <class Act>
void switchboard::at_every_call(const Act& act) {
    for (place at = 0; at < seats_.size(); ++at) {
        at_call(seats_[at], act);
        settle(at);
    }
}

void switchboard::take(instant now, const pbx_line_lost& news, commands& out) {
    at_every_call([&]<class Call>(Call& call) {
        if (line_of<Call>() == news.which) {
            call.on(now, news, out);
        }
    });
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
            out.push_back(drop_stray{c.name, news.which});
        } else if (of_panel != panels_.end()) {
            own[of_panel->second].channels.push_back(c);
        }
    }
    for (const call_id& bridge : news.bridges) {
        const auto of_call = places_.find(bridge);
        if (of_call != places_.end()) {
            own[of_call->second].bridges.push_back(bridge);
        } else {
            out.push_back(remove_stray_bridge{bridge, news.which});
        }
    }
    for (place at = 0; at < own.size(); ++at) {
        at_call(seats_[at], [&]<class Call>(Call& call) {
            if (line_of<Call>() == news.which) {
                call.on(now, own[at], out);
            }
        });
        settle(at);
    }
}

void switchboard::take(instant now, const account_registered& news, commands& out) {
    const auto [first, last] = waiting_.equal_range(news.account);
    std::vector<place> concerned;
    std::for_each(first, last, [&](const auto& entry) { concerned.push_back(entry.second); });
    std::sort(concerned.begin(), concerned.end());  // the order of a multimap differs between libraries
    for (const place at : concerned) {
        tell(at, now, news, out);
    }
}

/// A drain ended with the process that was told to.
void switchboard::take(instant now, const memory_recalled& news, commands& out) {
    draining_ = false;
    at_every_call([&](auto& call) { call.on(now, news, out); });
}

void switchboard::take(instant, const drain_begun&, commands&) {
    draining_ = true;
}

/// An emergency call is never ended by a drain.
void switchboard::take(instant now, const drain_over&, commands& out) {
    at_every_call([&]<class Call>(Call& call) {
        if constexpr (std::is_same_v<Call, door_call>) {
            call.stop(now, ended_by::drain, out);
        }
    });
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
    at_call(seats_[at], [&]<class Call>(Call& call) {
        if (call.ended()) {
            forget(at);
            return;
        }
        seat& s = seats_[at];
        const std::size_t legs_now = call.living_legs();
        legs_ = legs_ - s.legs + legs_now;
        s.legs = legs_now;
        if constexpr (std::is_same_v<Call, door_call>) {
            if (!s.waited_for && !call.accounts().empty()) {
                wait_for_accounts(at, call);
            }
        }
        const instant next = call.next_deadline();
        if (next != s.armed_at) {
            s.armed_at = next;
            deadlines_.put(at, next);
        }
    });
}

void switchboard::wait_for_accounts(place at, const door_call& call) {
    seats_[at].waited_for = true;
    for (const account& a : call.accounts()) {
        waiting_.emplace(a.name, at);
    }
}

void switchboard::stop_waiting(place at, const door_call& call) {
    for (const account& a : call.accounts()) {
        const auto [first, last] = waiting_.equal_range(a.name);
        const auto mine = std::find_if(first, last, [&](const auto& entry) { return entry.second == at; });
        if (mine != last) {
            waiting_.erase(mine);
        }
    }
}

void switchboard::forget(place at) {
    seat& s = seats_[at];
    at_call(s, [&]<class Call>(Call& call) {
        if constexpr (std::is_same_v<Call, door_call>) {
            stop_waiting(at, call);
        } else {
            --sos_calls_;
        }
        places_.erase(call.name());
        panels_.erase(call.panel_channel());
    });
    deadlines_.put(at, never);
    legs_ -= s.legs;
    s = seat{};
    free_.push_back(at);
}

}  // namespace td::call
