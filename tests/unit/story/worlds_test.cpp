// Stories of calls that simulated worlds lived through, held against what the worlds' own records say.

#include <cstdint>
#include <numeric>

#include "base/random.hpp"
#include "lines.hpp"
#include "sim/sos_plan.hpp"
#include "sim/sos_world.hpp"
#include "sim/world.hpp"
#include "story/sentences.hpp"
#include "story/told.hpp"

using namespace td;
using namespace td::story;

namespace {

duration sum_of(const std::vector<hop>& hops) {
    return std::accumulate(hops.begin(), hops.end(), duration{},
                           [](duration sum, const hop& each) { return sum + each.took; });
}

/// What holds of every story, whatever its world went through.
void check_sound(const story::call_story& told) {
    CHECK(sum_of(told.hops) == told.whole());
    for (const hop& each : told.hops) {
        CHECK(each.took >= duration{});
        CHECK(!each.words.empty());
    }
    CHECK(!told.beginning_missing);
    CHECK(
        std::is_sorted(told.steps.begin(), told.steps.end(), [](const step& a, const step& b) { return a.at < b.at; }));
    for (const step& each : told.steps) {
        CHECK(!each.words.empty());
        CHECK(each.at >= told.begins);
        CHECK(each.at <= told.ends);
    }
    const std::string words = story::told(told);
    CHECK(words.find("?.") == std::string::npos);
    CHECK(words.find("unknown moment") == std::string::npos);
}

/// Time of the hops up to the one of this name, that one too.
duration up_to(const std::vector<hop>& hops, std::string_view name) {
    duration sum{};
    for (const hop& each : hops) {
        sum += each.took;
        if (each.name == name) {
            return sum;
        }
    }
    FAIL("no hop " << name);
    return sum;
}

duration hop_of(const std::vector<hop>& hops, std::string_view name) {
    const auto found = std::find_if(hops.begin(), hops.end(), [&](const hop& each) { return each.name == name; });
    REQUIRE(found != hops.end());
    return found->took;
}

const call::door_record* record_of(const call_lines& lines) {
    for (const journal::entry& each : lines.lines) {
        if (const auto* wish = std::get_if<call::command>(&each.what)) {
            if (const auto* end = std::get_if<call::finish>(wish)) {
                return &end->record;
            }
        }
    }
    return nullptr;
}

call::call_ms whole_ms(duration length) {
    return length / 1ms;
}

/// The hops say of ringing and talking what the record says, and the phones what its legs say.
void check_against(const call::door_record& record, const story::call_story& told) {
    CHECK(told.how == record.how);
    CHECK(told.who == record.who);
    if (record.how == call::outcome::answered && record.talk_ms > 0) {
        CHECK(whole_ms(up_to(told.hops, "ring")) == record.ring_ms);
        CHECK(whole_ms(hop_of(told.hops, "talk")) == record.talk_ms);
        REQUIRE(told.answered_by);
        CHECK(told.phones[*told.answered_by].account == record.answered_by);
    }
    REQUIRE(told.phones.size() >= record.legs.size());
    for (const call::leg_record& leg : record.legs) {
        const auto phone = std::find_if(told.phones.begin(), told.phones.end(),
                                        [&](const phone_story& each) { return each.account == leg.account; });
        REQUIRE(phone != told.phones.end());
        INFO("account " << leg.account.text() << ", " << name_of(leg.why)
                        << ", silent: " << name_of(phone->why_silent));
        CHECK(phone->attempts.size() == leg.attempts);
        CHECK(phone->became == leg.why);
        if (leg.ringing_ms != call::not_reached) {
            CHECK(phone->rang());
        }
        CHECK(phone->why_silent != silence::unknown);
    }
    for (const call::push_record& push : record.pushes) {
        for (const phone_story& phone : told.phones) {
            for (const device_story& device : phone.devices) {
                if (device.name == push.device) {
                    CHECK((device.said == device_story::answer::accepted) == push.accepted);
                }
            }
        }
    }
}

std::map<call_id, call_lines> lived_through(sim::world_plan plan) {
    sim::world lived(std::move(plan), sim::story::untold);
    lived.keep_journals();
    lived.run();
    return test::calls_of(test::whole_runs(lived.journals(test::all_steps)));
}

}  // namespace

