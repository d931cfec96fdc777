// The callback map on a real Redis: fencing in every order, one expiry, and everything that a Redis can do to us.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "callback/pool_callback_map.hpp"
#include "callback/redis_callback_map.hpp"
#include "catch.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/redis_server.hpp"

using namespace td;
using test::ask;
using test::free_port;
using test::loop_until;
using redis_server = test::redis_server;
using pool::map_outcome;

namespace {

const number_id n1{"73512000001"};
const std::string none = "$-1\r\n";

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

pool::callback_route route(pool::lease_token token, const std::string& panel, duration expires_in = 180min) {
    return {n1, panel_id{panel}, token, R"({"panel":")" + panel + "\"}", expires_in};
}

struct desk {
    explicit desk(std::uint16_t where, callback::redis_callback_map_options options = {}) : port(where) {
        options.place.host = "127.0.0.1";
        options.place.port = port;
        options.reply_limit = 2s;
        options.look = 100ms;
        map = std::make_unique<callback::redis_callback_map>(
            loop, options, [this](const ports::callback_answer& answer) { answers.push_back(answer); },
            [this](const td::alarm& news) {
                alarms.push_back((news.state == alarm_state::raised ? "raised: " : "cleared: ") + news.text);
            },
            [this] { ++returns; });
    }
    bool up() {
        return loop_until(loop, [&] { return map->up(); });
    }
    map_outcome answer() {
        const std::size_t before = answers.size();
        REQUIRE(loop_until(loop, [&] { return answers.size() > before; }));
        return answers.back().outcome;
    }
    map_outcome put(const pool::callback_route& what) {
        map->put(call_id::of(what.token, 0, 0), what);
        return answer();
    }
    map_outcome remove(pool::lease_token token) {
        map->remove({}, n1, token);
        return answer();
    }
    std::string panel() const { return ask(port, "GET td:sos:route:73512000001"); }

    std::uint16_t port;
    boost::asio::io_context loop;
    std::vector<ports::callback_answer> answers;
    std::vector<std::string> alarms;
    int returns = 0;
    std::unique_ptr<callback::redis_callback_map> map;
};

}  // namespace

TEST_CASE("callback map: three keys with one expiry, as Kamailio reads them", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    CHECK(d.put(route(7, "5001")) == map_outcome::written);
    CHECK(d.answers[0].call == call_id::of(7, 0, 0));
    CHECK(d.answers[0].number == n1);
    CHECK(d.answers[0].token == 7);
    CHECK(d.panel() == bulk("5001"));
    CHECK(ask(port, "GET td:sos:lease:73512000001") == bulk("7"));
    CHECK(ask(port, "GET td:sos:site:73512000001") == bulk(R"({"panel":"5001"})"));
    const std::string end = ask(port, "PEXPIRETIME td:sos:route:73512000001");
    CHECK(end.starts_with(":1"));
    CHECK(ask(port, "PEXPIRETIME td:sos:lease:73512000001") == end);
    CHECK(ask(port, "PEXPIRETIME td:sos:site:73512000001") == end);
    const int seconds = test::seconds_to_live(port, "td:sos:route:73512000001");
    CHECK(seconds <= 10800);
    CHECK(seconds > 10700);
    // The window at the end of the call: the same lease says another time, a shorter one too.
    CHECK(d.put(route(7, "5001", 60s)) == map_outcome::written);
    const int shorter = test::seconds_to_live(port, "td:sos:route:73512000001");
    CHECK(shorter <= 60);
    CHECK(shorter > 30);
    CHECK(d.put(route(7, "5001", 50ms)) == map_outcome::written);
    CHECK(loop_until(d.loop, [&] { return d.panel() == none; }));
    CHECK(ask(port, "EXISTS td:sos:lease:73512000001 td:sos:site:73512000001") == ":0\r\n");
}

