// The second half of a pair: somebody leaves, the lost line, its deadlines, and the end.

#include <algorithm>
#include <utility>

#include "call/pair.hpp"

namespace td::call {
namespace {

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
            held_.release();  // another process has its own patience
            join_unheard_ = false;
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
    if (!news.bridges.empty() && (bridge_ == bridge_condition::none || bridge_ == bridge_condition::doubtful)) {
        bridge_ = bridge_condition::ready;  // made in moments that no memory holds, or only the reply was lost
    }
    const auto seen = [&](std::string_view name) {
        return std::find_if(news.channels.begin(), news.channels.end(),
                            [&](const pbx_seen::channel& c) { return c.name.text() == name; });
    };
    learn_of_join(news);
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
    held_.release();
    if (caller_left) {
        on(now, panel_left{caller_}, out);
    } else if (std::exchange(join_unheard_, false) && phase_ == phase::joining) {
        join_anew(now, out);
    } else if (unsure && given_back_ && phase_ == phase::ending) {
        give_back_again_ = true;  // it is still in Stasis: the dialplan never got it
        insist(now, out);
    }
}

/// As in a door call. But who is called stands in the bridge before the caller is answered, so only a caller that is
/// seen up was.
void pair::learn_of_join(const pbx_seen& news) {
    if (phase_ != phase::joining) {
        return;
    }
    const bool only_one = legs_.size() == 1;  // else the caller may stand there since an earlier attempt
    for (const pbx_seen::channel& c : news.channels) {
        joined_ = joined_ || (c.joined && (only_one || c.name.text() == channel_name({call_, *callee_})));
        caller_answered_ = caller_answered_ || (c.name == caller_ && c.state == pbx_seen::condition::up);
    }
    talk_if_joined(answered_at_);
}

void pair::join_anew(instant now, commands& out) {
    limit_ = now + rules_->join_limit;
    join_again_at_ = never;
    join_tried_again_ = false;
    somebody_is_gone_ = false;
    ask_to_join(out);
}

// ---- time

void pair::advance(instant now, commands& out) {
    // Whoever was answered may talk while nobody hears it.
    if (held_.due(now, limit_, phase_ == phase::joining ? line_lost_at_ : never, rules_->longest_call)) {
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
