#include "http/client.hpp"

#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scripted_server.hpp"

using namespace td;
using test::exchange;
using test::loop_until;
using test::scripted_server;

namespace {

/// One word for what came of a request: its status and body, or its reason.
std::string told(const http::reply& got) {
    return got.outcome ? std::to_string(got.outcome->status) + " " + got.outcome->body : got.outcome.why().text;
}

http::request get(const std::string& url, duration limit = 60s) {
    http::request wish;
    wish.url = url;
    wish.limit = limit;
    return wish;
}

/// A client, its loop, and the answers in the order in which they came.
struct asking {
    explicit asking(http::client_options options = {})
        : client(std::make_unique<http::client>(loop, std::move(options))) {}

    void send(const std::string& url, duration limit = 60s) {
        client->send(get(url, limit), [this](const http::reply& got) { answers.push_back(told(got)); });
    }
    std::string ask(const std::string& url, duration limit = 60s) {
        const std::size_t before = answers.size();
        send(url, limit);
        return loop_until(loop, [&] { return answers.size() > before; }) ? answers.back() : "nothing";
    }

    boost::asio::io_context loop;
    std::vector<std::string> answers;
    std::unique_ptr<http::client> client;
};

void script(exchange& e) {
    const std::string& line = e.request.line;
    const auto asked = [&](const char* path) { return line.find(path) != std::string::npos; };
    if (asked("/hang")) {
        e.hang();
    } else if (asked("/drip")) {
        e.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        for (int i = 0; e.kept && i < 1000; ++i) {
            e.send("x");
            std::this_thread::sleep_for(10ms);
        }
        e.hang();
    } else if (asked("/reset-in-body")) {
        e.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"acc");
        e.reset();
    } else if (asked("/cut-in-body")) {
        e.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"acc");
        e.close();
    } else if (asked("/nothing")) {
        e.close();
    } else if (asked("/large")) {
        e.reply(200, std::string(2U << 20U, 'x'));
    } else if (asked("/endless")) {
        e.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (e.kept) {
            e.send("1000\r\n" + std::string(0x1000, 'x') + "\r\n");
        }
    } else if (asked("/rubbish")) {
        e.send("SSH-2.0-OpenSSH_9.2\r\n");
        e.close();
    } else if (asked("/elsewhere")) {
        e.send("HTTP/1.1 302 Found\r\nLocation: /hang\r\nContent-Length: 0\r\n\r\n");
    } else if (asked("/500")) {
        e.reply(500, "oops");
    } else {
        e.reply(200, "connection " + std::to_string(e.request.connection));
    }
}

}  // namespace

TEST_CASE("http: connections are kept and used again", "[http]") {
    scripted_server server(&script);
    asking a;
    CHECK(a.ask(server.url() + "/a") == "200 connection 1");
    CHECK(a.ask(server.url() + "/b") == "200 connection 1");
    CHECK(a.ask(server.url() + "/500") == "500 oops");
    CHECK(a.client->in_flight() == 0);
}

TEST_CASE("http: a kept connection that the server closes costs no answer", "[http]") {
    scripted_server server([](exchange& e) {
        e.reply(200, "connection " + std::to_string(e.request.connection));
        e.close();  // without having said so
    });
    asking a;
    for (int i = 1; i <= 5; ++i) {
        CHECK(a.ask(server.url() + "/") == "200 connection " + std::to_string(i));
    }
}

TEST_CASE("http: what a server can do wrong has a word", "[http]") {
    scripted_server server(&script);
    asking a;
    const std::string at = server.url();
    const std::string no_name(64,
                              'x');  // longer than a label may be, so that no name server is asked, which may be slow
    CHECK(a.ask(at + "/hang", 100ms) == "timeout");
    CHECK(a.ask(at + "/drip", 100ms) == "timeout");
    CHECK(a.ask(at + "/reset-in-body") == "reset");
    CHECK(a.ask(at + "/cut-in-body") == "reset");
    CHECK(a.ask(at + "/nothing") == "reset");
    CHECK(a.ask(at + "/large") == "too_large");
    CHECK(a.ask(at + "/endless") == "too_large");
    CHECK(a.ask(at + "/rubbish") == "broken_http");
    CHECK(a.ask(at + "/elsewhere") == "302 ");
    CHECK(a.ask("https" + at.substr(4) + "/a") == "tls");
    CHECK(a.ask("http://127.0.0.1:1/") == "refused");
    CHECK(a.ask("http://" + no_name + ".invalid/") == "dns");
    CHECK(a.ask("ftp://127.0.0.1/") == "bad_url");
    CHECK(a.ask("http://[") == "bad_url");
    CHECK(a.ask(at + "/still-well").starts_with("200 "));
}

