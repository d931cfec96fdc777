#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "panel/redis_panel_line.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scratch.hpp"

using namespace td;
using test::loop_until;

extern char** environ;

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    where.sin_port = htons(port);
    return where;
}

std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where = loopback(0);
    socklen_t size = sizeof where;
    ::bind(socket, reinterpret_cast<sockaddr*>(&where), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size);
    ::close(socket);
    return ntohs(where.sin_port);
}

/// A plain blocking question to Redis, independent of the code under test; "" when it does not answer.
std::string ask(std::uint16_t port, const std::string& inline_command) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{2, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const sockaddr_in where = loopback(port);
    std::string reply;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
        // QUIT ends the connection, so everything up to the end is the reply.
        const std::string line = inline_command + "\r\nQUIT\r\n";
        static_cast<void>(::send(socket, line.data(), line.size(), MSG_NOSIGNAL));
        std::array<char, 4096> block{};
        for (ssize_t count = 0; (count = ::recv(socket, block.data(), block.size(), 0)) > 0;) {
            reply.append(block.data(), static_cast<std::size_t>(count));
        }
    }
    ::close(socket);
    constexpr std::string_view quit = "+OK\r\n";
    return reply.ends_with(quit) ? reply.substr(0, reply.size() - quit.size()) : reply;
}

/// A redis-server of this test's own, stopped by its process id.
class redis {
public:
    explicit redis(std::uint16_t port, std::vector<std::string> more = {}) : port_(port) {
        std::vector<std::string> words{"redis-server",
                                       "--port",
                                       std::to_string(port),
                                       "--bind",
                                       "127.0.0.1",
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "no",
                                       "--dir",
                                       dir_.path(),
                                       "--daemonize",
                                       "no",
                                       "--logfile",
                                       "redis.log"};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<char*> arguments;
        for (std::string& each : words) {
            arguments.push_back(each.data());
        }
        arguments.push_back(nullptr);
        REQUIRE(::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments.data(), environ) == 0);
        for (int i = 0; i < 500 && ask(port_, "PING").empty(); ++i) {
            std::this_thread::sleep_for(10ms);
        }
    }
    redis(const redis&) = delete;
    redis& operator=(const redis&) = delete;
    ~redis() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    void freeze() const { ::kill(pid_, SIGSTOP); }
    void thaw() const { ::kill(pid_, SIGCONT); }

private:
    scratch_dir dir_;
    std::uint16_t port_;
    pid_t pid_ = 0;
};

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

struct desk {
    explicit desk(std::uint16_t where, const std::string& password = {}, unsigned database = 0) : port(where) {
        panel::redis_panel_line_options options;
        options.place = {"127.0.0.1", port, database};
        options.password = secret{password};
        options.refresh = 200ms;
        options.reply_limit = 300ms;
        role = std::make_unique<panel::redis_panel_line>(loop, options, [this](const call::fact& what) {
            registered.push_back(std::get<call::account_registered>(what).account.text());
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
    std::unique_ptr<panel::redis_panel_line> role;
};

}  // namespace

TEST_CASE("redis: a panel's call stands there while it lives, with an expiry", "[redis]") {
    const std::uint16_t port = free_port();
    const redis server(port);
    desk d(port);
    REQUIRE(d.up());
    d.role->taken({p1, call_no(1)});
    CHECK(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    const std::string seconds = ask(port, "TTL td:panel:5001:call");
    CHECK((seconds == ":30\r\n" || seconds == ":29\r\n"));
    d.role->freed({p1, call_no(1)});
    CHECK(d.becomes("GET td:panel:5001:call", none));
}

TEST_CASE("redis: a living call is refreshed, and set again when somebody deleted it", "[redis]") {
    const std::uint16_t port = free_port();
    const redis server(port);
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
    const redis server(port);
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
    const redis server(port);
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
    // A second listener of ours sees what a first one publishes, only on its own channel.
    d.role->taken({p1, call_no(1)});
    REQUIRE(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    CHECK(d.registered.size() == 2);
}

TEST_CASE("redis: a Redis that hangs costs no call, and afterwards knows everything again", "[redis]") {
    const std::uint16_t port = free_port();
    const redis server(port);
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
        const redis server(port);
        CHECK(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    }
    REQUIRE(loop_until(d.loop, [&] { return !d.role->teller().up(); }));
    d.role->taken({p2, call_no(2)});
    const redis again(port);
    CHECK(d.becomes("GET td:panel:5001:call", bulk(call_no(1))));
    CHECK(d.becomes("GET td:panel:5002:call", bulk(call_no(2))));
}

TEST_CASE("redis: password and database", "[redis]") {
    const std::uint16_t port = free_port();
    const redis server(port, {"--requirepass", "s3cret"});
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
    const redis server(port);
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
