#include "pool/notes.hpp"

#include <string>

#include "catch.hpp"

using namespace td;
using namespace td::pool;

namespace {

/// Every kind of line, and bytes that are no UTF-8.
notes full() {
    const instant at{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
    const city_id fias{"a376e68d-724a-4472-be7c-891bdb09ae32"};
    const lease_row row{7,
                        number_id{"73512345678"},
                        fias,
                        panel_id{"p\xff\n\"1"},
                        call_id::of(1, 2, 3),
                        lent_how::sticky,
                        at,
                        at + 1min,
                        never,
                        "{\"panel\":\"p\"}"};
    notes what;
    what.holder = "w1/run1";
    what.closed = true;
    what.next_no = 9;
    what.cities[fias] = {fias, "Chelyabinsk", "r1", "r2", number_id{"999"}, city_id{"parent"}};
    what.served[fias] = at;
    what.panels[panel_id{"p\xff"}] = {fias, 4};
    what.loans.push_back({row, true, 8, true});
    what.block.push_back({number_id{"1"}, fias, 5, at + 24h, true, true, true, 0});
    what.used[6] = at;
    what.backlog.push_back({3, errand::kind::settle, at, never, row});
    what.backlog.push_back({4, errand::kind::remove, at, at + 3h, row});
    return what;
}

std::string complaint(const std::string& text) {
    const auto read = read_notes(text);
    REQUIRE_FALSE(read);
    CHECK(read.why().kind == failure_kind::broken_data);
    return read.why().text;
}

}  // namespace

TEST_CASE("notes: what is written is read again", "[pool]") {
    const auto read = read_notes(written(full()));
    REQUIRE(read);
    CHECK(*read == full());
    CHECK(read_notes(written({})).ok());
}

TEST_CASE("notes: a file cut anywhere is refused with the place", "[pool]") {
    const std::string whole = written(full());
    for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
        CAPTURE(length);
        REQUIRE_FALSE(read_notes(whole.substr(0, length)));
    }
    CHECK(complaint("") == "line 1: the end is missing");
}

TEST_CASE("notes: a file with any byte changed is read or refused, and never worse", "[pool]") {
    const std::string whole = written(full());
    for (std::size_t place = 0; place < whole.size(); ++place) {
        for (const char byte : {'\0', '"', '{', '\n', '9', '\xff'}) {
            std::string damaged = whole;
            damaged[place] = byte;
            if (const auto read = read_notes(damaged); !read) {
                CHECK(read.why().text.starts_with("line "));
            }
        }
    }
}

TEST_CASE("notes: foreign and later files are refused in plain words", "[pool]") {
    CHECK(complaint("hello\n") == "line 1: this is no JSON object");
    CHECK(complaint("{\"type\":\"journal\"}\n") == "line 1: these are no notes of a number pool");
    CHECK(complaint("{\"type\":\"tdctl-pool-notes\",\"schema\":2}\n") == "line 1: schema 2 where 1 is known");
    std::string text = written({});
    text.insert(text.find("{\"type\":\"end"), "{\"type\":\"moon\"}\n");
    CHECK(complaint(text) == "line 2: what a \"moon\" is, is not known");
    text = written({});
    CHECK(complaint(text + "{\"type\":\"end\",\"lines\":1}\n") == "line 3: there is more behind the end");
    text.insert(text.find("{\"type\":\"end"), "{\"type\":\"used\",\"token\":1}\n");
    CHECK(complaint(text) == "line 2: \"until\" is missing or not what it should be");
}
