#include "ports/number_store.hpp"

#include "tests/contract/stores.hpp"

using namespace td;
using namespace td::test;
using pool::lent_how;

TEST_CASE("pool: a call gets the number that has rested longest, and it rests again after window and guard") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 2);
    const auto a = w.lease("a", 1min);
    CHECK(a.number == num(1));
    CHECK(a.how == lent_how::rested);
    CHECK(a.city == chelyabinsk);
    CHECK(a.until == at(1min + 4h));
    CHECK(w.state(1, 2min) == "leased");
    w.end(a, 5min);
    CHECK(w.state(1, 5min) == "window");
    CHECK(w.row(1, 5min).panel == panel_id{"a"});
    CHECK(w.state(1, 185min - 1ms) == "window");
    CHECK(w.state(1, 185min) == "guard");
    CHECK(w.state(1, 245min) == "free");
    CHECK(w.row(1, 245min).panel.empty());
    CHECK(w.lease("b", 246min).number == num(2));  // it was never lent
    CHECK(w.lease("c", 247min).number == num(1));
    const auto leases = w.store().leases_of(num(1), never);
    REQUIRE(leases);
    REQUIRE(leases->size() == 2);
    CHECK(leases->at(0).panel == panel_id{"c"});
    CHECK(leases->at(1).ended_at == at(5min));
    CHECK(leases->at(1).window_until == at(185min));
}

TEST_CASE("pool: a panel keeps its number while it calls and while its window is open") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 3);
    const auto first = w.lease("a", 1min);
    const auto second = w.lease("a", 2min);  // two calls at once
    CHECK(second.number == first.number);
    CHECK(second.how == lent_how::sticky);
    CHECK(second.token > first.token);
    CHECK(w.row(1, 2min).calls == 2);
    w.end(second, 3min);
    CHECK(w.state(1, 3min) == "leased");  // the other one goes on
    w.end(first, 10min);
    CHECK(w.row(1, 10min).until == at(190min));  // from the end of the last call
    const auto third = w.lease("a", 180min);
    CHECK(third.number == first.number);
    CHECK(third.how == lent_how::sticky);
    w.end(third, 181min);
    CHECK(w.state(1, 360min) == "window");
    CHECK(w.lease("a", 362min).number == num(2));  // in its guard time it leads to nobody, not even to its panel
}

TEST_CASE("pool: ends that arrive in the wrong order count from the last end of a call") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    const auto first = w.lease("a", 1min);
    const auto second = w.lease("a", 2min);
    w.end(second, 30min);
    w.end(first, 10min);
    CHECK(w.row(1, 31min).until == at(210min));
    w.end(first, 90min);  // told twice is told once
    CHECK(w.row(1, 31min).until == at(210min));
    CHECK(w.store().leases_of(num(1), never)->at(1).ended_at == at(10min));
    CHECK(kind_of(w.store().end(987654, at(1h))) == failure_kind::not_found);
}

TEST_CASE("pool: a lease told twice gives the same number") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 3);
    const auto once = *w.ask("a", 1min, chelyabinsk, 7).number;
    const auto again = *w.ask("a", 2min, chelyabinsk, 7).number;
    CHECK(once == again);
    CHECK(w.row(1, 2min).calls == 1);
    w.end(once, 3min);
    CHECK(*w.ask("a", 20h, chelyabinsk, 7).number == once);
    CHECK(w.store().leases_of(num(1), never)->size() == 1);
}

TEST_CASE("pool: an unknown city and a dry pool are answers") {
    pool_world w(each_store());
    CHECK(!w.ask("a", 1min).where);
    w.city(chelyabinsk);
    CHECK(!w.ask("a", 1min).number);
    CHECK(w.ask("a", 1min).where->shared_number == number_id{"73519999999"});
    w.numbers(chelyabinsk, 1, 1);
    w.end(w.lease("a", 1min), 2min);
    const auto dry = w.ask("b", 100min);
    CHECK(!dry.number);  // a number in its window is never lent to another panel
    CHECK(dry.where->fias == chelyabinsk);
    const auto strange = w.ask("a", 100min, city_id{"no such city"});
    CHECK(!strange.where);
    REQUIRE(strange.number);  // its own number is its own, wherever the panel is said to be
    CHECK(strange.number->how == lent_how::sticky);
}

