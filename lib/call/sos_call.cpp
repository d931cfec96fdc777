#include "call/sos_call.hpp"

#include <algorithm>
#include <utility>

namespace td::call {
namespace {

/// The notes answer within the act itself, so this is only against a role that breaks its word.
constexpr duration notes_wait = 50ms;
/// Asterisk gives up an attempt by itself; ours comes later, and counts when Asterisk is silent.
constexpr duration limit_margin = 2s;
/// Of a leg that was made by a process that died and that may never have been dialled: an INVITE that is out is heard
/// of within this time as a rule, and one that is not never is.
constexpr duration doubtful_silence = 2s;

}  // namespace

sos_call::sos_call(const sos_arrived& arrival, std::shared_ptr<const sos_rules> rules)
    : rules_(std::move(rules)),
      call_(arrival.call),
      panel_(arrival.panel),
      pair_(arrival.call, arrival.channel, rules_),
      complaint_(arrival.complaint) {}

/// A call whose panel is not told leaves as well: without a site, without a number that leads back.
void sos_call::start(instant now, commands& out) {
    started_at_ = now;
    pair_.note(complaint_);
    out.push_back(sound{call_, pair_.caller(), early_sound::ringing});
    if (panel_.empty()) {
        lacks(lack::site);
        lacks(lack::own_number);
        next_try(now, out);
        return;
    }
    state_ = state::finding;
    limit_ = now + rules_->site_wait;
    out.push_back(find_site{call_, panel_});
    out.push_back(panel_taken{panel_, call_});
    panel_taken_ = true;
}

void sos_call::refuse(instant now, ended_by who, commands& out) {
    started_at_ = now;
    pair_.note(complaint_);
    pair_.end_giving_back(now, outcome::failed, who, out);
    look_after_pair(now, out);
}

// ---- where the panel stands

void sos_call::on(instant now, const site_found& news, commands& out) {
    if (pair_.over() || state_ == state::paired) {
        return;  // it has left without it
    }
    take_site(now, news);
    if (state_ == state::finding && news.source != crm_source::stale) {
        lend(now, out);
    }
}

/// A word of the CRM that comes late is still told to the operator by the next attempt.
void sos_call::take_site(instant now, const site_found& news) {
    if (source_ == crm_source::none || news.source != crm_source::stale) {
        site_ = news.site;
        source_ = news.source;
        crm_ms_ = since_start(now);
    }
}

void sos_call::on(instant now, const site_missing& news, commands& out) {
    if (state_ != state::finding || pair_.over()) {
        return;  // as above
    }
    crm_ms_ = since_start(now);
    pair_.note("crm: " + news.reason);
    lend(now, out);
}

// ---- a number

void sos_call::lend(instant now, commands& out) {
    if (source_ == crm_source::none) {
        lacks(lack::site);
    } else if (source_ == crm_source::stale) {
        lacks(lack::fresh_site);
    }
    state_ = state::lending;
    limit_ = now + rules_->number_wait;
    out.push_back(lend_number{call_, panel_, site_});
}

void sos_call::ask_notes(instant now, commands& out) {
    asked_notes_ = true;
    limit_ = now + notes_wait;
    out.push_back(lend_from_notes{call_, panel_, site_});
}

void sos_call::on(instant now, const number_lent& news, commands& out) {
    if (state_ != state::lending || pair_.over()) {
        // The panel left meanwhile, or the role answered twice: a number that nobody uses goes back.
        if (news.token != token_) {
            out.push_back(return_number{call_, news.token, news.number, panel_, now});
        }
        return;
    }
    number_ = news.number;
    token_ = news.token;
    lent_ = news.how;
    routes_ = news.routes;
    number_ms_ = since_start(now);
    if (news.how == pool::lent_how::guard_spent) {
        lacks(lack::rested_number);
    }
    map(now, out);
}

void sos_call::on(instant now, const number_refused& news, commands& out) {
    if (state_ != state::lending || pair_.over()) {
        return;  // as above
    }
    pair_.note(news.text);
    if (routes_.first.empty()) {
        routes_ = news.routes;
    }
    if (asked_notes_ || news.reason == number_refused::why::dry) {
        go_without_number(now, out);
        return;
    }
    if (news.reason == number_refused::why::store) {
        lacks(lack::store);
    }
    ask_notes(now, out);
}

void sos_call::go_without_number(instant now, commands& out) {
    lacks(lack::own_number);
    number_ = routes_.shared_number;
    number_ms_ = since_start(now);
    next_try(now, out);
}

// ---- the way back

void sos_call::map(instant now, commands& out) {
    state_ = state::mapping;
    limit_ = now + rules_->map_wait;
    out.push_back(map_number{call_, token_, number_, panel_, site_});
}

void sos_call::on(instant now, const number_mapped&, commands& out) {
    if (state_ == state::mapping && !pair_.over()) {
        next_try(now, out);
    }
}

void sos_call::on(instant now, const map_failed& news, commands& out) {
    if (state_ != state::mapping || pair_.over()) {
        return;  // it has left without it
    }
    pair_.note("callback map: " + news.reason);
    lacks(lack::callback_map);
    next_try(now, out);
}

// ---- the attempts

/// The city's routes in turn, and at last the default one.
const std::string& sos_call::route_of(std::size_t attempt) const {
    const std::string& first = routes_.first.empty() ? rules_->default_route : routes_.first;
    const std::string& second = routes_.second.empty() ? first : routes_.second;
    const bool default_is_one = rules_->default_route == first || rules_->default_route == second;
    const std::size_t round = default_is_one ? 2 : 3;
    switch (attempt % round) {
        case 0: return first;
        case 1: return second;
        default: return rules_->default_route;
    }
}

void sos_call::next_try(instant now, commands& out) {
    if (routes_.first.empty()) {
        lacks(lack::route);
    }
    const std::string& route = route_of(tries_);
    const bool just_tried = std::any_of(attempts_.begin(), attempts_.end(), [&](const attempt_record& a) {
        return a.route == route && started_at_ + std::chrono::milliseconds{a.ended_ms} + rules_->try_again > now;
    });
    if (just_tried) {
        state_ = state::pausing;
        limit_ = now + rules_->try_again;
        return;
    }
    call_out(now, only_plain_ ? call_way::plain : call_way::early, out);
}

void sos_call::call_out(instant now, call_way way, commands& out) {
    if (tries_ > 0) {
        lacks(lack::first_try);
    }
    attempt_record& made = attempts_.emplace_back();
    made.route = route_of(tries_);
    made.way = way;
    made.dialled_ms = since_start(now);
    state_ = state::calling;
    limit_ = now + rules_->answer_limit + limit_margin;
    silence_ = now + rules_->silence_limit;
    held_.release();
    call::call_out wish;
    wish.whom = callee::operator_route;
    wish.way = way;
    wish.target = made.route;
    wish.caller = number_.text();
    wish.panel = panel_;
    wish.site = site_;
    wish.limit = rules_->answer_limit;
    pair_.call_out(now, std::move(wish), out);
    tell(now, out);
}

attempt_record* sos_call::open_attempt() {
    return attempts_.empty() || attempts_.back().ended_ms != not_reached ? nullptr : &attempts_.back();
}

void sos_call::try_is_over(instant now, const pair::miss& why, commands& out) {
    if (attempt_record* tried = open_attempt()) {
        tried->ended_ms = since_start(now);
        tried->cause = why.cause;
        tried->sip = why.sip;
        tried->why = why.why;
        const bool never_left = why.why == leg_why::refused && state_ == state::calling;
        if (never_left && tried->way == call_way::early && !only_plain_ && !pair_.full()) {
            only_plain_ = true;
            attempts_.pop_back();  // the route has not been asked at all
            call_out(now, call_way::plain, out);
            return;
        }
    }
    go_on_trying(now, out);
}

void sos_call::give_try_up(instant now, leg_why why, commands& out) {
    pair_.drop_callee(now, out);
    try_is_over(now, {{}, 0, 0, why}, out);
}

void sos_call::go_on_trying(instant now, commands& out) {
    ++tries_;
    if (tries_ < rules_->most_tries && !pair_.full()) {
        next_try(now, out);
        return;
    }
    lacks(lack::every_try);
    told_ = false;  // this is worth a word of its own
    tell(now, out);
    // The dialplan's own Dial() is the last chance of this call.
    pair_.end_giving_back(now, outcome::failed, ended_by::no_route, out);
}

// ---- what becomes of the two

void sos_call::look_after_pair(instant now, commands& out) {
    if (const auto missed = pair_.take_miss(); missed && !pair_.over()) {
        try_is_over(now, *missed, out);
    }
    if (attempt_record* tried = open_attempt(); tried != nullptr && state_ == state::calling) {
        if (pair_.rings() && tried->ringing_ms == not_reached) {
            tried->ringing_ms = since_start(pair_.rang_at());
            silence_ = never;
        }
        if (!pair_.waiting()) {
            state_ = state::paired;
            limit_ = never;
            silence_ = never;
        }
    } else if (pair_.over()) {
        state_ = state::paired;
        limit_ = never;
    }
    if (pair_.over()) {
        give_number_back(pair_.over_at(), out);
    }
    if (pair_.ended() && !ended_) {
        close(out);
    }
}

void sos_call::give_number_back(instant at, commands& out) {
    if (!returned_ && token_ != 0) {
        returned_ = true;
        out.push_back(return_number{call_, token_, number_, panel_, at});
    }
}

void sos_call::close(commands& out) {
    ended_ = true;
    if (panel_taken_) {
        out.push_back(panel_freed{panel_, call_});
    }
    if (attempt_record* last = open_attempt()) {
        last->ended_ms = since_start(pair_.over_at());
        last->why = pair_.joined_at() != never ? leg_why::answered : leg_why::cancelled;
    }
    sos_record record;
    record.call = call_;
    record.panel = panel_;
    record.started_at = started_at_;
    record.ended_at = pair_.over_at();
    record.how = pair_.how();
    record.who = pair_.who();
    record.ring_ms = since_start(pair_.answered_at() == never ? pair_.over_at() : pair_.answered_at());
    record.talk_ms = pair_.joined_at() == never ? 0 : milliseconds_between(pair_.joined_at(), pair_.over_at());
    record.number = number_;
    record.lent = lent_;
    record.lease = token_;
    record.site = site_;
    record.source = source_;
    record.crm_ms = crm_ms_;
    record.number_ms = number_ms_;
    record.attempts = attempts_;
    record.lacks = lacks_;
    record.note = pair_.note();
    out.push_back(finish_sos{std::move(record)});
}

/// Who was asked by a process that died is asked again, for as long as the first time. The panel gets the number that
/// it has: a lease is the panel's, not the process's.
void sos_call::on(instant now, const memory_recalled& news, commands& out) {
    if (panel_taken_) {
        out.push_back(panel_taken{panel_, call_});
    }
    if (silence_ != never) {
        silence_ = now + rules_->silence_limit;  // it may have rung while nobody listened: the picture tells
    }
    held_.release();  // another process has its own patience
    pair_.on(now, news, out);
    if (pair_.over()) {
        return;
    }
    switch (state_) {
        case state::finding:
            limit_ = now + rules_->site_wait;
            out.push_back(find_site{call_, panel_});
            return;
        case state::lending:
            if (asked_notes_) {
                ask_notes(now, out);
            } else {
                limit_ = now + rules_->number_wait;
                out.push_back(lend_number{call_, panel_, site_});
            }
            return;
        case state::mapping: map(now, out); return;
        case state::calling:
        case state::pausing:
        case state::paired: return;
    }
}

// ---- time

void sos_call::advance(instant now, commands& out) {
    // Only who is called may answer while nobody hears it; every other limit is certain.
    const instant lost_at = state_ == state::calling ? pair_.lost_at() : never;
    if (!pair_.over() && held_.due(now, own_limit(), lost_at, rules_->join_limit)) {
        serve_limit(now, out);
    }
    pair_.advance(now, out);
    look_after_pair(now, out);
}

void sos_call::serve_limit(instant now, commands& out) {
    switch (state_) {
        case state::finding: lend(now, out); return;
        case state::lending:
            if (asked_notes_) {
                go_without_number(now, out);
            } else {
                lacks(lack::store);
                pair_.note("pool: no answer in time");
                ask_notes(now, out);
            }
            return;
        case state::mapping:
            lacks(lack::callback_map);
            pair_.note("callback map: no answer in time");
            next_try(now, out);
            return;
        case state::calling: give_try_up(now, limit_ <= now ? leg_why::no_answer : leg_why::unreachable, out); return;
        case state::pausing: call_out(now, only_plain_ ? call_way::plain : call_way::early, out); return;
        case state::paired: limit_ = never; return;
    }
}

/// What is seen of a lost line decides what waited for it.
void sos_call::on(instant now, const pbx_seen& news, commands& out) {
    const std::size_t attempts = attempts_.size();
    const bool doubtful = pair_.unsure_of_dial() && state_ == state::calling && open_attempt() != nullptr &&
                          open_attempt()->way == call_way::early;
    pass_on(now, news, out);
    held_.release();
    if (doubtful && state_ == state::calling && !pair_.rings() && attempts_.size() == attempts) {
        silence_ = std::min(silence_, now + doubtful_silence);
    }
    advance(now, out);
}

instant sos_call::own_limit() const {
    return state_ == state::calling ? std::min(limit_, silence_) : limit_;
}

instant sos_call::next_deadline() const {
    const instant own = state_ == state::calling ? held_.of(own_limit()) : own_limit();
    return std::min(pair_.over() ? never : own, pair_.next_deadline());
}

// ---- what it had to do without

void sos_call::lacks(lack what) {
    if (std::find(lacks_.begin(), lacks_.end(), what) == lacks_.end()) {
        lacks_.push_back(what);
    }
}

void sos_call::tell(instant now, commands& out) {
    if (told_ || lacks_.empty()) {
        return;
    }
    told_ = true;
    sos_alert news;
    news.call = call_;
    news.panel = panel_;
    news.at = now;
    news.number = number_;
    news.route = attempts_.empty() ? std::string{} : attempts_.back().route;
    news.lacks = lacks_;
    news.note = pair_.note();
    out.push_back(alert{std::move(news)});
}

call_ms sos_call::since_start(instant at) const {
    return milliseconds_between(started_at_, at);
}

}  // namespace td::call
