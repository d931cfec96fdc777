#include "pool/notebook.hpp"

#include <string>

#include "catch.hpp"
#include "pool/site.hpp"

using namespace td;
using namespace td::pool;

namespace {

const city_id chelyabinsk{"a376e68d-724a-4472-be7c-891bdb09ae32"};
const city_id kopeysk{"b4e0a4d4-0000-4000-8000-000000000001"};
const city_id nowhere{"00000000-0000-4000-8000-000000000000"};

/// A notebook, a clock and short words: "100 reserved", "100 sticky", "none at route-c".
class script {
public:
    explicit script(notebook_rules rules = {}) : book(std::move(rules), "w1/run1") {
        book.know({{chelyabinsk, "Chelyabinsk", "route-c", "", number_id{"999"}, {}},
                   {kopeysk, "Kopeysk", "route-k", "", {}, chelyabinsk}});
    }

    lease_wish wish(unsigned call, const std::string& panel, const city_id& city) const {
        return {panel_id{panel}, city, call_id::of(call, 0, 0), now, "{}", "w1", "sos call"};
    }
    std::string lend(unsigned call, const std::string& panel, const city_id& city = chelyabinsk) {
        const lease_answer answer = book.lend(wish(call, panel, city));
        const std::string route = answer.where ? answer.where->route : "nowhere";
        return answer.number ? answer.number->number.text() + " " + std::string(name_of(answer.number->how))
                             : "none at " + route;
    }
    /// The store lends number and token to a call.
    void took(unsigned call, const std::string& panel, lease_token token, const city_id& city = chelyabinsk) {
        book.took(wish(call, panel, city), of_store(token, lent_how::rested));
    }
    void reserve(std::vector<lease_token> tokens, const city_id& city = chelyabinsk) {
        std::vector<lent> kept;
        for (const lease_token each : tokens) {
            kept.push_back(of_store(each, lent_how::reserved));
            kept.back().city = city;
        }
        book.reserved(city, kept, now);
    }
    void end(unsigned call, const std::string& panel, lease_token token) {
        book.ended(call_id::of(call, 0, 0), token, number_of(token), panel_id{panel}, now);
    }
    /// The errands in words: settle:100=p1 end:5 put:100=p1 remove:100
    std::string errands() const {
        std::string text;
        for (const errand& each : book.backlog()) {
            text += (text.empty() ? "" : " ") + std::string(name_of(each.what)) + ":" + each.row.number.text();
            text += each.what == errand::kind::remove ? "" : "=" + each.row.panel.text();
            text += each.what == errand::kind::settle && each.row.ended_at != never ? "/ended" : "";
        }
        return text;
    }
    void strike_all() {
        while (!book.backlog().empty()) {
            book.strike(book.backlog().front().no);
        }
    }
    /// The worker ends, in order or not, and the next one finds the file.
    script next_run(bool in_order) {
        const auto left = read_notes(book.to_save(in_order).text);
        REQUIRE(left);
        script next;
        next.now = now;
        next.book = notebook({}, "w1/run2");
        next.book.adopt(*left, now);
        return next;
    }

    /// Numbers are named after the token of their first lease: 100 and 1 belong together.
    static number_id number_of(lease_token token) { return number_id{std::to_string(99 + token)}; }
    lent of_store(lease_token token, lent_how how) const {
        return {token, number_of(token), chelyabinsk, how, now + (how == lent_how::reserved ? 24h : 4h)};
    }

    notebook book;
    instant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
};

}  // namespace

TEST_CASE("notebook: a panel keeps its own number while its call or its window is open", "[pool]") {
    script s;
    s.reserve({2});
    s.took(1, "p1", 1);
    CHECK(s.lend(2, "p1") == "100 sticky");
    s.now += 10min;
    s.end(1, "p1", 1);
    s.end(2, "p1", 1);
    s.now += 179min;
    CHECK(s.lend(3, "p1") == "100 sticky");
    s.end(3, "p1", 1);
    s.now += 181min;
    CHECK(s.lend(4, "p1") == "101 reserved");
}

TEST_CASE("notebook: a call whose end was never told keeps the number for the longest call and its window", "[pool]") {
    script s;
    s.took(1, "p1", 1);
    s.now += 4h + 179min;
    CHECK(s.lend(2, "p1") == "100 sticky");
    script t;
    t.took(1, "p1", 1);
    t.now += 4h + 180min;
    CHECK(t.lend(2, "p1") == "none at route-c");
}

TEST_CASE("notebook: a number of the block is lent once and never again", "[pool]") {
    script s;
    s.reserve({1, 2});
    CHECK(s.lend(1, "p1") == "100 reserved");
    CHECK(s.lend(1, "p1") == "100 reserved");  // the same call is answered the same
    CHECK(s.lend(2, "p2") == "101 reserved");
    CHECK(s.lend(3, "p3") == "none at route-c");
    CHECK(s.errands() == "settle:100=p1 settle:101=p2");
    s.reserve({1, 2});  // the store has not heard of it yet
    CHECK(s.lend(3, "p3") == "none at route-c");
    CHECK(s.book.wanted(s.now).at(0).count == 2 + 2 + 2);
    s.now += 25h;
    s.reserve({1, 2});  // nor after a day, because its settlement was lost
    CHECK(s.lend(4, "p4") == "none at route-c");
}

