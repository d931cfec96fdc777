// The judge of an evening: it finds nothing where all is well, and names what is not.

#include "sim_server/evening.hpp"

#include <algorithm>
#include <set>

#include "catch.hpp"

namespace {

using namespace td;
using namespace td::sim_server;
using namespace std::chrono_literals;
using kind = sim::sip_news::kind;

const std::string call_name = "01jd000000000000000000000a";
const std::string leg_name = "td." + call_name + ".00";

sim::sip_news seen(kind what, const std::string& channel, const std::string& other = {},
                   const std::string& endpoint = {}) {
    return {instant{1s}, what, channel, endpoint, other, 16};
}

/// An evening of one answered call, as it should be.
struct evening_of_one {
    std::vector<door_scene> scenes = evening_of(1, {});
    std::vector<kept_record> records{
        {call_name, scenes[0].panel, "answered", scenes[0].residents[1].account.text(), "account", 1200, 1500, 0}};
    std::vector<sim::sip_news> truth{
        seen(kind::panel_rings, "1.0"),
        seen(kind::invited, leg_name, {}, "PJSIP/" + scenes[0].residents[1].account.text() + "@kamailio"),
        seen(kind::talk_begun, "1.0", leg_name),
        seen(kind::panel_ended, "1.0"),
    };
    aftermath left;

    std::string complaint() {
        const std::vector<std::string> broken = broken_promises(scenes, records, truth, left);
        std::string all;
        for (const std::string& each : broken) {
            all.append(each).append(";");
        }
        return all;
    }
    bool complains_of(std::string_view words) { return complaint().find(words) != std::string::npos; }
};

TEST_CASE("evening: the tales come in turn, at panels and accounts of their own", "[sim_server]") {
    const std::vector<door_scene> scenes = evening_of(14, {});
    std::set<std::string> panels;
    std::set<std::string> accounts;
    std::size_t residents = 0;
    for (const door_scene& each : scenes) {
        panels.insert(each.panel.text());
        for (const resident& one : each.residents) {
            accounts.insert(one.account.text());
            ++residents;
        }
    }
    CHECK(panels.size() == 14);
    CHECK(accounts.size() == residents);
    CHECK(scenes[5].which == tale::woken);
    CHECK(scenes[6].which == tale::answered);
    CHECK(scenes[1].picked_up_after > duration::zero());  // the dead heat is no matter of luck
}

TEST_CASE("evening: where all is well nothing is said", "[sim_server]") {
    CHECK(evening_of_one().complaint().empty());
}

TEST_CASE("evening: what is missing, doubled, wrong or left over is named", "[sim_server]") {
    SECTION("a record is missing") {
        evening_of_one e;
        e.records.clear();
        CHECK(e.complains_of("1 calls left 0 records"));
    }
    SECTION("a record came twice") {
        evening_of_one e;
        e.records.push_back(e.records.front());
        CHECK(e.complains_of("2 records of its one call"));
    }
    SECTION("the outcome is wrong") {
        evening_of_one e;
        e.records[0].outcome = "missed";
        CHECK(e.complains_of("the record says missed"));
    }
    SECTION("somebody else had the panel") {
        evening_of_one e;
        e.records[0].answered_by = "79000000000";
        CHECK(e.complains_of("but the record says 79000000000"));
    }
    SECTION("the panel was joined twice") {
        evening_of_one e;
        e.truth.push_back(seen(kind::talk_begun, "1.0", leg_name));
        CHECK(e.complains_of("joined with 2 accounts"));
    }
    SECTION("nobody was joined") {
        evening_of_one e;
        std::erase_if(e.truth, [](const sim::sip_news& each) { return each.what == kind::talk_begun; });
        CHECK(e.complains_of("joined with 0 accounts"));
    }
    SECTION("something is left in Asterisk") {
        evening_of_one e;
        e.left.bridges = 1;
        CHECK(e.complains_of("0 channels, 1 bridges"));
    }
    SECTION("the worker did not end well") {
        evening_of_one e;
        e.left.worker_status = 137;
        CHECK(e.complains_of("status 137"));
    }
}

TEST_CASE("evening: a line of the spool is read, and what is no record is refused", "[sim_server]") {
    const auto record =
        record_of(R"({"key":"door.finished","message_id":"x","body":{"call":"c","panel":"5001","flat":"1",
        "outcome":"answered","answered_by":"79","ended_by":"panel","ring_ms":12,"talk_ms":34,
        "legs":[{"account":"79","why":"answered"},{"account":"80","why":"answered_elsewhere"}]}})");
    REQUIRE(record);
    CHECK(record->ring_ms == 12);
    CHECK(record->answered_elsewhere == 1);
    CHECK_FALSE(record_of(""));
    CHECK_FALSE(record_of("[]"));
    CHECK_FALSE(record_of(R"({"key":"door.finished","body":7})"));
    CHECK_FALSE(record_of(R"({"key":"door.finished","body":{"call":)"));
    CHECK(record_of(R"({"body":{"answered_by":null,"legs":7}})"));
}

TEST_CASE("evening: a call is told from its own channels only", "[sim_server]") {
    evening_of_one e;
    e.truth.insert(e.truth.begin() + 1, seen(kind::panel_rings, "2.0"));
    const std::vector<seen_push> pushes{{instant{1500ms}, call_name, "ended", "missed", 2},
                                        {instant{600ms}, call_name, "ring", "", 1},
                                        {instant{1s}, "another call", "ring", "", 1}};
    const std::vector<told_line> story = tell(e.scenes[0], e.records[0], e.truth, pushes, "1.0", instant{500ms});
    std::vector<std::string> words;
    for (const told_line& each : story) {
        words.push_back(std::to_string(each.at_ms) + " " + each.words);
    }
    const std::string account = e.scenes[0].residents[1].account.text();
    CHECK(words == std::vector<std::string>{
                       "0 a visitor at panel 5001 calls flat 1", "100 a push 'ring' goes to 1 phones",
                       "500 the panel hears that it rings", "500 " + account + " is called",
                       "500 panel 5001 and flat 1 hear each other", "500 the panel's leg ends: Normal Clearing",
                       "1000 a push 'ended: missed' goes to 2 phones"});
}

}  // namespace
