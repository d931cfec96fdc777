#include "call/door_call.hpp"

#include <algorithm>
#include <utility>

namespace td::call {
namespace {

bool was_asked(const std::vector<device_id>& asked, const device_id& device) {
    return asked.empty() || std::find(asked.begin(), asked.end(), device) != asked.end();
}

}  // namespace

door_call::door_call(const panel_arrived& arrival, std::shared_ptr<const door_rules> rules)
    : rules_(std::move(rules)),
      call_(arrival.call),
      panel_channel_(arrival.channel),
      panel_(arrival.panel),
      flat_(arrival.flat),
      complaint_(arrival.complaint) {}

void door_call::start(instant now, commands& out) {
    started_at_ = now;
    if (panel_.empty() || flat_.empty()) {
        refuse(now, ended_by::bad_arguments, out);
        return;
    }
    if (rules_->early != early_sound::none) {
        out.push_back(sound{call_, panel_channel_, rules_->early});
    }
    out.push_back(find_accounts{call_, panel_, flat_});
    out.push_back(panel_taken{panel_, call_});
    panel_taken_ = true;
    limit_ = now + rules_->lookup_limit;
}

void door_call::refuse(instant now, ended_by who, commands& out) {
    started_at_ = now;
    note(complaint_);
    if (who == ended_by::drain) {
        panel_told_ = true;
        given_back_ = true;
        out.push_back(give_back{call_, panel_channel_});
    }
    end(now, outcome::failed, who, who == ended_by::full ? hangup_reason::busy : hangup_reason::unallocated, out);
}

void door_call::stop(instant now, ended_by who, commands& out) {
    if (state_ == state::ending || state_ == state::ended) {
        return;
    }
    if (state_ == state::talking) {
        end(now, outcome::answered, who, hangup_reason::normal, out);
    } else if (who == ended_by::callback) {
        end(now, outcome::cancelled, who, hangup_reason::normal, out);  // nothing has failed: the panel is needed
    } else {
        end(now, outcome::failed, who, hangup_reason::congestion, out);
    }
}

// ---- before anybody answers

void door_call::on(instant now, const accounts_found& news, commands& out) {
    if (state_ != state::looking_up) {
        return;  // the panel left, or the limit of the look-up came first
    }
    source_ = news.source;
    crm_ms_ = news.took_ms;
    if (news.flat.blocked) {
        end(now, outcome::blocked, ended_by::blocked, hangup_reason::busy, out);
    } else if (news.flat.auto_open) {
        open_door(now, out);
    } else if (news.flat.accounts.empty()) {
        end(now, outcome::missed, ended_by::no_accounts, hangup_reason::no_answer, out);
    } else {
        plan_.begin(now, news.flat, *rules_);
        ring(now, out);
    }
}

void door_call::on(instant now, const flat_unknown& news, commands& out) {
    if (state_ != state::looking_up) {
        return;  // as above
    }
    source_ = news.source;
    crm_ms_ = news.took_ms;
    end(now, outcome::failed, ended_by::unknown_flat, hangup_reason::unallocated, out);
}

void door_call::on(instant now, const crm_failed& news, commands& out) {
    if (state_ != state::looking_up) {
        return;  // as above
    }
    crm_ms_ = news.took_ms;
    note("crm: " + news.reason);
    no_word_of_crm(now, out);
}

void door_call::on(instant now, const panel_described& news, commands& out) {
    title_ = news.title;
    described_ = true;
    first_push_if_ready(now, out);
}

void door_call::ring(instant now, commands& out) {
    state_ = state::ringing;
    ring_until_ = now + rules_->ring_limit;
    limit_ = ring_until_;
    push_at_ = rules_->push_wanted ? now + rules_->title_wait : never;
    dial_due(now, out);
    take_forgotten_legs(now, out);
    first_push_if_ready(now, out);
}

void door_call::dial_due(instant now, commands& out) {
    while (const auto next = plan_.take_due(now)) {
        if (next->instead_of) {
            out.push_back(drop_leg{{call_, *next->instead_of}, hangup_reason::normal});
        }
        out.push_back(dial{{call_, next->leg}, next->account, panel_, ring_until_ - now});
    }
}

/// The legs never wait for the panel's name; the first push does, up to `title_wait`.
void door_call::first_push_if_ready(instant now, commands& out) {
    if (state_ == state::ringing && described_ && !ring_pushed_ && push_at_ != never) {
        push_ring(now, plan_.targets_of_all(), out);
    }
}

void door_call::push_ring(instant now, std::vector<push::target> targets, commands& out) {
    push_at_ = now + rules_->push_repeat;
    if (targets.empty()) {
        return;
    }
    for (const push::target& t : targets) {
        if (!ring_pushed_) {
            pushes_.push_back({t.device, false, "no_reply"});
        }
    }
    ring_pushed_ = true;
    out.push_back(push{call_, push_kind::ring, push_end::none, panel_, flat_,
                       title_.empty() ? "Panel " + panel_.text() : title_, ring_until_, std::move(targets)});
}

void door_call::push_end_of_ring(call::push_end why, commands& out) {
    push_at_ = never;
    if (!ring_pushed_) {
        return;
    }
    ring_pushed_ = false;
    auto targets = plan_.targets_to_end(answered_by_);
    if (!targets.empty()) {
        out.push_back(push{call_, push_kind::ended, why, panel_, flat_,
                           title_.empty() ? "Panel " + panel_.text() : title_, ring_until_, std::move(targets)});
    }
}

void door_call::on(instant, const push_answered& news, commands&) {
    if (news.kind != push_kind::ring) {
        return;
    }
    for (push_record& p : pushes_) {
        if (!was_asked(news.asked, p.device)) {
            continue;  // a repeat leaves out those that ring, and says nothing of them
        }
        const auto no = std::find_if(news.rejected.begin(), news.rejected.end(),
                                     [&](const push_answered::rejection& r) { return r.device == p.device; });
        if (no == news.rejected.end()) {
            p.accepted = true;  // also where an earlier push failed: the phone was reached after all
            p.reason.clear();
            continue;
        }
        plan_.reject(p.device);  // a broken token does not heal within a call
        if (!p.accepted) {
            p.reason = no->reason;
        }
    }
}

void door_call::on(instant, const push_failed& news, commands&) {
    if (news.kind != push_kind::ring) {
        return;
    }
    for (push_record& p : pushes_) {
        if (!p.accepted && p.reason == "no_reply" && was_asked(news.asked, p.device)) {
            p.reason = news.reason;
        }
    }
}

void door_call::on(instant now, const account_registered& news, commands& out) {
    if (state_ != state::ringing) {
        return;  // nobody is to be woken any more
    }
    plan_.registered(now, news.account);
    if (!recalled_ && !held_.holds()) {
        dial_due(now, out);
    }
}

void door_call::on(instant now, const leg_ringing& news, commands& out) {
    if (state_ == state::looking_up) {
        keep_forgotten(news.leg.leg, pbx_seen::condition::ringing);
        return;
    }
    if (!plan_.lives(news.leg.leg)) {
        drop_unknown_leg(now, news.leg.leg, out);
        return;
    }
    plan_.rang(now, news.leg.leg);
    if (state_ == state::ringing && bridge_ == bridge_condition::none) {
        bridge_ = bridge_condition::asked;  // made while everybody waits, so that an answer needs one request less
        out.push_back(make_bridge{call_});
    }
}

/// A leg that was given up (its request was never answered) exists after all. Hanging up one that is gone costs a 404.
/// The call answers for it again, so that a hang-up that is refused is repeated.
void door_call::drop_unknown_leg(instant now, leg_no leg, commands& out) {
    plan_.found_again(now, leg);
    out.push_back(drop_leg{{call_, leg}, hangup_reason::normal});
}

// ---- the answer

void door_call::on(instant now, const leg_answered& news, commands& out) {
    const leg_no leg = news.leg.leg;
    if (state_ == state::looking_up) {
        keep_forgotten(leg, pbx_seen::condition::up);
    } else if (!plan_.lives(leg)) {
        drop_unknown_leg(now, leg, out);
    } else if (state_ == state::ringing && !plan_.dropped(leg)) {
        win(now, leg, out);
    } else if (won_ && leg == winner_) {
        return;  // told twice: once by the event and once by what was seen after a lost line
    } else if (plan_.drop(now, leg, leg_why::answered_elsewhere)) {
        out.push_back(drop_leg{news.leg, hangup_reason::answered_elsewhere});  // a dead heat: the first keeps the panel
    }
    // Else it was told to hang up before it answered: Asterisk sends the StasisStart all the same, and the end follows.
}

void door_call::win(instant now, leg_no leg, commands& out) {
    winner_ = leg;
    won_ = true;
    answered_at_ = now;
    answered_by_ = plan_.account_of(leg);
    plan_.won(now, leg);
    state_ = state::joining;
    limit_ = now + rules_->join_limit;
    held_.release();
    ask_to_join(out);
    drop_everybody(now, hangup_reason::answered_elsewhere, leg_why::answered_elsewhere, out);
    push_end_of_ring(push_end::answered_elsewhere, out);
}

/// All of it may be asked twice: Asterisk answers an answered channel and joins a joined one with success.
void door_call::ask_to_join(commands& out) {
    if (bridge_ == bridge_condition::none || bridge_ == bridge_condition::doubtful) {
        bridge_ = bridge_condition::asked;
        out.push_back(make_bridge{call_});
    }
    out.push_back(answer_panel{call_, panel_channel_});
    out.push_back(join{{call_, winner_}, panel_channel_});
}

void door_call::talk_if_joined(instant since) {
    if (!joined_ || !answered_panel_) {
        return;
    }
    if (state_ == state::joining) {
        state_ = state::talking;
        joined_at_ = since;
        limit_ = since + rules_->talk_limit;
        again_at_ = never;
    } else if (state_ == state::ending && won_ && joined_at_ == never) {
        // Whoever left was heard of before the replies: a process that stood still hears everything at once.
        joined_at_ = answered_at_;
        how_ = outcome::answered;
    }
}

void door_call::on(instant now, const pbx_did& news, commands& out) {
    switch (news.what) {
        case act::bridge:
            if (bridge_ == bridge_condition::asked) {
                bridge_ = bridge_condition::ready;
            }
            return;
        case act::answer:
            answered_panel_ = true;
            if (state_ == state::opening) {
                out.push_back(send_keys{call_, panel_channel_, rules_->open_dtmf});
            }
            talk_if_joined(now);
            return;
        case act::join:
            joined_ = joined_ || news.leg == winner_;
            if (bridge_ == bridge_condition::doubtful) {
                bridge_ = bridge_condition::ready;  // only the reply was lost: the two are in it
            }
            talk_if_joined(now);
            return;
        case act::send_keys:
            if (state_ == state::opening) {
                opened_door_ = true;
                limit_ = std::min(limit_, now + length_of_keys(rules_->open_dtmf.size()) + rules_->keys_play);
            }
            return;
        case act::remove_bridge:
            bridge_ = bridge_condition::gone;
            end_if_clear(now, out);
            return;
        case act::sound:
        case act::dial:
        case act::drop_leg:
        case act::drop_panel:
        case act::give_back: return;  // what came of them is an event of its own
    }
}

void door_call::on(instant now, const pbx_refused& news, commands& out) {
    constexpr int gone = 404;
    constexpr int in_other_hands = 409;  // not in Stasis any more
    switch (news.what) {
        case act::dial:
            if (plan_.refused(now, news.leg, news.status)) {
                out.push_back(drop_leg{{call_, news.leg}, hangup_reason::normal});
            }
            if (state_ == state::ringing && plan_.exhausted()) {
                nobody_left_to_ring(now, out);
            }
            end_if_clear(now, out);
            return;
        case act::bridge:
            if (bridge_ == bridge_condition::asked) {
                bridge_ = news.status == 0 ? bridge_condition::doubtful : bridge_condition::none;
            }
            join_failed(now, news, out);
            return;
        case act::answer:
        case act::join:
        case act::send_keys:
            if (state_ == state::opening) {
                opening_failed(now, news, out);
            } else {
                join_failed(now, news, out);
            }
            return;
        case act::drop_leg:
            if (news.status == gone && plan_.lives(news.leg)) {
                // Its end was told while we could not hear, or never will be.
                leg_is_gone(now, news.leg, plan_.ended(now, news.leg, 0, 0), ended_by::account, out);
            } else if (state_ != state::ending && plan_.dropped(news.leg)) {
                drop_at_ = std::min(drop_at_, now + rules_->drop_again);  // else its phone rings on while another talks
            }
            return;
        case act::drop_panel:
            if (news.status == gone) {
                on(now, panel_left{panel_channel_}, out);
            }
            return;
        case act::give_back:
            if (news.status == gone || news.status == in_other_hands) {
                on(now, panel_left{panel_channel_}, out);  // not ours to hang up
            } else {
                give_back_again_ = true;  // else it waits in Stasis for ever
                again_at_ = std::min(again_at_, now + rules_->join_again);
            }
            return;
        case act::remove_bridge:
            if (news.status == gone && bridge_ == bridge_condition::removing) {
                bridge_ = bridge_condition::gone;
                end_if_clear(now, out);
            }
            return;
        case act::sound: return;  // a panel that hears no ringing is rung for all the same
    }
}

/// 400 and 404 say that somebody is gone: the event that says who is a moment away and decides how the call ended. Only
/// the 404 of a join says that the bridge is not there, because the request that should have made it was lost. The rest
/// may pass (409, 412 and 422 are races with Asterisk's own threads, 5xx and silence are load): once more, then it is
/// over.
void door_call::join_failed(instant now, const pbx_refused& news, commands& out) {
    if (state_ != state::joining || (news.what == act::join && news.leg != winner_)) {
        return;  // of the three requests an earlier one has decided
    }
    const bool no_bridge = news.what == act::join && news.status == 404;
    if (no_bridge && bridge_ == bridge_condition::asked) {
        return;  // the first join; the bridge is asked for again, and the next one stands behind it
    }
    bridge_ = no_bridge ? bridge_condition::none : bridge_;
    note("asterisk refused to join: " + std::to_string(news.status));
    if (line_lost_at_ != never) {
        join_unheard_ = true;  // they may talk by now: the picture tells, or asks again
        return;
    }
    somebody_is_gone_ = somebody_is_gone_ || (!no_bridge && (news.status == 400 || news.status == 404));
    if (again_at_ == never && (somebody_is_gone_ || !join_tried_again_)) {
        again_at_ = now + rules_->join_again;
    } else if (again_at_ == never) {
        end(now, outcome::failed, ended_by::pbx, hangup_reason::congestion, out);
    }
}

void door_call::on(instant, const key_pressed& news, commands&) {
    if (!won_ || news.leg.leg != winner_ || (state_ != state::talking && state_ != state::joining)) {
        return;  // a key of a phone that does not talk opens nothing
    }
    const std::string& wanted = rules_->open_dtmf;
    keys_.push_back(news.key);
    if (keys_.size() > wanted.size()) {
        keys_.erase(0, keys_.size() - wanted.size());
    }
    if (!wanted.empty() && keys_ == wanted) {
        opened_door_ = true;
    }
}

// ---- auto_open

void door_call::open_door(instant now, commands& out) {
    state_ = state::opening;
    answered_at_ = now;
    limit_ = now + length_of_keys(rules_->open_dtmf.size()) + rules_->keys_limit;
    out.push_back(answer_panel{call_, panel_channel_});
}

/// A visitor stands before the door: what has no reply is asked once more. Keys may be played twice.
void door_call::opening_failed(instant now, const pbx_refused& news, commands& out) {
    if (news.status == 0 && !std::exchange(join_tried_again_, true)) {
        limit_ = now + length_of_keys(rules_->open_dtmf.size()) + rules_->keys_limit;
        out.push_back(answer_panel{call_, panel_channel_});
        return;
    }
    note("asterisk refused to open the door");
    end(now, outcome::failed, ended_by::pbx, hangup_reason::congestion, out);
}

}  // namespace td::call
