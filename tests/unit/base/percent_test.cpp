#include "base/percent.hpp"

#include "catch.hpp"

namespace td {
namespace {

TEST_CASE("percent: what stands for a byte becomes it", "[base]") {
    CHECK(percent_decoded("") == "");
    CHECK(percent_decoded("td") == "td");
    CHECK(percent_decoded("%2f%2Fnorth%20calls%25") == "//north calls%");
}

TEST_CASE("percent: half a sign, another sign and a zero byte are refused", "[base]") {
    for (const char* wrong : {"%", "%2", "a%", "%zz", "%2g", "%%41", "%00", "a%00b"}) {
        INFO(wrong);
        CHECK_FALSE(percent_decoded(wrong));
    }
}

}  // namespace
}  // namespace td
