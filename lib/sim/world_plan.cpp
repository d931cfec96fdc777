#include "sim/world_plan.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"

namespace td::sim {
namespace {

constexpr instant epoch{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};

duration some(random_source& dice, duration least, duration most) {
    return least +
           duration{static_cast<duration::rep>(dice.below(static_cast<std::uint64_t>((most - least).count()) + 1))};
}

call::door_rules draw_door_rules(random_source& dice) {
    call::door_rules rules;
    rules.ring_limit = dice.once_in(3) ? some(dice, 4s, 15s) : duration{45s};
    rules.talk_limit = dice.once_in(3) ? some(dice, 3s, 20s) : duration{120s};
    rules.on_decline = dice.once_in(3) ? call::decline_rule::end_call : call::decline_rule::drop_leg;
    rules.early = dice.once_in(4)   ? call::early_sound::none
                  : dice.once_in(4) ? call::early_sound::progress
                                    : call::early_sound::ringing;
    rules.late_dial = some(dice, 500ms, 4s);
    rules.open_dtmf = dice.once_in(4) ? "*1" : "1";
    rules.max_calls = dice.once_in(10) ? 1 + dice.below(2) : 5000;
    rules.max_accounts = dice.once_in(8) ? 1 + dice.below(3) : 40;
    rules.push_wanted = !dice.once_in(8);
    rules.push_repeat = some(dice, 1s, 8s);
    rules.title_wait = some(dice, 1ms, 300ms);
    return rules;
}

phone draw_phone(random_source& dice, instant start) {
    phone p;
    switch (dice.below(10)) {  // over a number: the rest is the ordinary phone
        case 0: p.habit = phone_habit::declines; break;
        case 1: p.habit = phone_habit::busy; break;
        case 2:
        case 3: p.habit = phone_habit::never_answers; break;
        case 4: p.habit = dice.once_in(2) ? phone_habit::silent : phone_habit::no_contact; break;
        default: p.habit = phone_habit::answers; break;
    }
    if (dice.once_in(3)) {
        p.sleep = dice.once_in(3)   ? phone_sleep::held
                  : dice.once_in(2) ? phone_sleep::refused_404
                                    : phone_sleep::refused_480;
    }
    if (p.sleep != phone_sleep::awake && dice.once_in(3)) {
        p.wakes_at = start + some(dice, 0s, 90s);
    }
    p.rings_after = some(dice, 1ms, 300ms);
    // Many answer at the same moment, so that dead heats are common.
    p.acts_after = dice.once_in(3) ? duration{2s} : some(dice, 0s, 12s);
    p.hangs_up_after = dice.once_in(2) ? some(dice, 2ms, 30s) : duration{};
    if (dice.once_in(2)) {
        p.presses = {{some(dice, 2ms, 3s), '*'}, {some(dice, 3s, 6s), '1'}};
    }
    return p;
}

void draw_residents(random_source& dice, world_plan& plan) {
    const std::uint64_t count = 1 + dice.below(8);
    for (std::uint64_t i = 0; i < count; ++i) {
        resident r;
        r.account.name = account_id("7900000000" + std::to_string(i));
        for (std::uint64_t d = dice.below(3); d < 3; ++d) {
            r.account.devices.push_back({device_id("d" + std::to_string(i) + std::to_string(d)), "android"});
        }
        r.behaviour = draw_phone(dice, plan.start);
        r.push = dice.once_in(2) ? push_mood::accepts : static_cast<push_mood>(dice.below(4));
        r.wakes_after = some(dice, 50ms, 8s);
        plan.residents.push_back(std::move(r));
    }
}

void draw_flats(random_source& dice, world_plan& plan) {
    const std::uint64_t count = 1 + dice.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
        flat f;
        f.name = flat_id(std::to_string(i + 1));
        f.record.blocked = dice.once_in(12);
        f.record.auto_open = dice.once_in(12);
        for (const resident& r : plan.residents) {
            for (std::uint64_t times = dice.once_in(8) ? 2 : dice.below(4) == 0 ? 0 : 1; times > 0; --times) {
                f.record.accounts.push_back(r.account);
            }
        }
        if (dice.once_in(15)) {
            f.record.accounts.clear();
        }
        plan.flats.push_back(std::move(f));
    }
}

void draw_visits(random_source& dice, world_plan& plan) {
    const std::uint64_t count = 1 + dice.below(8);
    for (std::uint64_t i = 0; i < count; ++i) {
        visit v;
        v.at = plan.start + some(dice, 1s, 60s);
        v.panel = panel_id("500" + std::to_string(dice.below(4)));
        v.flat = dice.once_in(30) ? plan.flats.size() : dice.below(plan.flats.size());
        v.patience = dice.once_in(2) ? some(dice, 1ms, 20s) : duration{10min};
        v.talks = dice.once_in(2) ? some(dice, 1ms, 40s) : duration{10min};
        v.crm = dice.once_in(5) ? static_cast<crm_mood>(dice.below(4)) : crm_mood::answers;
        v.crm_takes = dice.once_in(6) ? some(dice, 100ms, 2500ms) : some(dice, 1ms, 100ms);
        v.title_takes = dice.once_in(4) ? duration{} : some(dice, 1ms, 600ms);
        v.push_takes = some(dice, 1ms, 3s);
        plan.visits.push_back(std::move(v));
    }
    std::sort(plan.visits.begin(), plan.visits.end(), [](const visit& a, const visit& b) { return a.at < b.at; });
}

void draw_faults(random_source& dice, world_plan& plan) {
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
            const instant at = plan.start + some(dice, 1s, 90s);
            plan.cuts.push_back({at, dice.once_in(2) ? duration{} : some(dice, 0s, 4s), some(dice, 0s, 2s),
                                 some(dice, 1ms, 10s), dice.once_in(5)});
        }
    }
}

}  // namespace

