#include "ari/requests.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::ari;

namespace {

const call_id one = call_id::of(1, 0, 1);
const std::string name = "td." + std::string(one.text());
const leg_ref leg7{one, leg_no{7}};
const channel_id panel("1795401292.0");

request_maker maker(const std::string& app = "Td Call&Handler", const std::string& dial = "PJSIP/{account}@kamailio") {
    options wanted;
    wanted.app = app;
    wanted.dial = dial;
    return request_maker(wanted);
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
    const request_maker names_panel = maker("td", "PJSIP/{account}-{panel}@kamailio");
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
    CHECK(body.find(R"({"type":"ChannelUserevent"})") != std::string::npos);  // its own words
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

namespace {

request_maker sos_maker(site_form site) {
    options wanted;
    wanted.app = "TdCallSos";
    wanted.which = call::line::sos;
    wanted.dial = "PJSIP/{route}@gateway";
    wanted.callback_dial = "PJSIP/{panel}@kamailio";
    wanted.site = site;
    return request_maker(wanted);
}

call::call_out sos_of(const std::string& route, call::call_way way) {
    call::call_out wish;
    wish.leg = leg7;
    wish.way = way;
    wish.target = route;
    wish.caller = "73511234567";
    wish.panel = panel_id("5001");
    wish.limit = 60s;
    return wish;
}

}  // namespace

TEST_CASE("requests: an emergency call is made first and dialled then, or both at once", "[ari]") {
    const request_maker m = sos_maker(site_form::none);
    const auto early = m.make(sos_of("112", call::call_way::early));
    CHECK(words(early) == "POST channels/create?endpoint=PJSIP%2F112%40gateway&app=TdCallSos&appArgs=early&channelId=" +
                              channel_name(leg7));
    CHECK(early->body == R"js({"variables":{"CONNECTEDLINE(num,i)":"73511234567","CALLERID(num)":"73511234567"}})js");
    CHECK(words(request_maker::dial_out(*early)) == "POST channels/" + channel_name(leg7) + "/dial?timeout=60");
    CHECK(words(m.make(sos_of("112", call::call_way::plain))) ==
          "POST channels/" + channel_name(leg7) +
              "?endpoint=PJSIP%2F112%40gateway&app=TdCallSos&appArgs=leg&timeout=60&callerId=%3C73511234567%3E");
    CHECK(words(m.make(sos_of("112@evil", call::call_way::early))) == "none");
}

TEST_CASE("requests: a callback is dialled to the panel, with its priority", "[ari]") {
    call::call_out wish = sos_of("5001", call::call_way::plain);
    wish.whom = call::callee::panel;
    wish.how = call::urgency::psap_callback;
    const auto made = sos_maker(site_form::header).make(wish);
    CHECK(words(made).find("endpoint=PJSIP%2F5001%40kamailio&") != std::string::npos);
    CHECK(made->body == R"js({"variables":{"PJSIP_HEADER(add,Priority)":"psap-callback"}})js");
}

TEST_CASE("requests: the site goes in headers, one line each, or in a PIDF-LO", "[ari]") {
    call::call_out wish = sos_of("112", call::call_way::plain);
    wish.site = {city_id("2763c110"), "Chelyabinsk", "Lenina \"1\" & 3\r\nEvil: x", "2", {{55.16, 61.4}}};
    CHECK(sos_maker(site_form::header).make(wish)->body ==
          R"js({"variables":{"PJSIP_HEADER(add,X-Td-Panel)":"5001","PJSIP_HEADER(add,X-Td-City)":"2763c110",)js"
          R"js("PJSIP_HEADER(add,X-Td-City-Name)":"Chelyabinsk",)js"
          R"js("PJSIP_HEADER(add,X-Td-Address)":"Lenina \"1\" & 3  Evil: x","PJSIP_HEADER(add,X-Td-Entrance)":"2",)js"
          R"js("PJSIP_HEADER(add,X-Td-Position)":"55.16 61.4"}})js");
    CHECK(
        sos_maker(site_form::pidf).make(wish)->body ==
        R"js({"variables":{"GEOLOC_PROFILE(format)":"civicAddress","GEOLOC_PROFILE(pidf_element)":"device",)js"
        R"js("GEOLOC_PROFILE(location_info)":"country=RU,A3=\"Chelyabinsk\",LOC=\"Lenina  1    3  Evil: x\",UNIT=\"2\""}})js");
    wish.site = {{}, "", "", "", {{55.16, 61.4}}};
    CHECK(sos_maker(site_form::pidf).make(wish)->body.find(R"js(pos=\"55.16 61.4\")js") != std::string::npos);
    wish.site = {};
    CHECK(sos_maker(site_form::pidf).make(wish)->body.empty());
}

TEST_CASE("requests: Asterisk carries nothing out that stands in an address", "[ari]") {
    call::call_out wish = sos_of("112", call::call_way::plain);
    wish.site = {{}, "${EXTEN}", "Lenina ${SHELL(reboot)} $[1+1]", "$", {}};
    CHECK(sos_maker(site_form::pidf).make(wish)->body.find('$') == std::string::npos);
}

TEST_CASE("requests: a long address is cut between two characters", "[ari]") {
    const auto of_length = [](std::size_t letters) {
        call::call_out wish = sos_of("112", call::call_way::plain);
        wish.site.address = "x";
        for (std::size_t i = 0; i < letters; ++i) {
            wish.site.address += "\u0416";
        }
        return sos_maker(site_form::header).make(wish)->body;
    };
    CHECK(of_length(5000) == of_length(127));
    CHECK(of_length(5000).find("\\ufffd") == std::string::npos);
}
