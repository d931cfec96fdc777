#include "call/pair.hpp"

#include <algorithm>
#include <utility>

namespace td::call {
namespace {

constexpr int gone = 404;
constexpr int in_other_hands = 409;  // of give_back: not in Stasis any more

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

void pair::talk_if_joined(instant since) {
    if (!joined_ || !caller_answered_) {
        return;
    }
    if (phase_ == phase::joining) {
        phase_ = phase::talking;
        joined_at_ = since;
        limit_ = since + rules_->longest_call;
        join_again_at_ = never;
    } else if (phase_ == phase::ending && answered_at_ != never && joined_at_ == never) {
        joined_at_ = answered_at_;  // whoever left was heard of before the replies
        how_ = outcome::answered;
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
    note("asterisk refused to join: " + std::to_string(news.status));
    if (line_lost_at_ != never) {
        join_unheard_ = true;  // they may talk by now: the picture tells, or asks again
        return;
    }
    somebody_is_gone_ = somebody_is_gone_ || (!no_bridge && (news.status == 400 || news.status == gone));
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
    held_.release();
    join_again_at_ = never;
    answered_at_ = never;
    join_tried_again_ = false;
    somebody_is_gone_ = false;
}

}  // namespace td::call
