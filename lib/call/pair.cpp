#include "call/pair.hpp"

#include <algorithm>
#include <utility>

namespace td::call {
namespace {

constexpr int gone = 404;
constexpr int in_other_hands = 409;  // of give_back: not in Stasis any more

/// Q.850 and SIP say the same in two tongues; the SIP status is there on newer Asterisks only.
leg_why why_of(int cause, int sip, bool rang) {
    constexpr int user_busy = 17;
    constexpr int no_answer = 19;
    constexpr int rejected = 21;
    constexpr int sip_busy = 486;
    constexpr int sip_busy_everywhere = 600;
    constexpr int sip_declined = 603;
    if (cause == user_busy || sip == sip_busy || sip == sip_busy_everywhere) {
        return leg_why::busy;
    }
    if (cause == rejected || sip == sip_declined) {
        return leg_why::declined;
    }
    return rang && (cause == no_answer || cause == 0) ? leg_why::no_answer : leg_why::unreachable;
}

}  // namespace

// ---- what the owner wants

leg_no pair::call_out(instant now, call::call_out wish, commands& out) {
    const leg_no which{static_cast<std::uint8_t>(legs_.size())};
    legs_.emplace_back();
    callee_ = which;
    joined_ = false;
    dialled_ = false;
    rang_at_ = never;
    dialled_at_ = now;
    wish.leg = {call_, which};
    out.push_back(std::move(wish));
    return which;
}

void pair::drop_callee(instant, commands& out) {
    if (callee_) {
        drop(*callee_, out);
        callee_.reset();
    }
}

void pair::end(instant now, outcome how, ended_by who, hangup_reason to_caller, commands& out) {
    if (over()) {
        return;  // it ends already
    }
    if (caller_here_ && !caller_told_) {
        caller_told_ = true;
        out.push_back(drop_panel{call_, caller_, to_caller});
    }
    begin_end(now, how, who, out);
}

void pair::end_giving_back(instant now, outcome how, ended_by who, commands& out) {
    if (over()) {
        return;  // as above
    }
    if (caller_here_ && !caller_told_) {
        caller_told_ = true;
        given_back_ = true;
        out.push_back(give_back{call_, caller_});
    }
    begin_end(now, how, who, out);
}

void pair::begin_end(instant now, outcome how, ended_by who, commands& out) {
    how_ = how;
    who_ = who;
    over_at_ = now;
    phase_ = phase::ending;
    limit_ = now + rules_->end_limit;
    join_again_at_ = never;
    again_at_ = now + rules_->drop_again;
    for (std::size_t i = 0; i < legs_.size(); ++i) {
        if (!legs_[i].dropped) {
            drop(leg_no{static_cast<std::uint8_t>(i)}, out);
        }
    }
    end_if_clear(now, out);
}

void pair::drop(leg_no which, commands& out) {
    if (legs_[which.value].lives) {
        legs_[which.value].dropped = true;
        out.push_back(drop_leg{{call_, which}, hangup_reason::normal});
    }
}

std::size_t pair::living_legs() const {
    return static_cast<std::size_t>(std::count_if(legs_.begin(), legs_.end(), [](const leg& l) { return l.lives; }));
}

// ---- the callee

void pair::on(instant now, const leg_ringing& news, commands& out) {
    if (news.leg.leg.value >= legs_.size()) {
        out.push_back(drop_leg{news.leg, hangup_reason::normal});  // of another life of this call
    } else if (!legs_[news.leg.leg.value].lives) {
        legs_[news.leg.leg.value].lives = true;  // given up, and there after all: it must not ring on
        drop(news.leg.leg, out);
    } else if (is_callee(news.leg.leg) && rang_at_ == never) {
        rang_at_ = now;
    }
}

void pair::on(instant now, const leg_answered& news, commands& out) {
    const leg_no which = news.leg.leg;
    if (which.value >= legs_.size()) {
        out.push_back(drop_leg{news.leg, hangup_reason::normal});  // as above
    } else if (phase_ == phase::waiting && is_callee(which)) {
        answered_at_ = now;
        phase_ = phase::joining;
        limit_ = now + rules_->join_limit;
        ask_to_join(out);
        talk_if_joined(now);
    } else if (!is_callee(which) || over()) {
        legs_[which.value].lives = true;  // given up, and there after all
        drop(which, out);
    }
    // Else it is told twice: by the event, and by what was seen after a lost line.
}

/// While the callee rings it stands in the bridge with the caller already, so that the caller hears what its network
/// says. All of it may be asked twice: Asterisk answers an answered channel and joins a joined one with success.
void pair::join(commands& out) {
    if (bridge_ == bridge_condition::none || bridge_ == bridge_condition::doubtful) {
        bridge_ = bridge_condition::asked;
        out.push_back(make_bridge{call_});
    }
    out.push_back(call::join{{call_, *callee_}, caller_});
}

void pair::ask_to_join(commands& out) {
    if (!joined_) {
        join(out);
    }
    if (!caller_answered_) {
        out.push_back(answer_panel{call_, caller_});
    }
}

void pair::talk_if_joined(instant now) {
    if (phase_ == phase::joining && joined_ && caller_answered_) {
        phase_ = phase::talking;
        joined_at_ = now;
        limit_ = now + rules_->longest_call;
        join_again_at_ = never;
    }
}

void pair::on(instant now, const pbx_did& news, commands& out) {
    switch (news.what) {
        case act::dial:
            if (phase_ == phase::waiting && is_callee(news.leg)) {
                dialled_ = true;
                join(out);
            }
            return;
        case act::bridge:
            if (bridge_ == bridge_condition::asked) {
                bridge_ = bridge_condition::ready;
            }
            return;
        case act::join:
            if (bridge_ == bridge_condition::doubtful) {
                bridge_ = bridge_condition::ready;  // only the reply was lost: the two are in it
            }
            joined_ = joined_ || is_callee(news.leg);
            talk_if_joined(now);
            return;
        case act::answer:
            caller_answered_ = true;
            talk_if_joined(now);
            return;
        case act::remove_bridge:
            bridge_ = bridge_condition::gone;
            end_if_clear(now, out);
            return;
        case act::sound:
        case act::send_keys:
        case act::drop_leg:
        case act::drop_panel:
        case act::give_back: return;  // what came of them is an event of its own
    }
}

void pair::on(instant now, const pbx_refused& news, commands& out) {
    switch (news.what) {
        case act::dial:
            if (is_callee(news.leg) && !over() && (rings() || phase_ != phase::waiting)) {
                return;  // only the reply was lost: the leg itself has told that it is there
            }
            if (news.leg.value < legs_.size() && legs_[news.leg.value].lives) {
                drop(news.leg, out);  // the request may have had its effect all the same
                if (is_callee(news.leg) && phase_ == phase::waiting) {
                    callee_is_missed({news.leg, 0, 0, leg_why::refused});
                }
            }
            return;
        case act::bridge:
            if (bridge_ == bridge_condition::asked) {
                bridge_ = news.status == 0 ? bridge_condition::doubtful : bridge_condition::none;
            }
            join_failed(now, news, out);
            return;
        case act::join:
            // Without a bridge it is refused with 404 as well, and the bridge's own refusal has decided already.
            if (is_callee(news.leg) && bridge_ != bridge_condition::none) {
                join_failed(now, news, out);
            }
            return;
        case act::answer: join_failed(now, news, out); return;
        case act::drop_leg:
            if (news.status == gone && news.leg.value < legs_.size() && legs_[news.leg.value].lives) {
                leg_is_gone(now, news.leg, 0, 0, leg_why::lost, out);
            } else if (phase_ != phase::ending && phase_ != phase::ended) {
                again_at_ = std::min(again_at_, now + rules_->drop_again);
            }
            return;
        case act::drop_panel:
            if (news.status == gone) {
                on(now, panel_left{caller_}, out);
            }
            return;
        case act::give_back:
            if (news.status == gone || news.status == in_other_hands) {
                on(now, panel_left{caller_}, out);
            } else {
                give_back_again_ = true;
                again_at_ = std::min(again_at_, now + rules_->join_again);
            }
            return;
        case act::remove_bridge:
            if (news.status == gone && bridge_ == bridge_condition::removing) {
                bridge_ = bridge_condition::gone;
                end_if_clear(now, out);
            }
            return;
        case act::sound:
        case act::send_keys: return;  // a caller that hears no ringing is served all the same
    }
}

/// As in a door call: 400 and 404 say that somebody is gone, and the event that says who is a moment away; only the 404
/// of a join says that the bridge is not there. The rest may pass, and is asked once more. While the callee still rings
/// nothing is lost: its answer asks again. Whom Asterisk cannot join is given up, and the owner tries another way: the
/// caller must not be left alone.
void pair::join_failed(instant now, const pbx_refused& news, commands& out) {
    const bool no_bridge = news.what == act::join && news.status == gone;
    if (no_bridge && bridge_ == bridge_condition::asked) {
        return;  // the first join; the bridge is asked for again, and the next one stands behind it
    }
    bridge_ = no_bridge ? bridge_condition::none : bridge_;
    if (phase_ != phase::joining) {
        return;  // an early join, or one of three requests of which an earlier one has decided
    }
    somebody_is_gone_ = somebody_is_gone_ || (!no_bridge && (news.status == 400 || news.status == gone));
    note("asterisk refused to join: " + std::to_string(news.status));
    if (join_again_at_ == never && (somebody_is_gone_ || !join_tried_again_)) {
        join_again_at_ = now + rules_->join_again;
    } else if (join_again_at_ == never) {
        not_joined(out);
    }
}

void pair::not_joined(commands& out) {
    const leg_no which = *callee_;
    drop(which, out);
    callee_is_missed({which, 0, 0, leg_why::refused});
}

/// Answered or not, nobody has talked.
void pair::callee_is_missed(const miss& why) {
    callee_.reset();
    miss_ = why;
    phase_ = phase::waiting;
    limit_ = never;
    join_again_at_ = never;
    answered_at_ = never;
    join_tried_again_ = false;
    somebody_is_gone_ = false;
}

// ---- somebody leaves

void pair::on(instant now, const panel_left&, commands& out) {
    if (!caller_here_) {
        return;  // StasisEnd and a 404 tell the same
    }
    caller_here_ = false;
    switch (phase_) {
        case phase::waiting:
        case phase::joining: begin_end(now, outcome::cancelled, ended_by::panel, out); return;
        case phase::talking: begin_end(now, outcome::answered, ended_by::panel, out); return;
        case phase::ending: end_if_clear(now, out); return;
        case phase::ended: return;
    }
}

void pair::on(instant now, const leg_ended& news, commands& out) {
    const leg_no which = news.leg.leg;
    if (which.value < legs_.size() && legs_[which.value].lives) {
        const bool rang = is_callee(which) && rang_at_ != never;
        leg_is_gone(now, which, news.cause, news.sip, why_of(news.cause, news.sip, rang), out);
    }
}

void pair::leg_is_gone(instant now, leg_no which, int cause, int sip, leg_why why, commands& out) {
    legs_[which.value].lives = false;
    switch (phase_) {
        case phase::waiting:
        case phase::joining:
            if (is_callee(which)) {
                callee_is_missed({which, cause, sip, why});
            }
            return;
        case phase::talking:
            if (is_callee(which)) {
                end(now, outcome::answered, ended_by::callee, hangup_reason::normal, out);
            }
            return;
        case phase::ending: end_if_clear(now, out); return;
        case phase::ended: return;
    }
}

/// As in a door call: what is without an answer is asked again, with its whole time.
void pair::on(instant now, const memory_recalled&, commands& out) {
    recalled_ = true;
    if (bridge_ == bridge_condition::asked && !over()) {
        out.push_back(make_bridge{call_});
    }
    switch (phase_) {
        case phase::waiting:
            if (callee_ && !joined_ && bridge_ != bridge_condition::none) {
                join(out);
            }
            return;
        case phase::joining:
            limit_ = now + rules_->join_limit;
            join_again_at_ = never;
            ask_to_join(out);
            return;
        case phase::ending:
            limit_ = now + rules_->end_limit;
            again_at_ = now;
            return;
        case phase::talking:
        case phase::ended: return;
    }
}

/// `news` holds this call's own channels. Only what lived before the line was lost can be gone by not being there.
void pair::on(instant now, const pbx_seen& news, commands& out) {
    const instant lost_at = std::exchange(line_lost_at_, never);
    const bool unsure = std::exchange(recalled_, false);
    if (lost_at == never) {
        return;
    }
    if (!news.bridges.empty() && bridge_ == bridge_condition::none) {
        bridge_ = bridge_condition::ready;  // made in moments that no memory holds
    }
    const auto seen = [&](std::string_view name) {
        return std::find_if(news.channels.begin(), news.channels.end(),
                            [&](const pbx_seen::channel& c) { return c.name.text() == name; });
    };
    const bool caller_left = caller_here_ && seen(caller_.text()) == news.channels.end();
    for (std::size_t i = 0; i < legs_.size(); ++i) {
        const leg_ref one{call_, leg_no{static_cast<std::uint8_t>(i)}};
        const auto found = seen(channel_name(one));
        const bool older = !is_callee(one.leg) || dialled_at_ < lost_at;
        if (found == news.channels.end()) {
            if (legs_[i].lives && older) {
                leg_is_gone(now, one.leg, 0, 0, leg_why::lost, out);
            }
        } else if (!legs_[i].lives || !is_callee(one.leg)) {
            legs_[i].lives = true;
            drop(one.leg, out);
        } else if (caller_left) {
            continue;  // whoever answered meanwhile is not joined with nobody
        } else if (found->state == pbx_seen::condition::up) {
            on(now, leg_answered{one}, out);
        } else if (found->state == pbx_seen::condition::ringing) {
            on(now, leg_ringing{one}, out);
        }
    }
    if (caller_left) {
        on(now, panel_left{caller_}, out);
    } else if (unsure && given_back_ && phase_ == phase::ending) {
        give_back_again_ = true;  // it is still in Stasis: the dialplan never got it
        insist(now, out);
    }
}

// ---- time

void pair::advance(instant now, commands& out) {
    if (limit_ <= now) {
        switch (phase_) {
            case phase::waiting: limit_ = never; break;  // the owner has the deadlines of this phase
            case phase::joining:
                note("asterisk did not join in time");
                not_joined(out);
                break;
            case phase::talking: end(now, outcome::answered, ended_by::talk_limit, hangup_reason::normal, out); break;
            case phase::ending:
                note("asterisk did not confirm the end");
                finish(now);
                break;
            case phase::ended: break;
        }
    }
    if (join_again_at_ <= now) {
        join_again(now, out);
    }
    if (again_at_ <= now) {
        insist(now, out);
    }
}

void pair::join_again(instant, commands& out) {
    join_again_at_ = never;
    if (phase_ != phase::joining) {
        return;
    }
    if (somebody_is_gone_) {
        not_joined(out);
    } else {
        join_tried_again_ = true;
        ask_to_join(out);
    }
}

void pair::insist(instant now, commands& out) {
    again_at_ = never;
    for (std::size_t i = 0; i < legs_.size(); ++i) {
        if (legs_[i].dropped) {
            drop(leg_no{static_cast<std::uint8_t>(i)}, out);
        }
    }
    if (phase_ != phase::ending) {
        return;
    }
    if (caller_here_ && given_back_) {
        // Only what was refused is repeated: a leg that did go on may be in another worker's hands by now.
        if (std::exchange(give_back_again_, false)) {
            out.push_back(give_back{call_, caller_});
        }
    } else if (caller_here_) {
        out.push_back(drop_panel{call_, caller_, hangup_reason::normal});
    }
    if (bridge_ == bridge_condition::removing) {
        out.push_back(remove_bridge{call_});
    }
    again_at_ = now + rules_->drop_again;
}

/// The bridge goes last: removed at the moment of a hang-up, it can overwrite the cause that the other side is told.
void pair::end_if_clear(instant now, commands& out) {
    if (phase_ != phase::ending || caller_here_ || living_legs() > 0) {
        return;
    }
    switch (bridge_) {
        case bridge_condition::asked:
        case bridge_condition::doubtful:
        case bridge_condition::ready:
            bridge_ = bridge_condition::removing;
            out.push_back(remove_bridge{call_});
            return;
        case bridge_condition::removing: return;
        case bridge_condition::none:
        case bridge_condition::gone: finish(now); return;
    }
}

void pair::finish(instant) {
    phase_ = phase::ended;
    limit_ = never;
    join_again_at_ = never;
    again_at_ = never;
}

void pair::note(std::string_view words) {
    if (!words.empty()) {
        note_.append(note_.empty() ? "" : "; ").append(words);
    }
}

}  // namespace td::call