TEST_CASE("pool: the guard time is spared while anything else is free, then the one that ends soonest is spent") {
    pool_world w(each_store());
    w.city(oblast);
    w.city(chelyabinsk, oblast);
    w.numbers(chelyabinsk, 1, 3);
    w.numbers(oblast, 11, 12);
    w.end(w.lease("a", 1min), 10min);
    w.end(w.lease("b", 2min), 5min);
    const auto c = w.lease("c", 3min);
    w.end(w.lease("p", 3min, oblast), 4min);
    // At 200min: 1 and 2 and 11 are in guard, 3 is in a call, 12 is free.
    CHECK(w.lease("d", 200min).number == num(12));
    const auto spent = w.lease("e", 200min);
    CHECK(spent.how == lent_how::guard_spent);
    CHECK(spent.number == num(2));  // its own city's first, though the parent's 11 would be free sooner
    CHECK(w.lease("f", 200min).number == num(1));
    CHECK(w.lease("g", 200min).number == num(11));
    CHECK(!w.ask("h", 200min).number);
    w.end(c, 201min);
}

TEST_CASE("pool: the parents help out in order, and a circle of them ends") {
    pool_world w(each_store());
    w.city(oblast);
    w.city(chelyabinsk, oblast);
    w.city(kopeysk, chelyabinsk);
    w.city(oblast, kopeysk);
    w.numbers(kopeysk, 1, 1);
    w.numbers(chelyabinsk, 2, 2);
    w.numbers(oblast, 3, 3);
    CHECK(w.lease("a", 1min, kopeysk).number == num(1));
    CHECK(w.lease("b", 1min, kopeysk).number == num(2));
    CHECK(w.lease("c", 1min, kopeysk).city == oblast);
    CHECK(!w.ask("d", 1min, kopeysk).number);
    CHECK(!w.ask("e", 1min, oblast).number);
}

TEST_CASE("pool: a lease whose end was never told ends by itself, and its window follows") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    const auto lost = w.lease("a", 0min);
    CHECK(w.state(1, 4h - 1ms) == "leased");
    CHECK(w.state(1, 4h) == "window");
    CHECK(w.state(1, 7h) == "guard");
    CHECK(w.store().leases_of(num(1), at(6h))->size() == 1);
    CHECK(w.store().leases_of(num(1), at(7h + 1min))->empty());
    const auto again = w.lease("a", 5h);  // in the window of the lost call
    CHECK(again.how == lent_how::sticky);
    CHECK(w.row(1, 5h).calls == 1);
    CHECK(w.store().leases_of(num(1), never)->at(1).ended_at == at(4h));
    w.end(lost, 5h + 1min);  // its worker is back: too late to count
    CHECK(w.state(1, 5h + 1min) == "leased");
    w.end(again, 12h);  // longer than the longest call: that was its end
    CHECK(w.store().leases_of(num(1), never)->at(0).ended_at == at(9h));
    CHECK(w.store().leases_of(num(1), never)->at(0).window_until == at(12h));
    CHECK(w.state(1, 12h) == "guard");
}

TEST_CASE("pool: the history of a lost call is closed when its number goes to another panel") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    const auto lost = w.lease("a", 0min);
    w.lease("b", 9h);
    w.end(lost, 9h + 1min);
    const auto first = w.store().leases_of(num(1), never)->at(1);
    CHECK(first.ended_at == at(4h));
    CHECK(first.window_until == at(7h));
    CHECK(w.store().leases_of(num(1), at(6h))->at(0).panel == panel_id{"a"});
    CHECK(w.row(1, 9h + 1min).panel == panel_id{"b"});
}

TEST_CASE("pool: expire writes down what time has done, once") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 4);
    w.end(w.lease("a", 0min), 10min);
    w.end(w.lease("b", 0min), 60min);
    w.lease("c", 0min);
    CHECK(w.store().expire("cron", at(3h))->empty());
    const auto changed = w.store().expire("cron", at(4h + 10min));
    REQUIRE(changed);
    CHECK(changed->size() == 3);
    CHECK(w.store().number(num(1))->state == pool::number_state::free);
    CHECK(w.store().number(num(2))->state == pool::number_state::guard);
    CHECK(w.store().number(num(3))->state == pool::number_state::window);
    CHECK(w.store().leases_of(num(3), never)->at(0).window_until == at(7h));
    CHECK(w.store().expire("cron", at(4h + 10min))->empty());
    CHECK(w.store().audit(num(1), 1)->at(0).act == "window_over");
    CHECK(w.store().audit(num(3), 1)->at(0).act == "end");
    CHECK(w.store().expire("cron", at(30h))->size() == 2);
    CHECK(w.store().audit(num(2), 1)->at(0).act == "guard_over");
}

