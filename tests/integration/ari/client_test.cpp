// The client against a scripted Asterisk over real sockets: every way in which the other side can fail.

#include "ari/client.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>

#include "ari_server.hpp"
#include "catch.hpp"
#include "client_stage.hpp"

using namespace td;
using namespace td::ari;
using namespace td::test;

TEST_CASE("client: connects with a header, sets the filter, looks at everything", "[ari]") {
    stage s;
    s.connect();
    CHECK(s.count<call::pbx_seen>() == 1);
    REQUIRE(s.server.seen().size() == 5);
    CHECK(s.server.seen()[0].verb == "DELETE");
    CHECK(s.server.seen()[0].target == "/ari/channels/td.nobody");
    CHECK(s.server.seen()[1].verb == "PUT");
    CHECK(s.server.seen()[1].target == "/ari/applications/td/eventFilter");
    CHECK(s.server.handshake_passwords().at(0) == "Basic d29ya2VyOnNlc2FtZQ==");
    CHECK(s.server.handshake_targets().at(0) == "/ari/events?app=td&subscribeAll=false");
    CHECK(s.log.find("sesame") == std::string::npos);
    CHECK(s.log.find("d29ya2VyOnNlc2FtZQ") == std::string::npos);
}

TEST_CASE("client: events become facts in their order, broken and unknown ones are counted", "[ari]") {
    stage s;
    s.connect();
    s.server.tell(R"({"type":"StasisStart","args":["5001","12"],"channel":{"id":"1.0"}})");
    s.server.tell("{{{");
    s.server.tell(R"({"type":"Novelty"})");
    s.server.tell(R"({"type":"BridgeCreated","x":")" + std::string(1'000'000, 'x') + "\"}");
    s.server.tell(R"({"type":"StasisEnd","channel":{"id":"1.0"}})");
    REQUIRE(s.until([&] { return s.count<call::panel_left>() == 1; }));
    REQUIRE(s.last<call::panel_arrived>() != nullptr);
    CHECK(s.last<call::panel_arrived>()->flat.text() == "12");
    CHECK(s.worker->counted().broken_messages == 1);
    CHECK(s.worker->counted().unknown_events == 1);
    CHECK(s.worker->counted().events == 4);
}

TEST_CASE("client: the commands of one step leave together and stay in order", "[ari]") {
    stage s;
    s.connect();
    s.on_fact = [&s](const call::fact& news) {
        if (std::holds_alternative<call::panel_arrived>(news)) {
            s.worker->carry_out(call::make_bridge{one});
            s.worker->carry_out(call::answer_panel{one, panel});
            s.worker->carry_out(call::join{leg7, panel});
        }
    };
    s.server.tell(R"({"type":"StasisStart","args":["5001","12"],"channel":{"id":"1.0"}})");
    REQUIRE(s.until([&] { return s.count<call::pbx_did>() == 3; }));
    const auto& seen = s.server.seen();
    CHECK(seen[5].target == "/ari/bridges/" + name + "?type=mixing%2Cdtmf_events&name=td");
    CHECK(seen[6].target == "/ari/channels/1.0/answer");
    CHECK(seen[7].target == "/ari/bridges/" + name + "/addChannel?channel=1.0," + name + ".07");
    CHECK(seen[5].connection == seen[7].connection);
}

TEST_CASE("client: a chunked reply is a reply", "[ari]") {
    stage s;
    s.connect();
    s.once("POST /ari/bridges/" + name, {200, "{\"id\":1}", answer::manner::chunked});
    s.worker->carry_out(call::make_bridge{one});
    CHECK(s.answered());
}

TEST_CASE("client: a reply cut in the middle, or before its first byte, or garbage: the request is repeated", "[ari]") {
    const auto how = GENERATE(answer::manner::half, answer::manner::cut, answer::manner::garbage);
    stage s;
    s.connect();
    s.once(post_answer, {200, "{\"a\":1}", how});
    s.worker->carry_out(call::answer_panel{one, panel});
    CHECK(s.answered());
    CHECK(s.server.count(post_answer) == 2);
    CHECK(s.worker->counted().repeated == 1);
}

