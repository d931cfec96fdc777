#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "panel/redis_panel_line.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/redis_server.hpp"

using namespace td;
using test::ask;
using test::free_port;
using test::loop_until;
using redis_server = test::redis_server;

namespace {

const panel_id p1{"5001"};
const panel_id p2{"5002"};
call_id call_no(unsigned number) {
    return call_id::of(number, 0, 0);
}

/// Redis's form of a bulk text.
std::string bulk(const call_id& name) {
    return "$26\r\n" + std::string(name.text()) + "\r\n";
}
const std::string none = "$-1\r\n";

/// What stands on the channel td:panel:call.
std::string published(unsigned call, const std::string& state, const std::string& panel = "5001") {
    return R"({"panel":")" + panel + R"(","call":")" + std::string(call_no(call).text()) + R"(","state":")" + state +
           R"("})";
}

struct desk {
    explicit desk(std::uint16_t where, const std::string& password = {}, unsigned database = 0) : port(where) {
        panel::redis_panel_line_options options;
        options.place = {"127.0.0.1", port, database, {}};
        options.password = secret{password};
        options.refresh = 200ms;
        options.reply_limit = 2s;
        role = std::make_unique<panel::redis_panel_line>(
            loop, options,
            [this](const call::fact& what) {
                registered.push_back(std::get<call::account_registered>(what).account.text());
            },
            [this](const td::alarm& news) {
                alarms.push_back((news.state == alarm_state::raised ? "raised: " : "cleared: ") + news.text);
            });
    }
    bool up() {
        return loop_until(loop, [&] { return role->teller().up() && role->listener().up(); });
    }
    /// Runs the loop until Redis answers the question so.
    bool becomes(const std::string& question, const std::string& answer) {
        return loop_until(loop, [&] { return ask(port, question) == answer; });
    }

    std::uint16_t port;
    boost::asio::io_context loop;
    std::vector<std::string> registered;
    std::vector<std::string> alarms;
    std::unique_ptr<panel::redis_panel_line> role;
};

}  // namespace

