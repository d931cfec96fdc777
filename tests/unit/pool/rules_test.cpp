#include "pool/rules.hpp"

#include <algorithm>
#include <string>

#include "base/random.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::pool;

namespace {

const lease_rules rules{180min, 60min, 4h};

instant at(duration since) {
    return instant{} + since;
}

number_row fresh(const char* number, const char* city = "c") {
    number_row row;
    row.number = number_id{number};
    row.city = city_id{city};
    return row;
}

/// A number in the state, as the acts make it; the call was from 0 to 10 minutes.
number_row in_state(number_state what) {
    const number_row leased = after_lease(fresh("73510000001"), panel_id{"a"}, 1, at(0s), rules);
    const number_row window = after_end(leased, at(10min), rules);
    switch (what) {
        case number_state::free: return fresh("73510000001");
        case number_state::leased: return leased;
        case number_state::window: return window;
        case number_state::guard: return after_release(window, at(20min), rules);
        case number_state::disabled: return after_disable(fresh("73510000001"), at(0s), rules);
    }
    return {};
}

constexpr std::array all{number_state::free, number_state::leased, number_state::window, number_state::guard,
                         number_state::disabled};

}  // namespace

TEST_CASE("rules: the words have names, and names have words") {
    for (const number_state each : all) {
        CHECK(number_state_named(name_of(each)) == each);
    }
    for (const lent_how each : {lent_how::sticky, lent_how::rested, lent_how::guard_spent, lent_how::reserved}) {
        CHECK(lent_how_named(name_of(each)) == each);
    }
    CHECK(!number_state_named("Free"));
    CHECK(!lent_how_named(""));
}

TEST_CASE("rules: a state ends at its moment, not before") {
    const number_row leased = in_state(number_state::leased);
    CHECK(state_at(leased, at(4h) - 1us, rules) == leased);
    CHECK(state_at(leased, at(4h), rules).state == number_state::window);
    CHECK(state_at(leased, at(4h), rules).calls == 0);
    CHECK(state_at(leased, at(7h) - 1us, rules).until == at(7h));
    CHECK(state_at(leased, at(7h), rules).state == number_state::guard);
    CHECK(state_at(leased, at(7h), rules).panel == panel_id{"a"});
    const number_row free = state_at(leased, at(8h), rules);
    CHECK(free.state == number_state::free);
    CHECK(free.panel.empty());
    CHECK(free.rested_since == at(8h));
    CHECK(free.lease == 1);
    CHECK(state_at(in_state(number_state::disabled), never, rules).state == number_state::disabled);
}

TEST_CASE("rules: looking at a row twice is looking once, and what a database indexes agrees with it") {
    for (const number_state each : all) {
        const number_row row = in_state(each);
        for (duration now = 0min; now < 10h; now += 7min) {
            const number_row then = state_at(row, at(now), rules);
            CHECK(state_at(then, at(now), rules) == then);
            CHECK(unsound(then) == "");
            CHECK((then.state == number_state::free) == (free_at(row) <= at(now)));
            if (each != number_state::disabled && then.state != number_state::free) {
                CHECK((then.state == number_state::guard) == (led_until(row, rules) <= at(now)));
            }
        }
    }
}

TEST_CASE("rules: a configuration that changes moves no number that is out") {
    const number_row leased = in_state(number_state::leased);
    const lease_rules longer{600min, 300min, 9h};
    for (const duration now : {5h, 7h, 8h}) {
        CHECK(state_at(leased, at(now), longer).guard_until == state_at(leased, at(now), rules).guard_until);
    }
    CHECK(state_at(leased, at(8h), longer).state == number_state::free);
    const lease_rules none{0min, 0min, 4h};
    const number_row short_lived =
        after_end(after_lease(fresh("73510000001"), panel_id{"a"}, 1, at(0s), none), at(1min), none);
    CHECK(state_at(short_lived, at(1min), none).state == number_state::free);
}

