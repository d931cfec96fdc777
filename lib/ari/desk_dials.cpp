// The desk's second way to call somebody: the leg is made first and dialled then, so that the caller can hear what the
// callee's network says before the answer. Asterisk's word is not enough on that way: a dial is refused while the new
// leg's thread has not reached Stasis, and without bridge_holding.so it is confirmed and never done (seen on 22.10.1).
// So the dial waits for the leg's StasisStart, and counts when Asterisk's Dial event has said that it called.

#include <algorithm>
#include <utility>

#include "ari/desk.hpp"

namespace td::ari {
namespace {

constexpr duration stasis_patience = 100ms;  // a StasisStart that was lost with the line never comes
constexpr duration dial_pause = 10ms;
constexpr duration call_patience = 120ms;
constexpr unsigned most_dials = 10;
constexpr duration found_patience = 2s;  // for a word of a leg that may have been dialled by another process
constexpr int not_in_stasis_yet = 409;
constexpr int allocation_failed = 500;

}  // namespace

void desk::settle_create(const exchange& request, int status, instant now) {
    constexpr int taken = 409;
    if (status == taken) {
        check_dial(request, now);  // by a leg that another process made, if it is not the stale error number
        return;
    }
    if (!is_good(status)) {
        refuse(request, status);
        return;
    }
    dialling_.erase(request.key);
    const std::string name = channel_name({request.key.call, request.leg});
    picture_.alive(name, call::pbx_seen::condition::waiting);
    dials_[request.key] = {request_maker::dial_out(request), now + stasis_patience};
    if (made_first_.contains(name)) {
        dial_made(request.key, now);
    }
}

/// A process that died has made this leg, and perhaps dialled it: twice would be two INVITEs. A phone that is called is
/// heard of soon; a leg of which nothing is heard was never dialled, and is refused so that its call makes another.
void desk::found_made_first(const exchange& request, const seen_channel& leg, instant now) {
    const leg_ref which{request.key.call, request.leg};
    made_first_.insert(leg.name);
    exchange dial = request;
    dial.what = errand::dial_out;
    if (leg.state == call::pbx_seen::condition::waiting) {
        dials_[request.key] = {std::move(dial), now + found_patience, true, true, false};
        return;
    }
    picture_.alive(leg.name, leg.state);
    did(dial, call::act::dial);
    if (leg.state == call::pbx_seen::condition::up) {
        news_.emplace_back(call::leg_answered{which});
    } else {
        news_.emplace_back(call::leg_ringing{which});
    }
}

/// The leg is in Stasis, or has had its time to get there.
void desk::dial_made(const order_key& leg, instant now) {
    const auto found = dials_.find(leg);
    if (found == dials_.end() || found->second.sent) {
        return;
    }
    // Whether its StasisStart was told or lost: its answer is only an event.
    made_first_.insert(channel_name({leg.call, found->second.request.leg}));
    found->second.sent = true;
    found->second.due = never;
    exchange dial = found->second.request;
    dial.deadline = now + limit_.request;
    ++outstanding_;
    submit(std::move(dial), now);
}

void desk::settle_dial_out(const exchange& request, int status, instant now) {
    const auto found = dials_.find(request.key);
    if (status == not_in_stasis_yet && found != dials_.end() && request.losses < most_dials) {
        ++count_.repeated;
        found->second.sent = false;
        ++found->second.request.losses;
        found->second.due = now + dial_pause;
    } else if (!is_good(status) || found == dials_.end()) {
        dials_.erase(request.key);
        refuse(request, status);
    } else {
        found->second.confirmed = true;
        found->second.due = now + call_patience;
        if (found->second.called) {
            dials_.erase(found);
            did(request, call::act::dial);
        }
    }
}

void desk::leg_was_made(const leg_ref& leg) {
    made_first_.insert(channel_name(leg));
    const auto dial = dials_.find({leg.call, leg.leg.value});
    if (dial != dials_.end() && !dial->second.sent) {
        dial->second.due = instant{};  // now: it waited for this
    }
}

void desk::leg_was_called(const order_key& leg) {
    const auto found = dials_.find(leg);
    if (found == dials_.end()) {
        return;  // of the other way, or its call is over
    }
    found->second.called = true;
    if (found->second.confirmed) {
        const exchange request = found->second.request;
        dials_.erase(found);
        did(request, call::act::dial);
    }
}

void desk::look_after_dials(instant now) {
    std::vector<order_key> due;
    for (const auto& [leg, dial] : dials_) {
        if (dial.due <= now) {
            due.push_back(leg);
        }
    }
    for (const order_key& leg : due) {
        if (!dials_.at(leg).sent) {
            dial_made(leg, now);
            continue;
        }
        const exchange request = dials_.at(leg).request;
        dials_.erase(leg);
        if (request.verb == method::post) {  // else it was found there, and nobody knows who died before its dial
            log_(level::error,
                 "ari request=dial_out status=204 but Asterisk has called nobody remedy=\"load bridge_holding.so\"");
        }
        refuse(request, allocation_failed);
    }
}

instant desk::next_deadline() const {
    instant next = strays_.empty() ? picture_again_ : std::min(picture_again_, strays_.front().first);
    next = std::min(next, hearing_.next_deadline());
    for (const auto& [leg, dial] : dials_) {
        next = std::min(next, dial.due);
    }
    for (const offer& each : offers_) {
        next = std::min(next, each.due.value_or(instant{}));  // now: somebody is to be asked
    }
    return next;
}

}  // namespace td::ari
