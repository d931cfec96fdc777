#include "callback/routes.hpp"

#include <limits>

#include "catch.hpp"

using namespace td;
using namespace td::callback;

namespace {

std::string words(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& each : all) {
        text += text.empty() ? each : " " + each;
    }
    return text;
}

redis::reply number(std::int64_t value) {
    redis::reply said;
    said.what = redis::reply::form::number;
    said.number = value;
    return said;
}
redis::reply text(const std::string& value) {
    redis::reply said;
    said.what = redis::reply::form::text;
    said.text = value;
    return said;
}
redis::reply list(std::vector<redis::reply> all) {
    redis::reply said;
    said.what = redis::reply::form::list;
    said.list = std::move(all);
    return said;
}
const redis::reply nil{};

const number_id n1{"73512000001"};
const pool::callback_route r1{n1, panel_id{"5001"}, 7, "{}", 180min};
const std::string keys = "3 td:sos:lease:73512000001 td:sos:route:73512000001 td:sos:site:73512000001";

}  // namespace

TEST_CASE("routes: a write names three keys and says token, panel, site and milliseconds", "[callback]") {
    CHECK(words(writing_of({&r1, 1})) == keys + " 7 5001 {} 10800000");
    const std::vector<pool::callback_route> two{r1, {number_id{"8"}, panel_id{"5002"}, 9, "[]", 1ms}};
    CHECK(words(writing_of(two)) ==
          "6" + keys.substr(1) + " td:sos:lease:8 td:sos:route:8 td:sos:site:8 7 5001 {} 10800000 9 5002 [] 1");
}

TEST_CASE("routes: a time shorter than a millisecond is one, one that nobody means is a century", "[callback]") {
    auto route = r1;
    route.expires_in = 1us;
    CHECK(writing_of({&route, 1}).back() == "1");
    route.expires_in = duration::max();
    CHECK(writing_of({&route, 1}).back() == "3153600000000");
}

TEST_CASE("routes: a removal fences its own token, or forgets", "[callback]") {
    using manner = ports::callback_removal::manner;
    CHECK(words(removal_of({n1, 7, manner::fence})) == keys + " 7 8 14400000");
    CHECK(words(removal_of({n1, 7, manner::forget})) == keys + " 7  14400000");
    constexpr auto last = std::numeric_limits<pool::lease_token>::max();
    CHECK(removal_of({n1, last, manner::fence}).at(5) == "18446744073709551615");
}

TEST_CASE("routes: what the scripts answer", "[callback]") {
    CHECK(outcome_of(list({number(1), number(0), text("1")}), 0) == pool::map_outcome::written);
    CHECK(outcome_of(list({number(1), number(0), text("1")}), 1) == pool::map_outcome::superseded);
    CHECK(outcome_of(list({number(1), number(0), text("1")}), 2) == pool::map_outcome::failed);
    CHECK(outcome_of(list({number(1)}), 1) == pool::map_outcome::failed);
    CHECK(outcome_of(number(1), 0) == pool::map_outcome::failed);
    const auto whole =
        entry_of(n1, list({list({text("7"), text("5001"), text("{}"), number(900), number(1000), number(901)})}), 0);
    CHECK(whole == pool::callback_entry{n1, panel_id{"5001"}, 7, "{}", 900ms, 1000ms});
    const auto removed = entry_of(n1, list({list({text("8"), nil, nil, number(900), number(-2), number(-2)})}), 0);
    CHECK(removed == pool::callback_entry{n1, std::nullopt, 8, std::nullopt, 900ms, 900ms});
    const auto lasting =
        entry_of(n1, list({list({text("7"), text("5001"), nil, number(900), number(-1), number(-2)})}), 0);
    CHECK(lasting == pool::callback_entry{n1, panel_id{"5001"}, 7, std::nullopt, 900ms, std::nullopt});
    for (const char* odd : {"", "seven", "7x", "-1", "99999999999999999999"}) {
        CAPTURE(odd);
        CHECK(entry_of(n1, list({list({text(odd), nil, nil, number(1), number(1), number(1)})}), 0).token ==
              std::nullopt);
    }
    CHECK(entry_of(n1, number(1), 0) == pool::callback_entry{n1, {}, {}, {}, {}, {}});
}

TEST_CASE("routes: whose key it is", "[callback]") {
    CHECK(number_in("td:sos:route:73512000001") == n1);
    CHECK(number_in("td:sos:site:73512000001") == n1);
    CHECK(number_in("td:sos:lease:73512000001") == n1);
    CHECK(number_in("td:sos:lease:").empty());
    CHECK(number_in("td:sos:other:1").empty());
    CHECK(number_in("td:panel:5001:call").empty());
}

TEST_CASE("routes: what must not get into the map is refused", "[callback]") {
    CHECK(usable(r1));
    for (const char* odd : {"", "+73512000001", "7351 2000001", "7351*", "123456789012345678901", "1\r\nFLUSHALL"}) {
        CAPTURE(odd);
        auto route = r1;
        route.number = number_id{odd};
        CHECK(usable(route).why().kind == failure_kind::bad_input);
    }
    for (const std::string& odd : {std::string(), std::string("5001\r\nX-Td-Panel: 7"), std::string("5\0", 2),
                                   std::string("\x7f"), std::string(129, 'x')}) {
        CAPTURE(odd);
        auto route = r1;
        route.panel = panel_id{odd};
        CHECK_FALSE(usable(route));
    }
    auto route = r1;
    route.panel = panel_id{"подъезд 2"};
    CHECK(usable(route));
    route.site = std::string(16385, ' ');
    CHECK_FALSE(usable(route));
}
