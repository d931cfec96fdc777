#include "runtime/status_server.hpp"

#include "runtime/alarm_board.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <thread>

#include "catch.hpp"
#include "scratch.hpp"

namespace td::runtime {
namespace {

/// A plain client that says what the test tells it to, and nothing else.
class client {
public:
    explicit client(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{60, 0};
        if (::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("cannot connect");
        }
    }
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    ~client() { ::close(fd_); }

    bool say(std::string_view text) const {
        return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
    }
    /// Everything until the server closes; "silent" when it does not.
    [[nodiscard]] std::string rest() const {
        std::string all;
        std::array<char, 4096> piece{};
        for (;;) {
            const ssize_t count = ::recv(fd_, piece.data(), piece.size(), 0);
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
                return "silent";
            }
            if (count <= 0) {
                return all;
            }
            all.append(piece.data(), static_cast<std::size_t>(count));
        }
    }

private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

/// The server on a loop of its own.
class running {
public:
    explicit running(status_options options) {
        options.listen = "127.0.0.1:0";
        status_answers answers;
        answers.metrics = [this] {
            if (broken) {
                throw std::runtime_error("no metrics today");
            }
            return std::string("tdctl_calls_active 2\n");
        };
        answers.not_ready = [this] {
            return ready ? std::vector<std::string>{} : std::vector<std::string>{"ari: no connection", "draining"};
        };
        answers.alarms = [this] {
            return alarm ? std::vector<std::string>{"alarm spool: full"} : std::vector<std::string>{};
        };
        auto started = status_server::start(loop_, options, std::move(answers));
        if (!started.ok()) {
            throw std::runtime_error(started.why().text);
        }
        server_ = std::move(*started);
        port = server_->port();
        thread_ = std::thread([this] { loop_.run(); });
    }
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    ~running() {
        loop_.stop();
        thread_.join();
    }
    [[nodiscard]] std::string ask(std::string_view text) const {
        const client asking(port);
        asking.say(text);
        return asking.rest();
    }

