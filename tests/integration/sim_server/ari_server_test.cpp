// The simulated Asterisk, CRM and push server as clients meet them on real sockets.

#include <string>
#include <vector>

#include "catch.hpp"
#include "sim_server/town.hpp"
#include "wire.hpp"

namespace {

using namespace td;
using namespace td::sim_server;
using namespace td::sim_server_test;
using namespace std::chrono_literals;

struct open_town {
    explicit open_town(town_options options = {}) : people(on, options) {
        const result<town_ports> opened = people.open({});
        REQUIRE(opened);
        ports = *opened;
        call::flat_record flat;
        flat.accounts.push_back({account_id("79001112233"), {{device_id("d1"), "ios"}}});
        people.put_flat(panel_id("5001"), flat_id("12"), flat);
    }
    loop on;
    town people;
    town_ports ports;
};

TEST_CASE("ari server: refusals have Asterisk's statuses and words", "[sim_server]") {
    open_town t;
    wire line(t.on, t.ports.ari);
    line.write("GET /ari/channels HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(line.until("}").find("HTTP/1.1 401") == 0);
    line.write("GET /ari/channels?api_key=tdctl:tdctl HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(line.until("[]").find("HTTP/1.1 200") == 0);
    line.write(request("GET /ari/nonsense"));
    CHECK(line.until(R"({"message":"Resource not found"})").find("HTTP/1.1 404") == 0);
    line.write(request("PUT /ari/channels/x"));
    CHECK(line.until("Invalid method\"}").find("HTTP/1.1 405") == 0);
    line.write(request("POST /ari/channels/x", "{"));
    CHECK(line.until("Error parsing request body\"}").find("HTTP/1.1 400") == 0);
    line.write(request("DELETE /ari/channels/x"));
    CHECK(line.until("Channel not found\"}").find("HTTP/1.1 404") == 0);
    line.write(request("GET /ari/events?app=td"));
    CHECK(line.until("}").find("HTTP/1.1 426") == 0);
    line.write(upgrade("/ari/events"));
    CHECK(line.until("}").find("HTTP/1.1 400") == 0);
}

// As Asterisk 16.28.0 and 22.10.1 answer a user with read_only = yes: before they look at the path, on HTTP and on the
// WebSocket, which he may open.
TEST_CASE("ari server: a user who may only read may listen, and is refused every write", "[sim_server]") {
    open_town t;
    wire line(t.on, t.ports.ari);
    const auto as_reader = [](std::string text) {
        const std::string header = "Basic dGRjdGw6dGRjdGw=";
        return text.replace(text.find(header), header.size(), "Basic cmVhZGVyOnRkY3Rs");
    };
    line.write(as_reader(request("GET /ari/channels")));
    CHECK(line.until("[]").find("HTTP/1.1 200") == 0);
    for (const char* words : {"DELETE /ari/channels/x", "PUT /ari/applications/td/eventFilter", "POST /ari/nonsense"}) {
        line.write(as_reader(request(words)));
        CHECK(line.until("Write access denied\"}").find("HTTP/1.1 403") == 0);
    }
    line.write(as_reader(upgrade("/ari/events?app=td")));
    CHECK(line.until("\r\n\r\n").find("HTTP/1.1 101") == 0);
    line.write(frame(R"({"type":"RESTRequest","request_id":"r","method":"DELETE","uri":"channels/x"})") +
               frame(R"({"type":"RESTRequest","request_id":"s","method":"GET","uri":"asterisk/ping"})"));
    CHECK_FALSE(line.until(R"("request_id":"r","status_code":403)").empty());
    CHECK_FALSE(line.until(R"("request_id":"s","status_code":200)").empty());
}

TEST_CASE("ari server: five requests in one write get five replies in order", "[sim_server]") {
    open_town t;
    wire line(t.on, t.ports.ari);
    line.write(request("POST /ari/bridges/td.1?type=mixing") + request("POST /ari/bridges/td.1?type=mixing") +
               request("POST /ari/channels/td.1.00?endpoint=PJSIP/79001112233%40kamailio&app=td") +
               request("DELETE /ari/bridges/td.1") + request("GET /ari/bridges"));
    CHECK_FALSE(line.until("HTTP/1.1 200 OK").empty());
    CHECK_FALSE(line.until("HTTP/1.1 409 Conflict").empty());
    CHECK_FALSE(line.until("HTTP/1.1 200 OK").empty());
    CHECK_FALSE(line.until("HTTP/1.1 204 No Content").empty());
    CHECK_FALSE(line.until("Content-Length: 0\r\n").empty());
    CHECK_FALSE(line.until("HTTP/1.1 200 OK").empty());
}

TEST_CASE("ari server: a panel's call comes as StasisStart, and REST works over the socket", "[sim_server]") {
    open_town t;
    wire line(t.on, t.ports.ari);
    line.write(upgrade("/ari/events?app=TdCallHandler"));
    CHECK(line.until("\r\n\r\n").find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);
    const std::string channel = *t.people.call(panel_id("5001"), flat_id("12"));
    CHECK_FALSE(line.until(R"("type":"StasisStart")").empty());
    CHECK_FALSE(line.until(R"("args":["5001","12"])").empty());
    CHECK_FALSE(t.people.call(panel_id("5001"), flat_id("12")));  // a panel carries one call

    line.write(
        frame(R"({"type":"RESTRequest","transaction_id":"t","request_id":"r","method":"POST","uri":"channels/)" +
              channel + R"(/answer"})") +
        frame(
            R"({"type":"RESTRequest","transaction_id":"t","request_id":"s","method":"POST","uri":"channels/no/ring"})") +
        frame(R"({"type":"RESTRequest"})") + frame("nonsense"));
    CHECK_FALSE(line.until(R"("request_id":"r","status_code":204)").empty());
    CHECK_FALSE(line.until(R"("request_id":"s","status_code":404)").empty());
    CHECK_FALSE(line.until(R"(Empty or missing 'uri' property.)").empty());
    CHECK_FALSE(line.until("Failed to parse request message JSON").empty());