TEST_CASE("callback map: an older token changes nothing, whatever its length", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    // Beyond 2^53 a number of Lua is no longer exact.
    const std::vector<pool::lease_token> tokens{
        1, 9, 10, 99, 9007199254740992, 9007199254740993, 18446744073709551614U};
    auto order = tokens;
    pool::lease_token newest = 0;
    do {
        newest = 0;
        ask(port, "FLUSHALL");
        for (const pool::lease_token token : order) {
            const bool wins = token > newest;
            CAPTURE(token, newest);
            CHECK(d.put(route(token, std::to_string(token))) ==
                  (wins ? map_outcome::written : map_outcome::superseded));
            newest = std::max(newest, token);
        }
        CHECK(d.panel() == bulk(std::to_string(newest)));
        std::rotate(order.begin(), order.begin() + 1, order.end());
    } while (order != tokens);
    const std::string end = ask(port, "PEXPIRETIME td:sos:route:73512000001");
    CHECK(d.put(route(7, "5007", 1min)) == map_outcome::superseded);
    CHECK(d.remove(7) == map_outcome::superseded);
    CHECK(ask(port, "PEXPIRETIME td:sos:route:73512000001") == end);
    CHECK(ask(port, "GET td:sos:site:73512000001") == bulk("{\"panel\":\"" + std::to_string(newest) + "\"}"));
}

TEST_CASE("callback map: what was removed is not brought back by the same lease, but by the next", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    CHECK(d.put(route(7, "5001")) == map_outcome::written);
    CHECK(d.remove(7) == map_outcome::written);
    CHECK(d.panel() == none);
    CHECK(ask(port, "EXISTS td:sos:site:73512000001") == ":0\r\n");
    CHECK(ask(port, "GET td:sos:lease:73512000001") == bulk("8"));
    CHECK(ask(port, "TTL td:sos:lease:73512000001").starts_with(":10"));  // 10800 or a little less
    CHECK(d.put(route(7, "5001")) == map_outcome::superseded);
    CHECK(d.remove(7) == map_outcome::superseded);
    CHECK(d.panel() == none);
    CHECK(d.put(route(8, "5002")) == map_outcome::written);
    CHECK(d.panel() == bulk("5002"));
    // No time left is the same as a removal.
    CHECK(d.put(route(8, "5002", 0s)) == map_outcome::written);
    CHECK(d.panel() == none);
    CHECK(d.put(route(8, "5002")) == map_outcome::superseded);
    // A removal of what is not there is remembered as long as a call may last.
    ask(port, "FLUSHALL");
    CHECK(d.remove(9) == map_outcome::written);
    CHECK(d.put(route(9, "5009")) == map_outcome::superseded);
    CHECK(ask(port, "TTL td:sos:lease:73512000001").starts_with(":14"));  // 14400
}

TEST_CASE("callback map: keys that somebody else broke are written over", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    for (const char* breakage : {"SET td:sos:lease:73512000001 nonsense", "LPUSH td:sos:lease:73512000001 a",
                                 "SADD td:sos:route:73512000001 a", "SET td:sos:lease:73512000001 \"\"",
                                 "SET td:sos:lease:73512000001 0006"}) {
        CAPTURE(breakage);
        ask(port, "FLUSHALL");
        ask(port, breakage);
        CHECK(d.put(route(7, "5001")) == map_outcome::written);
        CHECK(d.panel() == bulk("5001"));
        CHECK(d.remove(7) == map_outcome::written);
    }
}

TEST_CASE("callback map: hostile values stay values, or are refused before they leave", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    auto odd = route(7, "5001' \"; return redis.call('FLUSHALL') --");
    odd.site = "{\"address\":\"\r\n*1\r\n$8\r\nFLUSHALL\r\n\"}";
    ask(port, "SET witness 1");
    CHECK(d.put(odd) == map_outcome::written);
    CHECK(d.panel() == bulk(odd.panel.text()));
    CHECK(ask(port, "GET td:sos:site:73512000001") == bulk(odd.site));
    CHECK(ask(port, "GET witness") == bulk("1"));
    CHECK(d.put(route(8, "5001\r\nX-Td-Panel: 6")) == map_outcome::failed);
    CHECK(d.answers.back().why.kind == failure_kind::bad_input);
    auto letters = route(8, "5001");
    letters.number = number_id{"* td:sos"};
    CHECK(d.put(letters) == map_outcome::failed);
    CHECK(d.map->up());  // our own refusal says nothing about Redis
}

