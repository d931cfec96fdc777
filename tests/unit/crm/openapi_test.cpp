// examples/openapi.json is what other people write their CRM and push server by: its examples go through our codecs,
// and the names and limits in it are those of the code.

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "catch.hpp"
#include "crm/codec.hpp"
#include "crm/names.hpp"
#include "push/codec.hpp"

using namespace td;
using nlohmann::json;

namespace {

const json& api() {
    static const json read = json::parse(std::ifstream(TDCTL_SOURCE_DIR "/examples/openapi.json"));
    return read;
}

json answer_of(const char* path) {
    return api()
        .at("paths")
        .at(path)
        .at("get")
        .at("responses")
        .at("200")
        .at("content")
        .at("application/json")
        .at("example");
}

/// The template with the examples of its parameters put in.
std::string filled(std::string path) {
    for (const auto& [name, parameter] : api().at("components").at("parameters").items()) {
        const std::string slot = "{" + name + "}";
        if (const std::size_t at = path.find(slot); at != std::string::npos) {
            path.replace(at, slot.size(), parameter.at("example").get<std::string>());
        }
    }
    return path;
}

std::set<std::string> keys(const json& object) {
    std::set<std::string> names;
    for (const auto& [name, value] : object.items()) {
        names.insert(name);
    }
    return names;
}

call::push_end end_named(const std::string& name) {
    for (const auto end : {call::push_end::answered_elsewhere, call::push_end::missed, call::push_end::declined,
                           call::push_end::cancelled}) {
        if (name == call::name_of(end)) {
            return end;
        }
    }
    FAIL("the code knows no push_end " << name);
    return call::push_end::none;
}

/// The command that the example says we sent.
call::push push_of(const json& body) {
    call::push wish;
    wish.call = call_id::parse(body.at("call").get<std::string>()).value();
    wish.kind = body.at("kind") == "ring" ? call::push_kind::ring : call::push_kind::ended;
    wish.end = body.contains("reason") ? end_named(body.at("reason")) : call::push_end::none;
    wish.panel = panel_id{body.at("panel")};
    wish.flat = flat_id{body.at("flat")};
    wish.title = body.at("title");
    wish.deadline = parse_rfc3339(body.at("deadline").get<std::string>()).value();
    for (const json& each : body.at("devices")) {
        wish.targets.push_back({account_id{each.at("account")}, device_id{each.at("device")}, each.at("platform")});
    }
    return wish;
}

}  // namespace

TEST_CASE("openapi: the paths are those that are asked", "[crm]") {
    const panel_id panel{"5001"};
    CHECK(filled("/panels/{panel}") == crm::panel_path(panel));
    CHECK(filled("/panels/{panel}/flats/{flat}/accounts") == crm::accounts_path(panel, flat_id{"12"}));
    CHECK(keys(api().at("paths")) ==
          std::set<std::string>{"/panels/{panel}", "/panels/{panel}/flats/{flat}/accounts", "/push"});
}

TEST_CASE("openapi: the panel of the example is read whole", "[crm]") {
    const json example = answer_of("/panels/{panel}");
    const auto read = crm::read_panel(example.dump());
    REQUIRE(read);
    std::string text;
    crm::append_panel(text, *read);
    json expected = example;
    expected.erase("panel");  // the name we asked by
    CHECK(json::parse(text) == expected);
    CHECK(keys(example) == keys(api().at("components").at("schemas").at("Panel").at("properties")));
}

TEST_CASE("openapi: the flat of the example is read whole, within the limits it tells", "[crm]") {
    const json example = answer_of("/panels/{panel}/flats/{flat}/accounts");
    const auto read = crm::read_flat(example.dump());
    REQUIRE(read);
    CHECK(read->dropped == 0);
    std::string text;
    crm::append_flat(text, read->flat);
    json expected = example;
    expected.erase("flat");  // the name we asked by
    CHECK(json::parse(text) == expected);
    const json& schema = api().at("components").at("schemas").at("Flat");
    CHECK(keys(example) == keys(schema.at("properties")));
    const json& accounts = schema.at("properties").at("accounts");
    CHECK(accounts.at("maxItems") == crm::most_accounts);
    const json& account = accounts.at("items").at("properties");
    CHECK(account.at("account").at("maxLength") == crm::longest_name);
    CHECK(account.at("devices").at("maxItems") == crm::most_devices);
}

TEST_CASE("openapi: a flat without what is required is no flat", "[crm]") {
    json example = answer_of("/panels/{panel}/flats/{flat}/accounts");
    for (const json& needed : api().at("components").at("schemas").at("Flat").at("required")) {
        json without = example;
        without.erase(needed.get<std::string>());
        CHECK_FALSE(crm::read_flat(without.dump()).ok());
    }
    example.at("accounts").at(0).erase("account");
    CHECK_FALSE(crm::read_flat(example.dump()).ok());
}

TEST_CASE("openapi: the pushes of the examples are what is sent", "[push]") {
    const json& post = api().at("paths").at("/push").at("post");
    const json& schema = api().at("components").at("schemas").at("Push");
    for (const auto& [name, example] :
         post.at("requestBody").at("content").at("application/json").at("examples").items()) {
        CAPTURE(name);
        const json& expected = example.at("value");
        const auto sent_at = parse_rfc3339(expected.at("sent_at").get<std::string>());
        REQUIRE(sent_at);
        const json sent = json::parse(push::body_of(push_of(expected), *sent_at));
        CHECK(sent == expected);
        for (const json& needed : schema.at("required")) {
            CHECK(sent.contains(needed.get<std::string>()));
        }
        for (const std::string& key : keys(sent)) {
            CHECK(schema.at("properties").contains(key));
        }
    }
    for (const json& reason : schema.at("properties").at("reason").at("enum")) {
        CHECK(end_named(reason) != call::push_end::none);
    }
}

TEST_CASE("openapi: the push server's answer of the example is read", "[push]") {
    const json& post = api().at("paths").at("/push").at("post");
    const json answer = post.at("responses").at("202").at("content").at("application/json").at("example");
    call::push wish;
    wish.targets = {{account_id{"a"}, device_id{answer.at("rejected").at(0).at("device")}, "ios"}};
    const auto read = push::read_reply(202, answer.dump(), wish);
    REQUIRE(read);
    REQUIRE(read->size() == 1);
    CHECK(read->at(0).reason == answer.at("rejected").at(0).at("reason").get<std::string>());
}
