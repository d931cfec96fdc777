// What the end of a leg means, and who is rung when.

#include "call/ring_plan.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::call;

namespace {

const instant noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

flat_record flat_of(unsigned count) {
    flat_record flat;
    for (unsigned i = 1; i <= count; ++i) {
        flat.accounts.push_back({account_id{"a" + std::to_string(i)}, {{device_id{"d" + std::to_string(i)}, "ios"}}});
    }
    return flat;
}

ring_plan plan_of(unsigned count, door_rules rules = {}) {
    ring_plan plan;
    plan.begin(noon, flat_of(count), rules);
    return plan;
}

std::string dialled(ring_plan& plan, instant now) {
    std::string text;
    while (const auto next = plan.take_due(now)) {
        text += std::to_string(next->leg.value) + "=" + next->account.text() + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("leg: the SIP status says why it ended, and whether it rang before decides what busy means", "[call]") {
    struct row {
        int cause;
        int sip;
        leg_why silent;
        leg_why rang;
    };
    for (const row& r :
         {row{17, 486, leg_why::busy, leg_why::declined}, row{21, 603, leg_why::declined, leg_why::declined},
          row{17, 600, leg_why::busy, leg_why::declined}, row{0, 404, leg_why::unreachable, leg_why::no_answer},
          row{19, 480, leg_why::unreachable, leg_why::no_answer},
          row{18, 408, leg_why::unreachable, leg_why::no_answer},
          row{34, 503, leg_why::unreachable, leg_why::no_answer}, row{58, 488, leg_why::refused, leg_why::refused},
          row{21, 403, leg_why::refused, leg_why::refused}}) {
        CAPTURE(r.cause, r.sip);
        CHECK(why_of_end(r.cause, r.sip, never) == r.silent);
        CHECK(why_of_end(r.cause, r.sip, noon) == r.rang);
    }
}

TEST_CASE("leg: without a SIP status (before 20.17 and 22.7) the cause has to do", "[call]") {
    CHECK(why_of_end(17, 0, never) == leg_why::busy);
    CHECK(why_of_end(17, 0, noon) == leg_why::declined);
    CHECK(why_of_end(21, 0, never) == leg_why::declined);
    CHECK(why_of_end(1, 0, never) == leg_why::unreachable);
    CHECK(why_of_end(19, 0, never) == leg_why::unreachable);
    CHECK(why_of_end(19, 0, noon) == leg_why::no_answer);
    CHECK(why_of_end(0, 0, noon) == leg_why::no_answer);
    CHECK(why_of_end(26, 0, noon) == leg_why::answered_elsewhere);
    CHECK(why_of_end(58, 0, never) == leg_why::refused);
}

TEST_CASE("ring plan: everybody is due at once, once, up to max_accounts; the rest only get the push", "[call]") {
    door_rules rules;
    rules.max_accounts = 2;
    ring_plan plan = plan_of(3, rules);
    CHECK(dialled(plan, noon) == "0=a1 1=a2 ");
    CHECK(dialled(plan, noon + 1h).empty());
    CHECK(plan.targets_of_all().size() == 3);
    CHECK(plan.targets_still_asleep().size() == 3);
}

TEST_CASE("ring plan: a declined account is not rung again, also when its phone registers", "[call]") {
    ring_plan plan = plan_of(2);
    dialled(plan, noon);
    CHECK(plan.ended(noon, leg_no{0}, 21, 603) == leg_why::declined);
    plan.registered(noon + 1s, account_id{"a1"});
    CHECK(dialled(plan, noon + 10s).empty());
    CHECK(plan.anybody(leg_why::declined));
    CHECK_FALSE(plan.exhausted());
}

TEST_CASE("ring plan: an account that was unreachable is due after late_dial, and rings as a new leg", "[call]") {
    ring_plan plan = plan_of(1);
    dialled(plan, noon);
    plan.ended(noon, leg_no{0}, 0, 404);
    CHECK(plan.next_due() == noon + 1s);
    CHECK(dialled(plan, noon + 999ms).empty());
    CHECK(dialled(plan, noon + 1s) == "1=a1 ");
    CHECK(plan.records(noon).at(0).attempts == 2);
}

TEST_CASE("ring plan: with nearly all numbers held by legs that never end nothing is due, so nobody spins", "[call]") {
    ring_plan plan = plan_of(40);
    instant now = noon;
    for (unsigned round = 0; round < 5; ++round, now += 2s) {
        dialled(plan, now);
        for (const leg_no leg : plan.living()) {
            static_cast<void>(plan.refused(now, leg, 0));
        }
    }
    CHECK(plan.living_count() == 90);
    CHECK(plan.next_due() == never);
}

TEST_CASE("ring plan: a closed plan dials nobody", "[call]") {
    ring_plan plan = plan_of(1);
    dialled(plan, noon);
    plan.close(noon + 1s, leg_why::cancelled, leg_why::cancelled);
    plan.ended(noon + 1s, leg_no{0}, 0, 404);
    plan.registered(noon + 2s, account_id{"a1"});
    CHECK(dialled(plan, noon + 1h).empty());
    CHECK(plan.exhausted());
}