    CHECK(t.people.hang_up(panel_id("5001")));
    CHECK_FALSE(line.until(R"("type":"StasisEnd")").empty());
    CHECK(t.people.panels_busy() == 0);
    CHECK(t.people.asterisk().channel_count() == 0);
}

TEST_CASE("ari server: release 16 never answers a REST request over the socket", "[sim_server]") {
    town_options options;
    options.ari.release = sim::asterisk_release::v16;
    open_town t(options);
    wire line(t.on, t.ports.ari);
    line.write(upgrade("/ari/events?app=td"));
    line.until("\r\n\r\n");
    line.write(frame(R"({"type":"RESTRequest","method":"GET","uri":"asterisk/ping"})") +
               std::string("\x89\x80\0\0\0\0", 6));
    CHECK(line.until(std::string_view("\x8a\0", 2)) ==
          std::string("\x8a\0", 2));  // the pong is the first thing that comes
}

TEST_CASE("ari server: a socket without a listener's credentials or application is turned away", "[sim_server]") {
    open_town t;
    wire line(t.on, t.ports.ari);
    line.write(
        "GET /ari/events?app=td HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    CHECK(line.until("}").find("HTTP/1.1 401") == 0);
    CHECK(t.people.ari().sockets() == 0);
}

TEST_CASE("ari server: the connection over the limit is closed without a byte", "[sim_server]") {
    town_options options;
    options.ari.limits.sessions = 2;
    open_town t(options);
    wire first(t.on, t.ports.ari);
    wire second(t.on, t.ports.ari);
    wire third(t.on, t.ports.ari);
    CHECK(third.is_closed());
    CHECK(third.rest().empty());
    second.write(request("GET /ari/asterisk/ping"));
    CHECK_FALSE(second.until("pong").empty());
}

