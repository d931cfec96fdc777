#include "replay/command_comparer.hpp"

#include "catch.hpp"

namespace td::replay {
namespace {

/// "field: recorded -> today", or "" when they are alike.
std::string compared(const std::string& recorded, const std::string& today,
                     const std::vector<std::string>& ignored = {}) {
    ignored_fields fields;
    for (const std::string& each : ignored) {
        REQUIRE(fields.add(each));
    }
    const auto found = command_comparer(fields).first_difference("finish", recorded, today);
    return found ? found->field + ": " + found->recorded + " -> " + found->today : "";
}

TEST_CASE("command comparer: values by their path, and the order of fields is free", "[replay]") {
    CHECK(
        compared(R"({"at":1,"do":"finish","note":"a","ring_ms":3})", R"({"at":2,"do":"finish","ring_ms":3,"note":"a"})")
            .empty());
    CHECK(compared(R"({"note":"a"})", R"({"note":"b"})") == R"(note: "a" -> "b")");
    CHECK(compared(R"({"note":"1"})", R"({"note":1})") == R"(note: "1" -> 1)");
    CHECK(compared(R"({"lent":null})", R"({"lent":"kept"})") == R"(lent: null -> "kept")");
    CHECK(compared(R"({"legs":[{"why":"a"},{"why":"b"}]})", R"({"legs":[{"why":"a"},{"why":"c"}]})") ==
          R"(legs[1].why: "b" -> "c")");
    CHECK(compared(R"({"site":{"place":{"latitude":1.5}}})", R"({"site":{"place":{"latitude":1.25}}})") ==
          "site.place.latitude: 1.5 -> 1.25");
}

TEST_CASE("command comparer: a list that ends earlier says what is missing", "[replay]") {
    CHECK(compared(R"({"legs":[]})", R"({"legs":[{"sip":1}]})") == R"(legs[0]:  -> {"sip":1})");
    CHECK(compared(R"({"legs":[1,2]})", R"({"legs":[1]})") == "legs[1]: 2 -> ");
}

TEST_CASE("command comparer: a field that the other writer had not got is no difference", "[replay]") {
    CHECK(compared(R"({"note":"a"})", R"({"note":"a","new":1})").empty());
    CHECK(compared(R"({"note":"a","newer":1})", R"({"note":"a"})").empty());
    CHECK(compared(R"({"legs":[{"why":"a"}]})", R"({"legs":[{"why":"a","new":1}]})").empty());
}

TEST_CASE("command comparer: what is ignored is passed over, and what comes behind it is compared", "[replay]") {
    const std::string one = R"({"legs":[{"why":"a","sip":1}],"note":"a"})";
    const std::string other = R"({"legs":[{"why":"b","sip":2}],"note":"b"})";
    CHECK(compared(one, other) == R"(legs[0].why: "a" -> "b")");
    CHECK(compared(one, other, {"finish.legs.why"}) == "legs[0].sip: 1 -> 2");
    CHECK(compared(one, other, {"legs"}) == R"(note: "a" -> "b")");
    CHECK(compared(one, other, {"legs", "finish.note"}).empty());
    CHECK(compared(one, other, {"finish_sos.note", "drop_leg.reason"}) == R"(legs[0].why: "a" -> "b")");
}

}  // namespace
}  // namespace td::replay
