#include "sim/sos_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/random.hpp"

namespace td::sim {
namespace {

constexpr instant epoch{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};

duration some(random_source& dice, duration least, duration most) {
    return least +
           duration{static_cast<duration::rep>(dice.below(static_cast<std::uint64_t>((most - least).count()) + 1))};
}

std::string panel_name(std::uint64_t number) {
    return "500" + std::to_string(number);
}

call::sos_rules draw_rules(random_source& dice) {
    call::sos_rules rules;
    rules.answer_limit = some(dice, 4s, 15s);
    rules.silence_limit = some(dice, 1s, 8s);
    rules.most_tries = static_cast<unsigned>(1 + dice.below(6));
    rules.longest_call = dice.once_in(3) ? some(dice, 2s, 20s) : duration{60s};
    rules.desk = dice.once_in(2) ? "desk" : "";
    rules.default_route = dice.once_in(4) ? "r1" : "112";
    return rules;
}

phone draw_callee(random_source& dice) {
    phone p;
    switch (dice.below(12)) {  // over a number: the rest answers
        case 0: p.habit = phone_habit::busy; break;
        case 1: p.habit = phone_habit::declines; break;
        case 2: p.habit = phone_habit::silent; break;
        case 3: p.habit = phone_habit::never_answers; break;
        case 4: p.habit = phone_habit::no_contact; break;
        case 5: p.sleep = dice.once_in(2) ? phone_sleep::refused_404 : phone_sleep::refused_480; break;
        case 6:
        case 7: p.habit = phone_habit::progresses; break;
        default: p.habit = phone_habit::answers; break;
    }
    p.rings_after = some(dice, 1ms, 2s);
    p.acts_after = dice.once_in(4) ? duration{} : some(dice, 0s, 6s);
    if (dice.once_in(2)) {
        p.hangs_up_after = dice.once_in(4) ? duration{2ms} : some(dice, 2ms, 30s);
    }
    return p;
}

part_mood draw_mood(random_source& dice) {
    return dice.once_in(3) ? static_cast<part_mood>(dice.below(3)) : part_mood::answers;
}

duration draw_wait(random_source& dice) {
    return dice.once_in(4) ? some(dice, 50ms, 2s) : some(dice, 0ms, 50ms);
}

sos_moods draw_moods(random_source& dice) {
    sos_moods moods;
    moods.crm = draw_mood(dice);
    moods.crm_takes = draw_wait(dice);
    moods.remembered = dice.once_in(3);
    moods.city = city_id("c" + std::to_string(dice.once_in(12) ? 9 : 1 + dice.below(2)));
    moods.pool = draw_mood(dice);
    moods.pool_takes = draw_wait(dice);
    moods.map = draw_mood(dice);
    moods.map_takes = draw_wait(dice);
    return moods;
}

void draw_pool(random_source& dice, sos_plan& plan) {
    pool::city first{city_id("c1"), "Tambov", "r1", dice.once_in(4) ? "" : "r2", number_id("74950000000"), {}};
    pool::city second{city_id("c2"), "Rasskazovo", dice.once_in(4) ? "" : "r3", "", {}, {}};
    if (dice.once_in(2)) {
        second.parent = first.fias;
        second.shared_number = number_id("74951000000");
    }
    plan.cities = {first, second};
    for (std::uint64_t i = dice.below(5); i > 0; --i) {
        plan.numbers.push_back(
            {number_id("7495000000" + std::to_string(i)), dice.once_in(4) ? second.fias : first.fias});
    }
    plan.reserved = dice.below(3);
    plan.disk_saves = !dice.once_in(4);
    plan.feed_takes = !dice.once_in(4);
    plan.push_takes = !dice.once_in(4);
}

void draw_callees(random_source& dice, sos_plan& plan) {
    for (const char* name : {"r1", "r2", "r3", "112", "desk"}) {
        plan.callees.push_back({name, draw_callee(dice)});
    }
    for (std::uint64_t i = 0; i < 4; ++i) {
        plan.callees.push_back({panel_name(i), draw_callee(dice)});
    }
}

void draw_visits(random_source& dice, sos_plan& plan) {
    for (std::uint64_t i = 1 + dice.below(6); i > 0; --i) {
        sos_visit v;
        v.at = plan.start + some(dice, 1s, 40s);
        v.panel = dice.once_in(20) ? panel_id{} : panel_id{panel_name(dice.below(4))};
        v.patience = dice.once_in(4)   ? some(dice, 1ms, 500ms)
                     : dice.once_in(3) ? some(dice, 1ms, 30s)
                                       : duration{10min};
        v.talks = dice.once_in(2) ? some(dice, 1ms, 30s) : duration{10min};
        v.moods = draw_moods(dice);
        plan.visits.push_back(std::move(v));
    }
    for (std::uint64_t i = dice.below(4); i > 0; --i) {
        psap_visit v;
        v.at = plan.start + some(dice, 5s, 80s);
        v.which = dice.below(4);
        if (dice.once_in(3)) {
            v.routed = dice.once_in(2) ? panel_id{} : panel_id{panel_name(dice.below(4))};
        }
        v.how = dice.once_in(2) ? call::urgency::psap_callback : call::urgency::normal;
        v.patience = dice.once_in(3) ? some(dice, 1ms, 20s) : duration{10min};
        v.talks = some(dice, 1ms, 30s);
        v.moods = draw_moods(dice);
        plan.callbacks.push_back(std::move(v));
    }
}

void draw_faults(random_source& dice, sos_plan& plan) {
    const std::uint64_t tier = plan.seed % 4;
    wire_faults& faults = plan.faults;
    if (tier >= 1) {
        faults.latency = some(dice, 100us, 20ms);
        faults.delay = dice.once_in(2) ? some(dice, 0ms, 50ms) : some(dice, 0ms, 1500ms);
        faults.doubled_once_in = static_cast<std::uint32_t>(2 + dice.below(10));
    }
    if (tier >= 2) {
        const auto rate = [&dice] { return dice.once_in(2) ? 0U : static_cast<std::uint32_t>(4 + dice.below(30)); };
        faults.refused_once_in = rate();
        faults.request_lost_once_in = rate();
        faults.reply_lost_once_in = rate();
        faults.late_once_in = rate();
        faults.broken_step = static_cast<std::uint32_t>(dice.below(40));
        faults.reply_limit = some(dice, 200ms, 3s);
    }
    if (tier >= 3) {
        for (std::uint64_t i = 1 + dice.below(3); i > 0; --i) {
            plan.cuts.push_back({plan.start + some(dice, 1s, 90s), dice.once_in(2) ? duration{} : some(dice, 0s, 4s),
                                 some(dice, 0s, 2s), some(dice, 1ms, 10s), dice.once_in(5)});
        }
    }
}

bool without(unsigned parts, sos_part which) {
    return (parts >> static_cast<unsigned>(which) & 1U) != 0;
}

}  // namespace

bool sos_plan::healthy_wire() const {
    return seed % 4 == 0;
}

bool sos_plan::undisturbed() const {
    return healthy_wire() && deaths.empty() && fault.what == mishap::none;
}

bool sos_plan::has_no_contact(const std::string& route) const {
    return std::any_of(callees.begin(), callees.end(), [&](const sos_callee& c) {
        return c.name == route && c.behaviour.habit == phone_habit::no_contact;
    });
}

instant sos_plan::last_arrival() const {
    instant last = start;
    for (const sos_visit& v : visits) {
        last = std::max(last, v.at);
    }
    for (const psap_visit& v : callbacks) {
        last = std::max(last, v.at);
    }
    return last;
}

duration sos_plan::longest_call() const {
    const call::sos_rules& sos = rules.sos;
    const duration of_try = sos.answer_limit + 2s + 2 * sos.join_limit + sos.try_again + 2 * faults.reply_limit;
    return sos.most_tries * of_try + sos.longest_call + sos.end_limit + 10s;
}

sos_plan sos_plan_of(std::uint64_t seed) {
    random_source dice(seed * 0x9e3779b97f4a7c15U + 112);
    sos_plan plan;
    plan.seed = seed;
    plan.start = epoch;
    plan.rules.sos = draw_rules(dice);
    plan.asterisk.release = dice.once_in(3) ? asterisk_release::v16 : asterisk_release::v22;
    draw_pool(dice, plan);
    draw_callees(dice, plan);
    draw_visits(dice, plan);
    draw_faults(dice, plan);
    for (std::uint64_t i = dice.below(20); i > 0; --i) {
        plan.extra_wake_ups.push_back(plan.start + some(dice, 0s, 150s));
    }
    if (dice.once_in(8)) {
        plan.drain_at = plan.start + some(dice, 5s, 60s);
        plan.drain_over_at = plan.drain_at + some(dice, 1s, 60s);
    }
    return plan;
}

sos_plan sos_plan_without(unsigned parts, part_mood how) {
    sos_plan plan;
    plan.start = epoch;
    plan.cities = {{city_id("c1"), "Tambov", "r1", "r2", number_id("74950000000"), {}}};
    for (char i = '1'; i <= '4'; ++i) {
        plan.numbers.push_back({number_id(std::string("7495000000") + i), city_id("c1")});
    }
    plan.reserved = 2;
    plan.disk_saves = !without(parts, sos_part::disk);
    plan.feed_takes = !without(parts, sos_part::feed);
    plan.push_takes = !without(parts, sos_part::push);
    for (const char* name : {"r1", "r2", "112", "5000", "5001"}) {
        phone who;
        who.hangs_up_after = 5s;
        plan.callees.push_back({name, who});
    }
    sos_moods moods;
    moods.city = city_id("c1");
    // A part that fails does so when it is nearly too late: at once would be the easier night, and later is hanging.
    if (without(parts, sos_part::crm)) {
        moods.crm = how;
        moods.crm_takes = plan.rules.sos.site_wait - 1ms;
    }
    if (without(parts, sos_part::pool)) {
        moods.pool = how;
        moods.pool_takes = plan.rules.sos.number_wait - 1ms;
    }
    if (without(parts, sos_part::callback_map)) {
        moods.map = how;
        moods.map_takes = plan.rules.sos.map_wait - 1ms;
    }
    // Of a panel that the CRM has told of before, the city is known though the CRM is away: the longest way to the
    // INVITE.
    sos_moods known = moods;
    known.remembered = without(parts, sos_part::crm);
    for (const duration at : std::array<duration, 3>{1s, 1500ms, 20s}) {
        const bool other = at == 1500ms;
        plan.visits.push_back(
            {plan.start + at, panel_id(other ? "5001" : "5000"), 10min, 10min, other ? known : moods});
    }
    plan.callbacks.push_back({plan.start + 40s, 0, {}, call::urgency::normal, 10min, 10min, moods});
    return plan;
}

std::string sos_endpoint_of(const std::string& name) {
    return "PJSIP/" + name + "@gateway";
}

}  // namespace td::sim