    std::atomic<bool> ready{true};
    std::atomic<bool> broken{false};
    std::atomic<bool> alarm{false};
    std::uint16_t port = 0;

private:
    boost::asio::io_context loop_;
    std::unique_ptr<status_server> server_;
    std::thread thread_;
};

std::string status_of(const std::string& reply) {
    return reply.substr(0, reply.find("\r\n"));
}
std::string body_of(const std::string& reply) {
    return reply.substr(reply.find("\r\n\r\n") + 4);
}

TEST_CASE("status server: the three paths and nothing else", "[runtime]") {
    running server({});
    const std::string metrics = server.ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(metrics) == "HTTP/1.1 200 OK");
    CHECK(metrics.find("text/plain; version=0.0.4") != std::string::npos);
    CHECK(body_of(metrics) == "tdctl_calls_active 2\n");
    CHECK(body_of(server.ask("GET /healthz?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")) == "ok\n");
    CHECK(body_of(server.ask("GET /readyz HTTP/1.0\r\n\r\n")) == "ready\n");
    server.ready = false;
    const std::string not_ready = server.ask("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(not_ready) == "HTTP/1.1 503 Service Unavailable");
    CHECK(body_of(not_ready) == "ari: no connection\ndraining\n");
    CHECK(status_of(server.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")) == "HTTP/1.1 404 Not Found");
    CHECK(status_of(server.ask("GET /metricsx HTTP/1.1\r\nHost: x\r\n\r\n")) == "HTTP/1.1 404 Not Found");
    const std::string head = server.ask("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(head) == "HTTP/1.1 200 OK");
    CHECK(head.find("Content-Length: 3") != std::string::npos);
    CHECK(body_of(head).empty());
}

TEST_CASE("status server: an alarm stands below the state, and does not change it", "[runtime]") {
    running server({});
    server.alarm = true;
    const std::string ready = server.ask("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(ready) == "HTTP/1.1 200 OK");
    CHECK(body_of(ready) == "ready\nalarm spool: full\n");
    server.ready = false;
    const std::string not_ready = server.ask("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(not_ready) == "HTTP/1.1 503 Service Unavailable");
    CHECK(body_of(not_ready) == "ari: no connection\ndraining\nalarm spool: full\n");
}

TEST_CASE("alarm board: an alarm stands from its raising to its clearing, with its newest words", "[runtime]") {
    alarm_board board;
    CHECK(board.lines().empty());
    CHECK_FALSE(board.take({"spool", td::alarm_state::cleared, ""}));
    CHECK(board.take({"spool", td::alarm_state::raised, "half"}));
    CHECK_FALSE(board.take({"spool", td::alarm_state::raised, "full"}));
    CHECK(board.take({"journal", td::alarm_state::raised, "no space"}));
    CHECK(board.lines() == std::vector<std::string>{"alarm journal: no space", "alarm spool: full"});
    CHECK(board.take({"spool", td::alarm_state::cleared, ""}));
    CHECK(board.lines() == std::vector<std::string>{"alarm journal: no space"});
}

TEST_CASE("status server: what is no good request is refused with its status", "[runtime]") {
    running server({});
    CHECK(status_of(server.ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")) ==
          "HTTP/1.1 405 Method Not Allowed");
    CHECK(status_of(server.ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")) ==
          "HTTP/1.1 413 Payload Too Large");
    CHECK(status_of(server.ask("nonsense\r\n\r\n")) == "HTTP/1.1 400 Bad Request");
    CHECK(status_of(server.ask("GET /metrics HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n")) ==
          "HTTP/1.1 431 Request Header Fields Too Large");
    server.broken = true;
    const std::string broken = server.ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(broken) == "HTTP/1.1 500 Internal Server Error");
    CHECK(body_of(broken) == "no metrics today\n");
    CHECK(body_of(server.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")) == "ok\n");
}

TEST_CASE("status server: a request that drips or never comes is cut off", "[runtime]") {
    status_options options;
    options.request_limit = 1s;
    running server(options);
    const client silent(server.port);
    const client dripping(server.port);
    CHECK(dripping.say("GET /met"));
    CHECK(silent.rest().empty());
    CHECK(dripping.rest().empty());
    CHECK(body_of(server.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")) == "ok\n");
}

TEST_CASE("status server: connections over the limit are closed, and room comes back", "[runtime]") {
    status_options options;
    options.connection_limit = 2;
    options.request_limit = 5s;
    running server(options);
    const client first(server.port);
    const client second(server.port);
    const client third(server.port);
    CHECK(third.rest().empty());
    CHECK(first.say("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(body_of(first.rest()) == "ok\n");
    CHECK(
        comes_true([&] { return server.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200"); }));
}

TEST_CASE("status server: a port that is taken, an address that is none", "[runtime]") {
    running server({});
    boost::asio::io_context loop;
    status_options options;
    options.listen = "127.0.0.1:" + std::to_string(server.port);
    const auto second = status_server::start(loop, options, {});
    REQUIRE_FALSE(second.ok());
    CHECK(second.why().kind == failure_kind::taken);
    CHECK(second.why().text.find(options.listen) != std::string::npos);
    for (const char* bad : {"", "9464", "localhost:9464", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:1x", "[::1:5"}) {
        options.listen = bad;
        const auto none = status_server::start(loop, options, {});
        REQUIRE_FALSE(none.ok());
        CHECK(none.why().kind == failure_kind::bad_input);
    }
    options.listen = "192.0.2.1:0";
    const auto foreign = status_server::start(loop, options, {});
    REQUIRE_FALSE(foreign.ok());
    CHECK(foreign.why().kind == failure_kind::unreachable);
}

TEST_CASE("status server: when it goes, its connections go", "[runtime]") {
    boost::asio::io_context loop;
    status_options options;
    options.listen = "[::1]:0";
    auto started = status_server::start(loop, options, {});
    if (!started.ok()) {
        options.listen = "127.0.0.1:0";  // a machine without IPv6
        started = status_server::start(loop, options, {});
    }
    REQUIRE(started.ok());
    CHECK((*started)->port() != 0);
    loop.poll();
    CHECK((*started)->connections() == 0);
    std::move(started).value().reset();
    loop.run();  // returns: nothing keeps the loop busy any more
    CHECK(loop.stopped());
}

}  // namespace
}  // namespace td::runtime
