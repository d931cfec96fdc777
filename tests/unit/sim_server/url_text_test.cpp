#include "sim_server/url_text.hpp"

#include "catch.hpp"

namespace {

using namespace td::sim_server;

TEST_CASE("url: a path falls into its decoded segments", "[sim_server]") {
    CHECK(segments_of("/panels/5001/flats/12") == std::vector<std::string>{"panels", "5001", "flats", "12"});
    CHECK(segments_of("channels/a%2Fb") == std::vector<std::string>{"channels", "a/b"});
    CHECK(segments_of("/a//b/") == std::vector<std::string>{"a", "", "b", ""});
    CHECK(segments_of("/").size() == 1);
    CHECK(segments_of("").size() == 1);
}

TEST_CASE("url: broken percent signs stay as they are", "[sim_server]") {
    CHECK(percent_decoded("%", plus_sign::stays) == "%");
    CHECK(percent_decoded("%4", plus_sign::stays) == "%4");
    CHECK(percent_decoded("%zz%41", plus_sign::stays) == "%zzA");
    CHECK(percent_decoded("a+b", plus_sign::stays) == "a+b");
    CHECK(percent_decoded("a+b", plus_sign::is_space) == "a b");
    CHECK(percent_decoded("%00", plus_sign::stays) == std::string(1, '\0'));
}

TEST_CASE("url: a query falls into pairs", "[sim_server]") {
    const parameters pairs = parameters_of("endpoint=PJSIP/7%40k&app=td&&flag&callerId=%22door%22+%3C7%3E&app=second");
    REQUIRE(pairs.size() == 5);
    CHECK(*find(pairs, "endpoint") == "PJSIP/7@k");
    CHECK(*find(pairs, "callerId") == "\"door\" <7>");
    CHECK(find(pairs, "flag")->empty());
    CHECK(*find(pairs, "app") == "td");
    CHECK(find(pairs, "timeout") == nullptr);
}

TEST_CASE("url: credentials are read in any case of the scheme, and nothing else is", "[sim_server]") {
    CHECK(basic_credentials("Basic dGRjdGw6c2VjcmV0") == "tdctl:secret");
    CHECK(basic_credentials("bAsIc dGRjdGw6c2VjcmV0") == "tdctl:secret");
    CHECK(basic_credentials("Basic YTpi") == "a:b");
    CHECK(basic_credentials("Basic YTo=") == "a:");
    CHECK_FALSE(basic_credentials("Bearer YTpi"));
    CHECK_FALSE(basic_credentials("Basic !!!!"));
    CHECK_FALSE(basic_credentials(""));
}

}  // namespace
