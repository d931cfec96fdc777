// Calls from journals of end-to-end runs on real Asterisk 22.10.1 and 16.28 (recorded/, cut by cut.py).
//
// A recorded call cannot be continued behind a fault: nobody recorded what Asterisk would have answered to what the
// worker would have asked then. So the journal is read for who did what when, and the model of Asterisk serves a world
// that goes by that plan. Faithful are the order and the times of what people did, the CRM, the push server and the
// rules; a phone that was told answered_elsewhere before it did anything is taken for one that never answers. The
// undisturbed world must come to the recorded record.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>
#include <variant>

#include "base/overloaded.hpp"
#include "catch.hpp"
#include "journal/codec.hpp"
#include "scenario.hpp"

namespace td::test {
namespace {

struct recording {
    call::rules rules;
    std::vector<std::pair<instant, call::fact>> facts;
    call::door_record record;
};

recording read(const std::filesystem::path& file) {
    std::ifstream in(file);
    recording all;
    journal::reader lines;
    lines.take(std::string(std::istreambuf_iterator<char>(in), {}));
    while (auto line = lines.next()) {
        INFO(file << ":" << lines.line_number() << ": " << (*line ? "" : line->why().text));
        REQUIRE(*line);
        const instant at = (*line)->at;
        std::visit(overloaded{[&](const journal::header& first) { all.rules = first.rules; },
                              [&](const call::fact& news) { all.facts.emplace_back(at, news); },
                              [&](const call::command& wish) {
                                  if (const auto* end = std::get_if<call::finish>(&wish)) {
                                      all.record = end->record;
                                  }
                              },
                              [](const journal::gap&) {}, [](const journal::rules_changed&) {}},
                   (*line)->what);
    }
    REQUIRE(!all.facts.empty());
    return all;
}

/// The moment of the first fact of this kind that `wanted` agrees to.
template <class News, class Wanted>
std::optional<instant> moment_of(const recording& from, const Wanted& wanted) {
    for (const auto& [at, news] : from.facts) {
        if (const auto* told = std::get_if<News>(&news); told != nullptr && wanted(*told)) {
            return at;
        }
    }
    return std::nullopt;
}
template <class News>
std::optional<instant> moment_of(const recording& from) {
    return moment_of<News>(from, [](const News&) { return true; });
}

/// What the phone did, from the account's entry in the record and from the facts of its leg. The first legs have the
/// numbers of their accounts.
sim::phone phone_of(const recording& from, std::size_t number) {
    const call::door_record& record = from.record;
    const call::leg_record& leg = record.legs[number];
    const auto of_leg = [&](const auto& told) { return told.leg.leg.value == number; };
    const auto after_start = [&](call::call_ms ms) { return record.started_at + std::chrono::milliseconds(ms); };
    sim::phone p;
    p.habit = sim::phone_habit::never_answers;
    const instant rang = after_start(leg.ringing_ms);
    if (leg.ringing_ms >= 0 && leg.attempts == 1) {
        p.rings_after = std::max<duration>(rang - after_start(leg.dialled_ms), 1ms);
    }
    std::optional<instant> answered = moment_of<call::leg_answered>(from, of_leg);
    if (!answered && leg.why == call::leg_why::answered) {
        answered = after_start(record.ring_ms);  // by a leg of a later attempt
    }
    if (answered) {
        p.habit = sim::phone_habit::answers;
        p.acts_after = std::max<duration>(*answered - rang, 1ms);
        if (record.who == call::ended_by::account && leg.why == call::leg_why::answered) {
            p.hangs_up_after = record.ended_at - *answered;
        }
    } else if (leg.why == call::leg_why::declined) {
        p.habit = sim::phone_habit::declines;
        p.acts_after = after_start(leg.ended_ms) - rang;
    } else if (leg.why == call::leg_why::busy) {
        p.habit = sim::phone_habit::busy;
    }
    if (leg.attempts > 1 || leg.why == call::leg_why::unreachable) {
        p.sleep = leg.sip == 404 ? sim::phone_sleep::refused_404 : sim::phone_sleep::refused_480;
        if (leg.ringing_ms >= 0) {
            p.wakes_at = after_start(leg.dialled_ms);
            p.rings_after = std::max<duration>(rang - after_start(leg.dialled_ms), 1ms);
        }
    }
    for (const auto& [at, news] : from.facts) {
        if (const auto* key = std::get_if<call::key_pressed>(&news); key != nullptr && of_leg(*key) && answered) {
            p.presses.push_back({at - *answered, key->key});
        }
    }
    return p;
}

sim::push_mood mood_of(const recording& from, const call::account& who) {
    for (const auto& [at, news] : from.facts) {
        if (std::holds_alternative<call::push_failed>(news)) {
            return sim::push_mood::fails;
        }
        const auto* told = std::get_if<call::push_answered>(&news);
        if (told != nullptr && std::any_of(told->rejected.begin(), told->rejected.end(), [&](const auto& r) {
                return !who.devices.empty() && r.device == who.devices.front().name;
            })) {
            return sim::push_mood::rejects;
        }
    }
    return moment_of<call::push_answered>(from) ? sim::push_mood::accepts : sim::push_mood::hangs;
}

void add_residents(const recording& from, const call::flat_record& flat, sim::world_plan& plan) {
    for (std::size_t i = 0; i < flat.accounts.size(); ++i) {
        sim::resident r;
        r.account = flat.accounts[i];
        r.behaviour = i < from.record.legs.size() ? phone_of(from, i) : sim::phone{};
        r.push = mood_of(from, r.account);
        r.wakes_after = 10min;  // phones wake when the recording says so
        plan.residents.push_back(std::move(r));
    }
    plan.flats.push_back({from.record.flat.empty() ? flat_id("1") : from.record.flat, flat});
}

sim::visit visit_of(const recording& from, instant start) {
    const call::door_record& record = from.record;
    sim::visit v;
    v.at = start;
    v.panel = record.panel.empty() ? panel_id("5001") : record.panel;
    v.flat = record.who == call::ended_by::bad_arguments ? 1 : 0;
    const bool by_visitor = record.who == call::ended_by::panel;
    v.patience = by_visitor && record.talk_ms == 0 ? record.ended_at - record.started_at : duration{10min};
    v.talks = by_visitor && record.talk_ms > 0 ? duration{std::chrono::milliseconds(record.talk_ms)} : duration{10min};
    const auto since_start = [&](std::optional<instant> at) { return at ? *at - start : duration{}; };
    v.title_takes = since_start(moment_of<call::panel_described>(from));
    v.push_takes = 3ms;
    v.crm = sim::crm_mood::hangs;
    if (const auto found = moment_of<call::accounts_found>(from)) {
        v.crm = sim::crm_mood::answers;
        v.crm_takes = since_start(found);
    } else if (const auto unknown = moment_of<call::flat_unknown>(from)) {
        v.crm = sim::crm_mood::knows_no_flat;
        v.crm_takes = since_start(unknown);
    } else if (const auto failed = moment_of<call::crm_failed>(from)) {
        v.crm = sim::crm_mood::fails;
        v.crm_takes = since_start(failed);
    }
    return v;
}

sim::world_plan plan_of(const recording& from) {
    sim::world_plan plan;
    plan.start = from.record.started_at - 1s;
    plan.rules = from.rules;
    call::flat_record flat;
    for (const auto& [at, news] : from.facts) {
        if (const auto* found = std::get_if<call::accounts_found>(&news)) {
            flat = found->flat;
        }
    }
    add_residents(from, flat, plan);
    plan.visits.push_back(visit_of(from, from.record.started_at));
    if (from.record.who == call::ended_by::drain) {
        const bool turned_away = from.record.legs.empty();
        plan.drain_at = from.record.ended_at - 500ms;
        plan.drain_over_at = from.record.ended_at + (turned_away ? 1s : 0s);
    }
    make_steady(plan);
    return plan;
}

}  // namespace

std::vector<scenario> recorded_scenarios() {
    std::vector<std::filesystem::path> files;
    for (const auto& each :
         std::filesystem::directory_iterator(std::filesystem::path(TDCTL_SOURCE_DIR) / "tests/faults/recorded")) {
        files.push_back(each.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<scenario> all;
    for (const std::filesystem::path& file : files) {
        const recording from = read(file);
        scenario one{file.stem().string(), plan_of(from), from.record};
        one.plan.asterisk.release =
            one.name.starts_with("asterisk16") ? sim::asterisk_release::v16 : sim::asterisk_release::v22;
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace td::test
