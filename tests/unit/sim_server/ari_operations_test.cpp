// Which question a REST request puts to the model, and what is refused before it gets there.

#include "sim_server/ari_operations.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "catch.hpp"

namespace {

using namespace td;
using namespace td::sim_server;
using namespace std::chrono_literals;
using nlohmann::json;

ari_reading read(std::string_view method, std::string_view target, std::string_view body = {}) {
    const std::size_t mark = std::min(target.find('?'), target.size());
    return read_ari({method, target.substr(0, mark), parameters_of(target.substr(std::min(mark + 1, target.size()))),
                     body.empty() ? "" : "application/json", body});
}

template <class Request>
Request asked(const ari_reading& reading) {
    REQUIRE(std::holds_alternative<ari_question>(reading));
    const auto& question = std::get<ari_question>(reading);
    REQUIRE(std::holds_alternative<Request>(question.request));
    return std::get<Request>(question.request);
}

std::string refused(const ari_reading& reading) {
    REQUIRE(std::holds_alternative<http_reply>(reading));
    const auto& reply = std::get<http_reply>(reading);
    return std::to_string(reply.status) + " " +
           (reply.body.empty() ? "" : json::parse(reply.body)["message"].get<std::string>());
}

TEST_CASE("ari operations: originate is read from the query, with the id in the path or not", "[sim_server]") {
    const auto named = asked<sim::originate>(
        read("POST",
             "/channels/td.1.00?endpoint=PJSIP/7%40k&app=td&appArgs=callee,1&timeout=45&callerId=%22d%22%20%3C7%3E"));
    CHECK(named.channel == "td.1.00");
    CHECK(named.endpoint == "PJSIP/7@k");
    CHECK(named.app == "td");
    CHECK(named.app_args == "callee,1");
    CHECK(named.caller_id == "\"d\" <7>");
    CHECK(named.timeout == 45s);
    CHECK(asked<sim::originate>(read("POST", "/channels?endpoint=PJSIP/7&app=td&channelId=x")).channel == "x");
    CHECK(asked<sim::create>(read("POST", "/channels/create?endpoint=PJSIP/7&app=td&originator=1.0")).originator ==
          "1.0");
}

TEST_CASE("ari operations: the types of a bridge and the times of keys", "[sim_server]") {
    CHECK(asked<sim::create_bridge>(read("POST", "/bridges/b?type=mixing%2Cdtmf_events")).dtmf_events);
    CHECK_FALSE(asked<sim::create_bridge>(read("POST", "/bridges/b?type=mixing")).dtmf_events);
    const auto keys =
        asked<sim::send_dtmf>(read("POST", "/channels/x/dtmf?dtmf=1%23&before=250&between=70&duration=80"));
    CHECK(keys.keys == "1#");
    CHECK(keys.before == 250ms);
    CHECK(keys.between == 70ms);
    CHECK(keys.length == 80ms);
    const auto usual = asked<sim::send_dtmf>(read("POST", "/channels/x/dtmf?dtmf=1&before=-5"));
    CHECK(usual.before == 0ms);
    CHECK(usual.between == 100ms);
}

TEST_CASE("ari operations: a JSON body gives arguments and variables", "[sim_server]") {
    const ari_reading reading = read("POST", "/channels/x",
                                     R"json({"endpoint":"PJSIP/7@k","app":"td","timeout":12,)json"
                                     R"json("variables":{"PJSIP_HEADER(add,X-Door)":"77"}})json");
    CHECK(asked<sim::originate>(reading).timeout == 12s);
    const auto& question = std::get<ari_question>(reading);
    CHECK(question.extra == ari_extra::keep_variables);
    CHECK(question.variables == parameters{{"PJSIP_HEADER(add,X-Door)", "77"}});
    for (const char* broken : {"{", "[]", "7", "{\"a\":}", "\xff"}) {
        CHECK(refused(read("POST", "/channels/x", broken)) == "400 Error parsing request body");
    }
}

TEST_CASE("ari operations: commas divide channels of a query, not of a body", "[sim_server]") {
    using names = std::vector<std::string>;
    CHECK(asked<sim::add_channels>(read("POST", "/bridges/b/addChannel?channel=a,b")).channels == names{"a", "b"});
    CHECK(asked<sim::add_channels>(read("POST", "/bridges/b/addChannel", R"({"channel":"a,b"})")).channels ==
          names{"a,b"});
    CHECK(asked<sim::add_channels>(read("POST", "/bridges/b/addChannel", R"({"channel":["a","b"]})")).channels ==
          names{"a", "b"});
    CHECK(refused(read("POST", "/bridges/b/addChannel")) == "400 Channel not found");
}

TEST_CASE("ari operations: a hang-up has a reason or a code", "[sim_server]") {
    CHECK(asked<sim::hang_up>(read("DELETE", "/channels/x?reason=answered_elsewhere")).reason == "answered_elsewhere");
    CHECK(asked<sim::hang_up>(read("DELETE", "/channels/x?reason_code=26")).reason_code == 26);
    CHECK(refused(read("DELETE", "/channels/x?reason_code=26&reason=busy")).starts_with("400"));
    CHECK(refused(read("DELETE", "/channels/x?reason_code=x")).starts_with("400"));
}

TEST_CASE("ari operations: an event filter is read as its types", "[sim_server]") {
    const auto filter =
        asked<sim::filter_events>(read("PUT", "/applications/td/eventFilter",
                                       R"({"allowed":[{"type":"StasisStart"},{"type":"StasisEnd"}],"disallowed":[]})"));
    CHECK(filter.app == "td");
    CHECK(filter.filter.allowed == std::vector<std::string>{"StasisStart", "StasisEnd"});
    CHECK(filter.filter.disallowed.empty());
}

TEST_CASE("ari operations: a user event names its application", "[sim_server]") {
    const auto word = asked<sim::say_user_event>(read("POST", "/events/user/tdctl.hears?application=td"));
    CHECK(word.name == "tdctl.hears");
    CHECK(word.app == "td");
    CHECK(refused(read("POST", "/events/user/tdctl.hears")) == "400 Missing parameter application");
}

TEST_CASE("ari operations: an unknown path is 404, a wrong method 405 with what is allowed", "[sim_server]") {
    CHECK(refused(read("GET", "/nonsense")) == "404 Resource not found");
    CHECK(refused(read("GET", "/channels/x/y/z")) == "404 Resource not found");
    CHECK(refused(read("GET", "/")) == "404 Resource not found");
    CHECK(refused(read("GET", "")) == "404 Resource not found");
    CHECK(refused(read("PUT", "/channels/x")) == "405 Invalid method");
    CHECK(std::get<http_reply>(read("PUT", "/channels/x")).headers == "Allow: GET,POST,DELETE,OPTIONS\r\n");
    CHECK(refused(read("POST", "/bridges/b/addChannel/")) == "404 Resource not found");
}

TEST_CASE("ari operations: variables are asked for by name", "[sim_server]") {
    const ari_reading reading = read("POST", "/channels/x/variable?variable=A&value=b");
    CHECK(asked<sim::show_channel>(reading).channel == "x");
    CHECK(std::get<ari_question>(reading).extra == ari_extra::write_variable);
    CHECK(refused(read("GET", "/channels/x/variable")) == "400 Variable name is required");
}

TEST_CASE("ari operations: the documents list every operation that is served", "[sim_server]") {
    const json resources = json::parse(*api_document("resources.json", "http://h/ari"));
    CHECK(resources["swaggerVersion"] == "1.1");
    std::set<std::string> nicknames;
    for (const json& resource : resources["apis"]) {
        std::string file = resource["path"].get<std::string>().substr(std::string("/api-docs/").size());
        file.replace(file.find("{format}"), 8, "json");
        const json document = json::parse(*api_document(file, "http://h/ari"));
        CHECK(document["basePath"] == "http://h/ari");
        for (const json& api : document["apis"]) {
            for (const json& operation : api["operations"]) {
                nicknames.insert(operation["nickname"].get<std::string>());
                for (const json& parameter : operation["parameters"]) {
                    CHECK((parameter["paramType"] != "path" || parameter["required"] == true));
                }
            }
        }
    }
    for (const char* name :
         {"originate", "originateWithId", "answer", "hangup", "addChannel", "destroy", "filter", "getInfo"}) {
        CHECK(nicknames.contains(name));
    }
    CHECK_FALSE(api_document("nonsense.json", ""));
    CHECK_FALSE(api_document("channels.xml", ""));
    CHECK_FALSE(api_document("", ""));
}

}  // namespace
