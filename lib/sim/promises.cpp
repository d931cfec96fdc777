#include "sim/promises.hpp"

#include <algorithm>

#include "base/overloaded.hpp"
#include "sim/trace.hpp"

namespace td::sim {
namespace {

constexpr duration ring_on_limit = 15s;  // a phone may ring this long after its call's record

}  // namespace

void promises::saw_death(const std::set<call_id>& known, memory_of_dead) {
    std::erase_if(calls_, [&](const auto& entry) { return !known.contains(entry.first) && !entry.second.record; });
    for (auto& [call, watched] : calls_) {
        watched.living.clear();
        watched.over.reset();
        watched.push_deadline.reset();
        watched.found_accounts = false;
        watched.taken = false;
        watched.freed = false;
        watched.parted = false;  // by an order that the memory may not hold
        for (auto& [device, news] : watched.devices) {
            news.ends = 0;
        }
    }
}

void promises::take(instant now, const call::fact& news) {
    if (const auto* arrival = std::get_if<call::panel_arrived>(&news)) {
        call_watch& made = calls_[arrival->call];
        if (made.panel_channel.empty()) {
            made.arrived = now;
            made.panel_channel = arrival->channel.text();
            panels_[made.panel_channel] = arrival->call;
        }
    } else if (const auto* end = std::get_if<call::leg_ended>(&news)) {
        calls_[end->leg.call].living.erase(end->leg.leg.value);
    } else if (const auto* refusal = std::get_if<call::pbx_refused>(&news)) {
        using call::act;
        const bool never_made = refusal->what == act::dial && refusal->status != 0;
        const bool gone = refusal->what == act::drop_leg && refusal->status == 404;
        if (never_made || gone) {
            calls_[refusal->call].living.erase(refusal->leg.value);
        }
    } else if (const auto* seen = std::get_if<call::pbx_seen>(&news)) {
        for (auto& entry : calls_) {
            std::erase_if(entry.second.living, [&](std::uint8_t leg) {
                const std::string channel = channel_name({entry.first, leg_no{leg}});
                return std::none_of(seen->channels.begin(), seen->channels.end(),
                                    [&](const auto& c) { return c.name.text() == channel; });
            });
        }
    }
}

/// Nothing is asked for a call that nobody knows or that has its record.
promises::call_watch* promises::watch(instant now, const call_id& call, std::string_view wish) {
    const auto found = calls_.find(call);
    if (found == calls_.end() || found->second.panel_channel.empty()) {
        blame(now, call, std::string(wish) + " for a call that never arrived");
        return nullptr;
    }
    if (found->second.record) {
        blame(now, call, std::string(wish) + " after the record, which is the last command of a call");
    }
    return &found->second;
}

void promises::take(instant now, const call::command& wish, const call::commands& step) {
    std::visit(overloaded{
                   [&](const call::sound& c) { watch(now, c.call, "sound"); },
                   [&](const call::dial& c) { take(now, c); },
                   [&](const call::make_bridge& c) { watch(now, c.call, "make_bridge"); },
                   [&](const call::answer_panel& c) { watch(now, c.call, "answer_panel"); },
                   [&](const call::join& c) { take(now, c, step); },
                   [&](const call::drop_leg& c) {
                       if (call_watch* watched = watch(now, c.leg.call, "drop_leg")) {
                           if (truths_[watched->panel_channel].talks_with == channel_name(c.leg)) {
                               watched->parted = true;
                           }
                           watched->living.erase(c.leg.leg.value);
                           told_to_go_.emplace(channel_name(c.leg), now);
                       }
                   },
                   [&](const call::drop_panel& c) {
                       if (call_watch* watched = watch(now, c.call, "drop_panel")) {
                           watched->parted = watched->parted || !truths_[watched->panel_channel].talks_with.empty();
                           watched->over = watched->over.value_or(now);
                       }
                   },
                   [&](const call::give_back& c) { watch(now, c.call, "give_back"); },
                   [&](const call::remove_bridge& c) { watch(now, c.call, "remove_bridge"); },
                   [&](const call::send_keys& c) { watch(now, c.call, "send_keys"); },
                   [&](const call::drop_stray& c) {
                       const auto leg = leg_of_channel(c.channel.text());
                       check_stray(now, c.channel.text());
                       if (leg && calls_.contains(leg->call) && !calls_.at(leg->call).record &&
                           !calls_.at(leg->call).panel_channel.empty()) {
                           blame(now, leg->call, "a leg of a living call is dropped as a stray");
                       }
                   },
                   [&](const call::remove_stray_bridge& c) {
                       if (calls_.contains(c.bridge) && !calls_.at(c.bridge).record &&
                           !calls_.at(c.bridge).panel_channel.empty()) {
                           blame(now, c.bridge, "the bridge of a living call is removed as a stray");
                       }
                   },
                   [&](const call::find_accounts& c) {
                       call_watch* watched = watch(now, c.call, "find_accounts");
                       if (watched != nullptr && std::exchange(watched->found_accounts, true)) {
                           blame(now, c.call, "the CRM is asked twice");
                       }
                   },
                   [&](const call::push& c) { take(now, c); },
                   [&](const call::panel_taken& c) {
                       call_watch* watched = watch(now, c.call, "panel_taken");
                       if (watched != nullptr && std::exchange(watched->taken, true)) {
                           blame(now, c.call, "the panel is taken twice");
                       }
                   },
                   [&](const call::panel_freed& c) {
                       call_watch* watched = watch(now, c.call, "panel_freed");
                       if (watched != nullptr && (!watched->taken || std::exchange(watched->freed, true))) {
                           blame(now, c.call, "the panel is freed twice, or was not taken");
                       }
                   },
                   [&](const call::finish& c) { take(now, c); },
                   [&](const auto&) { blame(now, {}, "a door call asks for what only an emergency call may"); },
               },
               wish);
}

void promises::take(instant now, const call::dial& wish) {
    call_watch* watched = watch(now, wish.leg.call, "dial");
    if (watched == nullptr) {
        return;
    }
    if (watched->joined || watched->over) {
        blame(now, wish.leg.call, "a phone is dialled after the end of the ring");
    }
    if (wish.limit <= duration::zero() || wish.limit > plan_.rules.door.ring_limit) {
        blame(now, wish.leg.call, "a leg may ring for " + duration_text(wish.limit));
    }
    if (!watched->living.insert(wish.leg.leg.value).second) {
        blame(now, wish.leg.call, "two living legs have one name");
    }
    watched->dialled[wish.leg.leg.value] = wish.account;
    told_to_go_.erase(channel_name(wish.leg));  // a number that a dead worker had used is used once more
    watched->first_dial = watched->first_dial.value_or(now);
}

void promises::take(instant now, const call::join& wish, const call::commands& step) {
    call_watch* watched = watch(now, wish.leg.call, "join");
    if (watched == nullptr) {
        return;
    }
    if (watched->joined && *watched->joined != wish.leg.leg) {
        blame(now, wish.leg.call, "a second pair is joined");
    }
    if (watched->over) {
        blame(now, wish.leg.call, "a pair is joined after the end");
    }
    if (!watched->joined) {
        check_losers(now, *watched, wish, step);
    }
    watched->joined = wish.leg.leg;
}

/// Nobody who talks in a call that is known is a stray.
void promises::check_stray(instant now, const std::string& channel) {
    for (const auto& [call, watched] : calls_) {
        const auto real = truths_.find(watched.panel_channel);
        if (real != truths_.end() && (real->second.talks_with == channel)) {
            blame(now, call, "a talking pair is parted: " + channel + " is dropped as a stray");
        }
    }
}

void promises::check_losers(instant now, const call_watch& watched, const call::join& wish,
                            const call::commands& step) {
    for (const std::uint8_t leg : watched.living) {
        const bool told = std::any_of(step.begin(), step.end(), [&](const call::command& c) {
            const auto* drop = std::get_if<call::drop_leg>(&c);
            return drop != nullptr && drop->leg == leg_ref{wish.leg.call, leg_no{leg}} &&
                   drop->reason == call::hangup_reason::answered_elsewhere;
        });
        if (leg != wish.leg.leg.value && !told) {
            blame(now, wish.leg.call, "leg " + std::to_string(leg) + " is not told answered_elsewhere with the join");
        }
    }
}

void promises::take(instant now, const call::push& wish) {
    call_watch* watched = watch(now, wish.call, "push");
    if (watched == nullptr) {
        return;
    }
    const bool ring = wish.kind == call::push_kind::ring;
    if (wish.targets.empty()) {
        blame(now, wish.call, "a push to nobody");
    }
    if (ring && (watched->joined || watched->over)) {
        blame(now, wish.call, "a ring is pushed after the end of the ring");
    }
    if (ring && (wish.deadline <= now || wish.deadline > now + plan_.rules.door.ring_limit ||
                 wish.deadline != watched->push_deadline.value_or(wish.deadline))) {
        blame(now, wish.call, "a push whose deadline is not that of the ring");
    }
    watched->push_deadline = wish.deadline;
    std::set<device_id> named;
    for (const call::push::target& t : wish.targets) {
        device_news& of = watched->devices[t.device];
        ring ? ++of.rings : ++of.ends;
        if (!named.insert(t.device).second) {
            blame(now, wish.call, "one push names device " + t.device.text() + " twice");
        }
        if (!ring && (of.rings == 0 || of.ends > 1)) {
            blame(now, wish.call, "device " + t.device.text() + " is told an end without a ring, or twice");
        }
    }
}

void promises::take(instant now, const call::finish& wish) {
    const call::door_record& record = wish.record;
    call_watch* watched = watch(now, record.call, "finish");
    if (watched == nullptr) {
        return;
    }
    if (watched->taken && !watched->freed) {
        blame(now, record.call, "the record comes before the panel is freed");
    }
    using call::ended_by;
    const bool one_fault = plan_.calm() || plan_.fault.what != mishap::none;  // two lost replies may part a pair
    if (one_fault && watched->parted && record.who != ended_by::talk_limit && record.who != ended_by::drain &&
        record.who != ended_by::callback) {
        blame(now, record.call, "a talking pair was parted by us: " + words_of(record));
    }
    watched->record = record;
    watched->recorded_at = now;
    answered_ += record.how == call::outcome::answered ? 1U : 0U;
    if (now > watched->arrived + plan_.longest_call()) {
        blame(now, record.call, "the record comes after " + duration_text(now - watched->arrived));
    }
    if (record.who == call::ended_by::none || record.ended_at < record.started_at || record.ended_at > now ||
        record.ring_ms < 0 || record.talk_ms < 0) {
        blame(now, record.call, "the record makes no sense: " + words_of(record));
    }
    for (const call::leg_record& leg : record.legs) {
        if (leg.why == call::leg_why::none) {
            blame(now, record.call, "the record does not say why " + leg.account.text() + " is no longer rung");
        }
    }
}

// ---- what really happened

void promises::saw_news(const sip_news& news) {
    const auto leg = leg_of_channel(news.channel);
    if (news.what == sip_news::kind::talk_begun) {
        const bool panel_first = !leg;
        truth& of_pair = truths_[panel_first ? news.channel : news.other];
        of_pair.talks_with = panel_first ? news.other : news.channel;
        of_pair.talked_with.insert(of_pair.talks_with);
        return;
    }
    if (news.what == sip_news::kind::talk_ended) {
        truths_[leg ? news.other : news.channel].talks_with.clear();
        return;
    }
    if (!leg) {
        truth& real = truths_[news.channel];
        real.heard_keys = real.heard_keys || news.what == sip_news::kind::heard_keys;
        return;
    }
    check_ringing(news, leg->call);
    const auto watched = calls_.find(leg->call);
    if (watched == calls_.end()) {
        return;
    }
    truth& real = truths_[watched->second.panel_channel];
    if (news.what == sip_news::kind::phone_answered) {
        real.answered.insert(watched->second.dialled[leg->leg.value]);
    } else if (news.what == sip_news::kind::phone_rings) {
        real.ever_ringing.insert(news.channel);
    }
}

/// A request that Asterisk carried out after the worker had given it up may make a phone ring late, but not for long:
/// its first event betrays it.
void promises::check_ringing(const sip_news& news, const call_id& call) {
    if (news.what == sip_news::kind::phone_rings) {
        ringing_since_[news.channel] = news.at;
        return;
    }
    const auto rang = ringing_since_.find(news.channel);
    if (news.what != sip_news::kind::phone_ended || rang == ringing_since_.end()) {
        return;
    }
    const auto watched = calls_.find(call);
    if (watched != calls_.end() && watched->second.record) {
        const duration too_long = news.at - std::max(rang->second, watched->second.recorded_at);
        if (too_long > ring_on_limit) {
            blame(news.at, call, "a phone was rung or held for " + duration_text(too_long) + " after the record");
        }
    }
    const auto told = told_to_go_.find(news.channel);
    if (told != told_to_go_.end() && news.at - std::max(rang->second, told->second) > ring_on_limit) {
        blame(news.at, call, "a phone was rung or held for long after it was told to go");
    }
    ringing_since_.erase(rang);
}

std::vector<const call::door_record*> promises::records_of(const std::string& panel_channel) const {
    std::vector<const call::door_record*> out;
    for (const auto& [name, watched] : calls_) {
        if (watched.panel_channel == panel_channel && watched.record) {
            out.push_back(&*watched.record);
        }
    }
    return out;
}

void promises::saw_caller_leave(instant now, const std::string& channel) {
    truths_[channel].visitor_left = true;
    truths_[channel].visitor_left_at = now;
}

void promises::saw_the_end(instant now, const fake_asterisk& asterisk, std::size_t calls, std::size_t legs) {
    check_left_behind(now, asterisk, calls, legs);
    for (const auto& [name, watched] : calls_) {
        if (watched.panel_channel.empty()) {
            continue;  // a name that only a stray had
        }
        if (!watched.record) {
            blame(now, name, "no record");
        } else {
            check_truth(now, watched);
        }
    }
}

/// What holds in every world, however much was lost on the way.
void promises::check_truth(instant now, const call_watch& watched) {
    const call::door_record& record = *watched.record;
    const truth& real = truths_[watched.panel_channel];
    if (real.talked_with.size() > 1) {
        blame(now, record.call, "the panel talked with " + std::to_string(real.talked_with.size()) + " phones");
    }
    const bool answered = record.how == call::outcome::answered;
    if (!record.answered_by.empty() && !real.answered.contains(record.answered_by)) {
        blame(now, record.call, record.answered_by.text() + " never answered: " + words_of(record));
    }
    if (answered && record.answered_by.empty() && !(record.who == call::ended_by::auto_open || record.opened_door)) {
        blame(now, record.call, "answered by nobody: " + words_of(record));
    }
    if (record.talk_ms > 0 && record.answered_by.empty()) {
        blame(now, record.call, "somebody talked, but nobody answered: " + words_of(record));
    }
    if (plan_.calm()) {
        check_truth_to_the_letter(now, watched, real);
    }
}

void promises::check_truth_to_the_letter(instant now, const call_watch& watched, const truth& real) {
    const call::door_record& record = *watched.record;
    const auto expect = [&](bool holds, const std::string& words) {
        if (!holds) {
            blame(now, record.call, words + ": " + words_of(record));
        }
    };
    const bool answered = record.how == call::outcome::answered;
    const bool by_drain = record.who == call::ended_by::drain;
    if (!real.talked_with.empty()) {
        const auto leg = leg_of_channel(*real.talked_with.begin());
        const account_id& with = watched.dialled.at(leg->leg.value);
        expect(answered && record.answered_by == with, "the panel talked with " + with.text());
    }
    if (answered && !record.answered_by.empty()) {
        // The phone that answered may leave before the bridge is there; then nobody talked.
        expect(!real.talked_with.empty() || record.talk_ms == 0, "nobody talked");
    }
    if (record.who == call::ended_by::panel) {
        expect(real.visitor_left, "the visitor did not hang up");
    }
    if (record.who == call::ended_by::ring_limit || record.who == call::ended_by::nobody_left) {
        expect(real.talked_with.empty(), "missed");
    }
    if (record.who == call::ended_by::auto_open) {
        expect(real.heard_keys == record.opened_door, "the door");
    }
    // Up to 200 ms pass on the slow release before Asterisk does what was asked.
    if (real.visitor_left && real.visitor_left_at < record.ended_at - 500ms && !by_drain) {
        expect(record.who == call::ended_by::panel, "the visitor had hung up before");
    }
}

}  // namespace td::sim
