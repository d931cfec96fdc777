// The second half of a door call: somebody leaves, its deadlines, the lost line, and the end, where the promise is kept
// that everything that was made is ended and that there is exactly one record.

#include <algorithm>
#include <utility>

#include "call/door_call.hpp"

namespace td::call {
namespace {

push_end end_of(outcome how) {
    switch (how) {
        case outcome::answered: return push_end::answered_elsewhere;
        case outcome::missed:
        case outcome::blocked:
        case outcome::failed: return push_end::missed;
        case outcome::cancelled: return push_end::cancelled;
        case outcome::declined: return push_end::declined;
    }
    return push_end::missed;
}

/// What became of a leg that was still rung when its call ended.
leg_why why_of_ringing(ended_by who) {
    return who == ended_by::ring_limit ? leg_why::no_answer : leg_why::cancelled;
}

}  // namespace

// ---- somebody leaves

void door_call::on(instant now, const panel_left&, commands& out) {
    panel_is_gone(now, ended_by::panel, out);
}

void door_call::panel_is_gone(instant now, ended_by who, commands& out) {
    if (!panel_here_) {
        return;  // StasisEnd and a 404 tell the same
    }
    panel_here_ = false;
    switch (state_) {
        case state::looking_up:
        case state::ringing:
        case state::joining: end(now, outcome::cancelled, who, hangup_reason::normal, out); return;
        case state::talking: end(now, outcome::answered, who, hangup_reason::normal, out); return;
        case state::opening:
            end(now, opened_door_ ? outcome::answered : outcome::cancelled, who, hangup_reason::normal, out);
            return;
        case state::ending: end_if_clear(now, out); return;
        case state::ended: return;
    }
}

void door_call::on(instant now, const leg_ended& news, commands& out) {
    const leg_no leg = news.leg.leg;
    std::erase_if(forgotten_legs_, [&](const forgotten_leg& each) { return each.leg == leg; });
    leg_is_gone(now, leg, plan_.ended(now, leg, news.cause, news.sip), ended_by::account, out);
}

/// `who` ends the call if it was the leg that had the panel.
void door_call::leg_is_gone(instant now, leg_no leg, leg_why why, ended_by who, commands& out) {
    switch (state_) {
        case state::ringing:
            if (why == leg_why::declined && rules_->on_decline == decline_rule::end_call) {
                end(now, outcome::declined, ended_by::declined, hangup_reason::busy, out);
            } else if (plan_.exhausted()) {
                nobody_left_to_ring(now, out);
            }
            return;
        case state::joining:
            if (leg == winner_) {
                note("the resident was gone before the two could talk");
                end(now, outcome::failed, who, hangup_reason::congestion, out);
            }
            return;
        case state::talking:
            if (leg == winner_) {
                end(now, outcome::answered, who, hangup_reason::normal, out);
            }
            return;
        case state::ending: end_if_clear(now, out); return;
        case state::looking_up:
        case state::opening:
        case state::ended: return;  // such a call has no leg
    }
}

void door_call::nobody_left_to_ring(instant now, commands& out) {
    if (plan_.anybody(leg_why::declined)) {
        end(now, outcome::declined, ended_by::declined, hangup_reason::busy, out);
    } else if (plan_.everybody(leg_why::busy)) {
        end(now, outcome::missed, ended_by::everybody_busy, hangup_reason::busy, out);
    } else if (plan_.everybody(leg_why::refused)) {
        end(now, outcome::failed, ended_by::pbx, hangup_reason::congestion, out);
    } else if (plan_.everybody(leg_why::lost)) {
        end(now, outcome::missed, ended_by::lost, hangup_reason::no_answer, out);
    } else {
        end(now, outcome::missed, ended_by::nobody_left, hangup_reason::no_answer, out);
    }
}

// ---- time

void door_call::advance(instant now, commands& out) {
    // Only who rings may be answered while nobody hears it, and only who was answered may talk; the rest is certain.
    const bool unheard = state_ == state::ringing || state_ == state::joining;
    const duration patience = state_ == state::joining ? rules_->talk_limit : rules_->join_limit;
    if (held_.due(now, limit_, unheard ? line_lost_at_ : never, patience)) {
        switch (state_) {
            case state::looking_up:
                note("crm: no answer in time");
                no_word_of_crm(now, out);
                break;
            case state::ringing: end(now, outcome::missed, ended_by::ring_limit, hangup_reason::no_answer, out); break;
            case state::joining:
                note("asterisk did not join in time");
                end(now, outcome::failed, ended_by::pbx, hangup_reason::congestion, out);
                break;
            case state::talking: end(now, outcome::answered, ended_by::talk_limit, hangup_reason::normal, out); break;
            case state::opening:
                end(now, opened_door_ ? outcome::answered : outcome::failed,
                    opened_door_ ? ended_by::auto_open : ended_by::pbx, hangup_reason::normal, out);
                break;
            case state::ending:
                note("asterisk did not confirm the end");
                finish_now(now, out);
                break;
            case state::ended: break;
        }
    }
    if (again_at_ <= now) {
        insist(now, out);
    }
    if (drop_at_ <= now) {
        drop_at_ = never;
        drop_told_again(out);
    }
    if (state_ == state::ringing && !recalled_ && !held_.holds()) {
        ring_on(now, out);
    }
}

void door_call::ring_on(instant now, commands& out) {
    dial_due(now, out);
    if (push_at_ <= now) {
        push_ring(now, ring_pushed_ ? plan_.targets_still_asleep() : plan_.targets_of_all(), out);
    }
}

/// What had no effect is asked once more: a join, or, at the end, everything that still lives.
void door_call::insist(instant now, commands& out) {
    again_at_ = never;
    if (state_ == state::joining && somebody_is_gone_) {
        end(now, outcome::failed, ended_by::pbx, hangup_reason::congestion, out);
    } else if (state_ == state::joining) {
        join_tried_again_ = true;
        ask_to_join(out);
    } else if (state_ == state::ending) {
        drop_told_again(out);
        if (panel_here_ && given_back_) {
            // Only what was refused is repeated: a panel that did go on may be in another worker's hands by now.
            if (std::exchange(give_back_again_, false)) {
                out.push_back(give_back{call_, panel_channel_});
            }
        } else if (panel_here_) {
            out.push_back(drop_panel{call_, panel_channel_, hangup_reason::normal});
        }
        if (bridge_ == bridge_condition::removing) {
            out.push_back(remove_bridge{call_});
        }
        again_at_ = now + rules_->drop_again;
    }
}

void door_call::drop_told_again(commands& out) {
    for (const leg_no leg : plan_.living()) {
        if (plan_.dropped(leg)) {
            const bool lost = won_ && leg != winner_;
            out.push_back(drop_leg{{call_, leg}, lost ? hangup_reason::answered_elsewhere : hangup_reason::normal});
        }
    }
}

instant door_call::next_deadline() const {
    const bool rings = state_ == state::ringing;
    const bool may_wait = rings || state_ == state::joining;
    const instant next = std::min({may_wait ? held_.of(limit_) : limit_, again_at_, drop_at_});
    return rings && !recalled_ && !held_.holds() ? std::min({next, push_at_, plan_.next_due()}) : next;
}

// ---- the lost line

void door_call::on(instant now, const pbx_line_lost&, commands&) {
    line_lost_at_ = now;
    join_unheard_ = state_ == state::joining;
}

/// Everything that is without an answer is asked again, with its whole time: answer, join, bridge and hang-up may be
/// asked twice, and keys that open the door too.
void door_call::on(instant now, const memory_recalled&, commands& out) {
    recalled_ = true;
    held_.release();  // another process has its own patience
    if (panel_taken_) {
        out.push_back(panel_taken{panel_, call_});  // what was published of the panel ends with the process
    }
    if (bridge_ == bridge_condition::asked && (state_ == state::ringing || state_ == state::joining)) {
        out.push_back(make_bridge{call_});
    }
    switch (state_) {
        case state::looking_up:
            limit_ = now + rules_->lookup_limit;
            out.push_back(find_accounts{call_, panel_, flat_});
            return;
        case state::joining:
            limit_ = now + rules_->join_limit;
            again_at_ = never;
            join_unheard_ = false;
            ask_to_join(out);
            return;
        case state::opening:
            if (!opened_door_) {
                limit_ = now + length_of_keys(rules_->open_dtmf.size()) + rules_->keys_limit;
                out.push_back(answer_panel{call_, panel_channel_});
            }
            return;
        case state::ending:
            limit_ = now + rules_->end_limit;
            again_at_ = now;
            return;
        case state::ringing:  // its limit waits for the picture
        case state::talking:
        case state::ended: return;  // their deadlines go on as they were
    }
}

/// `news` holds this call's own channels. Only what lived before the line was lost can be gone by not being there: what
/// came later may be younger than the list.
void door_call::on(instant now, const pbx_seen& news, commands& out) {
    if (line_lost_at_ == never) {
        return;
    }
    const instant lost_at = std::exchange(line_lost_at_, never);
    const bool unsure = std::exchange(recalled_, false);
    if (unsure && state_ != state::ending) {
        drop_told_again(out);  // the order may have died with the process before it was sent
    }
    if (!news.bridges.empty() && (bridge_ == bridge_condition::none || bridge_ == bridge_condition::doubtful)) {
        bridge_ = bridge_condition::ready;  // made in moments that no memory holds, or only the reply was lost
    }
    const auto seen = [&](std::string_view name) {
        return std::find_if(news.channels.begin(), news.channels.end(),
                            [&](const pbx_seen::channel& c) { return c.name.text() == name; });
    };
    std::erase_if(forgotten_legs_, [&](const forgotten_leg& each) {
        return seen(channel_name({call_, each.leg})) == news.channels.end();  // it ended while nobody could hear
    });
    for (const pbx_seen::channel& c : news.channels) {
        const auto leg = leg_of_channel(c.name.text());
        if (leg && state_ == state::looking_up) {
            keep_forgotten(leg->leg, c.state);
        } else if (leg && !plan_.lives(leg->leg)) {
            drop_unknown_leg(now, leg->leg, out);
        }
    }
    const auto panel = seen(panel_channel_.text());
    learn_of_join(news);
    if (panel_here_ && panel == news.channels.end()) {
        // A call whose visitor is gone was cancelled, whatever became of its phones.
        for (const leg_no leg : plan_.living()) {
            if (seen(channel_name({call_, leg})) == news.channels.end() && plan_.dialled_at(leg) < lost_at) {
                static_cast<void>(plan_.lost(now, leg));
            }
        }
        panel_is_gone(now, ended_by::lost, out);
    }
    for (const leg_no leg : plan_.living()) {
        const auto found = seen(channel_name({call_, leg}));
        if (found == news.channels.end()) {
            if (plan_.dialled_at(leg) < lost_at) {
                leg_is_gone(now, leg, plan_.lost(now, leg), ended_by::lost, out);
            }
        } else if (found->state == pbx_seen::condition::up && !(won_ && leg == winner_)) {
            on(now, leg_answered{{call_, leg}}, out);
        } else if (found->state == pbx_seen::condition::ringing) {
            plan_.rang(now, leg);
        }
    }
    if (panel_here_ && unsure && given_back_ && state_ == state::ending) {
        give_back_again_ = true;  // it is still in Stasis: the dialplan never got it
        insist(now, out);
    }
    held_.release();
    if (std::exchange(join_unheard_, false) && state_ == state::joining) {
        join_anew(now, out);
    }
    if (unsure && state_ == state::ringing && panel->state == pbx_seen::condition::up) {
        note("somebody had answered, and was gone before anybody remembered who");
        end(now, outcome::failed, ended_by::lost, hangup_reason::normal, out);
    } else if (state_ == state::ringing) {
        advance(now, out);  // what waited for the picture is decided by it
    }
}

/// Whoever of the two is still there stands in the bridge: the join was done, and only its reply was lost. The panel
/// was answered before, unless it is seen waiting.
void door_call::learn_of_join(const pbx_seen& news) {
    if (state_ != state::joining) {
        return;
    }
    bool panel_waits = false;
    for (const pbx_seen::channel& c : news.channels) {
        joined_ = joined_ || c.joined;
        panel_waits = panel_waits || (c.name == panel_channel_ && c.state != pbx_seen::condition::up);
    }
    answered_panel_ = answered_panel_ || (joined_ && !panel_waits);
    talk_if_joined(answered_at_);
}

/// The replies were lost with the line. All of it may be asked twice.
void door_call::join_anew(instant now, commands& out) {
    limit_ = now + rules_->join_limit;
    again_at_ = never;
    join_tried_again_ = false;
    somebody_is_gone_ = false;
    ask_to_join(out);
}

void door_call::keep_forgotten(leg_no leg, pbx_seen::condition seen) {
    const auto known = std::find_if(forgotten_legs_.begin(), forgotten_legs_.end(),
                                    [&](const forgotten_leg& each) { return each.leg == leg; });
    if (known == forgotten_legs_.end()) {
        forgotten_legs_.push_back({leg, seen});
    } else {
        known->seen = std::max(known->seen, seen);  // an event and the picture tell in either order
    }
}

/// A process died between the dial and its journal, and the call looks its flat up once more: the same accounts get the
/// same numbers, and Asterisk, asked for a leg that is there, keeps it. One that was answered has the panel. The others
/// ring for nobody.
void door_call::take_forgotten_legs(instant now, commands& out) {
    for (const forgotten_leg& each : std::exchange(forgotten_legs_, {})) {
        if (!plan_.lives(each.leg)) {
            drop_unknown_leg(now, each.leg, out);
            continue;
        }
        plan_.rang(now, each.leg);  // it is there, whatever becomes of the second request for it
        if (each.seen == pbx_seen::condition::up) {
            on(now, leg_answered{{call_, each.leg}}, out);
        }
    }
}

/// Nobody can be rung then. But somebody whom a process that died had rung, and who has answered, gets the panel: only
/// whose phone it is stays unknown.
void door_call::no_word_of_crm(instant now, commands& out) {
    const auto up = std::find_if(forgotten_legs_.begin(), forgotten_legs_.end(),
                                 [](const forgotten_leg& each) { return each.seen == pbx_seen::condition::up; });
    if (up == forgotten_legs_.end()) {
        end(now, outcome::failed, ended_by::crm, hangup_reason::congestion, out);
        return;
    }
    const leg_no answered = up->leg;
    for (const forgotten_leg& each : std::exchange(forgotten_legs_, {})) {
        plan_.take_in(instant{}, each.leg);  // older than any loss of the line
    }
    note("somebody had answered before anybody remembered who");
    win(now, answered, out);
}

// ---- the end

void door_call::end(instant now, outcome how, ended_by who, hangup_reason to_panel, commands& out) {
    how_ = how;
    who_ = who;
    over_at_ = now;
    state_ = state::ending;
    limit_ = now + rules_->end_limit;
    again_at_ = now + rules_->drop_again;
    if (panel_here_ && !panel_told_) {
        panel_told_ = true;
        out.push_back(drop_panel{call_, panel_channel_, to_panel});
    }
    if (won_ && plan_.drop(now, winner_, leg_why::answered)) {
        out.push_back(drop_leg{{call_, winner_}, hangup_reason::normal});
    }
    drop_everybody(now, hangup_reason::normal, why_of_ringing(who), out);
    take_forgotten_legs(now, out);
    push_end_of_ring(end_of(how), out);
    end_if_clear(now, out);
}

void door_call::drop_everybody(instant now, hangup_reason reason, leg_why why, commands& out) {
    // A phone that was dialled in vain until nobody answered was never reached; in the other ends it may have been
    // about to.
    plan_.close(now, why, why == leg_why::no_answer ? leg_why::unreachable : why);
    for (const leg_no leg : plan_.living()) {
        if (won_ && leg == winner_) {
            continue;
        }
        if (plan_.drop(now, leg, why)) {
            out.push_back(drop_leg{{call_, leg}, reason});
        }
    }
}

/// The bridge goes last: removed at the moment of a hang-up, it can overwrite the cause that the phone is told.
void door_call::end_if_clear(instant now, commands& out) {
    if (state_ != state::ending || panel_here_ || plan_.living_count() > 0) {
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
        case bridge_condition::gone: finish_now(now, out); return;
    }
}

void door_call::finish_now(instant now, commands& out) {
    state_ = state::ended;
    limit_ = never;
    again_at_ = never;
    push_at_ = never;
    drop_at_ = never;
    if (panel_taken_) {
        out.push_back(panel_freed{panel_, call_});
    }
    out.push_back(finish{make_record(now)});
}

door_record door_call::make_record(instant now) const {
    door_record record;
    record.call = call_;
    record.panel = panel_;
    record.flat = flat_;
    record.started_at = started_at_;
    record.ended_at = over_at_ == never ? now : over_at_;
    record.how = how_;
    record.answered_by = joined_at_ == never && how_ != outcome::answered ? account_id{} : answered_by_;
    record.ring_ms = milliseconds_between(started_at_, answered_at_ == never ? record.ended_at : answered_at_);
    record.talk_ms = joined_at_ == never ? 0 : milliseconds_between(joined_at_, record.ended_at);
    record.who = who_;
    record.opened_door = opened_door_;
    record.legs = plan_.records(started_at_);
    record.pushes = pushes_;
    record.source = source_;
    record.crm_ms = crm_ms_;
    record.note = note_;
    return record;
}

void door_call::note(std::string_view words) {
    if (!words.empty()) {
        note_.append(note_.empty() ? "" : "; ").append(words);
    }
}

}  // namespace td::call