TEST_CASE("notebook: no call begins on a number of the block that could outlast its reservation", "[pool]") {
    script s;
    s.reserve({1, 2});
    s.now += 20h;
    CHECK(s.lend(1, "p1") == "100 reserved");
    s.now += 1us;
    CHECK(s.lend(2, "p2") == "none at route-c");
}

TEST_CASE("notebook: a city without numbers of its own lives on its parent's block", "[pool]") {
    script s;
    CHECK(s.lend(1, "p1", kopeysk) == "none at route-k");
    REQUIRE(s.book.wanted(s.now).size() == 1);
    CHECK(s.book.wanted(s.now).at(0).city == kopeysk);
    s.reserve({}, kopeysk);
    REQUIRE(s.book.wanted(s.now).size() == 2);  // now the parent's, too
    s.reserve({1});
    CHECK(s.lend(2, "p2", kopeysk) == "100 reserved");
}

TEST_CASE("notebook: a panel of an unknown city is served as in the city where it was seen last", "[pool]") {
    script s;
    CHECK(s.lend(1, "p1", nowhere) == "none at nowhere");
    CHECK(s.lend(2, "p1", chelyabinsk) == "none at route-c");
    s.reserve({1});
    CHECK(s.lend(3, "p1", city_id{}) == "100 reserved");
    CHECK(s.lend(4, "p2", city_id{}) == "none at nowhere");
}

TEST_CASE("notebook: a reservation that ran out is not lent", "[pool]") {
    script s;
    s.reserve({1});
    s.now += 24h;
    CHECK(s.lend(1, "p1") == "none at route-c");
}

TEST_CASE("notebook: the end of a noted call is settled, that of a stored one ended, and the window is mapped",
          "[pool]") {
    script s;
    s.took(1, "p1", 1);
    s.reserve({2});
    CHECK(s.lend(2, "p2") == "101 reserved");
    s.strike_all();
    s.end(1, "p1", 1);
    s.end(2, "p2", 2);
    CHECK(s.errands() == "end:100=p1 put:100=p1 settle:101=p2/ended put:101=p2");
    CHECK(s.book.backlog().at(1).until == s.now + 180min);
    s.end(2, "p2", 2);
    CHECK(s.book.backlog().size() == 4);  // told twice is told once
}

TEST_CASE("notebook: of two calls with one number the last one's end opens the window", "[pool]") {
    script s;
    s.took(1, "p1", 1);
    CHECK(s.lend(2, "p1") == "100 sticky");
    s.strike_all();
    s.end(1, "p1", 1);
    CHECK(s.errands() == "end:100=p1");
    s.end(2, "p1", 1);
    CHECK(s.errands() == "end:100=p1 settle:100=p1/ended put:100=p1");
}

TEST_CASE("notebook: an end without a loan still closes lease and route", "[pool]") {
    script s;
    s.end(7, "p1", 1);
    CHECK(s.errands() == "end:100=p1 put:100=p1");
    CHECK(read_site(s.book.backlog().at(1).row.site)->panel == panel_id{"p1"});
}

TEST_CASE("notebook: an end that does not say whose number it was leaves the route alone", "[pool]") {
    script s;
    s.end(1, "", 5);
    CHECK(s.errands() == "end:104=");
}

TEST_CASE("notebook: a late lease of another number goes back, one of the same number is the settlement", "[pool]") {
    script s;
    s.reserve({1});
    CHECK(s.lend(1, "p1") == "100 reserved");
    s.book.took_late(s.wish(1, "p1", chelyabinsk), s.of_store(5, lent_how::rested), s.now);
    CHECK(s.errands() == "settle:100=p1 end:104=p1");

    script t;
    t.took(1, "p1", 1);
    CHECK(t.lend(2, "p1") == "100 sticky");
    lent same = t.of_store(1, lent_how::sticky);
    same.token = 8;
    t.book.took_late(t.wish(2, "p1", chelyabinsk), same, t.now);
    CHECK(t.errands() == "settle:100=p1");
    const errand& put = t.book.map(call_id::of(2, 0, 0), 1, number_id{"100"}, panel_id{"p1"}, "{}", t.now);
    CHECK(put.row.token == 8);  // the newest lease of the number speaks for all of them
}

TEST_CASE("notebook: a number that the store says is another's leads to nobody and is told so", "[pool]") {
    script s;
    s.took(1, "p1", 1);
    s.end(1, "p1", 1);
    s.strike_all();
    CHECK(s.lend(2, "p1") == "100 sticky");
    CHECK(s.book.leads_to(number_id{"100"}, s.now) == panel_id{"p1"});
    const auto refused = s.book.strike_taken(s.book.backlog().front().no, s.now);
    REQUIRE(refused);
    CHECK(refused->row.number == number_id{"100"});
    CHECK(s.errands() == "remove:100");
    CHECK_FALSE(s.book.leads_to(number_id{"100"}, s.now));
    CHECK(s.lend(3, "p1") == "none at route-c");
    s.end(2, "p1", 1);
    CHECK(s.errands() == "remove:100");  // nothing brings the route back
}