TEST_CASE("redis: a panel's call stands there while it lives, with an expiry", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    d.role->taken({p1, call_no(1)});
    CHECK(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    const int seconds = test::seconds_to_live(port, "td:panel:5001:call");
    CHECK(seconds <= 30);
    CHECK(seconds > 10);  // 30, but for the time in which this machine did something else
    d.role->freed({p1, call_no(1)});
    CHECK(d.becomes("GET td:panel:5001:call", none));
}

TEST_CASE("redis: a living call is refreshed, and set again when somebody deleted it", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    d.role->taken({p1, call_no(1)});
    REQUIRE(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    CHECK(ask(port, "EXPIRE td:panel:5001:call 3") == ":1\r\n");
    CHECK(d.becomes("TTL td:panel:5001:call", ":30\r\n"));
    CHECK(ask(port, "DEL td:panel:5001:call") == ":1\r\n");
    CHECK(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
}

TEST_CASE("redis: another worker's call is neither refreshed away nor deleted", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    d.role->taken({p1, call_no(1)});
    REQUIRE(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    CHECK(ask(port, "SET td:panel:5001:call other") == "+OK\r\n");
    const auto before = d.role->teller().counters().commands;
    REQUIRE(loop_until(d.loop, [&] { return d.role->teller().counters().commands >= before + 2; }));  // two refreshes
    d.role->freed({p1, call_no(1)});
    // The next call's key is written after the deletion, on the same connection: when it is there, the deletion is
    // done.
    d.role->taken({p2, call_no(2)});
    REQUIRE(d.becomes("GET td:panel:5002:call", bulk(call_no(2))));
    CHECK(ask(port, "GET td:panel:5001:call") == "$5\r\nother\r\n");
}

TEST_CASE("redis: takings are published, and accounts that register come as facts", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    REQUIRE(d.becomes("PUBSUB NUMSUB td:reg", "*2\r\n$6\r\ntd:reg\r\n:1\r\n"));
    ask(port, "PUBLISH td:reg 79001112233");
    ask(port, "PUBLISH td:reg \"\"");
    ask(port, "PUBLISH td:reg \"a\\nb\"");
    ask(port, "PUBLISH td:reg " + std::string(129, 'x'));
    ask(port, "PUBLISH td:reg 79001112244");
    REQUIRE(loop_until(d.loop, [&] { return d.registered.size() == 2; }));
    CHECK(d.registered == std::vector<std::string>{"79001112233", "79001112244"});
    CHECK(d.role->counters().unusable == 3);
    test::redis_listener outside(port, "td:panel:call");
    d.role->taken({p1, call_no(1)});
    d.role->freed({p1, call_no(1)});
    REQUIRE(loop_until(d.loop, [&] { return outside.heard().size() == 2; }));
    CHECK(outside.heard() == std::vector{published(1, "taken"), published(1, "freed")});
    CHECK(d.registered.size() == 2);
}

TEST_CASE("redis: a panel that is freed while Redis is away or hangs is published when it is back", "[redis]") {
    const std::uint16_t port = free_port();
    desk d(port);
    d.role->taken({p1, call_no(1)});
    {
        const redis_server server(port);
        REQUIRE(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
        server.freeze();
        d.role->freed({p1, call_no(1)});  // sent, and never confirmed
        REQUIRE(loop_until(d.loop, [&] { return !d.role->teller().up(); }));
        d.role->taken({p2, call_no(2)});
        d.role->freed({p2, call_no(2)});  // not even sent
        d.role->taken({panel_id{"5003"}, call_no(3)});
    }
    const redis_server again(port);
    test::redis_listener outside(port, "td:panel:call");
    REQUIRE(loop_until(d.loop, [&] { return outside.heard().size() >= 3; }));
    const auto heard = outside.heard();
    for (const std::string& each :
         {published(3, "taken", "5003"), published(1, "freed"), published(2, "freed", "5002")}) {
        CAPTURE(each);
        CHECK(std::count(heard.begin(), heard.end(), each) == 1);
    }
}

TEST_CASE("redis: trouble is told once for each reason, and its end once", "[redis]") {
    const std::uint16_t port = free_port();
    desk d(port);
    REQUIRE(loop_until(d.loop, [&] { return d.role->teller().counters().losses >= 3; }));
    const std::string place = "Redis at 127.0.0.1:" + std::to_string(port) + "/0";
    CHECK(d.alarms == std::vector<std::string>{"raised: " + place + ": the connection was lost (Connection refused)"});
    CHECK_FALSE(d.role->up());
    {
        const redis_server server(port);
        REQUIRE(loop_until(d.loop, [&] { return d.role->up(); }));
        CHECK(d.alarms.size() == 2);
        CHECK(d.alarms.back() == "cleared: " + place + " is told which panel is in a call again");
        ask(port, "CONFIG SET maxmemory 1");
        REQUIRE(loop_until(d.loop, [&] { return !d.role->up(); }));
        REQUIRE(d.alarms.size() == 3);
        CHECK(d.alarms.back().starts_with("raised: " + place + " takes nothing: OOM"));
        ask(port, "CONFIG SET maxmemory 0");
        REQUIRE(loop_until(d.loop, [&] { return d.role->up(); }));
        CHECK(d.alarms.size() == 4);
    }
    const redis_server guarded(port, {"--requirepass", "s3cret"});
    REQUIRE(loop_until(d.loop, [&] { return d.alarms.size() >= 6; }));
    CHECK(d.alarms.back().starts_with("raised: " + place + ": wants a password (NOAUTH"));
}

TEST_CASE("redis: a replica that takes no writes, a wrong password and a wrong database are told", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port, {"--requirepass", "s3cret", "--replicaof", "127.0.0.1 1"});
    desk replica(port, "s3cret");
    REQUIRE(loop_until(replica.loop, [&] { return !replica.alarms.empty(); }));
    CHECK(replica.alarms[0].find("takes nothing: READONLY") != std::string::npos);
    desk guess(port, "guess");
    REQUIRE(loop_until(guess.loop, [&] { return guess.role->teller().counters().losses >= 2; }));
    REQUIRE(guess.alarms.size() == 1);
    CHECK(guess.alarms[0].find("refuses the user or the password (WRONGPASS") != std::string::npos);
    CHECK(guess.alarms[0].find("guess") == std::string::npos);
    desk far(port, "s3cret", 99);
    REQUIRE(loop_until(far.loop, [&] { return far.role->teller().counters().losses >= 2; }));
    REQUIRE(far.alarms.size() == 1);
    CHECK(far.alarms[0].find("/99: refuses the database (ERR") != std::string::npos);
}

TEST_CASE("redis: a Redis that hangs costs no call, and afterwards knows everything again", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    d.role->taken({p1, call_no(1)});
    REQUIRE(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    server.freeze();
    d.role->taken({p2, call_no(2)});
    REQUIRE(loop_until(d.loop, [&] { return !d.role->teller().up() && !d.role->listener().up(); }));
    d.role->freed({p1, call_no(1)});
    d.role->taken({panel_id{"5003"}, call_no(3)});
    CHECK(d.role->counters().untold >= 2);
    server.thaw();
    CHECK(d.becomes("GET td:panel:5001:call", none));
    CHECK(d.becomes("GET td:panel:5002:call", bulk(call_no(2))));
    CHECK(d.becomes("GET td:panel:5003:call", bulk(call_no(3))));
    REQUIRE(d.up());
    REQUIRE(d.becomes("PUBSUB NUMSUB td:reg", "*2\r\n$6\r\ntd:reg\r\n:1\r\n"));
    ask(port, "PUBLISH td:reg 79001112233");
    CHECK(loop_until(d.loop, [&] { return d.registered.size() == 1; }));
}

TEST_CASE("redis: a Redis that comes late, and one that is started again, are told what lives", "[redis]") {
    const std::uint16_t port = free_port();
    desk d(port);
    d.role->taken({p1, call_no(1)});
    REQUIRE(loop_until(d.loop, [&] { return d.role->teller().counters().losses >= 2; }));
    {
        const redis_server server(port);
        CHECK(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    }
    REQUIRE(loop_until(d.loop, [&] { return !d.role->teller().up(); }));
    d.role->taken({p2, call_no(2)});
    const redis_server again(port);
    CHECK(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    CHECK(d.becomes("GET td:panel:5002:call", bulk(call_no(2))));
}

TEST_CASE("redis: password and database", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port, {"--requirepass", "s3cret"});
    desk d(port, "s3cret", 3);
    REQUIRE(d.up());
    d.role->taken({p1, call_no(1)});
    REQUIRE(loop_until(d.loop, [&] {
        // AUTH and SELECT answer +OK each before the value.
        return ask(port, "AUTH s3cret\r\nSELECT 3\r\nGET td:panel:5001:call") == "+OK\r\n+OK\r\n" + bulk(call_no(1));
    }));
    desk wrong(port, "guess");
    REQUIRE(loop_until(wrong.loop, [&] { return wrong.role->teller().counters().errors >= 2; }));
    CHECK_FALSE(wrong.role->teller().up());
}

TEST_CASE("redis: destroyed in every state it leaves nothing on the loop", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    for (int turns = 0; turns < 12; ++turns) {
        desk d(port);
        for (int i = 0; i < turns; ++i) {
            d.loop.restart();
            d.loop.run_one_for(50ms);
        }
        d.role->taken({p1, call_no(1)});
        d.role.reset();
        d.loop.restart();
        d.loop.run();  // ends, because nothing is left to wait for
    }
    CHECK(ask(port, "PING") == "+PONG\r\n");
}