TEST_CASE("callback map: scripts that were flushed are sent again, also in the middle of many", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    REQUIRE(d.put(route(1, "5001")) == map_outcome::written);
    REQUIRE(ask(port, "SCRIPT FLUSH") == "+OK\r\n");
    const std::size_t before = d.answers.size();
    for (pool::lease_token token = 2; token <= 200; ++token) {
        d.map->put({}, route(token, std::to_string(token)));
    }
    REQUIRE(loop_until(d.loop, [&] { return d.answers.size() == before + 199; }));
    CHECK(std::all_of(d.answers.begin(), d.answers.end(),
                      [](const auto& each) { return each.outcome == map_outcome::written; }));
    CHECK(d.panel() == bulk("200"));
    CHECK(d.alarms.empty());
    ask(port, "SCRIPT FLUSH");
    CHECK(d.remove(200) == map_outcome::written);
}

TEST_CASE("callback map: a Redis that hangs fails every act in time, and works again afterwards", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    server.freeze();
    CHECK(d.put(route(1, "5001")) == map_outcome::failed);
    CHECK(d.answers.back().why.kind == failure_kind::unreachable);
    CHECK_FALSE(d.map->up());
    // From now on it is known, and answered without waiting.
    CHECK(d.put(route(2, "5002")) == map_outcome::failed);
    CHECK(d.answers.back().why.text.find("no reply within 2s") != std::string::npos);
    CHECK(d.remove(2) == map_outcome::failed);
    const int returned = d.returns;
    server.thaw();
    REQUIRE(d.up());
    CHECK(d.returns == returned + 1);
    CHECK(d.put(route(2, "5002")) == map_outcome::written);
    CHECK(d.panel() == bulk("5002"));
    REQUIRE(d.alarms.size() == 2);
    CHECK(d.alarms[0].starts_with("raised: Redis at 127.0.0.1:"));
    CHECK(d.alarms[1].starts_with("cleared: "));
}

TEST_CASE("callback map: stopped, started again and empty: the same route once more is enough", "[redis]") {
    const std::uint16_t port = free_port();
    desk d(port);
    CHECK(d.put(route(7, "5001")) == map_outcome::failed);
    {
        const redis_server server(port);
        REQUIRE(d.up());
        CHECK(d.put(route(7, "5001")) == map_outcome::written);
    }
    REQUIRE(loop_until(d.loop, [&] { return !d.map->up(); }));
    CHECK(d.put(route(7, "5001")) == map_outcome::failed);
    const redis_server again(port);
    REQUIRE(d.up());
    CHECK(d.panel() == none);
    CHECK(d.put(route(7, "5001")) == map_outcome::written);
    CHECK(d.panel() == bulk("5001"));
}

TEST_CASE("callback map: too many acts without an answer fail as full, and none is forgotten", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    callback::redis_callback_map_options options;
    options.unanswered = 50;
    desk d(port, options);
    REQUIRE(d.up());
    server.freeze();
    for (pool::lease_token token = 1; token <= 80; ++token) {
        d.map->put({}, route(token, "5001"));
    }
    REQUIRE(loop_until(d.loop, [&] { return d.answers.size() == 80; }));
    const auto full = std::count_if(d.answers.begin(), d.answers.end(),
                                    [](const auto& each) { return each.why.kind == failure_kind::full; });
    CHECK(full >= 30);
    CHECK(d.map->counters().failed == 80);
    server.thaw();
}

