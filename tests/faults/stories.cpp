// The scripted part of the corpus. Each story is told on both releases of Asterisk.

#include <functional>
#include <utility>

#include "base/instant.hpp"
#include "scenario.hpp"

namespace td::test {
namespace {

constexpr instant start{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};

using plan = sim::world_plan;
using habit = sim::phone_habit;

sim::phone acts(habit what, duration after) {
    sim::phone p;
    p.habit = what;
    p.acts_after = after;
    return p;
}
sim::phone answers(duration after) {
    return acts(habit::answers, after);
}
sim::phone declines(duration after) {
    return acts(habit::declines, after);
}
sim::phone rings_on() {
    return acts(habit::never_answers, 0s);
}
sim::phone asleep(sim::phone who, sim::phone_sleep how) {
    who.sleep = how;
    return who;
}
sim::phone leaves(sim::phone who, duration after) {
    who.hangs_up_after = after;
    return who;
}
sim::phone presses(sim::phone who, std::vector<sim::phone::press> keys) {
    who.presses = std::move(keys);
    return who;
}

/// One visit to one flat behind which these phones stand; short limits, so that a world is a small one.
plan flat_with(const std::vector<sim::phone>& phones) {
    plan p;
    p.start = start;
    p.rules.door.ring_limit = 8s;
    p.rules.door.talk_limit = 6s;
    p.flats.push_back({flat_id("1"), {}});
    for (std::size_t i = 0; i < phones.size(); ++i) {
        sim::resident r;
        r.account = {account_id("7900000000" + std::to_string(i)), {{device_id("d" + std::to_string(i)), "ios"}}};
        r.behaviour = phones[i];
        r.wakes_after = 10min;
        p.flats.front().record.accounts.push_back(r.account);
        p.residents.push_back(std::move(r));
    }
    sim::visit v;
    v.at = start + 1s;
    v.panel = panel_id("5001");
    v.patience = 10min;
    v.talks = 2s;
    v.crm_takes = 5ms;
    v.title_takes = 8ms;
    v.push_takes = 4ms;
    p.visits.push_back(v);
    return p;
}

plan with(plan p, const std::function<void(plan&)>& change) {
    change(p);
    return p;
}
plan with_visit(plan p, const std::function<void(sim::visit&)>& change) {
    change(p.visits.front());
    return p;
}
plan without_answer(sim::crm_mood mood, duration takes) {
    return with_visit(flat_with({answers(1s)}), [&](sim::visit& v) {
        v.crm = mood;
        v.crm_takes = takes;
    });
}
plan with_push(sim::push_mood mood, duration wakes_after, sim::phone who) {
    return with(flat_with({std::move(who), rings_on()}), [&](plan& p) {
        p.residents.front().push = mood;
        p.residents.front().wakes_after = wakes_after;
    });
}

using stories = std::vector<std::pair<std::string, plan>>;

void add_answers(stories& all) {
    all.emplace_back("the first of four gets the panel",
                     flat_with({answers(2s), answers(3s), rings_on(), answers(4s)}));
    all.emplace_back("a dead heat of two", flat_with({answers(1s), answers(1s)}));
    all.emplace_back("a dead heat of four", flat_with({answers(1s), answers(1s), answers(1s), answers(1s)}));
    all.emplace_back("a second answer a millisecond later", flat_with({answers(1s), answers(1001ms)}));
    all.emplace_back("eight accounts and one answers", flat_with({rings_on(), rings_on(), rings_on(), rings_on(),
                                                                  rings_on(), rings_on(), answers(1s), rings_on()}));
    all.emplace_back("answered at once", flat_with({answers(0s), rings_on()}));
    all.emplace_back("one declines and another answers", flat_with({declines(1s), answers(2s)}));
    all.emplace_back("one is busy and another answers", flat_with({acts(habit::busy, 0s), answers(2s)}));
    all.emplace_back("early media and an answer", flat_with({acts(habit::progresses, 1s), rings_on()}));
    all.emplace_back("no contact and another answers", flat_with({acts(habit::no_contact, 0s), answers(2s)}));
    all.emplace_back("a silent phone and another answers", flat_with({acts(habit::silent, 0s), answers(2s)}));
    all.emplace_back("the resident hangs up", flat_with({leaves(answers(1s), 1s), rings_on()}));
    all.emplace_back("the resident hangs up at once", flat_with({leaves(answers(1s), 2ms), rings_on()}));
    all.emplace_back("the talk limit", with_visit(flat_with({answers(1s)}), [](sim::visit& v) { v.talks = 10min; }));
    all.emplace_back("the door is opened by the key", flat_with({presses(answers(1s), {{500ms, '1'}})}));
    all.emplace_back("another key opens nothing", flat_with({presses(answers(1s), {{500ms, '5'}})}));
    all.emplace_back("a short talk", with_visit(flat_with({answers(1s)}), [](sim::visit& v) { v.talks = 3ms; }));
}

void add_no_answers(stories& all) {
    all.emplace_back("nobody answers", flat_with({rings_on(), rings_on()}));
    all.emplace_back("everybody declines", flat_with({declines(1s), declines(2s), declines(3s)}));
    all.emplace_back("everybody is busy", flat_with({acts(habit::busy, 0s), acts(habit::busy, 0s)}));
    all.emplace_back("nobody can be reached", flat_with({acts(habit::silent, 0s), acts(habit::no_contact, 0s)}));
    all.emplace_back("a decline ends the call", with(flat_with({declines(1s), answers(2s)}), [](plan& p) {
                         p.rules.door.on_decline = call::decline_rule::end_call;
                     }));
    for (const duration patience : {duration{3ms}, duration{100ms}, duration{1s}}) {
        all.emplace_back(
            "the visitor leaves after " + duration_text(patience),
            with_visit(flat_with({answers(2s), answers(3s)}), [=](sim::visit& v) { v.patience = patience; }));
    }
    all.emplace_back("the visitor leaves as somebody answers",
                     with_visit(flat_with({answers(1s)}), [](sim::visit& v) { v.patience = 1013ms; }));
    all.emplace_back("the CRM fails", without_answer(sim::crm_mood::fails, 20ms));
    all.emplace_back("the CRM hangs", without_answer(sim::crm_mood::hangs, 0ms));
    all.emplace_back("the CRM is slow", without_answer(sim::crm_mood::answers, 1500ms));
    all.emplace_back("the CRM knows no flat", without_answer(sim::crm_mood::knows_no_flat, 20ms));
    all.emplace_back("no arguments", with_visit(flat_with({answers(1s)}), [](sim::visit& v) { v.flat = 7; }));
    all.emplace_back("a flat without accounts", flat_with({}));
    all.emplace_back("a blocked flat",
                     with(flat_with({answers(1s)}), [](plan& p) { p.flats.front().record.blocked = true; }));
    const auto opens = [](const std::string& keys) {
        return with(flat_with({answers(1s)}), [&](plan& p) {
            p.flats.front().record.auto_open = true;
            p.rules.door.open_dtmf = keys;
        });
    };
    all.emplace_back("a flat that opens by itself", opens("1"));
    all.emplace_back("a flat that opens by itself with many keys", opens("123*"));
}

void add_sleepers(stories& all) {
    using sleep = sim::phone_sleep;
    for (const auto& [how, name] :
         {std::pair(sleep::refused_404, "404"), std::pair(sleep::refused_480, "480"), std::pair(sleep::held, "held")}) {
        all.emplace_back(std::string("asleep and woken by the push: ") + name,
                         with_push(sim::push_mood::accepts, 2s, asleep(answers(1s), how)));
        sim::phone registers = asleep(answers(1s), how);
        registers.wakes_at = start + 3s;
        all.emplace_back(std::string("asleep and registers by itself: ") + name, flat_with({registers, rings_on()}));
        all.emplace_back(std::string("asleep for ever: ") + name, flat_with({asleep(answers(1s), how)}));
    }
    for (const auto& [mood, name] :
         {std::pair(sim::push_mood::rejects, "rejects"), std::pair(sim::push_mood::fails, "fails"),
          std::pair(sim::push_mood::hangs, "hangs")}) {
        all.emplace_back(std::string("the push server ") + name, with_push(mood, 10min, answers(2s)));
    }
}

void add_rules(stories& all) {
    all.emplace_back("early media to the panel",
                     with(flat_with({answers(1s)}), [](plan& p) { p.rules.door.early = call::early_sound::progress; }));
    all.emplace_back("no sound before the answer",
                     with(flat_with({answers(1s)}), [](plan& p) { p.rules.door.early = call::early_sound::none; }));
    all.emplace_back("one account of three is rung", with(flat_with({answers(1s), answers(1s), answers(1s)}),
                                                          [](plan& p) { p.rules.door.max_accounts = 1; }));
    all.emplace_back("the CRM names an account twice", with(flat_with({answers(1s)}), [](plan& p) {
                         auto& accounts = p.flats.front().record.accounts;
                         accounts.push_back(accounts.front());
                     }));
    all.emplace_back("a drain ends the talk", with(flat_with({answers(1s)}), [](plan& p) {
                         p.visits.front().talks = 10min;
                         p.drain_at = start + 3s;
                         p.drain_over_at = start + 4s;
                     }));
    all.emplace_back("a drain gives a new call back", with(flat_with({answers(1s)}), [](plan& p) {
                         p.drain_at = start + 500ms;
                         p.drain_over_at = start + 4s;
                     }));
    const auto second = [](duration after, const char* panel) {
        return with(flat_with({answers(1s), rings_on()}), [&](plan& p) {
            p.visits.push_back(p.visits.front());
            p.visits.back().at += after;
            p.visits.back().panel = panel_id(panel);
        });
    };
    all.emplace_back("the same panel calls again", second(5s, "5001"));
    all.emplace_back("another panel calls the flat in the talk", second(2s, "5002"));
}

}  // namespace

void make_steady(sim::world_plan& p) {
    p.seed = 4;
    p.faults = {};
    p.faults.steady = true;
    p.extra_wake_ups.clear();
}

namespace {

std::vector<scenario> on_both_releases(const stories& told) {
    std::vector<scenario> all;
    for (const auto release : {sim::asterisk_release::v22, sim::asterisk_release::v16}) {
        for (const auto& [name, what] : told) {
            scenario one{name + (release == sim::asterisk_release::v16 ? " (16)" : " (22)"), what};
            one.plan.asterisk.release = release;
            make_steady(one.plan);
            all.push_back(std::move(one));
        }
    }
    return all;
}

}  // namespace

std::vector<scenario> scripted_scenarios() {
    stories told;
    add_answers(told);
    add_no_answers(told);
    add_sleepers(told);
    add_rules(told);
    return on_both_releases(told);
}

std::vector<scenario> later_scenarios() {
    stories told;
    told.emplace_back("an answer in the last second of the ring", flat_with({answers(7500ms), rings_on()}));
    return on_both_releases(told);
}

}  // namespace td::test
