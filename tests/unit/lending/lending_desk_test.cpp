// The desk over stores and maps of every mood.

#include "tests/unit/lending/lending_script.hpp"

using namespace td;
using namespace td::test;

TEST_CASE("lending desk: lent, mapped, ended, and all of it stands in the store", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
    CHECK(s.map_it(1, "p1") == "mapped");
    CHECK(s.check(2, "73510000001") == "leads to p1");
    CHECK(s.check(3, "73510000002") == "leads to ");
    s.end(1, "p1");
    REQUIRE(s.written());
    CHECK(lease_of(*s.place, 1)->ended_at == morning + 1min);
    CHECK(s.map.said == std::vector<std::string>{"put 73510000001=p1", "put 73510000001=p1"});
    CHECK(s.alarms.empty());
}

TEST_CASE("lending desk: a store that hangs costs nothing but its numbers, and what it says late goes back",
          "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
    REQUIRE(s.keeps(2));
    s.place->how = mood::hangs;
    const unsigned before = s.place->asked;
    s.desk->lend({call_no(2), panel_id{"p2"}, script::site()});
    REQUIRE(loop_until(s.loop, [&] { return s.place->asked > before; }));
    CHECK(s.from_notes(2, "p2") == "lent 73510000002 reserved by route-c");
    CHECK(s.from_notes(3, "p1") == "lent 73510000001 sticky by route-c");
    CHECK(s.lend(4, "p4") == "refused store by ");  // at once: the notes are ahead of the store
    CHECK(s.from_notes(4, "p4") == "lent 73510000003 reserved by route-c");
    CHECK(s.from_notes(5, "p5") == "refused store by route-c");
    CHECK(s.check(6, "73510000003") == "leads to p4");
    REQUIRE(loop_until(s.loop, [&] { return s.alarms.find("+pool_store") != std::string::npos; }));
    s.place->how = mood::works;
    REQUIRE(loop_until(s.loop, [&] { return s.desk->counts().late_answers == 1; }));
    REQUIRE(s.written());
    const std::lock_guard held(s.place->lock);
    REQUIRE(s.place->table.lease_of(call_no(2), number_id{"73510000002"}));
    CHECK(s.place->table.lease_of(call_no(2), number_id{"73510000002"})->ended_at == never);
    CHECK(s.place->table.row(number_id{"73510000002"})->panel == panel_id{"p2"});
    CHECK(s.place->table.lease_of(call_no(4))->number == number_id{"73510000003"});
    CHECK(s.place->table.row(number_id{"73510000001"})->calls == 2);
}

TEST_CASE("lending desk: the store is not asked for calls that have left without it", "[lending]") {
    script s(town_of(9), {}, true, 0);
    REQUIRE(s.comes_up());
    s.place->how = mood::hangs;
    for (unsigned i = 1; i <= 6; ++i) {
        s.desk->lend({call_no(i), panel_id{"p" + std::to_string(i)}, script::site()});
    }
    for (unsigned i = 1; i <= 6; ++i) {
        CHECK(s.from_notes(i, "p" + std::to_string(i)).starts_with("refused store"));
    }
    s.place->how = mood::works;
    REQUIRE(s.written());
    CHECK(s.lend(7, "p7").starts_with("lent"));  // behind all of them
    for (unsigned i = 4; i <= 6; ++i) {          // three threads may have had the first three
        CHECK_FALSE(lease_of(*s.place, i));
    }
}

TEST_CASE("lending desk: threads that hang are replaced, up to a bound, and come back", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    s.place->how = mood::hangs;
    for (unsigned i = 1; i <= 12; ++i) {
        s.desk->lend({call_no(i), panel_id{"p" + std::to_string(i)}, script::site()});
    }
    // Nobody asks the notes here: every wish is answered by its own limit, whatever hangs before it.
    REQUIRE(loop_until(s.loop, [&] { return s.told.size() == 12; }));
    CHECK(s.told.back() == "refused store by ");
    CHECK(s.desk->counts().hung_threads <= 8);
    CHECK(s.lend(20, "p20") == "refused store by ");
    s.place->how = mood::works;
    REQUIRE(s.written());
    REQUIRE(loop_until(s.loop, [&] { return s.desk->counts().hung_threads == 0; }));
    CHECK(s.lend(21, "p21").starts_with("lent"));
}

