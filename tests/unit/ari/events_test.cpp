#include "ari/events.hpp"

#include <fstream>
#include <string>

#include "base/overloaded.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::ari;

namespace {

std::string two_digits(leg_no leg) {
    return (leg.value < 10 ? "0" : "") + std::to_string(leg.value);
}

/// An event in a few words.
std::string words(const event& news) {
    return std::visit(
        overloaded{
            [](const panel_entered& e) {
                return "panel:" + e.channel.text() + " panel=" + e.panel.text() + " flat=" + e.flat.text() +
                       (e.complaint.empty() ? "" : " complaint=" + e.complaint);
            },
            [](const sos_entered& e) {
                return "sos:" + e.channel.text() + " panel=" + e.panel.text() +
                       (e.complaint.empty() ? "" : " complaint=" + e.complaint);
            },
            [](const callback_entered& e) {
                return "callback:" + e.channel.text() + " panel=" + e.panel.text() + " number=" + e.number.text() +
                       " caller=" + e.caller + " " + std::string(call::name_of(e.how)) +
                       (e.complaint.empty() ? "" : " complaint=" + e.complaint);
            },
            [](const leg_made& e) { return "made:" + two_digits(e.leg.leg); },
            [](const leg_called& e) { return "called:" + two_digits(e.leg.leg); },
            [](const leg_up& e) { return "up:" + two_digits(e.leg.leg); },
            [](const call::panel_left& e) { return "left:" + e.channel.text(); },
            [](const call::leg_ringing& e) { return "ringing:" + two_digits(e.leg.leg); },
            [](const call::leg_answered& e) { return "answered:" + two_digits(e.leg.leg); },
            [](const call::leg_ended& e) {
                return "ended:" + two_digits(e.leg.leg) + "/" + std::to_string(e.cause) + "/" + std::to_string(e.sip);
            },
            [](const call::key_pressed& e) { return "key:" + two_digits(e.leg.leg) + "/" + e.key; },
            [](const call_offered& e) { return "offered:" + e.channel; },
            [](const application_replaced&) { return std::string("replaced"); },
            [](const own_word_heard&) { return std::string("heard itself"); },
            [](const request_answered& e) {
                return "reply:" + std::to_string(e.number) + "/" + std::to_string(e.status) + "/" + e.body;
            },
            [](const of_no_interest&) { return std::string(); },
            [](const unknown_event&) { return std::string("unknown"); },
            [](const broken_message&) { return std::string("broken"); }},
        news);
}

std::string read(const std::string& message) {
    return words(reader().read(message));
}

std::string read_file(const std::string& name) {
    std::ifstream file(std::string(TDCTL_SOURCE_DIR) + "/tests/unit/ari/data/" + name);
    REQUIRE(file);
    reader codec;
    std::string told;
    for (std::string line; std::getline(file, line);) {
        if (const std::string heard = words(codec.read(line)); !heard.empty()) {
            told += heard + "\n";
        }
    }
    return told;
}

const std::string leg = R"("channel":{"id":"td.00000000000000000000000001.07","state":"Ringing"})";
const std::string panel = R"("channel":{"id":"1795401292.0","state":"Ring"})";

std::string arrival(const std::string& arguments) {
    return read(R"({"type":"StasisStart","args":)" + arguments + "," + panel + "}");
}

}  // namespace

TEST_CASE("events: a whole door call as Asterisk 22 tells it", "[ari]") {
    CHECK(read_file("door_call_22.jsonl") ==
          "panel:1795401292.0 panel=5001 flat=12\n"
          "called:01\nringing:01\nringing:01\ncalled:02\nringing:02\nringing:02\ncalled:03\nringing:03\nringing:03\n"
          "called:04\nringing:04\nringing:04\n"
          "up:04\nanswered:04\n"
          "ended:01/16/0\nended:02/16/0\nended:03/16/0\n"
          "left:1795401292.0\nended:04/16/0\n");
}