TEST_CASE("http: what is sent names the tool, carries the token and keeps the path as it is", "[http]") {
    scripted_server server(&script);
    http::client_options options;
    options.bearer = secret{"s3cret"};
    asking a(std::move(options));
    bool done = false;
    http::request wish;
    wish.how = http::method::post;
    wish.url = server.url() + "/a/%2E%2E/b";
    wish.body = "{}";
    a.client->send(std::move(wish), [&](const http::reply&) { done = true; });
    REQUIRE(loop_until(a.loop, [&] { return done; }));
    const test::seen_request seen = server.seen().at(0);
    CHECK(seen.line == "POST /a/%2E%2E/b HTTP/1.1");
    CHECK(seen.body == "{}");
    CHECK(seen.headers.find("Authorization: Bearer s3cret\r\n") != std::string::npos);
    CHECK(seen.headers.find("User-Agent: tdctl/") != std::string::npos);
    CHECK(seen.headers.find("Content-Type: application/json") != std::string::npos);
}

TEST_CASE("http: a token that would break out of its header is refused at the start", "[http]") {
    boost::asio::io_context loop;
    http::client_options options;
    options.bearer = secret{"a\r\nX-Admin: yes"};
    CHECK_THROWS_AS(http::client(loop, options), std::invalid_argument);
}

TEST_CASE("http: beyond the connections requests wait in turn, beyond the queue they fail at once", "[http]") {
    scripted_server server(&script);
    http::client_options options;
    options.in_flight = 2;
    options.waiting = 1;
    asking a(std::move(options));
    for (int i = 0; i < 2; ++i) {
        a.send(server.url() + "/hang", 300ms);
    }
    a.send(server.url() + "/a");
    a.send(server.url() + "/b");
    CHECK(a.client->in_flight() == 2);
    CHECK(a.client->waiting() == 1);
    CHECK(a.answers.empty());  // never from within send
    REQUIRE(loop_until(a.loop, [&] { return a.answers.size() == 4; }));
    CHECK(a.answers.at(0) == "full");
    CHECK(a.answers.at(1) == "timeout");
    CHECK(a.answers.at(2) == "timeout");
    CHECK(a.answers.at(3).starts_with("200 "));
}

TEST_CASE("http: a request that only waited still ends by its deadline", "[http]") {
    scripted_server server(&script);
    http::client_options options;
    options.in_flight = 1;
    asking a(std::move(options));
    a.send(server.url() + "/hang", 60s);
    CHECK(a.ask(server.url() + "/a", 50ms) == "timeout");
    CHECK(a.client->in_flight() == 1);
}

TEST_CASE("http: two clients do not share their limits", "[http]") {
    scripted_server server(&script);
    http::client_options options;
    options.in_flight = 1;
    asking a(options);
    bool other = false;
    http::client second(a.loop, options);
    a.send(server.url() + "/hang");
    second.send(get(server.url() + "/a"), [&](const http::reply& got) { other = got.outcome.ok(); });
    CHECK(loop_until(a.loop, [&] { return other; }));
    CHECK(a.answers.empty());
}

TEST_CASE("http: a client destroyed with requests in flight calls nobody", "[http]") {
    scripted_server server(&script);
    http::client_options options;
    options.in_flight = 2;
    asking a(std::move(options));
    for (int i = 0; i < 4; ++i) {
        a.send(server.url() + "/hang", 60s);
    }
    REQUIRE(loop_until(a.loop, [&] { return server.seen().size() == 2; }));
    a.client.reset();
    a.loop.restart();
    a.loop.run();  // ends, because nothing is left to wait for
    CHECK(a.answers.empty());
}

TEST_CASE("http: a completion may send again, and may destroy the client", "[http]") {
    scripted_server server(&script);
    asking a;
    std::string second;
    a.client->send(get(server.url() + "/a"), [&](const http::reply&) {
        a.client->send(get(server.url() + "/b"), [&](const http::reply& got) {
            second = told(got);
            a.client.reset();
        });
    });
    REQUIRE(loop_until(a.loop, [&] { return !second.empty(); }));
    CHECK(second == "200 connection 1");
    CHECK(a.client == nullptr);
}

TEST_CASE("http: hundreds of requests at once are all answered, each once", "[http]") {
    scripted_server server(&script);
    http::client_options options;
    options.in_flight = 16;
    asking a(std::move(options));
    for (int i = 0; i < 400; ++i) {
        a.send(server.url() + (i % 7 == 0 ? "/nothing" : "/a"), 120s);
    }
    REQUIRE(loop_until(
        a.loop, [&] { return a.answers.size() == 400; }, std::chrono::seconds{120}));
    std::map<bool, int> counts;
    for (const std::string& each : a.answers) {
        ++counts[each.starts_with("200 ")];
    }
    CHECK(counts[true] == 342);
    CHECK(counts[false] == 58);
}
