#include "pool/cities.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::pool;

namespace {

const city_id chelyabinsk("a376e68d-724a-4472-be7c-891bdb09ae32");
const city_id kopeysk("26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10");
const city_id miass("0b2b8c11-63c5-4a0c-a0c0-5d2a3c3f1b01");

city made(const city_id& fias, const std::string& name, const city_id& parent = {}) {
    city what;
    what.fias = fias;
    what.name = name;
    what.route = "112";
    what.parent = parent;
    return what;
}

number_row lent_by(const std::string& number) {
    number_row row;
    row.number = number_id(number);
    return row;
}

}  // namespace

TEST_CASE("cities: a FIAS code is read in either case and nothing else is one", "[pool]") {
    CHECK(read_fias("A376E68D-724A-4472-BE7C-891BDB09AE32").value() == chelyabinsk);
    CHECK_FALSE(read_fias(""));
    CHECK_FALSE(read_fias("Chelyabinsk"));
    CHECK_FALSE(read_fias("a376e68d-724a-4472-be7c-891bdb09ae3"));
    CHECK_FALSE(read_fias("a376e68d-724a-4472-be7c-891bdb09ae322"));
    CHECK_FALSE(read_fias("a376e68d-724a-4472-be7c+891bdb09ae32"));
    CHECK_FALSE(read_fias("g376e68d-724a-4472-be7c-891bdb09ae32"));
}

TEST_CASE("cities: a city is found by code, and by a name that only one has", "[pool]") {
    const std::vector<city> all{made(chelyabinsk, "Chelyabinsk"), made(kopeysk, "Kopeysk"), made(miass, "Kopeysk")};
    CHECK(find_city(all, "a376e68d-724a-4472-be7c-891bdb09ae32").value().name == "Chelyabinsk");
    CHECK(find_city(all, "Chelyabinsk").value().fias == chelyabinsk);
    CHECK(find_city(all, "Kopeysk").why().kind == failure_kind::bad_input);
    CHECK(find_city(all, "Moscow").why().kind == failure_kind::not_found);
    CHECK(find_city(all, "").why().kind == failure_kind::not_found);
    CHECK(find_city({}, chelyabinsk.text()).why().kind == failure_kind::not_found);
    CHECK(name_of(all, chelyabinsk) == "Chelyabinsk");
    CHECK(name_of({}, chelyabinsk) == chelyabinsk.text());
}

TEST_CASE("cities: a city wants a name and a route that can be dialled", "[pool]") {
    city what = made(chelyabinsk, "Chelyabinsk");
    CHECK(check_city(what, {}, {}));
    what.second_route = "112@other";
    CHECK(check_city(what, {}, {}).why().kind == failure_kind::bad_input);
    what.second_route.clear();
    what.route.clear();
    CHECK(check_city(what, {}, {}).why().kind == failure_kind::bad_input);
    what.route = "112";
    what.name.clear();
    CHECK(check_city(what, {}, {}).why().kind == failure_kind::bad_input);
}

TEST_CASE("cities: a name is one line, and fits the table", "[pool]") {
    for (const char* broken : {"Kope\nysk", "Kope\rysk", "\x1b[2J", "Kopeysk\x7f"}) {
        CAPTURE(broken);
        CHECK(check_city(made(kopeysk, broken), {}, {}).why().kind == failure_kind::bad_input);
    }
    CHECK(check_city(made(kopeysk, "Копейск"), {}, {}));
    CHECK(check_city(made(kopeysk, std::string(190, 'x')), {}, {}));
    CHECK(check_city(made(kopeysk, std::string(191, 'x')), {}, {}).why().kind == failure_kind::bad_input);
}

TEST_CASE("cities: parents exist and lead back to nobody", "[pool]") {
    CHECK(check_city(made(kopeysk, "Kopeysk", chelyabinsk), {}, {}).why().kind == failure_kind::not_found);
    CHECK(check_city(made(kopeysk, "Kopeysk", chelyabinsk), {made(chelyabinsk, "Chelyabinsk")}, {}));
    CHECK(check_city(made(kopeysk, "Kopeysk", kopeysk), {}, {}).why().kind == failure_kind::bad_input);
    const std::vector<city> chain{made(chelyabinsk, "Chelyabinsk", miass), made(miass, "Miass", kopeysk),
                                  made(kopeysk, "Kopeysk")};
    CHECK(check_city(made(kopeysk, "Kopeysk", chelyabinsk), chain, {}).why().kind == failure_kind::bad_input);
}

TEST_CASE("cities: the shared number is never one that is lent", "[pool]") {
    city what = made(chelyabinsk, "Chelyabinsk");
    what.shared_number = number_id("73517000000");
    CHECK(check_city(what, {}, {lent_by("73517000001")}));
    CHECK(check_city(what, {}, {lent_by("73517000000")}).why().kind == failure_kind::taken);
}