TEST_CASE("pool: more numbers than one transaction takes expire in one act") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 450);
    REQUIRE(w.store().reserve("n1", chelyabinsk, 450, at(0s), at(1h))->size() == 450);
    CHECK(w.store().expire("cron", at(2h))->size() == 450);
    CHECK(w.store().expire("cron", at(2h))->empty());
}

TEST_CASE("pool: a reserved number is only its holder's, is renewed, and rests when it runs out") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 3);
    const auto held = w.store().reserve("n1", chelyabinsk, 2, at(0s), at(24h));
    REQUIRE(held);
    REQUIRE(held->size() == 2);
    CHECK(held->at(0).how == lent_how::reserved);
    CHECK(held->at(0).token != held->at(1).token);
    CHECK(w.row(1, 1h).holder == "n1");
    CHECK(w.row(1, 1h).panel.empty());
    CHECK(w.lease("a", 1min).number == num(3));
    CHECK(!w.ask("b", 1min).number);
    CHECK(w.store().reserve("n2", chelyabinsk, 1, at(1h), at(24h))->empty());
    const auto renewed = w.store().reserve("n1", chelyabinsk, 1, at(23h), at(47h));
    REQUIRE(renewed->size() == 2);
    CHECK(renewed->at(0).token == held->at(0).token);
    CHECK(renewed->at(1).until == at(47h));
    CHECK(w.state(1, 47h) == "guard");  // its holder may have used it at the last moment
    CHECK(w.state(1, 51h) == "free");
    CHECK(w.store().reserve("n1", chelyabinsk, 0, at(50h), at(60h))->size() == 2);
    CHECK(w.store().reserve("n1", chelyabinsk, 0, at(80h), at(90h))->empty());
    CHECK(w.store().leases_of(num(1), at(1h))->empty());  // a reservation leads to nobody
    CHECK(w.store().open_leases(at(1h))->size() == 1);
    CHECK(kind_of(w.store().reserve("n1", city_id{"none"}, 1, at(0s), at(1h))) == failure_kind::not_found);
    CHECK(kind_of(w.store().reserve("", chelyabinsk, 1, at(0s), at(1h))) == failure_kind::bad_input);
    CHECK(kind_of(w.store().reserve("n1", chelyabinsk, 1, at(1h), at(1h))) == failure_kind::bad_input);
    CHECK(kind_of(w.store().end(held->at(0).token, at(1h))) == failure_kind::bad_input);
}

TEST_CASE("pool: a worker that crashes again and again does not reserve the whole city") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 20);
    for (int run = 1; run <= 12; ++run) {  // a new name each, as after a crash
        const std::string holder = "serve-ari@n1/run" + std::to_string(run);
        REQUIRE(w.store().reserve(holder, chelyabinsk, 2, at(1min * run), at(24h)));
    }
    CHECK(w.store().reserve("serve-ari@n1/run3", chelyabinsk, 2, at(30min), at(25h))->size() == 2);
    CHECK(w.store().reserve("serve-ari@n2/run1", chelyabinsk, 2, at(30min), at(24h))->size() == 2);
    for (unsigned i = 1; i <= 12; ++i) {
        CHECK(w.ask(("p" + std::to_string(i)).c_str(), 1h).number);
    }
    CHECK(!w.ask("p13", 1h).number);
    CHECK(w.store().reserve("serve-ari@n1/run13", chelyabinsk, 2, at(50h), at(74h))->size() == 2);
}

namespace {

pool::lease_row offline(const pool::lent& from, const char* panel, std::uint64_t call, duration leased,
                        std::optional<duration> ended) {
    pool::lease_row row;
    row.token = from.token;
    row.number = from.number;
    row.city = chelyabinsk;
    row.panel = panel_id{panel};
    row.call = call_no(call);
    row.how = lent_how::reserved;
    row.leased_at = at(leased);
    row.ended_at = ended ? at(*ended) : never;
    row.site = "{\"panel\":\"" + std::string(panel) + "\"}";
    return row;
}

}  // namespace