TEST_CASE("ari server: an idle connection is closed, a busy one is not", "[sim_server]") {
    town_options options;
    options.ari.limits.keep_alive = 500ms;
    open_town t(options);
    wire idle(t.on, t.ports.ari);
    wire socket(t.on, t.ports.ari);
    socket.write(upgrade("/ari/events?app=td"));
    CHECK(idle.is_closed());
    CHECK_FALSE(socket.is_closed(1s));
}

TEST_CASE("ari server: a reader that stops reading loses the application, and the others go on", "[sim_server]") {
    town_options options;
    options.ari.limits.unsent_bytes = 64U << 20U;
    open_town t(options);
    wire deaf(t.on, t.ports.ari);
    deaf.write(upgrade("/ari/events?app=TdCallHandler"));
    deaf.until("\r\n\r\n");
    const auto flood = [&] {
        // Every call of a panel is some 10 kB of events, until the kernel takes no more.
        for (int i = 0; i < 200 && t.people.ari().sockets() > 0; ++i) {
            t.people.call(panel_id("5001"), flat_id("12"));
            t.people.hang_up(panel_id("5001"));
        }
        return t.people.ari().sockets() == 0;
    };
    CHECK(deaf.without_reading(flood, 200s));
    CHECK(t.people.ari().traffic().cut_for_slowness == 1);
    wire other(t.on, t.ports.ari);
    other.write(request("GET /ari/applications/TdCallHandler"));
    CHECK_FALSE(other.until("}").empty());
}

TEST_CASE("ari server: a line that is cut says nothing, one that is silenced stays open", "[sim_server]") {
    open_town t;
    wire line(t.on, t.ports.ari);
    line.write(upgrade("/ari/events?app=td"));
    line.until("\r\n\r\n");
    SECTION("cut") {
        t.people.ari().cut_sockets();
        CHECK(line.is_closed());
        CHECK(line.rest().empty());
        CHECK(t.people.ari().sockets() == 0);
    }
    SECTION("silenced") {
        t.people.ari().silence_sockets();
        line.write(std::string_view("\x89\x80\0\0\0\0", 6));
        CHECK_FALSE(line.is_closed(200ms));
        CHECK(line.rest().empty());
    }
}

