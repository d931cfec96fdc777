#include "config/words.hpp"

#include "catch.hpp"

using namespace td::config;

TEST_CASE("the nearest known word is found, and none where none is near", "[config]") {
    const std::vector<std::string> known{"ring_limit", "talk_limit", "dial", "app"};
    CHECK(nearest("rnig_limit", known) == "ring_limit");
    CHECK(nearest("RING_LIMIT", known) == "ring_limit");
    CHECK(nearest("ringlimit", known) == "ring_limit");
    CHECK(nearest("apps", known) == "app");
    CHECK(nearest("xyz", known).empty());
    CHECK(nearest("", known).empty());
    CHECK(nearest(std::string(100'000, 'r'), known).empty());
}

TEST_CASE("text from outside is safe to print", "[config]") {
    CHECK(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
    CHECK(printable("Ленина 1") == "Ленина 1");
    CHECK(printable("\xff\xc0\xaf") == "???");
    CHECK(printable("\xc2\x9b") == "\\x9b");
    CHECK(printable(std::string(100, 'a'), 10) == "aaaaaaaaaa…");
    CHECK(printable("жж", 3) == "ж…");
}
