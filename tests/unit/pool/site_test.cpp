#include "pool/site.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "catch.hpp"

using namespace td;
using namespace td::pool;
using nlohmann::json;

namespace {

site lenina() {
    site what;
    what.panel = panel_id{"5001"};
    what.address = "Челябинск, Ленина 1";
    what.entrance = "2";
    what.latitude = 55.16;
    what.longitude = 61.4;
    what.fias = city_id{"a376e68d-724a-4472-be7c-891bdb09ae32"};
    return what;
}
const instant monday = *parse_rfc3339("2026-11-23T02:34:52.076Z");
const call_id call = call_id::of(1, 2, 3);

}  // namespace

TEST_CASE("site: all that is known, in one line", "[pool]") {
    CHECK(site_text(lenina()) == R"({"panel":"5001","address":"Челябинск, Ленина 1","entrance":"2","lat":55.16,)"
                                 R"("lon":61.4,"fias":"a376e68d-724a-4472-be7c-891bdb09ae32"})");
    CHECK(read_site(site_text(lenina())) == lenina());
}

TEST_CASE("site: what is not known is null, and reads as not known", "[pool]") {
    site what;
    what.panel = panel_id{"5001"};
    what.latitude = std::numeric_limits<double>::quiet_NaN();
    CHECK(site_text(what) == R"({"panel":"5001","address":null,"entrance":null,"lat":null,"lon":null,"fias":null})");
    what.latitude.reset();
    CHECK(read_site(site_text(what)) == what);
}

TEST_CASE("site: the map's form adds the call and its time", "[pool]") {
    const auto read = json::parse(site_text(site_text(lenina()), panel_id{"5001"}, call, monday));
    CHECK(read.size() == 8);
    CHECK(read["panel"] == "5001");
    CHECK(read["lat"] == 55.16);
    CHECK(read["call"] == std::string(call.text()));
    CHECK(read["leased_at"] == "2026-11-23T02:34:52.076Z");
}

TEST_CASE("site: whatever bytes come in, JSON in one line comes out", "[pool]") {
    auto what = lenina();
    what.address = "\"\\\r\n\t\0\x1b[2J\xff\xc3\x28 </script>";
    what.entrance = std::string("a\0b", 3);
    what.panel = panel_id{"5001\"}"};
    const std::string text = site_text(what);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(json::parse(text)["panel"] == "5001\"}");
    CHECK(json::parse(text)["entrance"] == std::string("a\0b", 3));
    CHECK(read_site(text)->panel == what.panel);
}

TEST_CASE("site: a snapshot that cannot be read becomes one with the panel only", "[pool]") {
    for (const char* odd : {"", "{", "[]", "null", "\"x\"", "{\"panel\":\"other\"} x", "{\"address\":\"\xff\"}"}) {
        CAPTURE(odd);
        CHECK(read_site(odd) == std::nullopt);
        const auto read = json::parse(site_text(odd, panel_id{"5001"}, call, monday));
        CHECK(read["panel"] == "5001");
        CHECK(read["address"].is_null());
        CHECK(read["call"] == std::string(call.text()));
    }
    // Fields of another type count as not known, and the lease says whose panel it is.
    const auto read =
        json::parse(site_text(R"({"panel":1,"address":[],"lat":"x","lon":61})", panel_id{"5001"}, call, monday));
    CHECK(read["panel"] == "5001");
    CHECK(read["address"].is_null());
    CHECK(read["lat"].is_null());
    CHECK(read["lon"] == 61.0);
}