TEST_CASE("callback map: user, password and database; what is wrong with them is told once", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port, {"--requirepass", "s3cret"});
    ask(port, "AUTH s3cret\r\nACL SETUSER tdctl on >w0rd ~td:* +@all");
    callback::redis_callback_map_options options;
    options.place.user = "tdctl";
    options.place.database = 3;
    options.password = secret{"w0rd"};
    desk d(port, options);
    REQUIRE(d.up());
    CHECK(d.put(route(7, "5001")) == map_outcome::written);
    CHECK(ask(port, "AUTH s3cret\r\nSELECT 3\r\nGET td:sos:route:73512000001") == "+OK\r\n+OK\r\n" + bulk("5001"));
    const auto complaint = [&](const callback::redis_callback_map_options& wrong) {
        desk other(port, wrong);
        REQUIRE(loop_until(other.loop, [&] { return !other.alarms.empty(); }));
        CHECK(other.put(route(8, "5008")) == map_outcome::failed);
        CHECK(other.answers.back().why.text.find("w0rd") == std::string::npos);
        REQUIRE(loop_until(other.loop, [&] { return other.map->counters().failed == 1; }));
        CHECK(other.alarms.size() == 1);
        return other.alarms[0];
    };
    auto wrong = options;
    wrong.password = secret{"guess"};
    CHECK(complaint(wrong).find("refuses the user or the password (WRONGPASS") != std::string::npos);
    CHECK(complaint({}).find("wants a password (NOAUTH") != std::string::npos);
    wrong = options;
    wrong.place.database = 99;
    CHECK(complaint(wrong).find("/99: refuses the database (ERR") != std::string::npos);
}

TEST_CASE("callback map: a Redis that takes no writes says why, and says when it does again", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    desk d(port);
    REQUIRE(d.up());
    const auto refuses = [&](const std::string& word) {
        REQUIRE(loop_until(d.loop, [&] { return !d.map->up(); }));
        CHECK(d.put(route(7, "5001")) == map_outcome::failed);
        CHECK(d.answers.back().why.kind == failure_kind::refused);
        CHECK(d.answers.back().why.text.find(word) != std::string::npos);
        CHECK(d.alarms.back().find(" takes no callback routes: " + word) != std::string::npos);
    };
    ask(port, "CONFIG SET maxmemory 1");
    refuses("OOM");
    ask(port, "CONFIG SET maxmemory 0");
    REQUIRE(d.up());
    ask(port, "REPLICAOF 127.0.0.1 1");
    refuses("READONLY");
    CHECK(d.returns == 2);
    ask(port, "REPLICAOF NO ONE");
    REQUIRE(d.up());
    CHECK(d.returns == 3);
    CHECK(d.put(route(7, "5001")) == map_outcome::written);
    CHECK(d.alarms.size() == 4);  // the probe and the act of one reason are one line
}

TEST_CASE("callback map: destroyed in every state it leaves nothing on the loop", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    for (int turns = 0; turns < 12; ++turns) {
        desk d(port);
        for (int i = 0; i < turns; ++i) {
            d.loop.restart();
            d.loop.run_one_for(50ms);
        }
        d.map->put({}, route(7, "5001"));
        const std::size_t before = d.answers.size();
        d.map.reset();
        d.loop.restart();
        d.loop.run();  // ends, because nothing is left to wait for
        CHECK(d.answers.size() == before);
    }
    CHECK(ask(port, "PING") == "+PONG\r\n");
}

TEST_CASE("callback map: in the pool's own store every act is answered later, and nothing after the end", "[redis]") {
    boost::asio::io_context loop;
    std::vector<ports::callback_answer> answers;
    {
        callback::pool_callback_map map(loop, [&](const ports::callback_answer& each) { answers.push_back(each); });
        map.put(call_id::of(1, 0, 0), route(7, "5001"));
        map.remove(call_id::of(1, 0, 0), n1, 8);
        CHECK(answers.empty());
        loop.run();
        REQUIRE(answers.size() == 2);
        CHECK(answers[0].outcome == map_outcome::written);
        CHECK(answers[1].token == 8);
        CHECK(map.up());
        map.put({}, route(9, "5001"));
    }
    loop.restart();
    loop.run();
    CHECK(answers.size() == 2);
}
