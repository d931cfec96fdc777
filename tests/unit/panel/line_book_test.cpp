#include "panel/line_book.hpp"

#include "catch.hpp"
#include "panel/local_panel_line.hpp"

using namespace td;
using namespace td::panel;

namespace {

const panel_id p1{"5001"};
const panel_id p2{"5002"};

call_id call_no(unsigned number) {
    return call_id::of(number, 0, 0);
}
std::string name(unsigned number) {
    return std::string(call_no(number).text());
}

/// The words of the commands, a script shortened to "keep" or "free".
std::string told(const std::vector<redis_command>& commands) {
    std::string text;
    for (const redis_command& each : commands) {
        text += text.empty() ? "" : "; ";
        for (std::size_t i = 0; i < each.size(); ++i) {
            const bool script = i == 1 && each[0] == "EVAL";
            const std::string word = script ? (each[1].find("DEL") == std::string::npos ? "keep" : "free") : each[i];
            text += (i == 0 ? "" : " ") + word;
        }
    }
    return text;
}

}  // namespace

TEST_CASE("line book: a taken panel is set and published, a freed one removed and published", "[panel]") {
    line_book book(10);
    CHECK(told(book.taken({p1, call_no(1)})) == "SET td:panel:5001:call " + name(1) +
                                                    " EX 30; PUBLISH td:panel:call "
                                                    R"({"panel":"5001","call":")" +
                                                    name(1) + R"(","state":"taken"})");
    CHECK(told(book.freed({p1, call_no(1)})) == "EVAL free 1 td:panel:5001:call " + name(1) +
                                                    "; PUBLISH td:panel:call "
                                                    R"({"panel":"5001","call":")" +
                                                    name(1) + R"(","state":"freed"})");
    CHECK(book.size() == 0);
}

TEST_CASE("line book: what lives is kept at every refresh", "[panel]") {
    line_book book(10);
    CHECK(book.refresh().empty());
    static_cast<void>(book.taken({p1, call_no(1)}));
    CHECK(told(book.refresh()) == "EVAL keep 1 td:panel:5001:call " + name(1) + " 30");
}

TEST_CASE("line book: an older call that lets go late does not free the newer one's panel", "[panel]") {
    line_book book(10);
    static_cast<void>(book.taken({p1, call_no(1)}));
    static_cast<void>(book.taken({p1, call_no(2)}));
    CHECK(book.freed({p1, call_no(1)}).empty());
    CHECK(told(book.refresh()) == "EVAL keep 1 td:panel:5001:call " + name(2) + " 30");
}

TEST_CASE("line book: after an outage the living are kept and published", "[panel]") {
    line_book book(1);
    static_cast<void>(book.taken({p1, call_no(1)}));
    static_cast<void>(book.taken({p2, call_no(2)}));
    static_cast<void>(book.freed({p1, call_no(1)}));
    CHECK(told(book.came_back()) == "EVAL keep 1 td:panel:5002:call " + name(2) +
                                        " 30; PUBLISH td:panel:call "
                                        R"({"panel":"5002","call":")" +
                                        name(2) + R"(","state":"taken"})");
}

TEST_CASE("line book: the ended that Redis was not told of are left over, oldest first, once", "[panel]") {
    line_book book(3);
    for (unsigned call = 1; call <= 4; ++call) {
        book.not_told({p1, call_no(call)});  // the fourth is left to expire
    }
    const auto first = book.left_over(2);
    REQUIRE(first.size() == 2);
    CHECK(first[0].call == call_no(1));
    CHECK(first[1].call == call_no(2));
    CHECK(book.left_over(9).size() == 1);
    CHECK(book.left_over(9).empty());
}

TEST_CASE("line book: a removal that comes late is not published when a newer call has the panel", "[panel]") {
    line_book book(1);
    CHECK(told(book.removal({p1, call_no(1)})) == "EVAL free 1 td:panel:5001:call " + name(1) +
                                                      "; PUBLISH td:panel:call "
                                                      R"({"panel":"5001","call":")" +
                                                      name(1) + R"(","state":"freed"})");
    static_cast<void>(book.taken({p1, call_no(2)}));
    CHECK(told(book.removal({p1, call_no(1)})) == "EVAL free 1 td:panel:5001:call " + name(1));
}

TEST_CASE("line book: a hostile panel stays one word", "[panel]") {
    const panel_id hostile{"5001 x\r\nFLUSHALL\"\xff"};
    CHECK(take_line(hostile, call_no(1)).at(1) == "td:panel:5001 x\r\nFLUSHALL\"\xff:call");
    CHECK(publish_line(hostile, call_no(1), line_state::taken)
              .at(2)
              .starts_with(R"({"panel":"5001 x\r\nFLUSHALL\"\ufffd",)"));
}

TEST_CASE("local panel line: knows who has the panel", "[panel]") {
    local_panel_line line;
    CHECK(line.call_of(p1) == std::nullopt);
    line.taken({p1, call_no(1)});
    line.taken({p1, call_no(2)});
    line.freed({p1, call_no(1)});
    CHECK(line.call_of(p1) == call_no(2));
    CHECK(line.busy() == 1);
    line.freed({p1, call_no(2)});
    line.freed({p1, call_no(2)});
    CHECK(line.busy() == 0);
}
