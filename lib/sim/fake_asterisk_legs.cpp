// The life of a leg: INVITE, ringing, answer, Stasis, bridge, end, in the order in which Asterisk reports it.

#include <algorithm>

#include "sim/fake_asterisk.hpp"

namespace td::sim {
namespace {

/// PJSIP/77111@accounts -> PJSIP/accounts-0000001f; PJSIP/kamailio/sip:7@5001 -> PJSIP/kamailio-0000001f.
std::string channel_name_of(std::string_view endpoint, std::uint32_t number) {
    std::string_view peer = endpoint.substr(endpoint.find('/') + 1);
    const std::size_t slash = peer.find('/');
    const std::size_t at = peer.find('@');
    if (slash != std::string_view::npos) {
        peer = peer.substr(0, slash);
    } else if (at != std::string_view::npos) {
        peer = peer.substr(at + 1);
    }
    std::string digits(8, '0');
    for (std::size_t i = digits.size(); i-- > 0; number >>= 4U) {
        digits[i] = "0123456789abcdef"[number & 15U];
    }
    return std::string("PJSIP/").append(peer).append("-").append(digits);
}

std::string_view dial_status_of(int cause) {
    return cause == 17 ? "BUSY" : cause == 34 ? "CONGESTION" : cause == 20 || cause == 3 ? "CHANUNAVAIL" : "NOANSWER";
}

}  // namespace

std::string fake_asterisk::key_of(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

duration fake_asterisk::some(duration least, duration most) {
    const auto width = static_cast<std::uint64_t>((most - least).count());
    return least + duration{static_cast<duration::rep>(random_.below(width + 1))};
}

fake_asterisk::leg* fake_asterisk::find(const std::string& id) {
    const auto found = legs_.find(key_of(id));
    // Only 22 looks a channel up without regard to case.
    return found == legs_.end() || (is_16() && found->second.shown.id != id) ? nullptr : &found->second;
}

fake_asterisk::leg* fake_asterisk::alive(const std::string& id) {
    leg* l = find(id);
    return l == nullptr || l->gone ? nullptr : l;
}

fake_asterisk::leg& fake_asterisk::make_leg(std::string id, const std::string& endpoint, std::string app,
                                            std::vector<std::string> args) {
    if (id.empty()) {
        id = std::to_string(now_.time_since_epoch() / 1s) + "." + std::to_string(names_);
    }
    leg& made = legs_[key_of(id)];
    made = {};
    made.birth = ++counter_;
    made.endpoint = endpoint;
    made.app = std::move(app);
    made.args = std::move(args);
    made.shown.id = std::move(id);
    made.shown.name = channel_name_of(endpoint.empty() ? "PJSIP/panels" : endpoint, names_++);
    made.shown.exten = "s";
    made.shown.created = now_;
    return made;
}

void fake_asterisk::plan_at(instant at, job what) {
    due_.emplace(std::pair{at, ++counter_}, std::move(what));
}

void fake_asterisk::plan(const leg& l, duration after, step what, char key) {
    plan_at(now_ + after, leg_step{key_of(l.shown.id), l.birth, what, key});
}

void fake_asterisk::take_step(const leg_step& due) {
    const auto found = legs_.find(due.key);
    if (found == legs_.end() || found->second.birth != due.birth) {
        return;  // it ended before, and perhaps another has its name now
    }
    leg& l = found->second;
    if (l.gone && due.what != step::vanish) {
        return;
    }
    switch (due.what) {
        case step::invite: invite(l); return;
        case step::alert: alert(l); return;
        case step::act: act(l); return;
        case step::enter: enter_stasis(l); return;
        case step::time_out: time_out(l); return;
        case step::far_hang_up: phone_hangs_up(now_, l.shown.id); return;
        case step::press: phone_presses(now_, l.shown.id, due.key_pressed); return;
        case step::played: tell_news(sip_news::kind::heard_keys, l, l.playing); return;
        case step::vanish: vanish(due.key); return;
    }
}

std::string fake_asterisk::panel_calls(instant now, const panel_call& call) {
    advance(now);
    leg& l = make_leg({}, {}, call.app, call.args);
    l.shown.state = channel_state::ring;
    l.shown.caller = {call.panel, call.panel};
    l.shown.exten = call.flat;
    const std::string id = l.shown.id;
    if (active(call.app)) {
        enter_stasis(l);
        return id;
    }
    tell_news(sip_news::kind::turned_away, l);  // STASISSTATUS=FAILED, and this dialplan has nothing else
    legs_.erase(key_of(id));
    return id;
}

void fake_asterisk::panel_hangs_up(instant now, const std::string& channel) {
    advance(now);
    if (leg* l = alive(channel)) {
        tell(listener(*l), hangup_requested{l->shown, is_16() ? 16 : 0, 0, false});
        l->end_reported = true;
        begin_end(*l, 16, 0);
    }
}

void fake_asterisk::panel_presses(instant now, const std::string& channel, char key) {
    phone_presses(now, channel, key);
}

void fake_asterisk::put_phone(instant now, const std::string& endpoint, const phone& who) {
    advance(now);
    phones_[endpoint] = who;
    if (who.wakes_at) {
        plan_at(std::max(now_, *who.wakes_at), phone_due{endpoint});
    }
}

void fake_asterisk::wakes(instant now, const std::string& endpoint) {
    advance(now);
    const auto known = phones_.find(endpoint);
    if (known == phones_.end() || known->second.sleep == phone_sleep::awake) {
        return;
    }
    known->second.sleep = phone_sleep::awake;
    for (auto& [key, l] : legs_) {
        if (l.held && !l.gone && l.endpoint == endpoint) {
            l.held = false;
            l.far.sleep = phone_sleep::awake;
            plan(l, l.far.rings_after, l.far.habit == phone_habit::busy ? step::act : step::alert);
        }
    }
}

void fake_asterisk::invite(leg& l) {
    const auto known = phones_.find(l.endpoint);
    l.far = known == phones_.end() ? default_phone_ : known->second;
    l.dialling = true;
    tell_dial(l, "");
    tell_news(sip_news::kind::invited, l);
    switch (l.far.sleep) {
        case phone_sleep::refused_404:
        case phone_sleep::refused_480: plan(l, l.far.rings_after, step::act); return;
        case phone_sleep::held: l.held = true; return;
        case phone_sleep::awake: break;
    }
    switch (l.far.habit) {
        case phone_habit::busy: plan(l, l.far.rings_after, step::act); return;
        case phone_habit::answers:
        case phone_habit::declines:
        case phone_habit::progresses:
        case phone_habit::never_answers: plan(l, l.far.rings_after, step::alert); return;
        case phone_habit::silent:
        case phone_habit::no_contact: return;  // the time-out ends it
    }
}

void fake_asterisk::alert(leg& l) {
    if (l.shown.state != channel_state::down) {
        return;
    }
    if (l.far.habit == phone_habit::progresses) {
        tell_dial(l, "PROGRESS");  // the channel stays Down
        plan(l, l.far.acts_after, step::act);
        return;
    }
    const bool dial_first = random_.once_in(4);
    if (dial_first) {
        tell_dial(l, "RINGING");  // the two come from different threads
    }
    l.shown.state = channel_state::ringing;
    tell(listener(l), state_changed{l.shown});
    if (!dial_first) {
        tell_dial(l, "RINGING");
    }
    tell_news(sip_news::kind::phone_rings, l);
    if (l.far.habit == phone_habit::answers || l.far.habit == phone_habit::declines) {
        plan(l, l.far.acts_after, step::act);
    }
}

void fake_asterisk::act(leg& l) {
    if (l.shown.state == channel_state::up) {
        return;
    }
    if (l.far.sleep == phone_sleep::refused_404 || l.far.sleep == phone_sleep::refused_480) {
        refuse(l, l.far.sleep == phone_sleep::refused_404 ? 404 : 480);
    } else if (l.far.habit == phone_habit::answers || l.far.habit == phone_habit::progresses) {
        answered(l);
    } else {
        refuse(l, l.far.habit == phone_habit::busy ? 486 : 603);
    }
}

void fake_asterisk::phone_answers(instant now, const std::string& channel) {
    advance(now);
    leg* l = alive(channel);
    if (l != nullptr && l->dialling && l->shown.state != channel_state::up) {
        answered(*l);
    }
}

void fake_asterisk::phone_refuses(instant now, const std::string& channel, int sip_status) {
    advance(now);
    leg* l = alive(channel);
    if (l != nullptr && l->dialling && l->shown.state != channel_state::up) {
        refuse(*l, sip_status);
    }
}

void fake_asterisk::phone_hangs_up(instant now, const std::string& channel) {
    panel_hangs_up(now, channel);
}

void fake_asterisk::phone_presses(instant now, const std::string& channel, char key) {
    advance(now);
    const leg* l = alive(channel);
    if (l == nullptr || l->shown.state != channel_state::up) {
        return;
    }
    const auto in = bridges_.find(l->bridge);
    const bool past_us = traits_.native_rtp && in != bridges_.end() && !in->second.dtmf_events;
    if (!past_us) {
        tell(listener(*l), dtmf_received{l->shown, key, 100ms});
    }
}

void fake_asterisk::answered(leg& l) {
    l.shown.state = channel_state::up;
    tell(listener(l), state_changed{l.shown});
    tell_dial(l, "ANSWER");
    tell_news(sip_news::kind::phone_answered, l);
    if (!l.in_stasis) {
        plan(l, some(100us, 900us), step::enter);
    }
    for (const phone::press& press : l.far.presses) {
        plan(l, std::max<duration>(press.after, 2ms), step::press, press.key);
    }
    if (l.far.hangs_up_after > duration::zero()) {
        plan(l, std::max<duration>(l.far.hangs_up_after, 2ms), step::far_hang_up);
    }
}

void fake_asterisk::refuse(leg& l, int sip_status) {
    l.cause = cause_of_sip(sip_status);
    const int tech_cause = is_16() ? 0 : sip_status;
    tell(listener(l), hangup_requested{l.shown, l.cause, tech_cause, false});
    l.end_reported = true;
    begin_end(l, l.cause, tech_cause);
}

void fake_asterisk::enter_stasis(leg& l) {
    if (l.has_been_in_stasis) {
        return;
    }
    if (!active(l.app)) {
        begin_end(l, 16, 0);  // log: «Stasis app not active»; an answered callee is hung up at once
        return;
    }
    l.has_been_in_stasis = true;
    l.in_stasis = true;
    l.shown.app_name = "Stasis";
    l.shown.app_data = l.app;
    for (const std::string& arg : l.args) {
        l.shown.app_data.append(",").append(arg);
    }
    tell(listener(l), variable_set{l.shown, "STASISSTATUS", ""});
    tell(l.app, stasis_started{l.shown, l.args});
}

void fake_asterisk::leave_stasis(leg& l) {
    if (!l.in_stasis) {
        return;
    }
    tell(l.app, stasis_ended{l.shown});
    l.in_stasis = false;
    l.shown.app_name = l.subscriber.empty() ? "" : "AppDial2";
    l.shown.app_data = l.subscriber.empty() ? "" : "(Outgoing Line)";
    if (!l.subscriber.empty()) {
        tell(l.subscriber, variable_set{l.shown, "STASISSTATUS", "SUCCESS"});
    }
}

void fake_asterisk::time_out(leg& l) {
    if (l.shown.state == channel_state::up) {
        return;
    }
    // Only ChannelDestroyed tells of it: no ChannelHangupRequest, no Dial NOANSWER.
    l.end_reported = true;
    l.dialling = false;
    begin_end(l, is_16() ? 0 : 19, 0);
}

void fake_asterisk::begin_end(leg& l, int cause, int tech_cause) {
    l.gone = true;
    l.cause = cause;
    l.tech_cause = tech_cause;
    plan(l, some(200us, 1200us), step::vanish);
}

void fake_asterisk::vanish(const std::string& key) {
    leg& l = legs_.find(key)->second;
    if (l.shown.state == channel_state::up && !l.has_been_in_stasis && active(l.app)) {
        enter_stasis(l);  // a DELETE between the answer and Stasis: StasisStart still comes (30 of 30)
    }
    if (!l.end_reported) {
        tell(listener(l), hangup_requested{l.shown, 32, 0, true});
    }
    if (l.dialling && l.shown.state != channel_state::up) {
        tell_dial(l, dial_status_of(l.cause));
    }
    if (l.shown.state == channel_state::up) {
        tell_media_report(l);
    }
    leave_bridge(l);
    leave_stasis(l);
    if (!l.subscriber.empty()) {
        tell(l.subscriber, destroyed{l.shown, l.cause, l.tech_cause});
    }
    tell_news(l.endpoint.empty() ? sip_news::kind::panel_ended : sip_news::kind::phone_ended, l);
    legs_.erase(key);
}

void fake_asterisk::enter_bridge(leg& l, bridge& into) {
    if (l.bridge == into.shown.id) {
        return;
    }
    leave_bridge(l);
    l.bridge = into.shown.id;
    into.subscriber = l.app;
    into.shown.channels.push_back(l.shown.id);
    tell(listener(l), bridge_entered{l.shown, into.shown});
    if (into.shown.channels.size() != 2) {
        return;
    }
    leg& first = *find(into.shown.channels.front());
    tell_variables_of_pair(first, l);
    first.shown.connected = l.shown.caller;
    l.shown.connected = first.shown.caller;
    tell(listener(l), line_connected{l.shown});
    tell(listener(first), line_connected{first.shown});
    tell_news(sip_news::kind::talk_begun, first, l.shown.id);
}

void fake_asterisk::leave_bridge(leg& l) {
    const auto found = bridges_.find(l.bridge);
    if (found == bridges_.end()) {
        return;
    }
    bridge& from = found->second;
    l.bridge.clear();
    std::erase(from.shown.channels, l.shown.id);
    tell(listener(l), bridge_left{l.shown, from.shown});
    if (from.shown.channels.size() == 1) {
        tell_news(sip_news::kind::talk_ended, l, from.shown.channels.front());
    }
}

void fake_asterisk::restart(instant now) {
    advance(now);
    for (auto& [key, l] : legs_) {
        tell_news(l.endpoint.empty() ? sip_news::kind::panel_ended : sip_news::kind::phone_ended, l);
    }
    legs_.clear();
    bridges_.clear();
    applications_.clear();
    after_conflict_.clear();
    std::erase_if(due_, [](const auto& entry) { return !std::holds_alternative<phone_due>(entry.second); });
}

}  // namespace td::sim