TEST_CASE("notebook: what the store lends to another panel is nobody else's here", "[pool]") {
    script s;
    s.took(1, "p1", 1);
    s.took(2, "p2", 1);
    CHECK(s.book.leads_to(number_id{"100"}, s.now) == panel_id{"p2"});
    CHECK(s.lend(3, "p1") == "none at route-c");
}

TEST_CASE("notebook: only the last word about a number waits for the map", "[pool]") {
    script s;
    s.took(1, "p1", 1);
    s.book.map(call_id::of(1, 0, 0), 1, number_id{"100"}, panel_id{"p1"}, "{}", s.now);
    s.end(1, "p1", 1);
    CHECK(s.errands() == "end:100=p1 put:100=p1");
    s.now += 180min;
    s.book.tidy(s.now);
    CHECK(s.errands() == "end:100=p1 remove:100");  // the window is over, and the map may hold the call's longer route
    s.now += 4h;
    s.book.tidy(s.now);
    CHECK(s.errands() == "end:100=p1");
}

TEST_CASE("notebook: a full backlog forgets routes first, then ends", "[pool]") {
    notebook_rules rules;
    rules.most_errands = 3;
    script s(rules);
    s.reserve({5});
    s.took(1, "p1", 1);
    s.took(2, "p2", 2);
    s.end(1, "p1", 1);
    CHECK(s.errands() == "end:100=p1 put:100=p1");
    CHECK(s.lend(3, "p3") == "104 reserved");
    CHECK(s.book.forgotten_errands() == 0);
    s.end(2, "p2", 2);
    CHECK(s.errands() == "settle:104=p3 end:101=p2 put:101=p2");
    CHECK(s.book.forgotten_errands() == 2);
}

TEST_CASE("notebook: after a crash the numbers in hand are left alone and a new name is used", "[pool]") {
    script s;
    s.reserve({1, 2, 3});
    script next = s.next_run(false);
    CHECK(next.book.holder() == "w1/run2");
    CHECK(next.lend(1, "p1") == "none at route-c");  // 102 was never in hand, but the file must say first that it is
    next.book.saved(next.book.to_save(false).no);
    CHECK(next.lend(2, "p1") == "102 reserved");
    CHECK(next.lend(3, "p2") == "none at route-c");
}

TEST_CASE("notebook: a file that ended in order hands on its name and its block once it says otherwise", "[pool]") {
    script s;
    s.reserve({1, 2, 3});
    script next = s.next_run(true);
    CHECK(next.book.holder().empty());
    CHECK(next.lend(1, "p1") == "none at route-c");
    const auto save = next.book.to_save(false);
    CHECK_FALSE(read_notes(save.text)->closed);
    next.book.saved(save.no);
    CHECK(next.book.holder() == "w1/run1");
    CHECK(next.lend(2, "p1") == "100 reserved");
    CHECK(next.lend(3, "p2") == "101 reserved");
    CHECK(next.lend(4, "p3") == "none at route-c");  // the third has moved up, and the file does not say so yet
    next.book.saved(next.book.to_save(false).no);
    CHECK(next.lend(5, "p3") == "102 reserved");
}

TEST_CASE("notebook: where the disk hangs at the start, the former name and block are given up", "[pool]") {
    script s;
    s.reserve({1, 2});
    script next = s.next_run(true);
    static_cast<void>(next.book.to_save(false));
    next.book.disown();
    CHECK(next.book.holder() == "w1/run2");
    CHECK(next.lend(1, "p1") == "none at route-c");
    next.reserve({7});
    CHECK(next.lend(2, "p1") == "106 reserved");  // at once, whatever the disk does
}

TEST_CASE("notebook: loans, windows, errands and cities outlive a restart", "[pool]") {
    script s;
    s.took(1, "p1", 1);
    s.end(1, "p1", 1);
    script next = s.next_run(false);
    CHECK(next.errands() == "end:100=p1 put:100=p1");
    next.now += 2h;
    CHECK(next.lend(2, "p1", city_id{}) == "100 sticky");
    CHECK(next.errands() == "end:100=p1 put:100=p1 settle:100=p1");
}

TEST_CASE("notebook: panels, cities and loans are bounded, the oldest goes first", "[pool]") {
    notebook_rules rules;
    rules.most_panels = 2;
    rules.most_cities = 1;
    rules.most_loans = 2;
    script s(rules);
    s.took(1, "p1", 1);
    s.took(2, "p2", 2);
    s.took(3, "p3", 3);
    CHECK(s.book.all().panels.size() == 2);
    CHECK_FALSE(s.book.all().panels.contains(panel_id{"p1"}));
    CHECK(s.book.all().loans.size() == 2);
    s.now += 1s;
    CHECK(s.lend(4, "p4", kopeysk) == "none at route-k");
    REQUIRE(s.book.wanted(s.now).size() == 1);
    CHECK(s.book.wanted(s.now).at(0).city == kopeysk);
    s.now += 24h * 31;
    CHECK(s.book.wanted(s.now).empty());
}
