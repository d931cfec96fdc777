#include "pool/numbers.hpp"

#include "catch.hpp"
#include "pool/csv.hpp"

using namespace td;
using namespace td::pool;

namespace {

std::string why(std::string_view range) {
    const auto read = read_range(range);
    return read ? "" : read.why().text;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("numbers: digits of a country and no more") {
    CHECK(is_number("73510000001"));
    CHECK(is_number("12345"));
    CHECK(is_number("123456789012345"));
    for (const char* wrong : {"", "1234", "1234567890123456", "+73510000001", "7351 000001", "7351000000a", "0351000",
                              "-7351000", "７３５１００"}) {
        CHECK(!is_number(wrong));
    }
}

TEST_CASE("numbers: a range has both its ends, and says what is wrong with it") {
    const auto three = read_range("73519999999-73520000001");
    REQUIRE(three);
    REQUIRE(three->size() == 3);
    CHECK(three->at(0) == number_id{"73519999999"});
    CHECK(three->at(2) == number_id{"73520000001"});
    CHECK(read_range("73510000001")->size() == 1);
    CHECK(read_range("100000-199999")->size() == longest_range);
    CHECK(has(why("73510000009-73510000001"), "write 73510000001-73510000009"));
    CHECK(has(why("7351000000a-73510000009"), "7351000000a"));
    CHECK(has(why("73510000001-"), "''"));
    CHECK(has(why("99999-100000"), "same number of digits"));
    CHECK(has(why("100000-200000"), "100001 numbers"));
    CHECK(has(why("73510000001-73510000002-3"), "73510000002-3"));
    CHECK(has(why("1-99999999999999999999999999"), "'1'"));
}

TEST_CASE("csv: columns in any order, quotes, line ends, a mark at the beginning, empty lines") {
    const auto rows = read_csv(
        "\xef\xbb\xbf"
        "state,city,number\r\n,c1,73510000001\r\n\r\ndisabled,\"c,\"\"2\",73510000002");
    REQUIRE(rows);
    REQUIRE(rows->size() == 2);
    CHECK(rows->at(0) == new_number{number_id{"73510000001"}, city_id{"c1"}, number_state::free});
    CHECK(rows->at(1) == new_number{number_id{"73510000002"}, city_id{"c,\"2"}, number_state::disabled});
    CHECK(read_csv("number,city\n")->empty());
}

TEST_CASE("csv: every broken line is named, and nothing is read of the rest") {
    std::string table = "number,city\n";
    for (int i = 2; i <= 1000; ++i) {
        table += i == 900 || i == 17 ? "7351oops,c\n" : std::to_string(73510000000 + i) + ",c\n";
    }
    const auto broken = read_csv(table);
    REQUIRE(!broken);
    CHECK(has(broken.why().text, "2 lines are broken"));
    CHECK(has(broken.why().text, "\nline 17: "));
    CHECK(has(broken.why().text, "\nline 900: "));

    const auto text_of = [](const char* rest) {
        const auto read = read_csv(std::string("number,city,state\n") + rest);
        return read ? std::string{} : read.why().text;
    };
    CHECK(has(text_of("73510000001,c\n"), "line 2: 2 fields instead of 3"));
    CHECK(has(text_of("73510000001,,free\n"), "line 2: no city"));
    CHECK(has(text_of("73510000001,c,window\n"), "state 'window'"));
    CHECK(has(text_of("73510000001,c,\n73510000001,d,\n"), "line 3: number 73510000001 stands in line 2"));
    CHECK(has(text_of("73510000001,\"c,free\n"), "never closed"));
    CHECK(has(text_of("73510000001,\"c\"x,free\n7351,c,\n"), "line 3: "));
    CHECK(has(text_of("\"73510000001\n\",c,free\n12,c,free\n"), "line 4: "));
}

TEST_CASE("csv: a header that is wrong is named") {
    const auto text_of = [](const char* table) {
        const auto read = read_csv(table);
        return read ? std::string{} : read.why().text;
    };
    CHECK(has(text_of(""), "empty"));
    CHECK(has(text_of("\n\n"), "empty"));
    CHECK(has(text_of("number,town\n"), "column 'town' is unknown"));
    CHECK(has(text_of("number,number\n"), "twice"));
    CHECK(has(text_of("number,state\n"), "column 'city' is missing"));
    CHECK(has(text_of("city\n"), "column 'number' is missing"));
}

TEST_CASE("csv: what is written is read again") {
    number_row one;
    one.number = number_id{"73510000001"};
    one.city = city_id{"a,\"b\"\nc"};
    number_row two;
    two.number = number_id{"73510000002"};
    two.city = city_id{"c"};
    two.state = number_state::disabled;
    const auto rows = read_csv(csv_text({one, two}));
    REQUIRE(rows);
    CHECK(rows->at(0) == new_number{one.number, one.city, one.state});
    CHECK(rows->at(1) == new_number{two.number, two.city, two.state});
}