std::string_view name_of(mishap what) {
    switch (what) {
        case mishap::none: return "none";
        case mishap::line_cut: return "line_cut";
        case mishap::line_cut_unseen: return "line_cut_unseen";
        case mishap::silence: return "silence";
        case mishap::silence_both_ways: return "silence_both_ways";
        case mishap::request_lost: return "request_lost";
        case mishap::reply_lost: return "reply_lost";
        case mishap::doubled: return "doubled";
        case mishap::doubled_late: return "doubled_late";
        case mishap::delayed: return "delayed";
        case mishap::delayed_long: return "delayed_long";
        case mishap::killed: return "killed";
        case mishap::killed_unsent: return "killed_unsent";
        case mishap::killed_forgetful: return "killed_forgetful";
        case mishap::clock_put_back: return "clock_put_back";
        case mishap::clock_put_forward: return "clock_put_forward";
    }
    return "";
}

bool world_plan::calm() const {
    return seed % 4 == 0 && deaths.empty() && fault.what == mishap::none;
}

duration world_plan::longest_call() const {
    return rules.door.lookup_limit + rules.door.ring_limit + 2 * rules.door.join_limit + rules.door.talk_limit +
           rules.door.end_limit + 10s + deaths.size() * (rules.door.end_limit + 10s);
}

world_plan plan_of(std::uint64_t seed) {
    random_source dice(seed * 0x9e3779b97f4a7c15U + 1);
    world_plan plan;
    plan.seed = seed;
    plan.start = epoch;
    plan.rules.door = draw_door_rules(dice);
    plan.asterisk.release = dice.once_in(3) ? asterisk_release::v16 : asterisk_release::v22;
    draw_residents(dice, plan);
    draw_flats(dice, plan);
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

std::string endpoint_of(const account_id& account) {
    return "PJSIP/" + account.text() + "@kamailio";
}

}  // namespace td::sim
