// The model's words as Asterisk's JSON, held against the shapes seen on the wire.

#include "sim_server/ari_json.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"

namespace {

using namespace td;
using namespace std::chrono_literals;
using nlohmann::json;

const instant noon = *parse_rfc3339("2026-11-23T02:34:52.076Z");

sim::channel_snapshot a_channel() {
    sim::channel_snapshot channel;
    channel.id = "1795401292.0";
    channel.name = "PJSIP/panels-00000000";
    channel.state = sim::channel_state::ring;
    channel.caller = {"panel", "5001"};
    channel.exten = "12";
    channel.app_name = "Stasis";
    channel.app_data = "td,5001,12";
    channel.created = noon;
    return channel;
}

json event_of(sim::event_body what) {
    std::string text;
    sim_server::event_text(text, {noon, 1, "td", std::move(what)});
    return json::parse(text);
}

std::set<std::string> keys_of(const json& object) {
    std::set<std::string> keys;
    for (const auto& [key, value] : object.items()) {
        keys.insert(key);
    }
    return keys;
}

TEST_CASE("ari json: a StasisStart is the text that Asterisk writes", "[sim_server]") {
    std::string text;
    sim_server::event_text(text, {noon, 1, "td", sim::stasis_started{a_channel(), {"5001", "12"}}});
    CHECK(
        text ==
        R"({"type":"StasisStart","timestamp":"2026-11-23T02:34:52.076+0000","args":["5001","12"],)"
        R"("channel":{"id":"1795401292.0","name":"PJSIP/panels-00000000","state":"Ring","protocol_id":"1795401292.0",)"
        R"("caller":{"name":"panel","number":"5001"},"connected":{"name":"","number":""},"accountcode":"",)"
        R"("dialplan":{"context":"from-panels","exten":"12","priority":1,"app_name":"Stasis","app_data":"td,5001,12"},)"
        R"("creationtime":"2026-11-23T02:34:52.076+0000","language":"en"},)"
        R"("asterisk_id":"02:00:00:00:00:01","application":"td"})");
}

TEST_CASE("ari json: each event has its own keys beside the common ones", "[sim_server]") {
    const std::set<std::string> common{"type", "timestamp", "asterisk_id", "application"};
    const auto own = [&](sim::event_body what) {
        std::set<std::string> keys = keys_of(event_of(std::move(what)));
        for (const std::string& each : common) {
            CHECK(keys.erase(each) == 1);
        }
        return keys;
    };
    using keys = std::set<std::string>;
    CHECK(own(sim::stasis_ended{a_channel()}) == keys{"channel"});
    CHECK(own(sim::state_changed{a_channel()}) == keys{"channel"});
    CHECK(own(sim::dialled{a_channel(), "RINGING", "7@k"}) == keys{"dialstatus", "forward", "dialstring", "peer"});
    CHECK(own(sim::destroyed{a_channel(), 16, 0}) == keys{"cause", "cause_txt", "channel"});
    CHECK(own(sim::destroyed{a_channel(), 21, 603}) == keys{"cause", "cause_txt", "tech_cause", "channel"});
    CHECK(own(sim::hangup_requested{a_channel(), 0, 0, false}) == keys{"channel"});
    CHECK(own(sim::hangup_requested{a_channel(), 32, 0, true}) == keys{"cause", "soft", "channel"});
    CHECK(own(sim::dtmf_received{a_channel(), '1', 100ms}) == keys{"digit", "duration_ms", "channel"});
    CHECK(own(sim::variable_set{a_channel(), "A", "b"}) == keys{"variable", "value", "channel"});
    CHECK(own(sim::bridge_entered{a_channel(), {}}) == keys{"bridge", "channel"});
    CHECK(own(sim::bridge_left{a_channel(), {}}) == keys{"bridge", "channel"});
    CHECK(own(sim::bridge_destroyed{}) == keys{"bridge"});
    CHECK(own(sim::line_connected{a_channel()}) == keys{"channel"});
    CHECK(own(sim::application_replaced{}) == keys{});
}

TEST_CASE("ari json: hostile names stay JSON", "[sim_server]") {
    sim::channel_snapshot channel = a_channel();
    channel.caller.name = "\"\\\n\x01\xff</script>";
    const json event = event_of(sim::stasis_ended{channel});
    CHECK(event["channel"]["caller"]["name"] == "\"\\\n\x01\xef\xbf\xbd</script>");
}

TEST_CASE("ari json: a reply's body is a document, a message, an error or nothing", "[sim_server]") {
    sim::reply reply;
    CHECK(sim_server::body_text(reply).empty());
    reply.message = "Channel not found";
    CHECK(sim_server::body_text(reply) == R"({"message":"Channel not found"})");
    reply.error = "Allocation failed";
    CHECK(sim_server::body_text(reply) == R"({"error":"Allocation failed"})");
    reply = {};
    reply.body = std::vector<sim::channel_snapshot>{a_channel(), a_channel()};
    CHECK(json::parse(sim_server::body_text(reply)).size() == 2);
    reply.body = std::vector<sim::bridge_snapshot>{};
    CHECK(sim_server::body_text(reply) == "[]");
    reply.body = sim::application_snapshot{"td", {"1.0"}, {"b"}, {{"StasisStart"}, {"Dial"}}};
    CHECK(json::parse(sim_server::body_text(reply)) ==
          json::parse(R"({"name":"td","events_allowed":[{"type":"StasisStart"}],"events_disallowed":[{"type":"Dial"}],
                          "channel_ids":["1.0"],"bridge_ids":["b"],"endpoint_ids":[],"device_names":[]})"));
}

TEST_CASE("ari json: a bridge is the text that Asterisk writes", "[sim_server]") {
    sim::bridge_snapshot bridge;
    bridge.id = "td.1";
    bridge.created = noon;
    std::string text;
    sim_server::append_bridge(text, bridge);
    CHECK(
        text ==
        R"({"id":"td.1","technology":"simple_bridge","bridge_type":"mixing","bridge_class":"stasis","creator":"Stasis",)"
        R"("name":"","channels":[],"creationtime":"2026-11-23T02:34:52.076+0000","video_mode":"talker"})");
}

}  // namespace
