#include "pool/map_check.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::pool;

namespace {

const instant noon{1'780'000'000s};
const number_id number_1("73512000001");
const number_id number_2("73512000002");
const panel_id panel_a("5001");
const panel_id panel_b("5002");

/// A lease whose call is over and whose window ends `left` from noon.
lease_row in_window(lease_token token, const number_id& number, const panel_id& panel, duration left) {
    lease_row row;
    row.token = token;
    row.number = number;
    row.panel = panel;
    row.leased_at = noon - 1h;
    row.ended_at = noon - 50min;
    row.window_until = noon + left;
    row.site = R"({"address":"Lenina 1"})";
    return row;
}

lease_row in_call(lease_token token, const number_id& number, const panel_id& panel) {
    lease_row row = in_window(token, number, panel, 0s);
    row.leased_at = noon - 10min;
    row.ended_at = never;
    row.window_until = never;
    return row;
}

/// What the map holds when it was written from a route.
callback_entry held(const callback_route& route) {
    return {route.number, route.panel, route.token, route.site, route.expires_in, route.expires_in};
}

std::vector<wanted_route> wanted(const std::vector<lease_row>& leases) {
    return routes_of(leases, lease_rules{}, noon);
}

/// The kinds of what was found, in order.
std::string kinds(const std::vector<finding>& findings) {
    std::string all;
    for (const finding& each : findings) {
        all.append(all.empty() ? "" : " ").append(name_of(each.what)).append(":").append(each.number.text().substr(10));
    }
    return all;
}

}  // namespace

TEST_CASE("map check: a route lasts to the end of the window, of a call in progress to the latest end", "[pool]") {
    const auto routes = wanted({in_window(7, number_2, panel_b, 30min), in_call(9, number_1, panel_a)});
    REQUIRE(routes.size() == 2);
    CHECK(routes[0].route.number == number_1);
    CHECK(routes[0].route.expires_in == 4h + 180min - 10min);
    CHECK(routes[0].at_least == 180min);
    CHECK(routes[1].route.panel == panel_b);
    CHECK(routes[1].route.token == 7);
    CHECK(routes[1].route.expires_in == 30min);
    CHECK(routes[1].at_least == 30min);
    CHECK(routes[1].route.site.find("Lenina 1") != std::string::npos);
    CHECK(routes[1].route.site.find("\"leased_at\"") != std::string::npos);
}

TEST_CASE("map check: two calls of one panel make one route, the newest lease's, for the longer time", "[pool]") {
    const auto routes = wanted({in_window(3, number_1, panel_a, 60min), in_window(4, number_1, panel_a, 20min)});
    REQUIRE(routes.size() == 1);
    CHECK(routes[0].route.token == 4);
    CHECK(routes[0].route.expires_in == 60min);
}

TEST_CASE("map check: a lease that is over makes no route", "[pool]") {
    CHECK(wanted({in_window(3, number_1, panel_a, 0s)}).empty());
}

TEST_CASE("map check: a map as it should be has no finding", "[pool]") {
    const auto must = wanted({in_window(3, number_1, panel_a, 60min), in_call(4, number_2, panel_b)});
    CHECK(check_map(must, {held(must[0].route), held(must[1].route)}, {}).findings.empty());
    CHECK(check_map({}, {}, {}).findings.empty());
}

TEST_CASE("map check: an emptied map misses every route, and they are written", "[pool]") {
    const auto must = wanted({in_window(3, number_1, panel_a, 60min), in_call(4, number_2, panel_b)});
    const auto found = check_map(must, {}, {});
    CHECK(kinds(found.findings) == "missing:1 missing:2");
    REQUIRE(found.write.size() == 2);
    CHECK(found.write[0] == must[0].route);
    CHECK(found.remove.empty());
}

TEST_CASE("map check: every way in which an entry can be wrong has its own word", "[pool]") {
    const auto must = wanted({in_window(3, number_1, panel_a, 60min)});
    callback_entry entry = held(must[0].route);
    std::string is;
    SECTION("another panel") {
        entry.panel = panel_b;
        is = "wrong_panel:1";
    }
    SECTION("removed") {
        entry.panel = std::nullopt;
        is = "missing:1";
    }
    SECTION("an older lease") {
        entry.token = 2;
        is = "wrong_lease:1";
    }
    SECTION("no lease") {
        entry.token = std::nullopt;
        is = "wrong_lease:1";
    }
    SECTION("a newer lease") {
        entry.token = 5;
        entry.panel = panel_b;
        is = "newer_lease:1";
    }
    SECTION("no site") {
        entry.site = std::nullopt;
        is = "wrong_site:1";
    }
    SECTION("a site that is no JSON") {
        entry.site = "<html>";
        is = "wrong_site:1";
    }
    SECTION("too short") {
        entry.expires_in = 59min;
        is = "wrong_time:1";
    }
    SECTION("too long") {
        entry.expires_last = 61min;
        is = "wrong_time:1";
    }
    SECTION("never ending") {
        entry.expires_in = std::nullopt;
        entry.expires_last = std::nullopt;
        is = "wrong_time:1";
    }
    SECTION("within the slack") {
        entry.expires_in = 60min - 15s;
        entry.expires_last = 60min + 15s;
    }
    const auto found = check_map(must, {entry}, {});
    CHECK(kinds(found.findings) == is);
    CHECK(found.write.size() == found.findings.size());
}

TEST_CASE("map check: while a call lasts its route may last from the window to the longest call", "[pool]") {
    const auto must = wanted({in_call(4, number_1, panel_a)});
    callback_entry entry = held(must[0].route);
    entry.expires_in = 180min;
    entry.expires_last = 180min;
    CHECK(check_map(must, {entry}, {}).findings.empty());
    entry.expires_in = 179min;
    CHECK(kinds(check_map(must, {entry}, {}).findings) == "wrong_time:1");
}

TEST_CASE("map check: a route of a number that nobody has is removed by its own token", "[pool]") {
    callback_entry entry{number_2, panel_b, 8, "{}", 10min, 10min};
    const auto found = check_map({}, {entry}, {});
    CHECK(kinds(found.findings) == "stale:2");
    CHECK(found.findings[0].in_map == panel_b);
    REQUIRE(found.remove.size() == 1);
    CHECK(found.remove[0].number == number_2);
    CHECK(found.remove[0].token == 8);
    entry.panel = std::nullopt;  // removed already, only its fence stands there
    CHECK(check_map({}, {entry}, {}).findings.empty());
}

TEST_CASE("map check: a token that the pool has never given is forgotten, others keep their fence", "[pool]") {
    number_row row;
    row.number = number_2;
    row.lease = 8;
    const callback_entry entry{number_2, panel_b, 8, "{}", 10min, 10min};
    CHECK_FALSE(check_map({}, {entry}, {row}).remove.at(0).foreign);
    row.lease = 7;
    CHECK(check_map({}, {entry}, {row}).remove.at(0).foreign);
    CHECK(check_map({}, {entry}, {}).remove.at(0).foreign);
    const auto must = wanted({in_window(7, number_2, panel_a, 10min)});
    const auto found = check_map(must, {entry}, {row});
    CHECK(kinds(found.findings) == "newer_lease:2");
    REQUIRE(found.remove.size() == 1);
    CHECK(found.remove[0].foreign);
    CHECK(found.remove[0].token == 8);
    CHECK(found.write.size() == 1);
}

TEST_CASE("map check: a number and its lease lead to the same panel", "[pool]") {
    const auto found = [](const std::vector<number_row>& rows, const std::vector<lease_row>& leases) {
        return kinds(check_pool(rows, leases, lease_rules{}, noon));
    };
    const lease_row lease = in_window(3, number_1, panel_a, 60min);
    number_row row;
    row.number = number_1;
    row.panel = panel_a;
    row.lease = 3;
    row.state = number_state::window;
    row.until = lease.window_until;
    row.guard_until = lease.window_until + 60min;
    CHECK(found({row}, {lease}).empty());
    CHECK(found({row}, {}) == "state_differs:1");
    CHECK(found({}, {lease}) == "state_differs:1");
    number_row other = row;
    other.panel = panel_b;
    CHECK(found({other}, {lease}) == "state_differs:1");
    number_row over = row;
    over.until = noon - 1s;
    CHECK(found({over}, {}).empty());
}

TEST_CASE("map check: a row that contradicts itself is told", "[pool]") {
    number_row row;
    row.number = number_1;
    row.state = number_state::window;
    row.until = noon + 1h;
    row.guard_until = noon + 2h;
    row.holder = "serve-ari@ast1";
    const auto found = check_pool({row}, {}, lease_rules{}, noon);
    REQUIRE_FALSE(found.empty());
    CHECK(found.front().what == finding_kind::unsound);
}

TEST_CASE("map check: what was gone at the second look was only being written", "[pool]") {
    const auto must = wanted({in_window(3, number_1, panel_a, 60min), in_window(4, number_2, panel_b, 60min)});
    const auto first = check_map(must, {}, {});
    auto second = check_map(must, {held(must[0].route)}, {});
    CHECK(kinds(seen_twice(first.findings, second.findings)) == "missing:2");
    CHECK(seen_twice({}, second.findings).empty());
    auto both = check_map(must, {}, {});
    keep_only(both, second.findings);
    CHECK(kinds(both.findings) == "missing:2");
    REQUIRE(both.write.size() == 1);
    CHECK(both.write[0].number == number_2);
}
