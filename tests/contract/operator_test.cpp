#include "tests/contract/stores.hpp"

using namespace td;
using namespace td::test;

TEST_CASE("pool: numbers are added all or none, and every wrong one is named") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 2);
    const auto add = [&](const std::vector<pool::new_number>& numbers) {
        return w.store().add_numbers(numbers, "op", at(0s));
    };
    const auto there = add({{num(3), chelyabinsk}, {num(1), chelyabinsk}, {num(2), chelyabinsk}});
    CHECK(kind_of(there) == failure_kind::taken);
    CHECK(there.why().text.find(num(1).text() + ", " + num(2).text()) != std::string::npos);
    const auto nowhere = add({{num(3), city_id{"x"}}, {num(4), city_id{"y"}}});
    CHECK(kind_of(nowhere) == failure_kind::not_found);
    CHECK(nowhere.why().text.find("x, y") != std::string::npos);
    CHECK(kind_of(add({{number_id{"7351abc"}, chelyabinsk}})) == failure_kind::bad_input);
    CHECK(kind_of(add({{num(3), chelyabinsk}, {num(3), chelyabinsk}})) == failure_kind::bad_input);
    CHECK(kind_of(w.store().number(num(3))) == failure_kind::not_found);
    CHECK(w.store().numbers()->size() == 2);
    CHECK(w.store().audit(num(1), 10)->at(0).act == "add");
}

TEST_CASE("pool: cities are kept as they are told, the latest word counts") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    const pool::city other{chelyabinsk, "Челябинск", "112-74", "", number_id{"73510000000"}, {}};
    REQUIRE(w.store().put_city(other, "op", at(1min)));
    REQUIRE(w.store().put_city(other, "op", at(1min)));  // nothing new
    REQUIRE(w.store().cities()->size() == 1);
    CHECK(w.store().cities()->at(0) == other);
    const auto put = [&](const pool::city& what) { return kind_of(w.store().put_city(what, "op", at(0s))); };
    CHECK(put({kopeysk, "K", "r", "", {}, oblast}) == failure_kind::not_found);
    CHECK(put({kopeysk, "K", "r", "", {}, kopeysk}) == failure_kind::bad_input);
    CHECK(put({kopeysk, "K", "r", "", number_id{"+7351"}, {}}) == failure_kind::bad_input);
    CHECK(put({city_id{}, "K", "r", "", {}, {}}) == failure_kind::bad_input);
}

TEST_CASE("pool: release says until when, and with force ends call and window") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    const auto release = [&](duration when, bool force) {
        return w.store().release(num(1), force, "op", "test call", at(when));
    };
    CHECK(kind_of(release(0min, true)) == failure_kind::taken);  // it is free
    CHECK(kind_of(w.store().release(num(9), true, "op", "", at(0s))) == failure_kind::not_found);
    const auto a = w.lease("a", 1min);
    CHECK(kind_of(release(2min, false)) == failure_kind::taken);
    SECTION("in a call") {
        REQUIRE(release(10min, true));
        CHECK(w.state(1, 10min) == "guard");
        CHECK(w.store().leases_of(num(1), at(11min))->empty());
        CHECK(w.store().open_leases(at(11min))->empty());
        w.end(a, 20min);  // the worker does not know yet
        CHECK(w.row(1, 20min).until == at(70min));
        CHECK(w.store().leases_of(num(1), at(21min))->empty());
    }
    SECTION("in its window") {
        w.end(a, 10min);
        const auto refused = release(20min, false);
        REQUIRE(kind_of(refused) == failure_kind::taken);
        CHECK(refused.why().text.find(rfc3339(at(190min))) != std::string::npos);
        CHECK(refused.why().text.find("--force") != std::string::npos);
        REQUIRE(release(20min, true));
        CHECK(w.row(1, 20min).until == at(80min));
        CHECK(w.store().leases_of(num(1), never)->at(0).window_until == at(20min));
        CHECK(w.lease("b", 30min).how == pool::lent_how::guard_spent);
    }
    SECTION("in its guard time no force is wanted") {
        w.end(a, 10min);
        CHECK(release(200min, false)->state == pool::number_state::free);
        CHECK(w.lease("b", 201min).how == pool::lent_how::rested);
    }
    SECTION("after the last call was lost") {
        CHECK(kind_of(release(5h, false)) == failure_kind::taken);
        CHECK(release(5h, true)->state == pool::number_state::guard);
        CHECK(w.store().leases_of(num(1), never)->at(0).ended_at == at(4h + 1min));
        CHECK(w.store().leases_of(num(1), never)->at(0).window_until == at(5h));
    }
}

