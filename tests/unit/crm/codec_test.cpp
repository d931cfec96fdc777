#include "crm/codec.hpp"

#include <string>

#include "catch.hpp"
#include "crm/names.hpp"

using namespace td;
using namespace td::crm;

namespace {

std::string names(const call::flat_record& flat) {
    std::string text;
    for (const call::account& account : flat.accounts) {
        text += (text.empty() ? "" : " ") + account.name.text();
        for (const call::device& device : account.devices) {
            text += "/" + device.name.text() + (device.platform.empty() ? "" : ":" + device.platform);
        }
    }
    return text;
}

/// The names, how many were dropped, or the reason.
std::string read(std::string_view body) {
    const auto answer = read_flat(body);
    if (!answer) {
        return answer.why().text;
    }
    const std::string flags =
        std::string(answer->flat.blocked ? "blocked " : "") + (answer->flat.auto_open ? "open " : "");
    return flags + names(answer->flat) + (answer->dropped > 0 ? " -" + std::to_string(answer->dropped) : "");
}

}  // namespace

TEST_CASE("crm paths: hostile names stay in their segment", "[crm]") {
    CHECK(panel_path(panel_id{"5001"}) == "/panels/5001");
    CHECK(accounts_path(panel_id{"50/01"}, flat_id{".."}) == "/panels/50%2F01/flats/%2E%2E/accounts");
    CHECK(accounts_path(panel_id{"п"}, flat_id{"1?x=y#z"}) == "/panels/%D0%BF/flats/1%3Fx%3Dy%23z/accounts");
}

TEST_CASE("flat answer: accounts with their devices, unknown fields ignored", "[crm]") {
    CHECK(read(R"({"flat":"12","blocked":false,"auto_open":false,"new":{"a":[1]},"accounts":[
        {"account":"79001112233","extra":1,"devices":[{"device":"d1","platform":"ios","v":2},{"device":"d2"}]},
        {"account":"79001112244"},{"account":"79001112255","devices":null}]})") ==
          "79001112233/d1:ios/d2 79001112244 79001112255");
    CHECK(read(R"({"accounts":[]})").empty());
    CHECK(read(R"({"blocked":true,"auto_open":true,"accounts":[]})") == "blocked open ");
    CHECK(read(R"({"blocked":null,"accounts":[]})").empty());
}

TEST_CASE("flat answer: what matters must have its type", "[crm]") {
    for (const char* body : {"",
                             " ",
                             "null",
                             "[]",
                             "{",
                             "{}",
                             R"({"accounts":null})",
                             R"({"accounts":{}})",
                             R"({"accounts":["79001112233"]})",
                             R"({"accounts":[{}]})",
                             R"({"accounts":[{"account":7}]})",
                             R"({"accounts":[{"account":"a","devices":{}}]})",
                             R"({"accounts":[{"account":"a","devices":[1]}]})",
                             R"({"accounts":[{"account":"a","devices":[{"platform":"ios"}]}]})",
                             R"({"accounts":[{"account":"a","devices":[{"device":"d","platform":1}]}]})",
                             R"({"blocked":"no","accounts":[]})",
                             R"({"auto_open":1,"accounts":[]})",
                             R"({"accounts":[]} trailing)",
                             "{\"accounts\":[{\"account\":\"\xff\"}]}",
                             "<html>502</html>"}) {
        CAPTURE(body);
        CHECK(read(body) == "broken_json");
    }
    CHECK(read(std::string(100'000, '[')) == "broken_json");
}

TEST_CASE("flat answer: an account named twice is one, with the devices of both in order", "[crm]") {
    CHECK(
        read(R"({"accounts":[{"account":"a","devices":[{"device":"1"},{"device":"2","platform":"ios"}]},{"account":"b"},
                               {"account":"a","devices":[{"device":"2","platform":"android"},{"device":"3"}]}]})") ==
        "a/1/2:ios/3 b");
}

TEST_CASE("flat answer: unusable names are dropped and counted", "[crm]") {
    const std::string longest(longest_name, 'x');
    CHECK(read(R"({"accounts":[{"account":""},{"account":"a\r\nX: y"},{"account":"a\u0085"},{"account":"b\u007f"},
                               {"account":"ok","devices":[{"device":"d\u0000"},{"device":"e"},{"device":""}]}]})") ==
          "ok/e -6");
    CHECK(read("{\"accounts\":[{\"account\":\"" + longest + "\"}]}") == longest);
    CHECK(read("{\"accounts\":[{\"account\":\"" + longest + "x\",\"devices\":[{\"device\":\"d\"}]}]}") == " -1");
}

