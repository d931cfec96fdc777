#include "order.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include "base/overloaded.hpp"
#include "sim/trace.hpp"

namespace td::test {
namespace {

constexpr instant start{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};
const channel_id panel_channel{"1795401292.0"};

call::panel_arrived arrival() {
    return {call_id::of(1'795'401'292'052, 7, 42), panel_channel, panel_id("5001"), flat_id("1"), {}};
}

call::accounts_found flat_of(const freedom& free, const call_id& call) {
    call::accounts_found found{call, {}, call::crm_source::live, 1};
    for (std::size_t i = 0; i < free.phones; ++i) {
        found.flat.accounts.push_back({account_id("7900000000" + std::to_string(i)), {}});
    }
    return found;
}

std::string words_of(const move& next) {
    const std::string phone = std::to_string(next.phone);
    switch (next.what) {
        case deed::rings: return phone + " rings";
        case deed::answers: return phone + " answers";
        case deed::declines: return phone + " declines";
        case deed::times_out: return phone + " times out";
        case deed::leg_ends: return phone + " ends";
        case deed::panel_leaves: return "panel leaves";
        case deed::ring_limit: return "ring limit";
        case deed::reply: return "reply";
    }
    return {};
}

}  // namespace

sim::world_plan order::plan_of(const freedom& free) {
    sim::world_plan plan;
    plan.seed = 4;  // a calm one: the record has to agree with the truth to the letter
    plan.start = start;
    plan.rules.door.on_decline = free.on_decline;
    plan.rules.door.push_wanted = false;
    return plan;
}

order::order(const sim::world_plan& plan, const freedom& free)
    : free_(free),
      now_(plan.start),
      machine_(arrival(), std::make_shared<const call::door_rules>(plan.rules.door)),
      promises_(plan) {
    call::commands out;
    machine_.start(now_, out);
    const call::fact came = arrival();
    promises_.saw_step(now_, &came, out);
    carry_out(out);
    tell(flat_of(free_, machine_.name()));
    if (!free_.rings) {
        for (std::size_t i = 0; i < free_.phones; ++i) {
            phones_[i].now = phone_now::ringing;
            news(sim::sip_news::kind::phone_rings, channel_name(leg(i)));
            tell(call::leg_ringing{leg(i)});
        }
    }
    reply_where_not_free();
}

// ---- what may come

std::vector<move> order::moves() const {
    std::vector<move> out;
    for (std::size_t i = 0; i < free_.phones; ++i) {
        if (may_move(i)) {
            add_moves_of(i, out);
        }
    }
    if (panel_here_) {
        out.push_back({deed::panel_leaves, 0});
    }
    if (!limit_passed_ && verdict_.now == phase::ringing) {
        out.push_back({deed::ring_limit, 0});
    }
    if (!replies_.empty()) {
        out.push_back({deed::reply, 0});
    }
    return out;
}

bool order::may_move(std::size_t phone) const {
    return phones_[phone].touched || phone == 0 || phones_[phone - 1].touched;
}

void order::add_moves_of(std::size_t phone, std::vector<move>& out) const {
    const phone_side& p = phones_[phone];
    switch (p.now) {
        case phone_now::dialled: out.push_back({p.told ? deed::leg_ends : deed::rings, phone}); return;
        case phone_now::ringing:
            out.push_back({deed::answers, phone});  // also a phone that was told to go: the two cross
            if (p.told) {
                out.push_back({deed::leg_ends, phone});
            } else {
                out.push_back({deed::declines, phone});
                out.push_back({deed::times_out, phone});
            }
            return;
        case phone_now::up: out.push_back({deed::leg_ends, phone}); return;
        case phone_now::over: return;
    }
}

// ---- it comes

void order::make(const move& next) {
    using kind = sim::sip_news::kind;
    constexpr int declined = 21;
    constexpr int no_answer = 19;
    told_ += (told_.empty() ? "" : ", ") + words_of(next);
    phone_side& p = phones_[next.phone];
    const bool of_phone = next.what <= deed::leg_ends;
    p.touched = p.touched || of_phone;
    const std::string channel = channel_name(leg(next.phone));
    judge(next);
    switch (next.what) {
        case deed::rings:
            p.now = phone_now::ringing;
            news(kind::phone_rings, channel);
            tell(call::leg_ringing{leg(next.phone)});
            break;
        case deed::answers:
            p.now = phone_now::up;
            news(kind::phone_answered, channel);
            tell(call::leg_answered{leg(next.phone)});
            break;
        case deed::declines:
        case deed::times_out:
        case deed::leg_ends:
            p.now = phone_now::over;
            news(kind::phone_ended, channel);
            tell(call::leg_ended{leg(next.phone),
                                 next.what == deed::declines    ? declined
                                 : next.what == deed::times_out ? no_answer
                                                                : 16,
                                 0});
            break;
        case deed::panel_leaves:
            panel_here_ = false;
            if (!panel_told_) {
                promises_.saw_caller_leave(now_, panel_channel.text());
            }
            tell(call::panel_left{panel_channel});
            break;
        case deed::ring_limit: {
            limit_passed_ = true;
            now_ = machine_.next_deadline();
            call::commands out;
            machine_.advance(now_, out);
            promises_.saw_step(now_, nullptr, out);
            carry_out(out);
            break;
        }
        case deed::reply: reply(); break;
    }
    reply_where_not_free();
}

template <class News>
void order::tell(const News& news) {
    call::commands out;
    machine_.on(now_, news, out);
    const call::fact told = news;
    promises_.saw_step(now_, &told, out);
    carry_out(out);
}

void order::reply_where_not_free() {
    while (!free_.replies && !replies_.empty() && replies_.front() != call::act::answer) {
        reply();
    }
}

/// Asterisk does what was asked and says so in the same moment. Where replies are not free, answer and join are one.
void order::reply() {
    const call::act what = replies_.front();
    replies_.pop_front();
    if (what == call::act::answer) {
        if (panel_here_) {
            tell(call::pbx_did{machine_.name(), what, {}});
        } else {
            tell(call::pbx_refused{machine_.name(), what, {}, 404});
        }
        if (!free_.replies) {
            reply();
        }
    } else if (what == call::act::join && !pair_is_there()) {
        tell(call::pbx_refused{machine_.name(), what, leg(*joined_).leg, 400});
    } else {
        tell(call::pbx_did{machine_.name(), what, what == call::act::join ? leg(*joined_).leg : leg_no{}});
    }
}

bool order::pair_is_there() const {
    return panel_here_ && phones_[*joined_].now == phone_now::up;
}

void order::carry_out(const call::commands& wishes) {
    for (const call::command& wish : wishes) {
        if (record_) {
            blame("a command behind the record");
        }
        carry_out(wish);
    }
}

void order::carry_out(const call::command& wish) {
    std::visit(overloaded{[&](const call::drop_leg& c) {
                              if (verdict_.now == phase::talking && verdict_.winner == c.leg.leg.value) {
                                  blame("a talking pair is parted: its phone is hung up");
                              }
                              phones_[c.leg.leg.value].told = true;
                          },
                          [&](const call::drop_panel&) {
                              if (verdict_.now == phase::talking) {
                                  blame("a talking pair is parted: its panel is hung up");
                              }
                              panel_told_ = true;
                          },
                          [&](const call::make_bridge&) { replies_.push_back(call::act::bridge); },
                          [&](const call::answer_panel&) { replies_.push_back(call::act::answer); },
                          [&](const call::join& c) {
                              if (joined_ || verdict_.winner != c.leg.leg.value) {
                                  blame("the wrong phone is joined");
                              }
                              joined_ = c.leg.leg.value;
                              replies_.push_back(call::act::join);
                          },
                          [&](const call::remove_bridge&) {
                              if (panel_here_ || !everybody_is_over()) {
                                  blame("the bridge is removed before everybody is gone");
                              }
                              replies_.push_back(call::act::remove_bridge);
                          },
                          [&](const call::finish& c) { record_ = c.record; }, [](const auto&) {}},
               wish);
}

bool order::everybody_is_over() const {
    return std::all_of(phones_.begin(), phones_.begin() + static_cast<std::ptrdiff_t>(free_.phones),
                       [](const phone_side& p) { return p.now == phone_now::over; });
}

void order::news(sim::sip_news::kind what, const std::string& channel, std::string other) {
    promises_.saw_news({now_, what, channel, {}, std::move(other), 0});
}

leg_ref order::leg(std::size_t phone) const {
    return {machine_.name(), leg_no{static_cast<std::uint8_t>(phone)}};
}

// ---- what a person would say of it

/// Before the machine is told: what is about to happen decides the verdict, whatever the machine makes of it.
void order::judge(const move& next) {
    const phone_side& p = phones_[next.phone];
    switch (next.what) {
        case deed::rings: return;
        case deed::answers:
            if (verdict_.now == phase::ringing && !p.told) {
                verdict_.winner = next.phone;
                verdict_.now = phase::joining;
            }
            return;
        case deed::declines:
            verdict_.declined = true;
            judge_end_of_leg(next.phone);
            if (free_.on_decline == call::decline_rule::end_call) {
                judge_end(call::outcome::declined);
            }
            return;
        case deed::times_out:
        case deed::leg_ends: judge_end_of_leg(next.phone); return;
        case deed::panel_leaves:
            judge_end(verdict_.now == phase::talking ? call::outcome::answered : call::outcome::cancelled);
            return;
        case deed::ring_limit: judge_end(call::outcome::missed); return;
        case deed::reply:
            if (verdict_.now == phase::joining && pair_is_there() &&
                (!free_.replies || replies_.front() == call::act::join)) {
                verdict_.now = phase::talking;
                news(sim::sip_news::kind::talk_begun, panel_channel.text(), channel_name(leg(*joined_)));
            }
            return;
    }
}

void order::judge_end_of_leg(std::size_t phone) {
    if (verdict_.winner == phone) {
        judge_end(verdict_.now == phase::talking ? call::outcome::answered : call::outcome::failed);
        return;
    }
    for (std::size_t i = 0; i < free_.phones; ++i) {
        if (i != phone && phones_[i].now != phone_now::over) {
            return;
        }
    }
    judge_end(verdict_.declined ? call::outcome::declined : call::outcome::missed);
}

void order::judge_end(call::outcome how) {
    if (verdict_.now == phase::talking) {
        news(sim::sip_news::kind::talk_ended, channel_name(leg(*joined_)), panel_channel.text());
    }
    if (verdict_.now != phase::over) {
        verdict_.how = how;
        verdict_.now = phase::over;
    }
}

void order::blame(const std::string& words) {
    if (blamed_.empty()) {
        blamed_ = words;
    }
}

std::string order::complaint() const {
    return !promises_.broken().empty() ? promises_.broken().front() : blamed_;
}

std::string order::complaint_at_the_end() const {
    if (!record_ || !machine_.ended()) {
        return "the call has not ended";
    }
    sim::promises last = promises_;
    last.saw_the_end(now_, sim::fake_asterisk({}, 1), 0, machine_.living_legs());
    if (!last.broken().empty()) {
        return last.broken().front();
    }
    const std::string words = sim::words_of(*record_);
    if (record_->how != verdict_.how) {
        return "the record must say " + std::string(call::name_of(verdict_.how)) + ": " + words;
    }
    const bool answered = verdict_.how == call::outcome::answered;
    const account_id by = answered ? account_id("7900000000" + std::to_string(*verdict_.winner)) : account_id();
    return record_->answered_by == by ? std::string() : "the record names the wrong account: " + words;
}

}  // namespace td::test
