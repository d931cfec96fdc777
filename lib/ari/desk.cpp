#include "ari/desk.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"

namespace td::ari {
namespace {

/// A reply can be lost again and again; the deadline ends it, this is against a peer that closes in a tight loop.
constexpr unsigned most_losses = 8;
constexpr duration stray_pause = 2s;
constexpr unsigned most_stray_tries = 10;
constexpr std::size_t most_strays = 1000;
constexpr int bad_request = 400;
constexpr int not_implemented = 501;
constexpr int overloaded_status = 503;

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// A bridge with a type that lives already: 409 «already exists» on 22, on 16 a 500 «Supplying a bridge type when
/// updating a bridge is not allowed.» The id is ours alone, so it is the bridge of an earlier try.
bool bridge_was_there(int status, std::string_view body) {
    return status == 409 || (status == 500 && has(body, "updating a bridge"));
}

std::optional<call::act> act_of(errand what) {
    switch (what) {
        case errand::sound: return call::act::sound;
        case errand::dial:
        case errand::create:
        case errand::dial_out:
        case errand::check_dial: return call::act::dial;
        case errand::bridge: return call::act::bridge;
        case errand::answer: return call::act::answer;
        case errand::join: return call::act::join;
        case errand::drop_leg: return call::act::drop_leg;
        case errand::drop_panel: return call::act::drop_panel;
        case errand::give_back: return call::act::give_back;
        case errand::remove_bridge: return call::act::remove_bridge;
        case errand::send_keys: return call::act::send_keys;
        case errand::drop_stray:
        case errand::remove_stray:
        case errand::claim:
        case errand::probe:
        case errand::filter:
        case errand::see_application:
        case errand::see_channels:
        case errand::see_bridges:
        case errand::see_release:
        case errand::speak: return std::nullopt;
    }
    return std::nullopt;
}

/// Keys open a door, and a panel that was given back may be in the hands of another worker by now: not twice.
bool repeatable(errand what) {
    return what != errand::send_keys && what != errand::give_back && what != errand::create && what != errand::dial_out;
}

bool is_picture(errand what) {
    return what == errand::filter || what == errand::see_application || what == errand::see_channels ||
           what == errand::see_bridges || what == errand::see_release;
}

bool is_stray(errand what) {
    return what == errand::drop_stray || what == errand::remove_stray;
}

order_key trunk_of(const call_id& call) {
    return {call, order_key::trunk};
}

order_key key_of(const leg_ref& leg) {
    return {leg.call, leg.leg.value};
}

}  // namespace

desk::desk(const options& wanted, std::function<call_id()> name_call, counters& count, log_sink log)
    : which_(wanted.which),
      limit_(wanted.limit),
      maker_(wanted),
      name_call_(std::move(name_call)),
      count_(count),
      log_(std::move(log)),
      codec_(wanted.which),
      picture_(wanted.app),
      hearing_(wanted.limit) {}

// ---- commands

void desk::carry_out(const call::sound& wish, instant now) {
    call::sound possible = wish;
    if (no_progress_ && wish.kind == call::early_sound::progress) {
        possible.kind = call::early_sound::ringing;
    }
    ask(errand::sound, trunk_of(wish.call), {}, maker_.make(possible), now);
}

void desk::carry_out(const call::dial& wish, instant now) {
    ask(errand::dial, key_of(wish.leg), wish.leg.leg, maker_.make(wish), now);
}

void desk::carry_out(const call::call_out& wish, instant now) {
    const bool early = wish.way == call::call_way::early;
    if (early && !release_known_) {
        // Nobody can wait, and a refusal would cost a leg of this name that a process which died may have made.
        call::call_out at_once = wish;
        at_once.way = call::call_way::plain;
        ask(errand::dial, key_of(wish.leg), wish.leg.leg, maker_.make(at_once), now);
        return;
    }
    if (early && !early_possible_) {
        exchange refused;
        refused.what = errand::create;
        refused.key = key_of(wish.leg);
        refused.leg = wish.leg.leg;
        refuse(refused, not_implemented);
        return;
    }
    ask(early ? errand::create : errand::dial, key_of(wish.leg), wish.leg.leg, maker_.make(wish), now);
}

void desk::carry_out(const call::make_bridge& wish, instant now) {
    ask(errand::bridge, trunk_of(wish.call), {}, maker_.make(wish), now);
}

void desk::carry_out(const call::answer_panel& wish, instant now) {
    ask(errand::answer, trunk_of(wish.call), {}, maker_.make(wish), now);
}

void desk::carry_out(const call::join& wish, instant now) {
    ask(errand::join, trunk_of(wish.leg.call), wish.leg.leg, maker_.make(wish), now);
}

void desk::carry_out(const call::drop_leg& wish, instant now) {
    ask(errand::drop_leg, key_of(wish.leg), wish.leg.leg, maker_.make(wish), now);
}

void desk::carry_out(const call::drop_panel& wish, instant now) {
    ask(errand::drop_panel, trunk_of(wish.call), {}, maker_.make(wish), now);
}

void desk::carry_out(const call::give_back& wish, instant now) {
    ask(errand::give_back, trunk_of(wish.call), {}, maker_.make(wish), now);
}

void desk::carry_out(const call::remove_bridge& wish, instant now) {
    ask(errand::remove_bridge, trunk_of(wish.call), {}, maker_.make(wish), now);
}

void desk::carry_out(const call::send_keys& wish, instant now) {
    ask(errand::send_keys, trunk_of(wish.call), {}, maker_.make(wish), now);
}

void desk::carry_out(const call::drop_stray& wish, instant now) {
    ask(errand::drop_stray, {{}, order_key::stray}, {}, maker_.make(wish), now);
}

void desk::carry_out(const call::remove_stray_bridge& wish, instant now) {
    ask(errand::remove_stray, trunk_of(wish.bridge), {}, maker_.make(wish), now);
}

/// Sends what a command wants, or refuses it here: 400 when it cannot be asked safely, 503 when too much is under way.
void desk::ask(errand what, const order_key& key, leg_no leg, std::optional<exchange> request, instant now) {
    if (request && is_stray(what) && full()) {
        settle_stray(*request, overloaded_status, now);
        return;
    }
    if (!request || full()) {
        exchange refused;
        refused.what = what;
        refused.key = key;
        refused.leg = leg;
        refuse(refused, request ? overloaded_status : bad_request);
        return;
    }
    request->deadline = now + limit_.request;
    ++outstanding_;
    if (what == errand::dial || what == errand::create) {
        dialling_.insert(key);
    }
    submit(std::move(*request), now);
}

void desk::submit(exchange request, instant now) {
    if (const auto held = held_.find(request.key); held != held_.end()) {
        held->second.push_back(std::move(request));
        return;
    }
    send(std::move(request), now);
}

void desk::send(exchange request, instant now) {
    ++count_.requests;
    request.number = ++last_number_;
    courier_->submit(std::move(request), now);
}

// ---- replies

void desk::replied(exchange request, int status, std::string_view body, instant now) {
    if (is_picture(request.what)) {
        settle_picture(request, status, body, now);
        return;
    }
    --outstanding_;
    settle(request, status, body, now);
}

void desk::settle(const exchange& request, int status, std::string_view body, instant now) {
    const auto report = [&](call::act what, bool good) { good ? did(request, what) : refuse(request, status); };
    switch (request.what) {
        case errand::sound: settle_sound(request, status, body, now); return;
        case errand::dial: settle_dial(request, status, now); return;
        case errand::create: settle_create(request, status, now); return;
        case errand::dial_out: settle_dial_out(request, status, now); return;
        case errand::check_dial: settle_check(request, status, body, now); return;
        case errand::bridge: report(call::act::bridge, is_good(status) || bridge_was_there(status, body)); return;
        case errand::answer: report(call::act::answer, is_good(status)); return;
        case errand::join: report(call::act::join, is_good(status)); return;
        case errand::send_keys: report(call::act::send_keys, is_good(status)); return;
        case errand::remove_bridge: report(call::act::remove_bridge, is_good(status)); return;
        case errand::drop_leg:
        case errand::drop_panel:
        case errand::give_back:
            if (!is_good(status)) {
                refuse(request, status);
            }
            return;
        case errand::drop_stray:
        case errand::remove_stray: settle_stray(request, status, now); return;
        case errand::speak: settle_word(request, status, body, now); return;
        case errand::claim: count_.claimed += is_good(status) ? 1 : 0; return;  // 409, 404: somebody else was quicker
        case errand::probe:
        case errand::filter:
        case errand::see_application:
        case errand::see_channels:
        case errand::see_bridges:
        case errand::see_release: return;  // not asked through here
    }
}

/// Before 20.16 and 22.6 there is no /progress: 404 «Resource not found» or 405. Then the panel hears a plain ring,
/// this time and from now on. A 404 «Channel not found» is the panel that has left.
void desk::settle_sound(const exchange& request, int status, std::string_view body, instant now) {
    constexpr std::string_view progress = "/progress";
    const bool unknown_act = status == 405 || (status == 404 && !has(body, "Channel not found"));
    if (unknown_act && request.target.ends_with(progress)) {
        no_progress_ = true;
        exchange ring = request;
        ring.target.replace(ring.target.size() - progress.size(), progress.size(), "/ring");
        ++outstanding_;
        submit(std::move(ring), now);
        return;
    }
    if (!is_good(status)) {
        refuse(request, status);
    }
}

/// A 409 proves nothing: Asterisk's HTTP thread keeps the error number of an earlier 409 and shows it for any failure.
void desk::settle_dial(const exchange& request, int status, instant now) {
    if (status == 409) {
        check_dial(request, now);
        return;
    }
    if (is_good(status)) {
        dialling_.erase(request.key);
        picture_.alive(channel_name({request.key.call, request.leg}), call::pbx_seen::condition::waiting);
        return;
    }
    refuse(request, status);
}

void desk::check_dial(const exchange& request, instant now) {
    exchange check;
    check.what = errand::check_dial;
    check.key = request.key;
    check.leg = request.leg;
    check.verb = method::get;
    check.target = "channels/" + channel_name({request.key.call, request.leg});
    check.again = request.again;
    check.second_try = request.second_try;
    check.deadline = now + limit_.request;
    ++outstanding_;
    held_.try_emplace(request.key);  // what comes for this leg waits until we know whether there is one
    send(std::move(check), now);
}

void desk::settle_check(const exchange& request, int status, std::string_view body, instant now) {
    const auto held = held_.find(request.key);
    const bool unwanted = held != held_.end() && !held->second.empty();  // only a hang-up can follow a dial
    if (is_good(status)) {
        dialling_.erase(request.key);
        picture_.alive(channel_name({request.key.call, request.leg}), call::pbx_seen::condition::waiting);
        if (const auto leg = codec_.channel(body); leg && leg->made_first && !unwanted) {
            found_made_first(request, *leg, now);
        }
    } else if (status == 404 && !request.again.empty() && !unwanted) {
        exchange dial = request;
        dial.what = errand::dial;
        dial.verb = method::post;
        dial.target = std::exchange(dial.again, {});
        dial.deadline = now + limit_.request;
        dial.losses = 0;
        ++count_.repeated;
        ++outstanding_;
        send(std::move(dial), now);
    } else {
        // Behind a 409 without a channel stands the 500 «Allocation failed» that the stale error number has hidden.
        constexpr int allocation_failed = 500;
        refuse(request, status == 404 && !request.second_try ? allocation_failed : 0);
    }
    release(request.key, now);
}

void desk::release(const order_key& key, instant now) {
    auto held = held_.extract(key);
    if (held.empty()) {
        return;
    }
    for (exchange& request : held.mapped()) {
        request.deadline = std::max(request.deadline, now + limit_.request);  // it has not been sent yet
        submit(std::move(request), now);
    }
}

void desk::lost(exchange request, loss why, instant now) {
    if (request.what == errand::see_release) {
        release_known_ = true;  // as far as it can be: then no leg is made first
        return;
    }
    if (is_picture(request.what)) {
        if (request.round == picture_.round()) {
            picture_failed("no reply", now);
        }
        return;
    }
    --outstanding_;
    if (request.what == errand::speak) {
        settle_word(request, 0, {}, now);
        return;
    }
    if (request.what == errand::claim) {
        return;  // where it was done, StasisStart tells; where not, somebody else claims, or the dialplan goes on
    }
    if (request.what == errand::dial && why != loss::unsent) {
        request.again = request.second_try ? std::string() : request.target;
        request.second_try = true;
        check_dial(request, now);
        return;
    }
    // Asterisk answers a repeated answer and addChannel with 204, a repeated bridge with what bridge_was_there() knows,
    // a repeated hang-up with 404.
    if (why != loss::unheard || !repeatable(request.what) || ++request.losses > most_losses) {
        give_up(request, now);
        return;
    }
    ++count_.repeated;
    ++outstanding_;
    if (request.what == errand::check_dial) {
        send(std::move(request), now);  // everything else of its leg waits for it
    } else {
        submit(std::move(request), now);
    }
}

void desk::give_up(const exchange& request, instant now) {
    if (!act_of(request.what)) {
        settle_stray(request, 0, now);
        return;
    }
    refuse(request, 0);
    if (request.what == errand::check_dial) {
        release(request.key, now);
    }
}

void desk::did(const exchange& request, call::act what) {
    news_.emplace_back(call::pbx_did{request.key.call, what, request.leg});
}

void desk::refuse(const exchange& request, int status) {
    ++count_.failures[status];
    if (request.what == errand::dial || request.what == errand::check_dial || request.what == errand::create) {
        dialling_.erase(request.key);
        picture_.gone(channel_name({request.key.call, request.leg}));
    }
    if (const auto what = act_of(request.what)) {
        news_.emplace_back(call::pbx_refused{request.key.call, *what, request.leg, status});
    }
}

/// A stray has no call that would insist, so it is insisted on here: a leg that nobody asked for must not ring on.
void desk::settle_stray(const exchange& request, int status, instant now) {
    if (is_good(status) || status == 404) {
        return;
    }
    ++count_.failures[status];
    const bool again = request.losses < most_stray_tries && strays_.size() < most_strays;
    log_(level::warning,
         "ari request=" + std::string(name_of(request.what)) + " status=" + std::to_string(status) +
             " target=" + request.target +
             (again ? " remedy=\"it is tried again\"" : " remedy=\"it is tried again after the next connect\""));
    if (again) {
        strays_.push_back({now + stray_pause, request});
        ++strays_.back().second.losses;
    }
}

}  // namespace td::ari