TEST_CASE("pool: what was lent from the reserved block is settled as it happened") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 2);
    const auto held = w.store().reserve("n1", chelyabinsk, 1, at(0s), at(24h));
    const auto& block = held->at(0);
    REQUIRE(w.store().settle(offline(block, "a", 1, 10h, 11h), "n1"));
    CHECK(w.row(1, 12h).panel == panel_id{"a"});
    CHECK(w.state(1, 14h - 1ms) == "window");
    REQUIRE(w.store().settle(offline(block, "a", 1, 10h, 11h), "n1"));  // told twice
    CHECK(w.store().leases_of(num(1), never)->size() == 1);
    CHECK(w.store().leases_of(num(1), at(13h))->at(0).site == "{\"panel\":\"a\"}");
    CHECK(w.store().leases_of(num(1), at(5h))->empty());
    // The worker's own memory: the panel called again in its window, still without the store.
    REQUIRE(w.store().settle(offline(block, "a", 2, 12h, std::nullopt), "n1"));
    CHECK(w.state(1, 12h) == "leased");
    REQUIRE(w.store().settle(offline(block, "a", 2, 12h, 13h), "n1"));  // and now its end is known
    CHECK(w.row(1, 13h).until == at(16h));
    CHECK(w.store().leases_of(num(1), never)->size() == 2);
    CHECK(w.store().reserve("n1", chelyabinsk, 1, at(13h), at(26h))->at(0).number == num(2));
}

TEST_CASE("pool: a settlement that comes too late changes nothing but the audit") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    const auto held = w.store().reserve("n1", chelyabinsk, 1, at(0s), at(1h));
    SECTION("the reservation ran out, but nobody had the number since") {
        REQUIRE(w.store().expire("cron", at(2h)));
        REQUIRE(w.store().settle(offline(held->at(0), "a", 1, 50min, 70min), "n1"));
        CHECK(w.row(1, 3h).panel == panel_id{"a"});
    }
    SECTION("it is another panel's meanwhile") {
        const auto other = w.lease("b", 6h);
        CHECK(kind_of(w.store().settle(offline(held->at(0), "a", 1, 50min, 70min), "n1")) == failure_kind::taken);
        CHECK(w.row(1, 6h).panel == panel_id{"b"});
        CHECK(w.store().audit(num(1), 1)->at(0).act == "settle");
        CHECK(w.store().leases_of(num(1), never)->size() == 1);
        w.end(other, 6h + 1min);
        REQUIRE(w.store().expire("cron", at(20h)));  // free again, and all the same it was another's in between
        CHECK(kind_of(w.store().settle(offline(held->at(0), "a", 1, 50min, 70min), "n1")) == failure_kind::taken);
    }
    SECTION("one reservation cannot serve two panels") {
        REQUIRE(w.store().settle(offline(held->at(0), "a", 1, 50min, 70min), "n1"));
        CHECK(kind_of(w.store().settle(offline(held->at(0), "b", 2, 51min, 71min), "n1")) == failure_kind::taken);
    }
    SECTION("it is disabled, or gone") {
        REQUIRE(w.store().disable(num(1), true, "op", "fault", at(30min)));
        CHECK(kind_of(w.store().settle(offline(held->at(0), "a", 1, 50min, 70min), "n1")) == failure_kind::taken);
        REQUIRE(w.admin().remove(num(1), "op", "fault", at(30min)));
        CHECK(kind_of(w.store().settle(offline(held->at(0), "a", 1, 50min, 70min), "n1")) == failure_kind::taken);
    }
    auto strange = offline(held->at(0), "a", 9, 50min, 70min);
    strange.token += 1000;
    CHECK(kind_of(w.store().settle(strange, "n1")) == failure_kind::not_found);
}

TEST_CASE("pool: a reservation that ran out is spent by nobody while its holder's last loan may have a window") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    const auto held = w.store().reserve("n1", chelyabinsk, 1, at(0s), at(1h));
    SECTION("as it was written") {}
    SECTION("when expire has written that down") {
        REQUIRE(w.store().expire("cron", at(61min)));
    }
    CHECK(!w.ask("b", 62min).number);
    CHECK(!w.ask("b", 1h + 179min).number);
    SECTION("the holder tells of it") {
        REQUIRE(w.store().settle(offline(held->at(0), "a", 1, 50min, 59min), "n1"));
        CHECK(w.store().leases_of(num(1), at(2h))->at(0).panel == panel_id{"a"});
    }
    SECTION("nobody does") {
        const auto spent = w.lease("b", 1h + 180min);
        CHECK(spent.how == lent_how::guard_spent);
    }
}

