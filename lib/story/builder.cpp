#include "story/builder.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/overloaded.hpp"
#include "story/words.hpp"

namespace td::story {
namespace {

constexpr lane worker{lane::part::worker};

}  // namespace

builder::builder(const call_lines& lines) : from_memory_(lines.from_memory) {
    story_.call = lines.call;
    story_.node = lines.node;
    story_.rules = lines.rules;
    story_.push_wanted = !lines.rules || lines.rules->door.push_wanted;
    if (!lines.lines.empty()) {
        story_.begins = lines.lines.front().at;
        last_ = story_.begins;
    }
    story_.end = lines.without_record;
    story_.beginning_missing = true;  // until an arrival is told
    if (lines.from_memory) {
        story_.remarks.emplace_back("Its first lines are gone; its beginning is told as a later file tells it again.");
    }
    for (const std::string& each : lines.holes) {
        story_.remarks.push_back(each);
    }
}

void builder::take(const journal::entry& told) {
    now_ = std::max(last_, told.at);  // a damaged moment must not turn the time round
    last_ = now_;
    std::visit(overloaded{[&](const call::fact& news) { std::visit([&](const auto& each) { on(each); }, news); },
                          [&](const call::command& wish) { std::visit([&](const auto& each) { on(each); }, wish); },
                          [&](const journal::gap& hole) { on(hole); }, [](const journal::header&) {},
                          [](const journal::rules_changed&) {}},
               told.what);
}

void builder::say(lane from, std::vector<lane> to, std::string words, step::tone sounds) {
    steps_.add(now_, from, std::move(to), std::move(words), sounds);
}

lane builder::caller_lane() const {
    return {story_.kind == call_kind::callback ? lane::part::service : lane::part::panel};
}

lane builder::callee_lane() const {
    if (story_.kind == call_kind::sos) {
        return {lane::part::service};
    }
    return {!story_.tries.empty() && story_.tries.back().whom == call::callee::desk ? lane::part::callee
                                                                                    : lane::part::panel};
}

// ---- the caller

void builder::begin(call_kind kind, const std::string& complaint) {
    if (!story_.beginning_missing) {
        return;  // told twice
    }
    story_.beginning_missing = false;
    story_.kind = kind;
    story_.complaint = complaint;
}

void builder::on(const call::panel_arrived& news) {
    begin(call_kind::door, news.complaint);
    channel_ = news.channel;
    story_.panel = news.panel;
    story_.flat = news.flat;
    say(caller_lane(), {worker}, news.flat.empty() ? "calls, without a usable flat" : "calls flat " + news.flat.text());
}

void builder::on(const call::sos_arrived& news) {
    begin(call_kind::sos, news.complaint);
    channel_ = news.channel;
    story_.panel = news.panel;
    say(caller_lane(), {worker}, "calls the emergency service");
}

void builder::on(const call::callback_arrived& news) {
    begin(call_kind::callback, news.complaint);
    channel_ = news.channel;
    story_.panel = news.panel;
    story_.number.number = news.number;
    story_.caller = news.caller;
    story_.how_urgent = news.how;
    say(caller_lane(), {worker},
        news.number.empty() ? "calls back, without a usable number" : "calls number " + news.number.text() + " back");
}

void builder::on(const call::panel_left&) {
    if (story_.over_at == never) {
        say(caller_lane(), {worker}, story_.kind == call_kind::callback ? "hangs up" : "the visitor hangs up");
    }
    mark_end();
}

void builder::on(const call::drop_panel& wish) {
    if (story_.over_at == never) {
        say(worker, {caller_lane()}, std::string(words_of(wish.reason)));
    }
    mark_end();
}

void builder::on(const call::give_back&) {
    if (story_.over_at == never) {
        say(worker, {caller_lane()}, "given back to the dialplan", step::tone::bad);
    }
    mark_end();
}

/// The first sign that it is over; the record says it better where there is one.
void builder::mark_end() {
    story_.over_at = std::min(story_.over_at, now_);
}

// ---- the legs

attempt* builder::try_of(leg_no leg) {
    const auto found = std::find_if(story_.tries.rbegin(), story_.tries.rend(),
                                    [&](const try_story& each) { return each.leg.leg == leg; });
    return found == story_.tries.rend() ? nullptr : &found->leg;
}

void builder::on(const call::dial& wish) {
    phone_story& phone = phones_.dialled(now_, wish);
    if (phone.attempts.size() == 1) {
        say(worker, {phone_lane(phone)}, "dialled");
        return;
    }
    repeats& again = redials_[phone.number];
    ++again.count;
    again.last = now_;
}

void builder::on(const call::leg_ringing& news) {
    if (attempt* tried = try_of(news.leg.leg)) {
        if (tried->rang_at == never && tried->answered_at == never) {
            tried->rang_at = now_;
            say(callee_lane(), {worker}, "rings", step::tone::good);
        }
        return;
    }
    const auto at = phones_.at(now_, news.leg.leg);
    if (at.leg->rang_at == never && at.leg->dropped_at == never) {
        at.leg->rang_at = now_;
        say(phone_lane(*at.phone), {worker}, "rings", step::tone::good);
    }
}

void builder::on(const call::leg_answered& news) {
    leg_answers(news.leg.leg);
}

void builder::leg_answers(leg_no leg) {
    if (attempt* tried = try_of(leg)) {
        if (tried->answered_at == never && tried == &story_.tries.back().leg) {
            tried->answered_at = now_;
            story_.answered_at = now_;
            winner_ = leg;
            say(callee_lane(), {worker}, "answers", step::tone::good);
            talk_if_joined(now_);
        }
        return;
    }
    const auto at = phones_.at(now_, leg);
    if (at.leg->answered_at != never) {
        return;
    }
    at.leg->answered_at = now_;
    const bool first = !winner_;
    const bool dropped = at.leg->dropped_at != never;
    say(phone_lane(*at.phone), {worker}, first && !dropped ? "answers" : "answers too late",
        first && !dropped ? step::tone::good : step::tone::quiet);
    if (first && !dropped) {
        winner_ = leg;
        story_.answered_at = now_;
        story_.answered_by = at.phone->number - 1;
    }
}

/// The first join says who has won, also where two answered while nobody could hear.
void builder::on(const call::join& wish) {
    if (story_.kind == call_kind::sos || story_.kind == call_kind::callback || won_by_join_) {
        return;  // there it goes for early media, or once more
    }
    won_by_join_ = true;
    winner_ = wish.leg.leg;
    const auto at = phones_.at(now_, wish.leg.leg);
    at.leg->answered_at = std::min(at.leg->answered_at, now_);
    story_.answered_at = now_;
    story_.answered_by = at.phone->number - 1;
    say(worker, {caller_lane(), phone_lane(*at.phone)}, "connects the two");
}

void builder::on(const call::pbx_did& news) {
    if (news.what == call::act::answer) {
        caller_answered_ = true;
    } else if (news.what == call::act::join && winner_.value_or(news.leg) == news.leg) {
        joined_ = !story_.tries.empty() ? news.leg == story_.tries.back().leg.leg : true;
    } else if (news.what == call::act::send_keys) {
        story_.opened_door = true;
        say(caller_lane(), {}, "the door's key is played", step::tone::good);
    }
    talk_if_joined(now_);
}

void builder::talk_if_joined(instant since) {
    if (story_.joined_at == never && joined_ && caller_answered_ && story_.answered_at != never &&
        story_.over_at == never) {
        talk(since);
    }
}

void builder::talk(instant since) {
    story_.joined_at = since;
    const lane other = story_.answered_by ? lane{lane::part::phone, *story_.answered_by + 1} : callee_lane();
    steps_.add(since, caller_lane(), {other}, "they talk", step::tone::good);
}

/// Where the replies were lost, who stands in the bridge tells that the two talk. The panel was answered before, unless
/// it is seen waiting.
void builder::learn_of_join(const call::pbx_seen& news) {
    const bool pair = !story_.tries.empty();
    bool panel_waits = false;
    for (const call::pbx_seen::channel& each : news.channels) {
        const auto leg = leg_of_channel(each.name.text());
        const bool own = each.name == channel_ || (leg && leg->call == story_.call);
        const bool callee = leg && leg->call == story_.call && pair && leg->leg == story_.tries.back().leg.leg;
        joined_ = joined_ || (each.joined && (pair ? callee : own));
        panel_waits = panel_waits || (each.name == channel_ && each.state != call::pbx_seen::condition::up);
    }
    caller_answered_ = caller_answered_ || (joined_ && !panel_waits);
    talk_if_joined(story_.answered_at);
}

/// Whoever left may be heard of before the replies to the join.
void builder::talked_as_recorded(call::call_ms talk_ms) {
    if (talk_ms > 0 && story_.joined_at == never && story_.answered_at != never) {
        talk(story_.answered_at);
    }
}

void builder::on(const call::leg_ended& news) {
    if (attempt* tried = try_of(news.leg.leg)) {
        tried->cause = news.cause;
        tried->sip = news.sip;
        const std::string why = end_text(news.cause, news.sip);
        try_ended(*tried, "ends" + (why.empty() ? "" : ": " + why));
        return;
    }
    const auto at = phones_.at(now_, news.leg.leg);
    if (at.leg->ended_at != never) {
        return;
    }
    at.leg->ended_at = now_;
    at.leg->cause = news.cause;
    at.leg->sip = news.sip;
    if (at.leg->dropped_at != never) {
        return;
    }
    const std::string words = end_text(news.cause, news.sip);
    if (const auto again = redials_.find(at.phone->number); again != redials_.end() && at.leg->rang_at == never) {
        again->second.end = words;
        return;
    }
    const bool talked = at.leg->answered_at != never;
    say(phone_lane(*at.phone), {worker}, talked ? "hangs up" : "ends" + (words.empty() ? "" : ": " + words),
        talked ? step::tone::plain : step::tone::bad);
}

void builder::try_ended(attempt& leg, const std::string& words) {
    if (leg.ended_at != never) {
        return;
    }
    leg.ended_at = now_;
    if (leg.dropped_at == never) {
        const bool talked = leg.answered_at != never;
        say(callee_lane(), {worker}, talked ? "hangs up" : words, talked ? step::tone::plain : step::tone::bad);
    }
}

void builder::on(const call::drop_leg& wish) {
    if (attempt* tried = try_of(wish.leg.leg)) {
        if (tried->dropped_at == never && tried->ended_at == never) {
            tried->dropped_at = now_;
            say(worker, {callee_lane()}, std::string(words_of(wish.reason)), step::tone::quiet);
        }
        return;
    }
    const auto at = phones_.at(now_, wish.leg.leg);
    if (at.leg->dropped_at != never || at.leg->ended_at != never) {
        return;
    }
    at.leg->dropped_at = now_;
    at.leg->dropped = wish.reason;
    say(worker, {phone_lane(*at.phone)}, std::string(words_of(wish.reason)), step::tone::quiet);
}

void builder::on(const call::key_pressed& news) {
    pressed_ += news.key;
    const std::string keys = story_.rules ? story_.rules->door.open_dtmf : "";
    const bool opens = !keys.empty() && pressed_.ends_with(keys) && story_.over_at == never;
    const auto at = phones_.at(now_, news.leg.leg);
    say(phone_lane(*at.phone), {caller_lane()}, std::string("presses ") + news.key + (opens ? ": the door opens" : ""),
        opens ? step::tone::good : step::tone::plain);
}

void builder::on(const call::send_keys& wish) {
    say(worker, {caller_lane()}, "sends key " + wish.keys);
}

// ---- the end

void builder::close(call::outcome how, call::ended_by who, instant over, const std::string& note) {
    if (finished_) {
        return;
    }
    finished_ = true;
    story_.end = ending::told;
    story_.how = how;
    story_.who = who;
    story_.over_at = std::clamp(over, story_.begins, now_);
    story_.note = note;
}

call_story builder::finish() {
    tell_repeats();
    story_.ends = last_;
    close_phones();
    story_.steps = steps_.take();
    close_lanes();
    story_.hops = hops_of(story_);
    return std::move(story_);
}

void builder::tell_repeats() {
    for (const auto& [number, again] : redials_) {
        if (again.count > 0) {
            steps_.add(again.last, worker, {{lane::part::phone, number}},
                       "dialled " + count_text(again.count, "more time", "more times") +
                           (again.end.empty() ? "" : ", the last: " + again.end),
                       step::tone::quiet);
        }
    }
    if (pushes_.count > 0) {
        steps_.add(pushes_.last, worker, {{lane::part::push}},
                   "asks " + count_text(pushes_.count, "more time", "more times") + " to wake who sleeps",
                   step::tone::quiet);
    }
}

void builder::close_phones() {
    call_course course;
    course.over_at = story_.over_at;
    course.answered = story_.answered_at != never;
    course.finished = finished_;
    course.how = story_.how;
    course.push_wanted = story_.push_wanted;
    course.max_accounts = story_.rules ? story_.rules->door.max_accounts : 0;
    for (phone_story& each : phones_.all()) {
        judge(each, course);
    }
    story_.phones = std::move(phones_.all());
}

/// Those that took part, from the caller over what is asked to who is called.
void builder::close_lanes() {
    const auto seen = [&](lane wanted) {
        return std::any_of(story_.steps.begin(), story_.steps.end(), [&](const step& each) {
            return each.from == wanted || std::find(each.to.begin(), each.to.end(), wanted) != each.to.end();
        });
    };
    const std::vector<lane::part> order =
        story_.kind == call_kind::callback
            ? std::vector{lane::part::service, lane::part::worker, lane::part::pool, lane::part::panel,
                          lane::part::callee}
            : std::vector{lane::part::panel,        lane::part::worker, lane::part::crm,    lane::part::pool,
                          lane::part::callback_map, lane::part::push,   lane::part::service};
    for (const lane::part part : order) {
        if (part == lane::part::worker || seen({part})) {
            story_.lanes.push_back({part});
        }
    }
    for (const phone_story& each : story_.phones) {
        story_.lanes.push_back(phone_lane(each));
    }
}

}  // namespace td::story
