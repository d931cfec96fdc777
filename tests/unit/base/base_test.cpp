// The words everybody uses.

#include <map>

#include "base/bounded_queue.hpp"
#include "base/deadlines.hpp"
#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/random.hpp"
#include "base/redacted.hpp"
#include "catch.hpp"

using namespace td;

TEST_CASE("call id: sorts by time, has one width and one case, and is read back", "[base]") {
    const call_id early = call_id::of(1'795'401'292'052, 0xffff, ~0ULL);
    const call_id late = call_id::of(1'795'401'292'053, 0, 0);
    CHECK(early < late);
    CHECK(early.text().size() == 26);
    CHECK(call_id::parse(early.text()) == early);
    CHECK(early.made_at_milliseconds() == 1'795'401'292'052);
    CHECK_FALSE(call_id::parse("01KATB"));
    CHECK_FALSE(call_id::parse("01katb2k8m00000000000000iu"));
    CHECK(call_id::of(1, 0, 1) != call_id::of(1, 1, 1));
    CHECK(call_id::of(1, 2, 1) != call_id::of(1, 0x8002, 1));
}

TEST_CASE("leg names: two digits, and nothing else is ours", "[base]") {
    const leg_ref leg{call_id::of(7, 8, 9), leg_no{5}};
    const std::string name = channel_name(leg);
    CHECK(name == "td." + std::string(leg.call.text()) + ".05");
    CHECK(leg_of_channel(name) == leg);
    CHECK_FALSE(leg_of_channel("1795401292.0"));
    CHECK_FALSE(leg_of_channel(name + "0"));
    CHECK_FALSE(leg_of_channel(name.substr(0, name.size() - 2) + "x5"));
    CHECK_FALSE(leg_of_channel(""));
    CHECK(call_of_bridge(bridge_name(leg.call)) == leg.call);
    CHECK_FALSE(call_of_bridge(name));
}

TEST_CASE("time: RFC 3339 both ways, and Asterisk's offsets are read", "[base]") {
    const auto at = parse_rfc3339("2026-11-23T02:34:52.076Z");
    REQUIRE(at);
    CHECK(rfc3339(*at) == "2026-11-23T02:34:52.076Z");
    CHECK(parse_rfc3339("2026-11-23T07:34:52.076+05:00") == at);
    CHECK(parse_rfc3339("2026-11-23T02:34:52.076+0000") == at);
    CHECK(parse_rfc3339("2026-11-23T02:34:52.076999999Z") == *at + 999us);
    for (const char* wrong : {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T25:00:00Z",
                              "2026-11-23T02:34:52", "2026-11-23T02:34:52.Zx", "-026-11-23T02:34:52Z"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_rfc3339(wrong));
    }
}

TEST_CASE("durations: written as the configuration writes them", "[base]") {
    CHECK(parse_duration("45s") == 45s);
    CHECK(parse_duration("800ms") == 800ms);
    CHECK(parse_duration("7d") == 168h);
    CHECK(duration_text(90s) == "90s");
    CHECK(duration_text(2h) == "2h");
    CHECK(duration_text(1500ms) == "1500ms");
    for (const char* wrong : {"", "45", "-1s", "1.5s", "s", "10 s", "99999999999999d", "1w"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_duration(wrong));
    }
}

TEST_CASE("redacted: only the last four characters are shown", "[base]") {
    CHECK(redacted("79001112233") == "*******2233");
    CHECK(redacted("112") == "***");
    CHECK(redacted("").empty());
}

TEST_CASE("bounded queue: full says no and keeps the order", "[base]") {
    bounded_queue<int> queue(2);
    CHECK(queue.put(1));
    CHECK(queue.put(2));
    CHECK_FALSE(queue.put(3));
    CHECK(queue.take() == 1);
    CHECK(queue.take() == 2);
    CHECK_FALSE(queue.take());
}

TEST_CASE("deadlines: the next one is always the least, whatever is put, moved and taken out", "[base]") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        random_source random(seed);
        deadlines<int> table;
        std::map<int, instant> model;
        for (int step = 0; step < 400; ++step) {
            const int owner = static_cast<int>(random.below(30));
            const instant at =
                random.once_in(4) ? never : instant{duration{static_cast<std::int64_t>(random.below(1000))}};
            table.put(owner, at);
            model.erase(owner);
            if (at != never) {
                model.emplace(owner, at);
            }
            instant least = never;
            for (const auto& [key, value] : model) {
                least = std::min(least, value);
            }
            REQUIRE(table.next() == least);
            REQUIRE(table.size() == model.size());
            if (!table.empty()) {
                REQUIRE(model.at(table.next_owner()) == least);
            }
        }
    }
}