TEST_CASE("lending desk: a store that fails is known to fail, and used again when it is back", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    s.place->how = mood::fails;
    CHECK(s.lend(1, "p1") == "refused store by ");
    CHECK(s.alarms.find("+pool_store") != std::string::npos);
    const unsigned asked = s.place->asked;
    CHECK(s.lend(2, "p2") == "refused store by ");
    CHECK(s.from_notes(2, "p2") == "refused store by route-c");
    CHECK(s.check(3, "73510000001") == "check failed: the pool's store is out of reach");
    CHECK(s.place->asked >= asked);
    s.place->how = mood::works;
    REQUIRE(s.comes_up());
    CHECK(s.alarms.find("-pool_store") != std::string::npos);
    CHECK(s.lend(4, "p4") == "lent 73510000001 rested by route-c");
}

TEST_CASE("lending desk: a dry pool is helped out by what the worker keeps", "[lending]") {
    script s(town_of(3));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
    REQUIRE(s.keeps(2));
    CHECK(s.lend(2, "p2") == "lent 73510000002 reserved by route-c");
    REQUIRE(s.written());
    CHECK(s.lend(3, "p3") == "lent 73510000003 reserved by route-c");
    REQUIRE(s.written());
    CHECK(s.lend(4, "p4") == "refused dry by route-c");
}

TEST_CASE("lending desk: a callback map that fails is told, and written when it is back", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    s.map.good = false;
    CHECK(s.map_it(1, "p1") == "map failed: no map");
    CHECK_FALSE(s.desk->counts().map_up);
    CHECK(s.desk->counts().backlog == 1);
    s.map.good = true;
    REQUIRE(s.written());
    CHECK(s.desk->counts().map_up);
    CHECK(s.map.said.size() > 1);
}

TEST_CASE("lending desk: a number returned after its window is out of the books once the map is back", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    s.map.good = false;
    // A call that these notes do not know, of a panel that has no other.
    s.desk->give_back({call_no(7), s.last_lent.token, s.last_lent.number, panel_id("p2"), morning - 24h});
    s.map.good = true;  // it has refused already
    REQUIRE(s.written());
    CHECK(s.map.said.size() > 1);
}

TEST_CASE("lending desk: the end of a lease that the store does not know is no trouble of the store", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    s.desk->give_back({call_no(7), s.last_lent.token + 1000, s.last_lent.number, panel_id("p2"), morning + 1min});
    s.end(1, "p1");
    REQUIRE(s.written());
    CHECK(lease_of(*s.place, 1)->ended_at == morning + 1min);
    CHECK(s.alarms.empty());
    CHECK(s.desk->counts().store_failures == 0);
    CHECK(s.desk->counts().struck == 1);
    CHECK(s.told.back().starts_with("log: dropped"));
    CHECK(s.told.back().find("lease " + std::to_string(s.last_lent.token + 1000)) != std::string::npos);
}

TEST_CASE("lending desk: what the store refuses is asked once more when the store is well, and dropped then",
          "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    REQUIRE(s.keeps(2));
    const pool::lease_token reservation = [&] {
        const std::lock_guard held(s.place->lock);
        return s.place->table.row(number_id{"73510000002"})->lease;
    }();
    s.desk->give_back({call_no(7), reservation, number_id("73510000002"), panel_id("p2"), morning + 1min});
    s.end(1, "p1");
    REQUIRE(s.written());
    CHECK(lease_of(*s.place, 1)->ended_at == morning + 1min);
    CHECK(s.alarms == "+pool_store -pool_store ");
    CHECK(s.desk->counts().struck == 1);
    CHECK(s.told.back().find("is a reservation") != std::string::npos);
}