TEST_CASE("pool: a reservation is released with force only, and has rested all the while") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    REQUIRE(w.store().reserve("n1", chelyabinsk, 1, at(0s), at(24h)));
    const auto refused = w.store().release(num(1), false, "op", "", at(1h));
    CHECK(kind_of(refused) == failure_kind::taken);
    CHECK(refused.why().text.find("n1") != std::string::npos);
    CHECK(w.store().release(num(1), true, "op", "", at(1h))->state == pool::number_state::free);
    CHECK(w.store().number(num(1))->rested_since == instant{});
}

TEST_CASE("pool: a disabled number is nobody's until it is enabled, and keeps its guard time") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    const auto disable = [&](duration when, bool force) {
        return w.store().disable(num(1), force, "op", "line fault", at(when));
    };
    const auto enable = [&](duration when) { return w.store().enable(num(1), "op", "repaired", at(when)); };
    CHECK(kind_of(enable(0min)) == failure_kind::taken);
    SECTION("a free one") {
        REQUIRE(disable(0min, false));
        CHECK(kind_of(disable(0min, false)) == failure_kind::taken);
        CHECK(!w.ask("a", 1h).number);
        CHECK(w.store().reserve("n1", chelyabinsk, 1, at(1h), at(2h))->empty());
        CHECK(w.state(1, 1000h) == "disabled");
        CHECK(enable(2h)->state == pool::number_state::free);
        CHECK(w.ask("a", 3h).number);
    }
    SECTION("in a call, by force") {
        const auto a = w.lease("a", 1min);
        CHECK(kind_of(disable(2min, false)) == failure_kind::taken);
        REQUIRE(disable(2min, true));
        CHECK(!w.ask("a", 3min).number);  // never a disabled one, sticky or not
        w.end(a, 4min);
        CHECK(w.state(1, 4min) == "disabled");
        CHECK(enable(5min)->state == pool::number_state::guard);
        CHECK(w.state(1, 62min) == "free");
        CHECK(w.store().audit(num(1), 1)->at(0).why == "repaired");
    }
    SECTION("in its window, by force") {
        w.end(w.lease("a", 1min), 2min);
        CHECK(kind_of(disable(3min, false)) == failure_kind::taken);
        REQUIRE(disable(3min, true));
        CHECK(w.store().open_leases(at(4min))->empty());
        CHECK(enable(5h)->state == pool::number_state::free);
    }
    SECTION("in its guard time") {
        w.end(w.lease("a", 1min), 2min);
        REQUIRE(disable(190min, false));
        CHECK(enable(191min)->until == at(242min));
    }
    CHECK(w.row(1, 100h).calls == 0);
}

TEST_CASE("pool: only a free or disabled number is removed; its leases and audit stay") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 2);
    const auto remove = [&](duration when) { return w.admin().remove(num(1), "op", "sold", at(when)); };
    const auto a = w.lease("a", 1min);
    CHECK(kind_of(remove(2min)) == failure_kind::taken);
    w.end(a, 3min);
    CHECK(kind_of(remove(4min)) == failure_kind::taken);
    CHECK(kind_of(remove(190min)) == failure_kind::taken);
    REQUIRE(remove(5h));
    CHECK(kind_of(remove(5h)) == failure_kind::not_found);
    CHECK(w.store().leases_of(num(1), at(1h))->size() == 1);
    CHECK(w.store().audit(num(1), 1)->at(0).act == "remove");
    CHECK(w.store().numbers()->size() == 1);
    REQUIRE(w.store().end(a.token, at(6h)));  // told once more by a worker that is late
}

TEST_CASE("pool: the audit says what was changed of a city") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    const pool::city changed{chelyabinsk, "City", "113", "", number_id{"73519999999"}, {}};
    REQUIRE(w.store().put_city(changed, "op", at(1min)));
    const auto rows = w.store().audit({}, 2);
    REQUIRE(rows->size() == 2);
    CHECK(rows->at(0).why == chelyabinsk.text() + " changed, route route > 113, second route second > -");
    CHECK(rows->at(1).why ==
          chelyabinsk.text() + " added, name City, route route, second route second, shared number 73519999999");
}

TEST_CASE("pool: every change is in the audit, newest first") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 2);
    w.end(w.lease("a", 1min), 2min);
    const auto rows = w.store().audit(num(1), 100);
    REQUIRE(rows->size() == 3);
    CHECK(rows->at(0).act == "end");
    CHECK(rows->at(0).who == "contract");
    CHECK(rows->at(0).before == pool::number_state::leased);
    CHECK(rows->at(0).after == pool::number_state::window);
    CHECK(rows->at(0).panel == panel_id{"a"});
    CHECK(rows->at(1).act == "lease");
    CHECK(rows->at(1).who == "worker");
    CHECK(rows->at(1).at == at(1min));
    CHECK(rows->at(0).no > rows->at(1).no);
    CHECK(w.store().audit(num(1), 2)->size() == 2);
    CHECK(w.store().audit({}, 100)->size() == 5);  // the city and the other number, too
}