TEST_CASE("client: keys are not sent twice", "[ari]") {
    stage s;
    s.connect();
    s.once("POST /ari/channels/1.0/dtmf", {204, "", answer::manner::cut});
    s.worker->carry_out(call::send_keys{one, panel, "1"});
    CHECK(s.refusal() == 0);
    CHECK(s.server.count("POST /ari/channels/1.0/dtmf") == 1);
}

TEST_CASE("client: a request that hangs or drips is refused in its time, and holds up nobody else", "[ari]") {
    const auto how = GENERATE(answer::manner::hang, answer::manner::drip);
    stage s;
    s.connect();
    s.once(post_answer, {200, "{\"a\":1}", how});
    const auto begin = std::chrono::steady_clock::now();
    s.worker->carry_out(call::answer_panel{one, panel});
    s.worker->carry_out(dial7);
    REQUIRE(s.until([&] { return s.server.count(post7) == 1; }));
    CHECK(s.count<call::pbx_refused>() == 0);  // the other one still hangs
    CHECK(s.refusal() == 0);
    CHECK(std::chrono::steady_clock::now() - begin < 6s);  // what drips would take twice as long to its end
}

TEST_CASE("client: a dial whose reply was lost is looked for before it is repeated", "[ari]") {
    stage s;
    s.connect();
    s.once(post7, {200, "{}", answer::manner::cut});
    SECTION("it was made") {
        s.worker->carry_out(dial7);
        REQUIRE(s.until([&] { return s.server.count(get7) == 1; }));
        s.worker->carry_out(call::drop_leg{leg7, {}});
        REQUIRE(s.until([&] { return s.server.count(delete7) == 1; }));
        CHECK(s.server.count(post7) == 1);
    }
    SECTION("it was not") {
        s.once(get7, {404, R"({"message":"Channel not found"})"});
        s.worker->carry_out(dial7);
        REQUIRE(s.until([&] { return s.server.count(post7) == 2; }));
        CHECK(s.server.count(get7) == 1);
    }
    CHECK(s.count<call::pbx_refused>() == 0);
}

TEST_CASE("client: the stale 409 of a failed dial, and the 500 with the key error", "[ari]") {
    stage s;
    s.connect();
    SECTION("409, and there is no such channel") {
        s.once(post7, {409, R"({"message":"Channel with given unique ID already exists"})"});
        s.once(get7, {404, R"({"message":"Channel not found"})"});
    }
    SECTION("500") {
        s.once(post7, {500, R"({"error":"Allocation failed"})"});
    }
    s.worker->carry_out(dial7);
    CHECK(s.refusal() == 500);
    CHECK(s.server.count(post7) == 1);
}

TEST_CASE("client: events that overtake the reply of their dial are no trouble", "[ari]") {
    stage s;
    s.connect();
    s.once(post7, {200, "{}", answer::manner::drip});
    s.worker->carry_out(dial7);
    REQUIRE(s.until([&] { return s.server.count(post7) == 1; }));
    s.server.tell(R"({"type":"ChannelStateChange","channel":{"id":")" + name + R"(.07","state":"Ringing"}})");
    CHECK(s.until([&] { return s.count<call::leg_ringing>() == 1; }));
}

TEST_CASE("client: beyond Asterisk's session limit it makes do with what it has", "[ari]") {
    stage s(transport::http, [](options& o) { o.limit.request = 30s; });
    s.connect();
    s.worker->carry_out(call::answer_panel{one, panel});
    REQUIRE(s.answered());
    s.server.full = true;
    for (std::uint8_t leg = 0; leg < 20; ++leg) {
        s.worker->carry_out(call::dial{{one, leg_no{leg}}, account_id("1"), panel_id("5001"), 45s});
    }
    s.worker->carry_out(call::make_bridge{one});
    REQUIRE(s.until([&] { return s.count<call::pbx_did>() == 2; }));
    // The scripted Asterisk has every channel that is looked for.
    const auto legs_asked = [&s](const std::string& verb) {
        std::size_t legs = 0;
        for (std::uint8_t leg = 0; leg < 20; ++leg) {
            legs += s.server.count(verb + " /ari/channels/" + channel_name({one, leg_no{leg}}));
        }
        return legs;
    };
    const auto dialled = [&] { return legs_asked("POST"); };
    const auto looked_for = [&] { return legs_asked("GET"); };
    CHECK(s.until([&] { return dialled() + looked_for() >= 20; }));
    CHECK(s.count<call::pbx_refused>() == 0);
}

