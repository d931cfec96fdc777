#include "ari/requests.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::ari;

namespace {

const call_id one = call_id::of(1, 0, 1);
const std::string name = "td." + std::string(one.text());
const leg_ref leg7{one, leg_no{7}};
const channel_id panel("1795401292.0");

request_maker maker() {
    return {"Td Call&Handler", "PJSIP/{account}@kamailio"};
}

std::string words(const std::optional<exchange>& request) {
    return request ? std::string(name_of(request->verb)) + " " + request->target : "none";
}

call::dial dial_of(const std::string& account, const std::string& caller, duration limit = 45s) {
    return {leg7, account_id(account), panel_id(caller), limit};
}

}  // namespace

TEST_CASE("requests: what each command asks", "[ari]") {
    const request_maker m = maker();
    CHECK(words(m.make(call::sound{one, panel, call::early_sound::ringing})) == "POST channels/1795401292.0/ring");
    CHECK(words(m.make(call::sound{one, panel, call::early_sound::progress})) == "POST channels/1795401292.0/progress");
    CHECK(words(m.make(call::make_bridge{one})) ==
          "POST bridges/" + name + "?type=mixing%2Cdtmf_events&name=Td%20Call%26Handler");
    CHECK(words(m.make(call::answer_panel{one, panel})) == "POST channels/1795401292.0/answer");
    CHECK(words(m.make(call::join{leg7, panel})) ==
          "POST bridges/" + name + "/addChannel?channel=1795401292.0," + name + ".07");
    CHECK(words(m.make(call::drop_leg{leg7, call::hangup_reason::answered_elsewhere})) ==
          "DELETE channels/" + name + ".07?reason=answered_elsewhere");
    CHECK(words(m.make(call::drop_panel{one, panel, call::hangup_reason::busy})) ==
          "DELETE channels/1795401292.0?reason=busy");
    CHECK(words(m.make(call::give_back{one, panel})) == "POST channels/1795401292.0/continue");
    CHECK(words(m.make(call::remove_bridge{one})) == "DELETE bridges/" + name);
    CHECK(words(m.make(call::send_keys{one, panel, "1#*"})) ==
          "POST channels/1795401292.0/dtmf?dtmf=1%23%2A&before=250&duration=100&between=100");
    CHECK(words(m.make(call::drop_stray{channel_id(name + ".07")})) == "DELETE channels/" + name + ".07");
    CHECK(words(m.make(call::remove_stray_bridge{one})) == "DELETE bridges/" + name);
}

TEST_CASE("requests: a dial carries the account, the application, whole seconds and the panel as caller", "[ari]") {
    CHECK(words(maker().make(dial_of("+79001112233", "5001", 44'200ms))) ==
          "POST channels/" + name +
              ".07?endpoint=PJSIP%2F%2B79001112233%40kamailio&app=Td%20Call%26Handler&appArgs=leg&timeout=45"
              "&callerId=%3C5001%3E");
    CHECK(words(maker().make(dial_of("1", "5001", 0s))).find("&timeout=1&") != std::string::npos);
}

TEST_CASE("requests: hostile accounts are not dialled", "[ari]") {
    for (const char* bad :
         {"", "79001112233@evil", "1/sip:x@y", "1&PJSIP/2", "1,2", "1\r\nX-Evil: 1", "кв", "{account}"}) {
        CHECK(words(maker().make(dial_of(bad, "5001"))) == "none");
    }
}

TEST_CASE("requests: a panel in the dial string is held to the same rule, as caller id it is made harmless", "[ari]") {
    const request_maker names_panel("td", "PJSIP/{account}-{panel}@kamailio");
    CHECK(words(names_panel.make(dial_of("1", "50@01"))) == "none");
    CHECK(words(names_panel.make(dial_of("1", "5001"))).find("endpoint=PJSIP%2F1-5001%40kamailio&") !=
          std::string::npos);
    CHECK(words(maker().make(dial_of("1", "5\"> <0"))).ends_with("&callerId=%3C5____0%3E"));
}

TEST_CASE("requests: a channel name that would leave its path is not touched", "[ari]") {
    for (const char* bad : {"", ".", "..", "1.0/hold", "1.0?x", "1.0\n", "\xff"}) {
        const channel_id hostile{std::string(bad)};
        CHECK(words(maker().make(call::answer_panel{one, hostile})) == "none");
        CHECK(words(maker().make(call::drop_panel{one, hostile, {}})) == "none");
        CHECK(words(maker().make(call::drop_stray{hostile})) == "none");
        CHECK(words(maker().make(call::join{leg7, hostile})) == "none");
        CHECK(words(maker().make(call::sound{one, hostile, {}})) == "none");
        CHECK(words(maker().make(call::send_keys{one, hostile, "1"})) == "none");
    }
    CHECK(words(maker().make(call::join{leg7, channel_id("1.0,2.0")})) == "none");
    CHECK(words(maker().make(call::answer_panel{one, channel_id("a b;2")})) == "POST channels/a%20b%3B2/answer");
}

TEST_CASE("requests: keys are keys", "[ari]") {
    for (const char* bad : {"", "1x", "1 2", "1&between=0", "a"}) {
        CHECK(words(maker().make(call::send_keys{one, panel, bad})) == "none");
    }
    CHECK(words(maker().make(call::send_keys{one, panel, std::string(33, '1')})) == "none");
}

TEST_CASE("requests: trunk and legs have orders of their own", "[ari]") {
    const request_maker m = maker();
    const order_key trunk{one, order_key::trunk};
    CHECK(m.make(call::make_bridge{one})->key == trunk);
    CHECK(m.make(call::join{leg7, panel})->key == trunk);
    CHECK(m.make(call::drop_panel{one, panel, {}})->key == trunk);
    CHECK(m.make(dial_of("1", "2"))->key == m.make(call::drop_leg{leg7, {}})->key);
    CHECK(m.make(call::drop_stray{channel_id(name + ".07")})->key == m.make(call::drop_leg{leg7, {}})->key);
}

TEST_CASE("requests: the same request as HTTP and as a message", "[ari]") {
    exchange filter = maker().filter();
    filter.number = 17;
    std::string http;
    append_http(http, filter, "/pbx", "Host: h\r\n");
    const std::string body = filter.body;
    CHECK(http ==
          "PUT /pbx/ari/applications/Td%20Call%26Handler/eventFilter HTTP/1.1\r\nHost: h\r\nContent-Type: "
          "application/json\r\n"
          "Content-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(socket_text(*maker().make(call::remove_bridge{one})) ==
          R"({"type":"RESTRequest","transaction_id":"td","request_id":"0","method":"DELETE","uri":"bridges/)" + name +
              "\"}");
    CHECK(socket_text(filter).find(R"("message_body":"{\"allowed\":[{\"type\":\"StasisStart\"})") != std::string::npos);
}