TEST_CASE("events: a whole door call as Asterisk 16 tells it", "[ari]") {
    CHECK(read_file("door_call_16.jsonl") ==
          "panel:1795402037.0 panel=5001 flat=12\n"
          "called:01\nringing:01\nringing:01\ncalled:03\ncalled:02\ncalled:04\n"
          "ringing:02\nringing:02\nringing:03\nringing:03\nringing:04\nringing:04\n"
          "up:04\nanswered:04\n"
          "ended:01/16/0\nended:03/16/0\nended:02/16/0\n"
          "left:1795402037.0\nended:04/16/0\n");
}

TEST_CASE("events: the dialplan's arguments are trimmed, and what follows the second is ignored", "[ari]") {
    CHECK(arrival(R"([" 5001 ","  12"])") == "panel:1795401292.0 panel=5001 flat=12");
    CHECK(arrival(R"(["5001","12","new",{"x":1}])") == "panel:1795401292.0 panel=5001 flat=12");
    CHECK(arrival(R"(["-5001","12а"])") == "panel:1795401292.0 panel=-5001 flat=12а");
    const std::string longest(64, '7');
    CHECK(arrival("[\"" + longest + "\",\"1\"]") == "panel:1795401292.0 panel=" + longest + " flat=1");
}

TEST_CASE("events: arguments that cannot be used give empty names and a complaint without their text", "[ari]") {
    const auto complaint = [](const std::string& what) {
        return "panel:1795401292.0 panel= flat= complaint=the " + what;
    };
    CHECK(arrival("[]") == complaint("panel argument of Stasis is missing"));
    CHECK(arrival("null") == complaint("panel argument of Stasis is missing"));
    CHECK(arrival("[5001,12]") == complaint("panel argument of Stasis is missing"));
    CHECK(arrival(R"(["5001"])") == complaint("flat argument of Stasis is missing"));
    CHECK(arrival(R"(["","12"])") == complaint("panel argument of Stasis is empty"));
    CHECK(arrival(R"(["5001","   "])") == complaint("flat argument of Stasis is empty"));
    CHECK(arrival("[\"" + std::string(65, '7') + "\",\"1\"]") ==
          complaint("panel argument of Stasis is longer than 64 bytes"));
    for (const char* hidden :
         {"\\u0000", "a\\nb", "\\u001b[2J", "\\u007f", "\\u0085", "\\u202e", "\\u200b", "\\ufeff"}) {
        CHECK(arrival("[\"5001\",\"" + std::string(hidden) + "\"]") ==
              complaint("flat argument of Stasis has characters that cannot be printed"));
    }
}

TEST_CASE("events: the caller's number is no substitute for a missing argument", "[ari]") {
    CHECK(
        read(
            R"({"type":"StasisStart","args":[],"channel":{"id":"1.0","caller":{"number":"5001"},"dialplan":{"exten":"12"}}})") ==
        "panel:1.0 panel= flat= complaint=the panel argument of Stasis is missing");
}

