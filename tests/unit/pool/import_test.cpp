#include "pool/import.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::pool;

namespace {

const city_id chelyabinsk("a376e68d-724a-4472-be7c-891bdb09ae32");
const city_id kopeysk("26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10");

std::vector<city> cities() {
    city one;
    one.fias = chelyabinsk;
    one.name = "Chelyabinsk";
    one.shared_number = number_id("73517000000");
    city other;
    other.fias = kopeysk;
    other.name = "Kopeysk";
    return {one, other};
}

number_row there(const std::string& number, const city_id& city) {
    number_row row;
    row.number = number_id(number);
    row.city = city;
    return row;
}

}  // namespace

TEST_CASE("import: cities are given by code or name", "[pool]") {
    const auto rows = read_import(
        "city,number,state\nKopeysk,73512000001,disabled\nA376E68D-724A-4472-BE7C-891BDB09AE32,73512000002,\n",
        cities(), {});
    REQUIRE(rows);
    CHECK(*rows == std::vector<new_number>{{number_id("73512000001"), kopeysk, number_state::disabled},
                                           {number_id("73512000002"), chelyabinsk, number_state::free}});
}

TEST_CASE("import: every wrong line is named, whatever is wrong with it", "[pool]") {
    std::string text = "number,city\n";
    for (int line = 2; line <= 1001; ++line) {
        const std::string number = std::to_string(73512000000 + line);
        text += line == 900   ? "7351x,Kopeysk\n"
                : line == 901 ? number + ",Moscow\n"
                : line == 902 ? "73517000000,Kopeysk\n"
                : line == 903 ? "73519999999,Kopeysk\n"
                              : number + ",Kopeysk\n";
    }
    const auto rows = read_import(text, cities(), {there("73519999999", kopeysk)});
    REQUIRE_FALSE(rows);
    CHECK(rows.why().kind == failure_kind::bad_input);
    const std::string& words = rows.why().text;
    CAPTURE(words);
    CHECK(words.find("4 lines") != std::string::npos);
    CHECK(words.find("line 900: '7351x'") != std::string::npos);
    CHECK(words.find("line 901: city 'Moscow'") != std::string::npos);
    CHECK(words.find("line 902: number 73517000000 is the shared number of Chelyabinsk") != std::string::npos);
    CHECK(words.find("line 903: number 73519999999 is in the pool already") != std::string::npos);
}

TEST_CASE("import: a shared number is never added", "[pool]") {
    CHECK(check_not_shared({{number_id("73512000001"), kopeysk}}, cities()));
    CHECK(check_not_shared({{number_id("73517000000"), kopeysk}}, cities()).why().kind == failure_kind::taken);
}

TEST_CASE("import: all is there only in the same city", "[pool]") {
    const std::vector<new_number> wanted{{number_id("73512000001"), kopeysk}, {number_id("73512000002"), kopeysk}};
    CHECK(all_there(wanted, {there("73512000001", kopeysk), there("73512000002", kopeysk)}));
    CHECK_FALSE(all_there(wanted, {there("73512000001", kopeysk), there("73512000002", chelyabinsk)}));
    CHECK_FALSE(all_there(wanted, {there("73512000001", kopeysk)}));
}