TEST_CASE("flat answer: at most 1000 accounts of a flat are rung", "[crm]") {
    std::string body = "{\"accounts\":[";
    for (int i = 0; i < 1005; ++i) {
        body += (i == 0 ? "" : ",") + std::string("{\"account\":\"") + std::to_string(i) + "\"}";
    }
    const auto answer = read_flat(body + "]}");
    REQUIRE(answer);
    CHECK(answer->flat.accounts.size() == most_accounts);
    CHECK(answer->dropped == 5);
}

TEST_CASE("panel answer: title and site data", "[crm]") {
    const auto panel = read_panel(R"({"panel":"5001","name":"Lenina 1, entrance 2","make":"beward",
        "city":{"fias":"a376e68d","name":"Chelyabinsk"},"address":"Lenina 1","entrance":"2","lat":55.16,"lon":61,
        "http":"http://10.0.0.5"})");
    REQUIRE(panel);
    CHECK(panel->name == "Lenina 1, entrance 2");
    CHECK(panel->make == "beward");
    CHECK(panel->where == city{"a376e68d", "Chelyabinsk"});
    CHECK(panel->address == "Lenina 1");
    CHECK(panel->entrance == "2");
    CHECK(panel->http == "http://10.0.0.5");
    REQUIRE(panel->place);
    CHECK(panel->place->latitude == 55.16);
    CHECK(panel->place->longitude == 61.0);
    CHECK(read_panel("{}").ok());
    CHECK(read_panel(R"({"lat":91,"lon":0})")->place == std::nullopt);
    CHECK(read_panel(R"({"lat":55})")->place == std::nullopt);
    for (const char* body :
         {"[]", R"({"name":1})", R"({"city":"x"})", R"({"city":{"fias":1}})", R"({"lat":"55"})", "x"}) {
        CAPTURE(body);
        CHECK_FALSE(read_panel(body).ok());
    }
}

TEST_CASE("panel answer: a hostile title becomes a harmless one", "[crm]") {
    CHECK(read_panel(R"({"name":"a\u001b[2J\nb"})")->name == "a [2J b");
    std::string wide;
    for (int i = 0; i < 200; ++i) {
        wide += "я";
    }
    // 256 bytes are 128 characters of two bytes: none is cut in two.
    CHECK(read_panel("{\"name\":\"a" + wide + "\"}")->name.size() == 255);
}

TEST_CASE("what is written reads back as itself", "[crm]") {
    const auto flat =
        read_flat(R"({"blocked":true,"accounts":[{"account":"a\"b","devices":[{"device":"1","platform":"ios"},
        {"device":"2"}]},{"account":"c"}]})");
    REQUIRE(flat);
    std::string text;
    append_flat(text, flat->flat);
    CHECK(read_flat(text)->flat == flat->flat);
    const auto panel = read_panel(R"({"make":"sokol","lat":-0.125,"lon":1e-7,"city":{"name":"Ufa"}})");
    REQUIRE(panel);
    text.clear();
    append_panel(text, *panel);
    CHECK(*read_panel(text) == *panel);
    text.clear();
    append_panel(text, {});
    CHECK(text == "{}");
}