TEST_CASE("rules: every transition that is not legal is refused, and every legal one is written") {
    const auto way = [](number_state from, number_state to) {
        number_row after = in_state(to);
        after.lease = 2;
        return move::by_act(in_state(from), after, at(15min), rules).ok();
    };
    using enum number_state;
    const std::vector<std::pair<number_state, number_state>> open_ways{
        {free, leased},     {free, disabled},  {leased, leased}, {leased, window},   {leased, guard},
        {leased, disabled}, {window, leased},  {window, guard},  {window, disabled}, {guard, leased},
        {guard, free},      {guard, disabled}, {disabled, free}, {disabled, guard}};
    for (const number_state from : all) {
        for (const number_state to : all) {
            INFO(name_of(from) << " to " << name_of(to));
            const bool open = std::ranges::find(open_ways, std::pair(from, to)) != open_ways.end();
            CHECK(way(from, to) == open);
        }
    }
}

TEST_CASE("rules: a legal way with a wrong load is refused all the same") {
    const auto refused = [](const number_row& from, const number_row& to) {
        const auto outcome = move::by_act(from, to, at(15min), rules);
        return !outcome.ok() && outcome.why().kind == failure_kind::broken_data;
    };
    const number_row window = in_state(number_state::window);
    const number_row leased = in_state(number_state::leased);
    CHECK(refused(window, after_lease(window, panel_id{"b"}, 2, at(15min), rules)));  // a window is never lent away
    CHECK(refused(leased, after_lease(leased, panel_id{"b"}, 2, at(15min), rules)));
    CHECK(refused(leased, fresh("73510000001")));  // a call does not end in free
    CHECK(refused(fresh("73510000001"), after_lease(fresh("73510000002"), panel_id{"a"}, 1, at(0s), rules)));
    CHECK(refused(leased, after_lease(leased, panel_id{"a"}, 0, at(15min), rules)));  // an older token
    const auto spoilt = [&](auto spoil) {
        number_row row = after_lease(leased, panel_id{"a"}, 2, at(15min), rules);
        spoil(row);
        return refused(leased, row);
    };
    CHECK(!spoilt([](number_row&) {}));
    CHECK(spoilt([](number_row& row) { row.calls = 0; }));
    CHECK(spoilt([](number_row& row) { row.holder = "n1"; }));
    CHECK(spoilt([](number_row& row) { row.panel = {}; }));
    CHECK(spoilt([](number_row& row) { row.until = never; }));
    CHECK(spoilt([](number_row& row) { row.guard_until = at(1min); }));
    CHECK(spoilt([](number_row& row) { row.city = city_id{"elsewhere"}; }));
    number_row contradiction = fresh("73510000001");
    contradiction.panel = panel_id{"a"};
    CHECK(unsound(contradiction) == "a free number belongs to nobody");
}

TEST_CASE("rules: the choice is sticky, then rested, then the parents', then a guard time") {
    const auto lent = [](const char* number, const char* panel, lease_token token, duration when) {
        return after_lease(fresh(number), panel_id{panel}, token, at(when), rules);
    };
    const panel_id a{"a"};
    const number_row one = lent("73510000001", "a", 1, 0min);
    const number_row two = lent("73510000002", "a", 2, 1min);
    number_row rested = fresh("73510000004");
    rested.rested_since = at(1min);
    number_row fresher = fresh("73510000003");
    fresher.rested_since = at(2min);
    const std::vector<number_row> own{two, one};

    CHECK(choose(own, {}, a, at(5min), rules)->row.number == two.number);  // the latest lease
    CHECK(choose(own, {}, a, at(5min), rules)->how == lent_how::sticky);
    CHECK(!choose(own, {}, panel_id{"b"}, at(5min), rules));
    CHECK(!choose({after_disable(one, at(4min), rules)}, {}, a, at(5min), rules));
    CHECK(choose({}, {{fresher, rested}}, a, at(5min), rules)->row.number == rested.number);
    CHECK(choose({}, {{one}, {fresher}}, panel_id{"b"}, at(5min), rules)->row.number == fresher.number);
    const auto spent = choose({}, {{two, one}, {}}, panel_id{"b"}, at(7h + 30min), rules);
    CHECK(spent->how == lent_how::guard_spent);
    CHECK(spent->row.number == one.number);
    CHECK(!choose({}, {{two, one}}, panel_id{"b"}, at(6h), rules));
    CHECK(choose({}, {{one}, {two}}, panel_id{"b"}, at(8h + 5min), rules)->row.number == one.number);
    // A clock that was set back: what is free stays free.
    CHECK(choose({}, {{fresher}}, a, at(0min), rules)->row.number == fresher.number);
    CHECK(!choose({after_reserve(fresh("73510000001"), "n1", 1, at(1h), rules)}, {}, panel_id{}, at(1min), rules));
}