TEST_CASE("http: what is no request is refused and the connection closed", "[sim_server]") {
    open_town t;
    const std::string endless(20000, 'a');
    for (const auto& [bytes, status] : std::vector<std::pair<std::string, std::string>>{
             {"\r\nnonsense\r\n\r\n", "400"},
             {std::string("\0\0\0\0\r\n\r\n", 8), "400"},
             {"GET /" + endless + " HTTP/1.1\r\n\r\n", "431"},
             {"POST /x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "413"},
             {"POST /x HTTP/1.1\r\nContent-Length: nine\r\n\r\n", "400"}}) {
        wire line(t.on, t.ports.ari);
        line.write(bytes);
        CHECK(line.until("HTTP/1.1 " + status) == "HTTP/1.1 " + status);
        CHECK(line.is_closed());
    }
}

TEST_CASE("http: a request may come byte by byte, and 100-continue is said", "[sim_server]") {
    open_town t;
    wire line(t.on, t.ports.ari);
    for (const char each : request("GET /ari/asterisk/ping")) {
        line.write(std::string_view(&each, 1));
        line.without_reading([] { return false; }, 100us);
    }
    CHECK_FALSE(line.until("pong").empty());
    CHECK_FALSE(line.until("}").empty());
    line.write("POST /sim/nothing HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(line.until("100 Continue\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    line.write("{}");
    CHECK(line.until("HTTP/1.1 404") == "HTTP/1.1 404");
}

TEST_CASE("crm server: it answers by the contract, and badly on demand", "[sim_server]") {
    open_town t;
    wire line(t.on, t.ports.crm);
    line.write("GET /panels/5001/flats/12/accounts HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_FALSE(line.until(R"({"flat":"12","blocked":false,"auto_open":false,"accounts":[{"account":"79001112233",)"
                           R"("devices":[{"device":"d1","platform":"ios"}]}]})")
                    .empty());
    line.write("GET /panels/5001/flats/13/accounts HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_FALSE(line.until("HTTP/1.1 404").empty());
    CHECK_FALSE(line.until("}").empty());
    t.people.crm().feel(panel_id("5001"), flat_id("12"), mood::fails);
    line.write(
        "GET /panels/5001/flats/12/accounts HTTP/1.1\r\nHost: h\r\n\r\nGET /panels/5001 HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_FALSE(line.until("HTTP/1.1 500").empty());
    CHECK_FALSE(line.until(R"({"panel":"5001")").empty());
    CHECK_FALSE(line.until("}").empty());
    t.people.crm().feel(mood::torn);
    line.write("GET /panels/5001 HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(line.is_closed());
    wire next(t.on, t.ports.crm);
    t.people.crm().feel(mood::hangs);
    next.write("GET /panels/5001 HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_FALSE(next.is_closed(100ms));
    CHECK(next.rest().empty());
}

TEST_CASE("push server: a push wakes the phone that sleeps", "[sim_server]") {
    town_options options;
    options.wakes_after = 10ms;
    open_town t(options);
    sim::phone sleeper;
    sleeper.sleep = sim::phone_sleep::held;
    sleeper.acts_after = 5ms;
    t.people.put_phone(account_id("79001112233"), sleeper);
    wire ari(t.on, t.ports.ari);
    ari.write(request("POST /ari/channels/td.1.00?endpoint=PJSIP/79001112233%40kamailio&app=td"));
    CHECK_FALSE(ari.until("Down").empty());
    wire line(t.on, t.ports.push);
    const std::string body =
        R"({"call":"c","kind":"ring","panel":"5001","flat":"12","title":"","sent_at":"2026-11-23T02:34:52.076Z",)"
        R"("deadline":"2026-11-23T02:35:37.076Z","ttl_ms":45000,"devices":[{"account":"79001112233","device":"d1","platform":"ios"}]})";
    line.write("POST /push HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK_FALSE(line.until(R"({"accepted":1,"rejected":[]})").empty());
    const auto rang = [&] {
        for (const sim::sip_news& each : t.people.seen()) {
            if (each.what == sim::sip_news::kind::phone_rings) {
                return true;
            }
        }
        return false;
    };
    CHECK(line.without_reading(rang, 60s));
}

TEST_CASE("town: the control interface plays a visitor and names what it does not know", "[sim_server]") {
    open_town t;
    wire socket(t.on, t.ports.ari);
    socket.write(upgrade("/ari/events?app=TdCallHandler"));
    socket.until("\r\n\r\n");
    wire line(t.on, t.ports.ari);
    const auto ask = [&line](std::string_view words) {
        line.write(std::string(words) + " HTTP/1.1\r\nHost: h\r\n\r\n");
        const std::string head = line.until("\r\n\r\n");
        if (head.find("Content-Length: 0\r\n") == std::string::npos) {
            line.until("}\n");
        }
        return head.substr(9, 3);
    };
    CHECK(ask("POST /sim/panels/5001/call?flat=12") == "200");
    CHECK_FALSE(socket.until("StasisStart").empty());
    CHECK(ask("POST /sim/panels/5001/call?flat=12") == "409");
    CHECK(ask("POST /sim/panels/5001/hangup") == "204");
    CHECK_FALSE(socket.until("StasisEnd").empty());
    CHECK(ask("POST /sim/panels/5001/hangup") == "404");
    CHECK(ask("PUT /sim/phones/7900?habit=declines&acts_after=2s") == "204");
    CHECK(ask("PUT /sim/phones/7900?habit=dances") == "400");
    CHECK(ask("PUT /sim/phones/7900?acts_after=soon") == "400");
    CHECK(ask("POST /sim/phones/7900/wake") == "204");
    CHECK(ask("PUT /sim/crm?mood=slow") == "204");
    CHECK(ask("PUT /sim/crm?mood=sad") == "400");
    CHECK(ask("PUT /sim/flats/5002/7?accounts=1,2") == "204");
    CHECK(ask("GET /sim/state") == "200");
    CHECK(ask("GET /sim/nonsense") == "404");
}

}  // namespace
