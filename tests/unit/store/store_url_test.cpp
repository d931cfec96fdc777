#include "store/store_url.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::store;

TEST_CASE("store url: the two kinds, and what is left out") {
    CHECK(std::get<sqlite_place>(*read_store_url("sqlite:/var/lib/tdctl/tdctl.db")).file == "/var/lib/tdctl/tdctl.db");
    CHECK(std::get<mysql_place>(*read_store_url("mysql://td@db.example:3307/pool")) ==
          mysql_place{"td", "db.example", 3307, "pool"});
    CHECK(std::get<mysql_place>(*read_store_url("mysql://td@[::1]/pool")) == mysql_place{"td", "::1", 3306, "pool"});
    CHECK(std::get<mysql_place>(*read_store_url("mysql://td@[::1]:1/pool")).port == 1);
}

TEST_CASE("store url: what is wrong is refused, and a password is never shown") {
    for (const char* wrong :
         {"", "sqlite:", "postgres://a@b/c", "mysql://host/db", "mysql://@host/db", "mysql://u@/db", "mysql://u@host",
          "mysql://u@host/", "mysql://u@host:0/db", "mysql://u@host:99999/db", "mysql://u@host:x/db",
          "mysql://u@[::1/db", "mysql://u@[::1]3306/db", "mysql://u@h/a/b"}) {
        const auto refused = read_store_url(wrong);
        INFO(wrong);
        REQUIRE(!refused);
        CHECK(refused.why().kind == failure_kind::bad_input);
    }
    const auto refused = read_store_url("mysql://td:hush@host/db");
    REQUIRE(!refused);
    CHECK(refused.why().text.find("hush") == std::string::npos);
    CHECK(refused.why().text.find("pool.password") != std::string::npos);
}
