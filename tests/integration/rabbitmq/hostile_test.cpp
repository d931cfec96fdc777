// Strangers in the place of a broker: whatever they say or do not say, the publisher stays bounded, names the trouble,
// and the records stay in the spool.

#include <poll.h>

#include <array>
#include <atomic>
#include <functional>
#include <mutex>

#include "catch.hpp"
#include "feed/publisher.hpp"
#include "feed/spool.hpp"
#include "feed/spool_files.hpp"
#include "tests/support/rabbitmq_server.hpp"
#include "tests/support/scratch.hpp"

namespace td::feed {
namespace {

/// Talks to everybody who connects, one after another, until it goes.
class stranger {
public:
    using act = std::function<void(int socket)>;

    explicit stranger(act talks)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), talks_(std::move(talks)) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&where), size) == 0);
        REQUIRE(::listen(listener_, 16) == 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
        port_ = ntohs(where.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    stranger(const stranger&) = delete;
    stranger& operator=(const stranger&) = delete;
    ~stranger() {
        gone_ = true;
        thread_.join();
        ::close(listener_);
    }
    std::uint16_t port() const { return port_; }
    int guests() const { return guests_; }

private:
    void serve() {
        while (!gone_) {
            pollfd door{listener_, POLLIN, 0};
            if (::poll(&door, 1, 10) == 1) {
                const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
                ++guests_;
                talks_(socket);
                wait_for_end(socket);
                ::close(socket);
            }
        }
    }
    /// Reads what comes until the guest goes.
    void wait_for_end(int socket) {
        std::array<char, 4096> block{};
        while (!gone_) {
            pollfd guest{socket, POLLIN, 0};
            if (::poll(&guest, 1, 10) == 1 && ::recv(socket, block.data(), block.size(), 0) <= 0) {
                return;
            }
        }
    }

    int listener_;
    act talks_;
    std::uint16_t port_ = 0;
    std::atomic<bool> gone_{false};
    std::atomic<int> guests_{0};
    std::thread thread_;
};

void say(int socket, const std::string& bytes) {
    static_cast<void>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

std::string big_endian(std::uint32_t number) {
    return {static_cast<char>(number >> 24U), static_cast<char>(number >> 16U), static_cast<char>(number >> 8U),
            static_cast<char>(number)};
}

/// A frame of AMQP 0-9-1 (section 2.3.5).
std::string frame(char type, const std::string& payload) {
    return std::string{type, 0, 0} + big_endian(static_cast<std::uint32_t>(payload.size())) + payload + '\xce';
}

std::string connection_start() {
    const std::string method{0, 10, 0, 10, 0, 9};
    return frame(1, method + big_endian(0) + big_endian(5) + "PLAIN" + big_endian(5) + "en_US");
}

std::string connection_tune() {
    return frame(1, std::string{0, 10, 0, 30, 0, 1} + big_endian(131072) + std::string{0, 1});
}

struct manner {
    const char* name;
    stranger::act act;
};

std::vector<manner> manners() {
    std::vector<manner> all{
        {"silence", [](int) {}},
        {"a closed door", [](int socket) { ::shutdown(socket, SHUT_RDWR); }},
        {"another protocol", [](int socket) { say(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"); }},
        {"an older AMQP", [](int socket) { say(socket, std::string("AMQP\0\0\x09\x00", 8)); }},
        {"zeros", [](int socket) { say(socket, std::string(100'000, '\0')); }},
        {"a frame of four gigabytes",
         [](int socket) {
             say(socket, std::string{1, 0, 0} + big_endian(0xffffffff));
         }},
        {"a frame of no known type", [](int socket) { say(socket, frame(77, "????")); }},
        {"a method of no known class", [](int socket) { say(socket, frame(1, std::string(12, '\x7f'))); }},
        {"half a start", [](int socket) { say(socket, connection_start().substr(0, 20)); }},
        {"a start and silence", [](int socket) { say(socket, connection_start()); }},
        {"a start, a tune and silence", [](int socket) { say(socket, connection_start() + connection_tune()); }},
        {"heartbeats for ever",
         [](int socket) {
             say(socket, connection_start() + std::string());
             for (int i = 0; i < 1000; ++i) {
                 say(socket, frame(8, ""));
             }
         }},
        {"acknowledgements before the login",
         [](int socket) {
             say(socket, frame(1, std::string{0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 1, 1}));
         }},
    };
    return all;
}

publisher_options towards(std::uint16_t port, const std::filesystem::path& spool) {
    publisher_options options;
    options.spool = spool;
    options.broker.host = "127.0.0.1";
    options.broker.port = port;
    options.broker.user = "td";
    options.password = secret("p");
    options.limits = {200ms, 200ms, 200ms, std::chrono::seconds(1), 100ms};
    options.first_pause = 5ms;
    options.longest_pause = 20ms;
    options.slow_pause = 20ms;
    options.look = 5ms;
    return options;
}

TEST_CASE("hostile: whoever stands in the broker's place is left, named and tried again; nothing is let go", "[feed]") {
    const scratch_dir dir;
    spool_options to;
    to.dir = dir.path();
    auto opened = spool::open(to, {});
    REQUIRE(opened.ok());
    (*opened)->take(call::door_record{});
    REQUIRE(comes_true([&] { return (*opened)->counts().taken == 1; }));
    for (const manner& each : manners()) {
        INFO(each.name);
        stranger other(each.act);
        std::atomic<int> raised{0};
        auto publishes = publisher::open(towards(other.port(), dir.path()), [&](const alarm& news) {
            raised += news.name == "feed" && news.state == alarm_state::raised ? 1 : 0;
        });
        REQUIRE(publishes.ok());
        CHECK(comes_true([&] { return raised > 0 && other.guests() > 2; }));
        (*publishes)->close(5s);
        CHECK_FALSE((*publishes)->thread_left());
        CHECK((*publishes)->counts().confirmed == 0);
        CHECK(confirmed_place(dir.path()) == spool_place{});
    }
}

}  // namespace
}  // namespace td::feed