TEST_CASE("stories of worlds: the hops add up to the whole, and the story says what the record says", "[story]") {
    std::size_t calls = 0;
    std::size_t recorded = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        for (const auto& [call, lines] : lived_through(sim::plan_of(seed))) {
            INFO("call " << call.text());
            const call_story told = tell(lines);
            check_sound(told);
            ++calls;
            if (const call::door_record* record = record_of(lines)) {
                ++recorded;
                check_against(*record, told);
            }
        }
    }
    CHECK(calls > 1000);
    CHECK(recorded + 5 > calls);
}

TEST_CASE("stories of worlds: a call that crosses a worker's death is told once, and says so", "[story]") {
    std::size_t crossed = 0;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        sim::world_plan plan = sim::plan_of(seed);
        random_source dice(seed + 5);
        plan.deaths = {{10 + dice.below(120), duration{static_cast<std::int64_t>(dice.below(50'001))},
                        duration{static_cast<std::int64_t>(dice.below(4'000'000))}}};
        INFO("seed " << seed);
        for (const auto& [call, lines] : lived_through(plan)) {
            INFO("call " << call.text());
            std::size_t arrivals = 0;
            std::size_t records = 0;
            bool recalled = false;
            for (const journal::entry& each : lines.lines) {
                if (const auto* news = std::get_if<call::fact>(&each.what)) {
                    arrivals += std::holds_alternative<call::panel_arrived>(*news) ? 1U : 0U;
                    recalled = recalled || std::holds_alternative<call::memory_recalled>(*news);
                } else if (const auto* wish = std::get_if<call::command>(&each.what)) {
                    records += call::call_finished_by(*wish) ? 1U : 0U;
                }
            }
            CHECK(arrivals == 1);
            CHECK(records <= 1);
            const call_story told = tell(lines);
            check_sound(told);
            crossed += recalled ? 1U : 0U;
            const bool says_so = std::any_of(told.remarks.begin(), told.remarks.end(), [](const std::string& each) {
                return each.starts_with("It crossed the end of a worker");
            });
            CHECK(says_so == recalled);
        }
    }
    CHECK(crossed > 50);
}

TEST_CASE("stories of worlds: emergency calls and callbacks, whatever fails", "[story]") {
    std::size_t sos = 0;
    std::size_t callbacks = 0;
    std::size_t alerted = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        sim::sos_world lived(sim::sos_plan_of(seed), sim::story::untold);
        lived.keep_journals();
        lived.run();
        for (const auto& [call, lines] : test::calls_of(test::whole_runs(lived.journals(test::all_steps)))) {
            INFO("call " << call.text());
            const call_story told = tell(lines);
            check_sound(told);
            sos += told.kind == call_kind::sos ? 1U : 0U;
            callbacks += told.kind == call_kind::callback ? 1U : 0U;
            alerted += told.alerts.empty() ? 0U : 1U;
            for (const journal::entry& each : lines.lines) {
                const auto* wish = std::get_if<call::command>(&each.what);
                const auto* end = wish == nullptr ? nullptr : std::get_if<call::finish_sos>(wish);
                if (end != nullptr && end->record.talk_ms > 0) {
                    CHECK(whole_ms(up_to(told.hops, "ring")) == end->record.ring_ms);
                    CHECK(whole_ms(hop_of(told.hops, "talk")) == end->record.talk_ms);
                    CHECK(told.number.number == end->record.number);
                }
                const auto* back = wish == nullptr ? nullptr : std::get_if<call::finish_callback>(wish);
                if (back != nullptr && back->record.talk_ms > 0) {
                    CHECK(whole_ms(up_to(told.hops, "ring")) == back->record.ring_ms);
                    CHECK(whole_ms(hop_of(told.hops, "talk")) == back->record.talk_ms);
                }
            }
        }
    }
    CHECK(sos > 200);
    CHECK(callbacks > 100);
    CHECK(alerted > 50);
}
