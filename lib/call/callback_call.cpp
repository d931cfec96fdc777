#include "call/callback_call.hpp"

#include <algorithm>
#include <utility>

namespace td::call {
namespace {

constexpr duration limit_margin = 2s;  // Asterisk gives up by itself; ours counts when Asterisk is silent
constexpr unsigned most_panel_tries = 3;

}  // namespace

callback_call::callback_call(const callback_arrived& arrival, std::shared_ptr<const sos_rules> rules)
    : rules_(std::move(rules)),
      call_(arrival.call),
      panel_(arrival.panel),
      number_(arrival.number),
      caller_(arrival.caller),
      urgency_(arrival.how),
      pair_(arrival.call, arrival.channel, rules_),
      complaint_(arrival.complaint) {}

void callback_call::start(instant now, commands& out) {
    started_at_ = now;
    pair_.note(complaint_);
    if (number_.empty()) {
        panel_ = {};
        if (!rules_->desk.empty()) {
            out.push_back(sound{call_, pair_.caller(), early_sound::ringing});
        }
        call_desk(now, out);
        look_after_pair(now, out);
        return;
    }
    out.push_back(sound{call_, pair_.caller(), early_sound::ringing});
    state_ = state::checking;
    limit_ = now + rules_->check_wait;
    out.push_back(check_number{call_, number_});
}

void callback_call::refuse(instant now, ended_by who, commands& out) {
    started_at_ = now;
    pair_.note(complaint_);
    pair_.end_giving_back(now, outcome::failed, who, out);
    look_after_pair(now, out);
}

// ---- whom it leads to

void callback_call::on(instant now, const number_checked& news, commands& out) {
    if (state_ != state::checking || pair_.over()) {
        return;  // the caller left, or the time was over
    }
    if (!panel_.empty() && news.panel != panel_) {
        pair_.note("routed to panel " + panel_.text() + ", the pool knows better");
    }
    panel_ = news.panel;
    panel_.empty() ? call_desk(now, out) : call_panel(now, out);
    look_after_pair(now, out);
}

void callback_call::on(instant now, const check_failed& news, commands& out) {
    if (state_ != state::checking || pair_.over()) {
        return;  // as above
    }
    pair_.note("pool: " + news.reason);
    panel_.empty() ? call_desk(now, out) : call_panel(now, out);
    look_after_pair(now, out);
}

void callback_call::call_panel(instant now, commands& out) {
    out.push_back(panel_taken{panel_, call_});
    panel_taken_ = true;
    if (urgency_ == urgency::psap_callback) {
        claim_ = panel_;
    }
    call_out(now, callee::panel, panel_.text(), out);
}

void callback_call::call_desk(instant now, commands& out) {
    if (rules_->desk.empty()) {
        pair_.end(now, outcome::blocked, ended_by::no_panel, hangup_reason::unallocated, out);
    } else {
        call_out(now, callee::desk, rules_->desk, out);
    }
}

void callback_call::call_out(instant now, callee whom, const std::string& target, commands& out) {
    state_ = state::calling;
    ++tries_;
    whom_ = whom;
    limit_ = now + rules_->answer_limit + limit_margin;
    held_.release();
    call::call_out wish;
    wish.whom = whom;
    wish.way = call_way::plain;
    wish.target = target;
    wish.caller = caller_;
    wish.panel = panel_;
    wish.how = urgency_;
    wish.limit = rules_->answer_limit;
    pair_.call_out(now, std::move(wish), out);
}

// ---- what becomes of the two

void callback_call::look_after_pair(instant now, commands& out) {
    if (const auto miss = pair_.take_miss(); miss && !pair_.over()) {
        missed(now, *miss, out);
    }
    if (!pair_.waiting()) {
        state_ = state::paired;
        limit_ = never;
    }
    if (pair_.ended() && !ended_) {
        close(out);
    }
}

/// The hang-up of the call that the panel was freed of and this one's INVITE take different ways, and reach the panel
/// in either order (seen on 16.28 and 22.10.1, some milliseconds apart).
bool callback_call::may_call_again(const pair::miss& why) const {
    return why.why == leg_why::busy && urgency_ == urgency::psap_callback && whom_ == callee::panel &&
           tries_ < most_panel_tries;
}

void callback_call::missed(instant now, const pair::miss& why, commands& out) {
    if (may_call_again(why)) {
        state_ = state::pausing;
        limit_ = now + rules_->try_again;
        return;
    }
    sip_ = why.sip;
    cause_ = why.cause;
    switch (why.why) {
        case leg_why::busy: pair_.end(now, outcome::missed, ended_by::everybody_busy, hangup_reason::busy, out); return;
        case leg_why::declined: pair_.end(now, outcome::declined, ended_by::declined, hangup_reason::busy, out); return;
        case leg_why::refused: pair_.end(now, outcome::failed, ended_by::pbx, hangup_reason::congestion, out); return;
        case leg_why::no_answer:
            pair_.end(now, outcome::missed, ended_by::ring_limit, hangup_reason::no_answer, out);
            return;
        case leg_why::none:
        case leg_why::answered:
        case leg_why::answered_elsewhere:
        case leg_why::cancelled:
        case leg_why::lost:
        case leg_why::unreachable:
            pair_.end(now, outcome::missed, ended_by::nobody_left, hangup_reason::no_answer, out);
            return;
    }
}

void callback_call::on(instant now, const memory_recalled& news, commands& out) {
    if (panel_taken_) {
        out.push_back(panel_taken{panel_, call_});
    }
    held_.release();  // another process has its own patience
    pair_.on(now, news, out);
    if (state_ == state::checking && !pair_.over()) {
        limit_ = now + rules_->check_wait;
        out.push_back(check_number{call_, number_});
    }
}

/// What is seen of a lost line decides what waited for it.
void callback_call::on(instant now, const pbx_seen& news, commands& out) {
    pass_on(now, news, out);
    held_.release();
    advance(now, out);
}

void callback_call::advance(instant now, commands& out) {
    // Only who is called may answer while nobody hears it; every other limit is certain.
    const instant lost_at = state_ == state::calling ? pair_.lost_at() : never;
    if (!pair_.over() && held_.due(now, limit_, lost_at, rules_->join_limit)) {
        switch (state_) {
            case state::checking: on(now, check_failed{call_, "no answer in time"}, out); break;
            case state::calling:
                pair_.drop_callee(now, out);
                missed(now, {{}, 0, 0, leg_why::no_answer}, out);
                break;
            case state::pausing:
                claim_ = panel_;
                call_out(now, callee::panel, panel_.text(), out);
                break;
            case state::paired: limit_ = never; break;
        }
    }
    pair_.advance(now, out);
    look_after_pair(now, out);
}

instant callback_call::next_deadline() const {
    const instant own = state_ == state::calling ? held_.of(limit_) : limit_;
    return std::min(pair_.over() ? never : own, pair_.next_deadline());
}

void callback_call::close(commands& out) {
    ended_ = true;
    if (panel_taken_) {
        out.push_back(panel_freed{panel_, call_});
    }
    callback_record record;
    record.call = call_;
    record.number = number_;
    record.panel = panel_;
    record.caller = caller_;
    record.priority = urgency_;
    record.started_at = started_at_;
    record.ended_at = pair_.over_at();
    record.how = pair_.how();
    record.who = pair_.who();
    record.whom = whom_;
    const instant rung_until = pair_.answered_at() == never ? pair_.over_at() : pair_.answered_at();
    record.ring_ms = milliseconds_between(started_at_, rung_until);
    record.talk_ms = pair_.joined_at() == never ? 0 : milliseconds_between(pair_.joined_at(), pair_.over_at());
    record.sip = sip_;
    record.cause = cause_;
    record.note = pair_.note();
    out.push_back(finish_callback{std::move(record)});
}

}  // namespace td::call
