// Strangers in the place of a broker: whatever they say or do not say, the publisher stays bounded, names the trouble,
// and the records stay in the spool.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <thread>

#include "alarm_book.hpp"
#include "catch.hpp"
#include "feed/publisher.hpp"
#include "feed/spool.hpp"
#include "feed/spool_files.hpp"
#include "numbered_record.hpp"
#include "scratch.hpp"

namespace td::feed {
namespace {

void say(int socket, const std::string& bytes) {
    static_cast<void>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

std::string big_endian(std::uint32_t number) {
    return {static_cast<char>(number >> 24U), static_cast<char>(number >> 16U), static_cast<char>(number >> 8U),
            static_cast<char>(number)};
}

/// A frame of AMQP 0-9-1 (section 2.3.5).
std::string frame(char type, const std::string& payload, char channel = 0) {
    return std::string{type, 0, channel} + big_endian(static_cast<std::uint32_t>(payload.size())) + payload + '\xce';
}

std::string connection_start() {
    const std::string method{0, 10, 0, 10, 0, 9};
    return frame(1, method + big_endian(0) + big_endian(5) + "PLAIN" + big_endian(5) + "en_US");
}

std::string connection_tune() {
    return frame(1, std::string{0, 10, 0, 30, 0, 1} + big_endian(131072) + std::string{0, 1});
}

/// To connection.open, channel.open, exchange.declare and confirm.select, in this order.
std::string open_doors() {
    return frame(1, std::string{0, 10, 0, 41, 0}) + frame(1, std::string{0, 20, 0, 11} + big_endian(0), 1) +
           frame(1, std::string{0, 40, 0, 11}, 1) + frame(1, std::string{0, 85, 0, 11}, 1);
}

/// basic.ack with multiple, and no tag: everything so far.
std::string acknowledgement_of_all() {
    return frame(1, std::string{0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1);
}

constexpr const char* last_of_a_record = "\"note\":";

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
    /// Of all guests together.
    int records() const { return records_; }
    /// From now on it acknowledges what it is sent, and what it was sent on this line before.
    void be_kind() { kind_ = true; }

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
        std::string heard;
        std::array<char, 4096> block{};
        int here = 0;
        while (!gone_) {
            pollfd guest{socket, POLLIN, 0};
            if (::poll(&guest, 1, 10) == 1) {
                const ssize_t count = ::recv(socket, block.data(), block.size(), 0);
                if (count <= 0) {
                    return;
                }
                heard.append(block.data(), static_cast<std::size_t>(count));
            }
            for (std::size_t at = heard.find(last_of_a_record); at != std::string::npos;
                 at = heard.find(last_of_a_record)) {
                heard.erase(0, at + 1);
                ++here;
                ++records_;
            }
            if (kind_ && here > 0) {
                say(socket, acknowledgement_of_all());
            }
        }
    }

    int listener_;
    act talks_;
    std::uint16_t port_ = 0;
    std::atomic<bool> gone_{false};
    std::atomic<int> guests_{0};
    std::atomic<int> records_{0};
    std::atomic<bool> kind_{false};
    std::thread thread_;
};

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

/// A broker in everything but the acknowledgements, which it gives when it is kind.
void welcome(int socket) {
    say(socket, connection_start() + connection_tune() + open_doors());
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

/// A spool with one record, and a publisher of it.
class lonely_record {
    scratch_dir dir_;

public:
    explicit lonely_record(std::uint16_t port) : options(towards(port, dir_.path() / "spool")) {
        spool_options to;
        to.dir = options.spool;
        to.gather = 1ms;
        auto opened = spool::open(to, {});
        REQUIRE(opened.ok());
        spool_ = std::move(*opened);
        take(1);
    }
    void take(std::uint64_t number) {
        spool_->take(test::numbered_record(number));
        REQUIRE(comes_true([&] { return spool_->counts().taken == number; }));
    }
    void begin(alarm_sink told) {
        auto opened = publisher::open(options, std::move(told));
        REQUIRE(opened.ok());
        publishes = std::move(*opened);
    }

    publisher_options options;
    test::alarm_book alarms;
    std::unique_ptr<publisher> publishes;

private:
    std::unique_ptr<spool> spool_;
};

TEST_CASE("hostile: a broker that takes records and acknowledges none is told of at once", "[feed]") {
    stranger other(welcome);
    lonely_record feed(other.port());
    feed.options.settled = 1ms;
    feed.options.confirm_limit = 50ms;
    feed.options.first_pause = feed.options.longest_pause = std::chrono::hours(1);
    feed.begin(feed.alarms.sink());
    REQUIRE(comes_true([&] { return feed.alarms.has("feed+"); }));
    CHECK(feed.alarms.last().find("acknowledges none") != std::string::npos);
    CHECK(other.guests() == 1);
    feed.publishes->close(5s);
}

TEST_CASE("hostile: ... and is no good one because its line lives; an acknowledgement ends the alarm", "[feed]") {
    stranger other(welcome);
    lonely_record feed(other.port());
    feed.options.settled = 1ms;
    feed.options.confirm_limit = 50ms;
    feed.begin(feed.alarms.sink());
    REQUIRE(comes_true([&] { return feed.alarms.has("feed+"); }));
    const int before = other.guests();
    REQUIRE(comes_true([&] { return other.guests() > before + 2; }));
    CHECK(feed.alarms.words() == "feed+ ");
    CHECK(feed.publishes->counts().confirmed == 0);
    other.be_kind();
    REQUIRE(comes_true([&] { return feed.alarms.has("feed-"); }));
    CHECK(feed.alarms.words() == "feed+ feed- ");
    CHECK(feed.publishes->counts().confirmed == 1);
    feed.publishes->close(5s);
}

TEST_CASE("publisher: a confirmed place that the disk refused is not tried again before its time", "[feed]") {
    stranger other(welcome);
    other.be_kind();
    lonely_record feed(other.port());
    feed.options.keep = std::chrono::hours(1);
    const auto in_the_way = feed.options.spool / "confirmed.part";
    std::filesystem::create_directory(in_the_way);
    feed.begin(feed.alarms.sink());
    REQUIRE(comes_true([&] { return feed.alarms.has("feed_spool+"); }));
    std::filesystem::remove(in_the_way);
    feed.take(2);  // nothing is in flight when it is read, which is where the place was kept at once
    REQUIRE(comes_true([&] { return feed.publishes->counts().confirmed == 2; }));
    CHECK(confirmed_place(feed.options.spool) == spool_place{});
    feed.publishes->close(5s);
    CHECK(confirmed_place(feed.options.spool) > spool_place{});
    CHECK(feed.alarms.has("feed_spool-"));
}

TEST_CASE("publisher: what its alarms go to is let go with it, though its thread hangs in a login", "[feed]") {
    const auto owner = std::make_shared<int>(0);
    stranger other([](int) {});
    lonely_record feed(other.port());
    feed.options.limits.log_in = 20s;
    feed.begin([owner](const alarm&) { ++*owner; });
    REQUIRE(comes_true([&] { return other.guests() == 1; }));
    SECTION("without a close") {
        feed.publishes.reset();
    }
    SECTION("after a close that did not wait for it") {
        feed.publishes->close(1ms);
        CHECK(feed.publishes->thread_left());
    }
    CHECK(owner.use_count() == 1);
    CHECK(*owner == 0);
}

}  // namespace
}  // namespace td::feed
