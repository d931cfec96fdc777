// What a desk keeps on disk for its next run.

#include "tests/unit/lending/lending_script.hpp"

using namespace td;
using namespace td::test;

TEST_CASE("lending desk: what could not be written is written by the next run", "[lending]") {
    const scratch_dir dir;
    const auto place = town_of(9);
    {
        script s(place, dir.path() / "notes");
        REQUIRE(s.comes_up());
        CHECK(s.lend(1, "p1").starts_with("lent"));
        REQUIRE(s.keeps(2));
        place->how = mood::fails;
        CHECK(s.from_notes(2, "p2") == "lent 73510000002 reserved by route-c");
        s.end(2, "p2");
        s.desk->close(std::chrono::seconds{60});
    }
    CHECK_FALSE(lease_of(*place, 2));
    script s(place, dir.path() / "notes");
    CHECK(s.from_notes(3, "p1") == "lent 73510000001 sticky by route-c");
    CHECK(s.from_notes(4, "p4") == "refused store by route-c");  // the disk has not said yet that the block is in use
    REQUIRE(s.keeps(1));
    CHECK(s.from_notes(5, "p5") == "lent 73510000003 reserved by route-c");
    place->how = mood::works;
    REQUIRE(s.written());
    REQUIRE(lease_of(*place, 2));
    CHECK(lease_of(*place, 2)->ended_at == morning + 1min);
    CHECK(lease_of(*place, 5)->number == number_id{"73510000003"});
}

TEST_CASE("lending desk: a file that is torn or cannot be written is an alarm, and calls go on", "[lending]") {
    const scratch_dir dir;
    write_file(dir.path() / "notes", "{\"type\":\"tdctl-pool-notes\",\"sch");
    script s(town_of(9), dir.path() / "notes");
    CHECK(s.alarms == "+pool_notes ");
    CHECK(text_of_file(dir.path() / "notes.broken") == "{\"type\":\"tdctl-pool-notes\",\"sch");
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    REQUIRE(loop_until(s.loop, [&] { return s.alarms == "+pool_notes -pool_notes "; }));
    CHECK(pool::read_notes(text_of_file(dir.path() / "notes")).ok());

    std::filesystem::create_directory(dir.path() / "wall");
    std::filesystem::create_directory(dir.path() / "wall" / "notes.new");
    script t(town_of(9), dir.path() / "wall" / "notes");
    REQUIRE(t.comes_up());
    CHECK(t.lend(1, "p1").starts_with("lent"));
    REQUIRE(t.keeps(2));
    CHECK(t.from_notes(2, "p2").starts_with("lent"));
    CHECK(loop_until(t.loop, [&] { return t.alarms.find("+pool_notes") != std::string::npos; }));
}

TEST_CASE("lending desk: the second worker with one file of notes leaves it alone", "[lending]") {
    const scratch_dir dir;
    const auto place = town_of(9);
    script first(place, dir.path() / "notes");
    REQUIRE(first.comes_up());
    CHECK(first.lend(1, "p1").starts_with("lent"));
    REQUIRE(first.keeps(2));
    REQUIRE(loop_until(first.loop, [&] { return std::filesystem::exists(dir.path() / "notes"); }));
    script second(place, dir.path() / "notes");
    CHECK(second.alarms == "+pool_notes ");
    CHECK(second.from_notes(2, "p1") == "refused store by ");  // it knows nothing of the first one's calls
    CHECK(second.comes_up());
    CHECK(second.lend(3, "p3").starts_with("lent"));
    second.desk->close(std::chrono::seconds{60});
    first.desk->close(std::chrono::seconds{60});
    const auto left = pool::read_notes(text_of_file(dir.path() / "notes"));
    REQUIRE(left);
    CHECK(left->holder.starts_with("serve-ari@w1/"));
    CHECK(left->loans.size() == 1);
}