TEST_CASE("client: never more connections than allowed", "[ari]") {
    stage s(transport::http, [](options& o) { o.limit.connections = 3; });
    s.connect();
    for (std::uint8_t leg = 0; leg < 50; ++leg) {
        s.worker->carry_out(call::drop_leg{{one, leg_no{leg}}, {}});
    }
    REQUIRE(s.until([&] { return s.server.seen().size() == 54; }));
    CHECK(s.server.most_connections() <= 4);
}

TEST_CASE("client: what is beyond the queue is refused at once", "[ari]") {
    stage s(transport::http, [](options& o) { o.limit.queue = 2; });
    s.connect();
    s.server.answers = [](const request_seen&) { return answer{204, "", answer::manner::hang}; };
    for (std::uint8_t leg = 0; leg < 3; ++leg) {
        s.worker->carry_out(call::drop_leg{{one, leg_no{leg}}, {}});
    }
    CHECK(s.count<call::pbx_refused>() == 0);  // facts never come from within a command
    CHECK(s.refusal() == 503);
}

TEST_CASE("client: it is not connected before every part of the picture was answered", "[ari]") {
    const std::string part = GENERATE("GET /ari/channels", "GET /ari/bridges", "GET /ari/applications/td");
    stage s;
    s.once(part, {500, R"({"message":"not now"})"});
    s.worker->start();
    REQUIRE(s.until([&] { return !s.worker->trouble().empty(); }));
    CHECK_FALSE(s.worker->connected());
    CHECK(s.count<call::pbx_seen>() == 0);
    CHECK(s.worker->trouble().find("status 500") != std::string::npos);
    REQUIRE(s.until([&] { return s.worker->connected(); }));
    CHECK(s.count<call::pbx_seen>() == 1);
    CHECK(s.server.count(part) == 2);
    CHECK(s.worker->trouble().empty());
}

TEST_CASE("client: the line is cut: lost, mended, looked at again; requests go on meanwhile", "[ari]") {
    stage s;
    s.connect();
    s.server.handshake = 503;
    s.server.cut_socket();
    REQUIRE(s.until([&] { return s.count<call::pbx_line_lost>() == 1; }));
    CHECK_FALSE(s.worker->connected());
    s.worker->carry_out(call::answer_panel{one, panel});
    CHECK(s.answered());
    s.server.handshake = 101;
    REQUIRE(s.until([&] { return s.count<call::pbx_seen>() == 2; }));
    CHECK(s.worker->counted().reconnects == 1);
    CHECK(s.worker->counted().gaps == 1);
}

TEST_CASE("client: a line without pongs is dead within three seconds", "[ari]") {
    stage s;
    s.server.mute = true;
    s.connect();
    // The three seconds are counted on the client's own loop: whatever holds up this machine holds up both.
    std::optional<std::size_t> lost;
    boost::asio::steady_timer three_seconds(s.loop, 3s);
    three_seconds.async_wait(
        [&](const auto&) { boost::asio::post(s.loop, [&] { lost = s.count<call::pbx_line_lost>(); }); });
    REQUIRE(s.until([&] { return lost.has_value(); }));
    CHECK(*lost == 1);
    s.server.mute = false;
    CHECK(s.until([&] { return s.server.sockets_made() == 2; }));
}

