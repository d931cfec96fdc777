// The emergency part of the corpus. Each story is told on both releases of Asterisk; every world has one city with two
// routes, four panels and a callback map.

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/instant.hpp"
#include "sos_scenario.hpp"

namespace td::test {
namespace {

constexpr instant start{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};

using plan = sim::sos_plan;
using habit = sim::phone_habit;
using sim::part_mood;

sim::phone who(habit what, duration after = 1s, duration leaves_after = 0s) {
    sim::phone p;
    p.habit = what;
    p.acts_after = after;
    p.hangs_up_after = leaves_after;
    return p;
}

sim::sos_visit from_panel(const char* panel, duration at) {
    sim::sos_visit v;
    v.at = start + at;
    v.panel = panel_id(panel);
    v.talks = 3s;
    v.moods.city = city_id("c1");
    return v;
}

/// One panel calls; the first route answers after a second, and so would everybody. Short limits make a small world.
plan night() {
    plan p;
    p.start = start;
    p.rules.sos.answer_limit = 5s;
    p.rules.sos.silence_limit = 3s;
    p.rules.sos.longest_call = 20s;
    p.rules.sos.most_tries = 3;
    p.cities = {{city_id("c1"), "Tambov", "r1", "r2", number_id("74950000000"), {}}};
    p.numbers = {{number_id("74950000001"), city_id("c1")}, {number_id("74950000002"), city_id("c1")}};
    for (const char* each : {"r1", "r2", "112", "desk", "5000", "5001"}) {
        p.callees.push_back({each, who(habit::answers)});
    }
    p.visits.push_back(from_panel("5000", 1s));
    return p;
}

plan with(const std::function<void(plan&)>& change) {
    plan p = night();
    change(p);
    return p;
}
plan with_visit(const std::function<void(sim::sos_visit&)>& change) {
    return with([&](plan& p) { change(p.visits.front()); });
}
plan with_moods(const std::function<void(sim::sos_moods&)>& change) {
    return with([&](plan& p) { change(p.visits.front().moods); });
}
/// What stands behind the two routes and the default one.
plan with_routes(const std::array<sim::phone, 3>& behind) {
    return with([&](plan& p) {
        for (std::size_t i = 0; i < behind.size(); ++i) {
            p.callees[i].behaviour = behind[i];
        }
    });
}
plan called_back(const std::function<void(plan&, sim::psap_visit&)>& change) {
    return with([&](plan& p) {
        sim::psap_visit back;
        back.at = start + 10s;
        back.talks = 2s;
        p.callbacks.push_back(back);
        change(p, p.callbacks.back());
    });
}

using stories = std::vector<std::pair<std::string, plan>>;

void add_answers(stories& all) {
    all.emplace_back("the operator answers", night());
    all.emplace_back("the operator hangs up", with_routes({who(habit::answers, 1s, 2s), {}, {}}));
    all.emplace_back("the operator hangs up at once", with_routes({who(habit::answers, 1s, 2ms), {}, {}}));
    all.emplace_back("answered at once", with_routes({who(habit::answers, 0s), {}, {}}));
    all.emplace_back("early media and an answer", with_routes({who(habit::progresses), {}, {}}));
    all.emplace_back("the first route is busy", with_routes({who(habit::busy), who(habit::answers), {}}));
    all.emplace_back("the first route is unknown", with_routes({who(habit::no_contact), who(habit::answers), {}}));
    all.emplace_back("the first route is silent", with_routes({who(habit::silent), who(habit::answers), {}}));
    all.emplace_back("the first route rings on", with_routes({who(habit::never_answers), who(habit::answers), {}}));
    all.emplace_back("every route is busy", with_routes({who(habit::busy), who(habit::busy), who(habit::busy)}));
    all.emplace_back("every route declines",
                     with_routes({who(habit::declines), who(habit::declines), who(habit::declines)}));
    all.emplace_back("the longest call", with_visit([](sim::sos_visit& v) { v.talks = 10min; }));
    all.emplace_back("a short talk", with_visit([](sim::sos_visit& v) { v.talks = 3ms; }));
    for (const duration patience : {duration{3ms}, duration{15ms}, duration{200ms}, duration{2s}}) {
        all.emplace_back("the panel leaves after " + duration_text(patience), with([=](plan& p) {
                             p.visits.front().patience = patience;
                             p.callees.front().behaviour.acts_after = 4s;
                         }));
    }
    all.emplace_back("no panel in the arguments", with_visit([](sim::sos_visit& v) { v.panel = {}; }));
}

void add_outsides(stories& all) {
    using moods = sim::sos_moods;
    all.emplace_back("the CRM fails", with_moods([](moods& m) { m.crm = part_mood::fails; }));
    all.emplace_back("the CRM hangs", with_moods([](moods& m) { m.crm = part_mood::hangs; }));
    all.emplace_back("the CRM hangs and is remembered", with_moods([](moods& m) {
                         m.crm = part_mood::hangs;
                         m.remembered = true;
                     }));
    all.emplace_back("the store fails", with_moods([](moods& m) { m.pool = part_mood::fails; }));
    all.emplace_back("the store hangs", with_moods([](moods& m) { m.pool = part_mood::hangs; }));
    all.emplace_back("the store is late", with_moods([](moods& m) { m.pool_takes = 400ms; }));
    all.emplace_back("the store fails and a number is kept", with([](plan& p) {
                         p.reserved = 1;
                         p.visits.front().moods.pool = part_mood::fails;
                     }));
    all.emplace_back("the store and the disk fail", with([](plan& p) {
                         p.reserved = 2;
                         p.disk_saves = false;
                         p.visits.front().moods.pool = part_mood::hangs;
                     }));
    all.emplace_back("no number is left", with([](plan& p) { p.numbers.clear(); }));
    all.emplace_back("the callback map fails", with_moods([](moods& m) { m.map = part_mood::fails; }));
    all.emplace_back("the callback map hangs", with_moods([](moods& m) { m.map = part_mood::hangs; }));
    all.emplace_back("everything outside hangs", with_moods([](moods& m) {
                         m.crm = part_mood::hangs;
                         m.pool = part_mood::hangs;
                         m.map = part_mood::hangs;
                     }));
    all.emplace_back("a city that nobody knows", with_moods([](moods& m) { m.city = city_id("c9"); }));
}

void add_others(stories& all) {
    all.emplace_back("the same panel calls again", with([](plan& p) { p.visits.push_back(from_panel("5000", 8s)); }));
    all.emplace_back("two panels at once", with([](plan& p) { p.visits.push_back(from_panel("5001", 1s + 5ms)); }));
    all.emplace_back("two panels and one number", with([](plan& p) {
                         p.numbers.pop_back();
                         p.visits.push_back(from_panel("5001", 1s + 5ms));
                     }));
    all.emplace_back("two panels, and the store hangs", with([](plan& p) {
                         p.reserved = 2;
                         p.visits.push_back(from_panel("5001", 2s));
                         p.visits.front().moods.pool = part_mood::hangs;
                         p.visits.back().moods.pool = part_mood::fails;
                     }));
    all.emplace_back("a new call in a drain", with([](plan& p) {
                         p.drain_at = start + 500ms;
                         p.drain_over_at = start + 4s;
                     }));
    all.emplace_back("a drain ends nothing", with([](plan& p) {
                         p.drain_at = start + 2500ms;
                         p.drain_over_at = start + 4s;
                     }));
}

void add_callbacks(stories& all) {
    const auto nothing = [](plan&, sim::psap_visit&) {};
    all.emplace_back("a callback", called_back(nothing));
    all.emplace_back("a callback with priority",
                     called_back([](plan&, sim::psap_visit& v) { v.how = call::urgency::psap_callback; }));
    all.emplace_back("a callback with priority to a busy panel", called_back([](plan& p, sim::psap_visit& v) {
                         v.how = call::urgency::psap_callback;
                         p.callees[4].behaviour = who(habit::busy);
                     }));
    all.emplace_back("a callback that nobody answers", called_back([](plan& p, sim::psap_visit&) {
                         p.callees[4].behaviour = who(habit::never_answers);
                     }));
    all.emplace_back("a callback that is declined",
                     called_back([](plan& p, sim::psap_visit&) { p.callees[4].behaviour = who(habit::declines); }));
    all.emplace_back("a callback to a panel that is away",
                     called_back([](plan& p, sim::psap_visit&) { p.callees[4].behaviour = who(habit::no_contact); }));
    all.emplace_back("a callback that is given up", called_back([](plan&, sim::psap_visit& v) { v.patience = 600ms; }));
    all.emplace_back("a callback that the panel ends", called_back([](plan& p, sim::psap_visit& v) {
                         p.callees[4].behaviour.hangs_up_after = 1s;
                         v.talks = 10min;
                     }));
    all.emplace_back("a callback to nobody's number", called_back([](plan&, sim::psap_visit& v) { v.which = 3; }));
    all.emplace_back("a callback to nobody's number, and a desk", called_back([](plan& p, sim::psap_visit& v) {
                         v.which = 3;
                         p.rules.sos.desk = "desk";
                     }));
    all.emplace_back("a callback while the store fails",
                     called_back([](plan&, sim::psap_visit& v) { v.moods.pool = part_mood::fails; }));
    all.emplace_back("a callback while the store hangs",
                     called_back([](plan&, sim::psap_visit& v) { v.moods.pool = part_mood::hangs; }));
    all.emplace_back("a callback in the call", called_back([](plan& p, sim::psap_visit& v) {
                         p.visits.front().talks = 15s;
                         v.at = start + 4s;
                     }));
    all.emplace_back("two callbacks", called_back([](plan& p, sim::psap_visit& v) {
                         sim::psap_visit second = v;
                         second.at += 5s;
                         p.callbacks.push_back(second);
                     }));
}

void make_steady(plan& p) {
    p.seed = 4;
    p.faults = {};
    p.faults.latency = 1ms;  // a leg that is made first has entered Stasis when it is to be dialled
    p.faults.steady = true;
    p.extra_wake_ups.clear();
}

}  // namespace

std::vector<sos_scenario> scripted_sos_scenarios() {
    stories told;
    add_answers(told);
    add_outsides(told);
    add_others(told);
    add_callbacks(told);
    std::vector<sos_scenario> all;
    for (const auto release : {sim::asterisk_release::v22, sim::asterisk_release::v16}) {
        for (const auto& [name, what] : told) {
            sos_scenario& one = all.emplace_back();
            one.name = name + (release == sim::asterisk_release::v16 ? " (16)" : " (22)");
            one.plan = what;
            one.plan.asterisk.release = release;
            make_steady(one.plan);
        }
    }
    return all;
}

std::vector<sos_scenario> seeded_sos_scenarios() {
    std::vector<sos_scenario> all;
    for (std::uint64_t seed = 4; seed <= 80; seed += 4) {
        sos_scenario& one = all.emplace_back();
        one.name = "sos seed " + std::to_string(seed);
        one.plan = sim::sos_plan_of(seed);
        // A try that is given up before the line is known to be dead may have been answered unheard.
        one.plan.rules.sos.silence_limit = std::max<duration>(one.plan.rules.sos.silence_limit, 4s);
        one.plan.rules.sos.most_tries = std::max(one.plan.rules.sos.most_tries, 2U);  // one is lost to the fault
        make_steady(one.plan);
    }
    return all;
}

}  // namespace td::test