TEST_CASE("pool: the panel's own lease of the store is settled with what came after it") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    const auto own = w.lease("a", 0min);
    w.end(own, 10min);
    auto row = offline(own, "a", 5, 60min, 65min);
    row.how = lent_how::sticky;
    SECTION("while its window is open") {}
    SECTION("when its guard time is over, and nobody had it") {
        REQUIRE(w.store().expire("cron", at(5h)));
    }
    REQUIRE(w.store().settle(row, "n1"));
    CHECK(w.row(1, 65min).until == at(245min));
    CHECK(w.store().leases_of(num(1), never)->at(0).how == lent_how::sticky);
}

TEST_CASE("pool: a clock that was set back finds numbers, and never makes two owners of one moment") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    w.end(w.lease("a", 10h), 10h + 1min);
    CHECK(!w.ask("b", 9h).number);  // an hour back: its window is as closed to others as before
    REQUIRE(w.store().expire("cron", at(30h)));
    const auto b = w.lease("b", 2h);
    const auto leases = w.store().leases_of(num(1), never);
    CHECK(leases->at(0).leased_at >= leases->at(1).window_until);
    w.end(b, 1h);
    CHECK(w.store().leases_of(num(1), never)->at(0).ended_at >= leases->at(0).leased_at);
    CHECK(w.store().open_leases(at(2h))->at(0).panel == panel_id{"b"});
}

TEST_CASE("pool: hostile words come back as they went in, and what no table holds is refused") {
    pool_world w(each_store());
    const std::string nasty = "'; DROP TABLE sos_number; -- \"\\ %_\n\t";
    const std::string letters = "Ленина 1, подъезд 2 \xf0\x9f\x9a\x92 ?";
    const city_id where{nasty + letters};
    REQUIRE(w.store().put_city({where, letters, nasty, letters, {}, {}}, nasty, at(0s)));
    REQUIRE(w.store().add_numbers({{num(1), where}}, nasty, at(0s)));
    const std::string site = "{\"address\":\"" + std::string(10000, '\'') + letters + "\"}";
    const panel_id panel{"pa'nel \\\" " + letters};
    const auto answer = w.store().lease({panel, where, call_no(1), at(1min), site, nasty, letters});
    REQUIRE(answer);
    CHECK(answer->where->name == letters);
    CHECK(answer->where->route == nasty);
    REQUIRE(answer->number);
    CHECK(w.row(1, 1min).panel == panel);
    CHECK(w.store().leases_of(num(1), never)->at(0).site == site);
    CHECK(w.store().audit(num(1), 1)->at(0).who == nasty);
    CHECK(w.store().audit(num(1), 1)->at(0).why == letters);

    const auto refused = [&](const std::string& name, const std::string& text) {
        return kind_of(w.store().lease({panel_id{name}, where, call_no(2), at(1min), text, "w", ""})) ==
               failure_kind::bad_input;
    };
    CHECK(refused("\xff\xfe", "{}"));
    CHECK(refused(std::string("a\0b", 3), "{}"));
    CHECK(refused("", "{}"));
    CHECK(refused(std::string(191, 'p'), "{}"));
    CHECK(refused("a", std::string(60001, 'x')));
    // Blanks at the end make another name, whatever the database's collation says.
    CHECK(!w.store().lease({panel_id{"b"}, city_id{where.text() + " "}, call_no(3), at(1min), "", "w", ""})->where);
    CHECK(!w.store().lease({panel_id{panel.text() + " "}, where, call_no(4), at(1min), "", "w", ""})->number);
}

TEST_CASE("pool: open leases are what the callback map has to say") {
    pool_world w(each_store());
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 4);
    const auto a = w.lease("a", 0min);
    const auto b = w.lease("b", 0min);
    const auto again = w.lease("b", 1min);
    w.end(a, 2min);
    const auto open = w.store().open_leases(at(3min));
    REQUIRE(open->size() == 2);
    CHECK(open->at(0).panel == panel_id{"a"});
    CHECK(open->at(0).window_until == at(182min));
    CHECK(open->at(1).token == again.token);
    CHECK(w.store().open_leases(at(182min))->size() == 1);
    w.end(b, 3min);
    w.end(again, 4min);
    CHECK(w.store().open_leases(at(10h))->empty());
}