TEST_CASE("events: of our legs", "[ari]") {
    CHECK(read(R"({"type":"StasisStart","args":["5001","12"],)" + leg + "}") == "answered:07");
    CHECK(read(R"({"type":"ChannelStateChange",)" + leg + "}") == "ringing:07");
    CHECK(read(R"({"type":"Dial","dialstatus":"PROGRESS","peer":{"id":"td.00000000000000000000000001.07"}})") ==
          "ringing:07");
    CHECK(read(R"({"type":"StasisEnd",)" + leg + "}").empty());
    CHECK(read(R"({"type":"ChannelDestroyed","cause":21,"tech_cause":603,)" + leg + "}") == "ended:07/21/603");
    CHECK(read(R"({"type":"ChannelDtmfReceived","digit":"#",)" + leg + "}") == "key:07/#");
}

TEST_CASE("events: of a panel's channel", "[ari]") {
    CHECK(read(R"({"type":"StasisEnd",)" + panel + "}") == "left:1795401292.0");
    CHECK(read(R"({"type":"ChannelDestroyed","cause":16,)" + panel + "}") == "left:1795401292.0");
    CHECK(read(R"({"type":"ChannelStateChange",)" + panel + "}").empty());
    CHECK(read(R"({"type":"ChannelDtmfReceived","digit":"1",)" + panel + "}").empty());
}

TEST_CASE("events: a channel whose name only resembles ours is a panel's", "[ari]") {
    for (const char* name :
         {"td.00000000000000000000000001.7", "td.0000000000000000000000000I.07", "TD.00000000000000000000000001.07",
          "td.00000000000000000000000001.077", "td.00000000000000000000000001"}) {
        CHECK(read(R"({"type":"StasisEnd","channel":{"id":")" + std::string(name) + "\"}}") ==
              "left:" + std::string(name));
    }
}

TEST_CASE("events: another worker took the application", "[ari]") {
    CHECK(read(R"({"type":"ApplicationReplaced","application":"td"})") == "replaced");
}

TEST_CASE("events: what it said to itself, and what others say to it", "[ari]") {
    const auto said = [](const std::string& name) {
        return read(R"({"type":"ChannelUserevent","eventname":")" + name + R"(","userevent":{},"application":"td"})");
    };
    CHECK(said("tdctl.hears") == "heard itself");
    CHECK(said("party").empty());
}

TEST_CASE("events: a reply to a request over the WebSocket", "[ari]") {
    CHECK(
        read(
            R"({"type":"RESTResponse","transaction_id":"td","request_id":"42","status_code":404,"message_body":"{\"message\":\"Channel not found\"}"})") ==
        R"(reply:42/404/{"message":"Channel not found"})");
    CHECK(read(R"({"type":"RESTResponse","request_id":"42","status_code":204})") == "reply:42/204/");
    for (const char* id : {"", "x", "-1", "99999999999999999999999", "4 2"}) {
        CHECK(read(R"({"type":"RESTResponse","request_id":")" + std::string(id) + R"(","status_code":204})") ==
              "broken");
    }
}

TEST_CASE("events: unknown types are counted as such and unknown fields ignored", "[ari]") {
    CHECK(read(R"({"type":"ChannelTeleported","channel":{}})") == "unknown");
    CHECK(read(R"({"type":"ChannelVarset","x":[[[{}]]]})").empty());
    CHECK(read(R"({"type":"BridgeCreated"})").empty());
}

TEST_CASE("events: broken messages are survived", "[ari]") {
    reader codec;
    const auto broken = [&codec](const std::string& text) { return words(codec.read(text)) == "broken"; };
    CHECK(broken(""));
    CHECK(broken("{"));
    CHECK(broken("null"));
    CHECK(broken("[]"));
    CHECK(broken("42"));
    CHECK(broken(R"({"type":42})"));
    CHECK(broken(R"({"typ":"StasisStart"})"));
    CHECK(broken(R"({"type":"StasisStart"})"));
    CHECK(broken(R"({"type":"StasisStart","channel":"x"})"));
    CHECK(broken(R"({"type":"StasisStart","channel":{"id":7}})"));
    CHECK(broken(R"({"type":"StasisStart","channel":{"id":""}})"));
    CHECK(broken("{\"type\":\"StasisStart\",\"channel\":{\"id\":\"" + std::string(151, 'x') + "\"}}"));
    CHECK(broken(R"({"type":"StasisEnd","channel":{"id":"a\nb"}})"));
    CHECK(broken(R"({"type":"ChannelDtmfReceived","digit":"12",)" + leg + "}"));
    CHECK(broken(R"({"type":"ChannelDtmfReceived","digit":"\u0001",)" + leg + "}"));
    CHECK(broken(std::string("{\"type\":\"\xff\xfe\"}")));
    CHECK(broken(std::string("{\"type\":\"x\0\"}", 12)));
    CHECK(broken(R"({"type":"StasisEnd","n":)" + std::string(400, '9') + "," + panel + "}"));
    CHECK(broken(std::string(100'000, '[')));
    CHECK(broken(R"({"type":"StasisEnd","x":)" + std::string(5'000, '[') + std::string(5'000, ']') + "}"));
    CHECK(broken(std::string(10'000'000, ' ')));
    // … and the next good one is read as if nothing had been.
    CHECK(words(codec.read(R"({"type":"StasisEnd",)" + panel + "}")) == "left:1795401292.0");
}

TEST_CASE("events: a message of ten megabytes is read", "[ari]") {
    CHECK(read(R"({"type":"StasisEnd","x":")" + std::string(10'000'000, 'x') + "\"," + panel + "}") ==
          "left:1795401292.0");
}

TEST_CASE("events: causes that are no causes become 0", "[ari]") {
    CHECK(read(R"({"type":"ChannelDestroyed","cause":-1,"tech_cause":70000,)" + leg + "}") == "ended:07/0/0");
    CHECK(read(R"({"type":"ChannelDestroyed","cause":"21","tech_cause":4.5,)" + leg + "}") == "ended:07/0/0");
    CHECK(read(R"({"type":"ChannelDestroyed","cause":9223372036854775807,)" + leg + "}") == "ended:07/0/0");
}

TEST_CASE("events: the lists that Asterisk gives after a connect", "[ari]") {
    reader codec;
    const auto channels = codec.channels(
        R"([{"id":"a","state":"Ring","dialplan":{"app_name":"Stasis"}},{"id":"b","state":"Ringing"},{"id":"c","state":"Up","dialplan":{"app_name":"Dial"}},{"state":"Up"},7])");
    REQUIRE(channels);
    REQUIRE(channels->size() == 3);
    CHECK(channels->at(0).state == call::pbx_seen::condition::waiting);
    CHECK(channels->at(0).in_stasis);
    CHECK(channels->at(1).state == call::pbx_seen::condition::ringing);
    CHECK(channels->at(1).in_stasis);
    CHECK(channels->at(2).state == call::pbx_seen::condition::up);
    CHECK_FALSE(channels->at(2).in_stasis);
    CHECK_FALSE(codec.channels(R"({"message":"no"})"));
    CHECK_FALSE(codec.channels("[{"));
    using bridges = std::vector<seen_bridge>;
    CHECK(codec.bridges(R"([{"id":"td.x","name":"Td","channels":["1.0",2,"td.x.0"]},{},{"id":"y","name":"other"}])",
                        "Td") == bridges{{"td.x", {"1.0", "td.x.0"}}});
    CHECK(codec.bridges(R"([{"id":"td.x","name":"Td"},{"id":"z"}])", "Td") == bridges{{"td.x", {}}});
    CHECK_FALSE(codec.bridges("{}", "Td"));
    CHECK(codec.application_channels(R"({"channel_ids":["1.0",2,"3.0"]})") == std::vector<std::string>{"1.0", "3.0"});
    CHECK_FALSE(codec.application_channels("{}"));
}

TEST_CASE("events: a caller that waits says what its StasisStart has said", "[ari]") {
    using enum call::pbx_seen::condition;
    reader door;
    const auto of = [](const std::string& app_data, call::pbx_seen::condition state) {
        seen_channel made;
        made.name = "1.0";
        made.state = state;
        made.app_data = app_data;
        made.caller = "112";
        return made;
    };
    const auto waits = std::get<panel_entered>(door.arrival_of(of("TdCallHandler,5001, 12 ", waiting)));
    CHECK(waits.channel == channel_id("1.0"));
    CHECK(waits.panel == panel_id("5001"));
    CHECK(waits.flat == flat_id("12"));
    CHECK(waits.complaint.empty());
    const auto talks = std::get<panel_entered>(door.arrival_of(of("TdCallHandler,5001,12", up)));
    CHECK(talks.panel.empty());
    CHECK(talks.complaint == "panel 5001 was in a call of flat 12 of which nothing is known");
    CHECK(std::get<panel_entered>(door.arrival_of(of("TdCallHandler,5001", waiting))).complaint ==
          "the flat argument of Stasis is missing");

    reader sos(call::line::sos);
    // Somebody's life may hang on it: also one that talks is called out again.
    CHECK(std::get<sos_entered>(sos.arrival_of(of("TdCallSos,5001", up))).panel == panel_id("5001"));
    CHECK_FALSE(std::get<sos_entered>(sos.arrival_of(of("TdCallSos", waiting))).complaint.empty());
    const auto back =
        std::get<callback_entered>(sos.arrival_of(of("TdCallSos,5001,callback,74950000001,psap-callback", waiting)));
    CHECK(back.panel == panel_id("5001"));
    CHECK(back.number == number_id("74950000001"));
    CHECK(back.how == call::urgency::psap_callback);
    CHECK(back.caller == "112");
}

TEST_CASE("events: a call that is offered to several workers", "[ari]") {
    reader codec;
    const auto offered = codec.read(R"({"type":"CallBroadcast","caller":"5001","called":"12","channel":{"id":"1.0"}})");
    CHECK(std::get<call_offered>(offered).channel == "1.0");
    CHECK(std::holds_alternative<broken_message>(codec.read(R"({"type":"CallBroadcast","caller":"5001"})")));

    const auto seen = codec.channels(R"([{"id":"1.0","state":"Ring","dialplan":{"app_name":"StasisBroadcast",)"
                                     R"("app_data":"500,^TdCallHandler-,5001:12,yes"}}])");
    REQUIRE(seen);
    CHECK(seen->front().in_stasis);
    CHECK(seen->front().broadcast);
    const auto waits = std::get<panel_entered>(codec.arrival_of(seen->front()));
    CHECK(waits.panel == panel_id("5001"));
    CHECK(waits.flat == flat_id("12"));
    const auto without =
        codec.channels(R"([{"id":"1.0","state":"Ring","dialplan":{"app_name":"StasisBroadcast","app_data":"500"}}])");
    REQUIRE(without);
    CHECK_FALSE(std::get<panel_entered>(codec.arrival_of(without->front())).complaint.empty());
}

TEST_CASE("events: what the dialplan says of an emergency call and of a callback", "[ari]") {
    const auto said = [](const std::string& args) {
        reader codec(call::line::sos);
        return words(codec.read(R"({"type":"StasisStart","args":[)" + args +
                                R"(],"channel":{"id":"17.1","state":"Ring","caller":{"number":"74951120000"}}})"));
    };
    CHECK(said(R"("5001")") == "sos:17.1 panel=5001");
    CHECK(said(R"(" entrance-2 ")") == "sos:17.1 panel=entrance-2");
    CHECK(said("") == "sos:17.1 panel= complaint=the panel argument of Stasis is missing");
    CHECK(said("\"" + std::string(65, 'x') + "\"") ==
          "sos:17.1 panel= complaint=the panel argument of Stasis is longer than 64 bytes");
    CHECK(said(R"("5001","callback","73511234567")") ==
          "callback:17.1 panel=5001 number=73511234567 caller=74951120000 normal");
    CHECK(said(R"("","callback","+73511234567","psap-callback")") ==
          "callback:17.1 panel= number=73511234567 caller=74951120000 psap_callback");
    CHECK(said(R"("5001","callback","7351'--")") ==
          "callback:17.1 panel=5001 number= caller=74951120000 normal "
          "complaint=the number argument of Stasis is no telephone number");
    CHECK(said(R"("5001","callback")").ends_with("complaint=the number argument of Stasis is no telephone number"));
}

TEST_CASE("events: a leg that is made first and dialled then is answered when it is up", "[ari]") {
    reader codec(call::line::sos);
    const std::string callee =
        R"("channel":{"id":")" + channel_name({call_id::of(1, 2, 3), leg_no{0}}) + R"(","state":")";
    CHECK(words(codec.read(R"({"type":"StasisStart","args":["early"],)" + callee + R"(Down"}})")) == "made:00");
    CHECK(words(codec.read(R"({"type":"ChannelStateChange",)" + callee + R"(Up"}})")) == "up:00");
    CHECK(words(codec.read(R"({"type":"StasisStart","args":["leg"],)" + callee + R"(Up"}})")) == "answered:00");
}

TEST_CASE("events: which Asterisk it is", "[ari]") {
    reader codec;
    const auto release = [&](const std::string& version) {
        return codec.release(R"({"system":{"version":")" + version + R"(","entity_id":"x"}})");
    };
    CHECK(release("22.10.1~dfsg+~cs6.17") == asterisk_release{22, 10});
    CHECK(release("16.28.0~dfsg-0+deb11u9") == asterisk_release{16, 28});
    CHECK(release("22") == asterisk_release{22, 0});
    CHECK(release("GIT-master-1234") == asterisk_release{0, 0});
    CHECK(codec.release("[]") == asterisk_release{0, 0});
}