TEST_CASE("client: a message beyond the limit costs the line, not the worker", "[ari]") {
    stage s(transport::http, [](options& o) { o.limit.message_bytes = 10'000; });
    s.connect();
    s.server.tell(std::string(20'000, ' '));
    CHECK(s.until([&] { return s.count<call::pbx_seen>() == 2; }));
}

TEST_CASE("client: Asterisk dies and comes back", "[ari]") {
    stage s(transport::http, [](options& o) { o.limit.request = 30s; });
    s.connect();
    s.server.die();
    REQUIRE(s.until([&] { return s.count<call::pbx_line_lost>() == 1; }));
    s.worker->carry_out(call::answer_panel{one, panel});
    s.until([] { return false; }, 200ms);
    s.server.begin_again();
    CHECK(s.answered());
    CHECK(s.until([&] { return s.worker->connected(); }));
}

TEST_CASE("client: requests over the WebSocket where Asterisk answers there", "[ari]") {
    stage s(transport::automatic, [](options& wanted) { wanted.limit.probe = 1s; });
    SECTION("it does") {
        s.server.rest_on_socket = true;
        s.connect();
        REQUIRE(s.until([&] { return s.log.find("requests=websocket") != std::string::npos; }));
        s.worker->carry_out(call::answer_panel{one, panel});
        REQUIRE(s.answered());
        CHECK(s.server.seen().back().connection == 0);
    }
    SECTION("it does not: HTTP") {
        s.connect();
        s.worker->carry_out(call::answer_panel{one, panel});
        REQUIRE(s.answered());
        CHECK(s.server.seen().back().connection > 0);
    }
    SECTION("a request is overdue on it: HTTP for a while, then the socket again") {
        s.server.rest_on_socket = true;
        s.connect();
        REQUIRE(s.until([&] { return s.log.find("requests=websocket") != std::string::npos; }));
        s.once(post_answer, {204, "", answer::manner::hang});
        s.worker->carry_out(call::answer_panel{one, panel});
        CHECK(s.refusal() == 0);
        s.worker->carry_out(call::answer_panel{one, panel});
        REQUIRE(s.answered());
        CHECK(s.server.seen().back().connection > 0);
        s.log.clear();
        REQUIRE(s.until([&] { return s.log.find("requests=websocket") != std::string::npos; }));
        s.worker->carry_out(call::make_bridge{one});
        REQUIRE(s.until([&] { return s.count<call::pbx_did>() == 2; }));
        CHECK(s.server.seen().back().connection == 0);
    }
    SECTION("the socket is lost with the request on it: HTTP") {
        s.server.rest_on_socket = true;
        s.connect();
        REQUIRE(s.until([&] { return s.log.find("requests=websocket") != std::string::npos; }));
        s.once(post_answer, {204, "", answer::manner::hang});
        s.worker->carry_out(call::answer_panel{one, panel});
        REQUIRE(s.until([&] { return s.server.count(post_answer) == 1; }));
        s.server.handshake = 503;
        s.server.cut_socket();
        REQUIRE(s.answered());
        CHECK(s.server.seen().back().connection > 0);
    }
}

TEST_CASE("client: stopping lets the last requests have their replies, then closes everything", "[ari]") {
    stage s;
    s.connect();
    bool closed = false;
    s.worker->carry_out(call::drop_leg{leg7, {}});
    s.worker->stop([&closed] { closed = true; });
    REQUIRE(s.until([&] { return closed; }));
    CHECK(s.server.count(delete7) == 1);
    CHECK_FALSE(s.worker->connected());
    s.worker->carry_out(call::drop_leg{leg7, {}});
    s.until([] { return false; }, 100ms);
    CHECK(s.server.count(delete7) == 1);
}

TEST_CASE("client: it can be destroyed at any moment, and tells nothing afterwards", "[ari]") {
    stage s(transport::http, [](options& wanted) { wanted.limit.request = 500ms; });
    SECTION("while it connects") {  // which would end in a pbx_seen
        s.worker->start();
    }
    SECTION("with requests under way") {  // which would end in a pbx_refused
        s.connect();
        s.server.answers = [](const request_seen&) { return answer{204, "", answer::manner::hang}; };
        s.worker->carry_out(dial7);
    }
    SECTION("from within a fact") {
        s.connect();
        s.on_fact = [&s](const call::fact&) { s.worker.reset(); };
        s.server.tell(R"({"type":"StasisEnd","channel":{"id":"1.0"}})");
        s.server.tell(R"({"type":"StasisEnd","channel":{"id":"2.0"}})");
        REQUIRE(s.until([&] { return !s.worker; }));
        CHECK(s.count<call::panel_left>() == 1);
    }
    s.worker.reset();
    const std::size_t sockets = s.server.sockets_made();
    const std::size_t facts = s.facts.size();
    const std::string log = s.log;
    s.server.tell(R"({"type":"StasisEnd","channel":{"id":"3.0"}})");
    s.until([] { return false; }, 800ms);
    CHECK(s.facts.size() == facts);
    CHECK(s.log == log);
    CHECK(s.fatal.empty());
    CHECK(s.server.sockets_made() <= std::max<std::size_t>(sockets, 1));
}