TEST_CASE("lending desk: where the pool is the map, a number is mapped as soon as its lease is written", "[lending]") {
    script s(town_of(9), {}, false);
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    CHECK(s.map_it(1, "p1") == "mapped");
    s.place->how = mood::fails;
    CHECK(s.from_notes(2, "p1") == "lent 73510000001 sticky by route-c");
    CHECK(s.map_it(2, "p1") == "map failed: the pool's store has not heard of it yet");
}

TEST_CASE("lending desk: a desk may end while the store hangs", "[lending]") {
    const auto place = town_of(9);
    {
        script s(place);
        REQUIRE(s.comes_up());
        place->how = mood::hangs;
        const unsigned before = place->asked;
        s.desk->lend({call_no(1), panel_id{"p1"}, script::site()});
        REQUIRE(loop_until(s.loop, [&] { return place->asked > before; }));
        s.desk->close(std::chrono::milliseconds{20});
    }
    place->how = mood::works;
    REQUIRE(comes_true([&] { return lease_of(*place, 1).has_value(); }));  // the thread comes back to nobody
}

namespace {

/// A pool of five numbers in a file, as its administrator sees it.
std::unique_ptr<ports::number_store> five_numbers(const std::string& url) {
    auto admin = store::open_store(sqlite(url));
    REQUIRE(admin);
    const auto version = (*admin)->migrate();
    REQUIRE((version ? "" : version.why().text) == std::string());
    REQUIRE((*admin)->put_city({chelyabinsk, "Chelyabinsk", "route-c", "", {}, {}}, "test", morning));
    std::vector<pool::new_number> numbers;
    for (unsigned i = 1; i <= 5; ++i) {
        numbers.push_back({number_id{std::to_string(73510000000 + i)}, chelyabinsk});
    }
    REQUIRE((*admin)->add_numbers(numbers, "test", morning));
    return std::move(*admin);
}

}  // namespace

TEST_CASE("lending desk: a callback finds the panel also when the clock was set back", "[lending]") {
    const scratch_dir dir;
    const std::string url = "sqlite:" + (dir.path() / "pool.db").string();
    const auto admin = five_numbers(url);
    {
        script s(url, dir.path() / "notes", 1h);
        REQUIRE(s.comes_up());
        CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
        s.desk->close(std::chrono::seconds{60});
    }
    script s(url, dir.path() / "other notes");
    REQUIRE(s.comes_up());
    CHECK(s.check(2, "73510000001") == "leads to p1");
    CHECK(s.check(3, "73510000005") == "leads to ");
    CHECK(s.check(4, "73519999999") == "leads to ");
}

TEST_CASE("lending desk: over the real SQLite store, a restart included", "[lending]") {
    const scratch_dir dir;
    const std::string url = "sqlite:" + (dir.path() / "pool.db").string();
    const auto admin = five_numbers(url);
    {
        script s(url, dir.path() / "notes");
        REQUIRE(s.comes_up());
        CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
        CHECK(s.map_it(1, "p1") == "mapped");
        REQUIRE(s.keeps(2));
        s.end(1, "p1");
        s.desk->close(std::chrono::seconds{60});
    }
    script s(url, dir.path() / "notes");
    REQUIRE(s.comes_up());
    CHECK(s.lend(2, "p1") == "lent 73510000001 sticky by route-c");
    CHECK(s.check(3, "73510000001") == "leads to p1");
    REQUIRE(s.keeps(2));
    CHECK(s.from_notes(4, "p4") == "lent 73510000002 reserved by route-c");
    REQUIRE(s.written());
    const auto row = admin->number(number_id{"73510000002"});
    REQUIRE(row);
    CHECK(row->panel == panel_id{"p4"});
    const auto history = admin->leases_of(number_id{"73510000001"}, never);
    REQUIRE(history);
    REQUIRE(history->size() == 2);
    CHECK(history->back().ended_at == morning + 1min);
}
