#include "http/url.hpp"

#include "catch.hpp"

using namespace td::http;

TEST_CASE("path segment: unreserved characters stand for themselves, everything else is encoded byte by byte",
          "[http]") {
    CHECK(path_segment("5001") == "5001");
    CHECK(path_segment("a-b_c.d~E9") == "a-b_c.d~E9");
    CHECK(path_segment("a b/c?d#e%f") == "a%20b%2Fc%3Fd%23e%25f");
    CHECK(path_segment("кв") == "%D0%BA%D0%B2");
    CHECK(path_segment(std::string_view("a\0\r\n\xff", 5)) == "a%00%0D%0A%FF");
}

TEST_CASE("path segment: a segment of dots cannot climb", "[http]") {
    CHECK(path_segment(".") == "%2E");
    CHECK(path_segment("..") == "%2E%2E");
    CHECK(path_segment("...") == "...");
    CHECK(path_segment("../x") == "..%2Fx");
}

TEST_CASE("the slash at the end of a base makes no difference", "[http]") {
    CHECK(without_last_slash("http://crm/api/") == "http://crm/api");
    CHECK(without_last_slash("http://crm//") == "http://crm");
    CHECK(without_last_slash("http://crm") == "http://crm");
}
