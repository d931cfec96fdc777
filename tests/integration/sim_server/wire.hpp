#pragma once
// A client of one TCP connection for tests: it writes bytes and waits until the server's bytes hold what is expected,
// while the server's loop runs in the same thread.

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "sim_server/loop.hpp"

namespace td::sim_server_test {

class wire {
public:
    wire(sim_server::loop& on, std::uint16_t port) : on_(on), socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // The kernel accepts for the server, whose loop does not run just now.
        REQUIRE(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        fcntl(socket_, F_SETFL, O_NONBLOCK);
    }
    ~wire() { close(socket_); }
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;

    void write(std::string_view bytes) {
        REQUIRE(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }

    /// Waits until what came and was not taken yet holds `text`, and takes everything up to its end. Empty when it does
    /// not come in a minute.
    std::string until(std::string_view text) {
        wait([&] { return bytes_.find(text) != std::string::npos; });
        const std::size_t place = bytes_.find(text);
        if (place == std::string::npos) {
            UNSCOPED_INFO("instead came: " << bytes_);
            return {};
        }
        std::string taken = bytes_.substr(0, place + text.size());
        bytes_.erase(0, place + text.size());
        return taken;
    }

    /// True when the server closes within the time.
    bool is_closed(duration limit = 60s) {
        wait([&] { return closed_; }, limit);
        return closed_;
    }
    [[nodiscard]] const std::string& rest() const { return bytes_; }

    /// Lets the loop run, without reading, until `enough` says yes.
    template <class Enough>
    bool without_reading(Enough enough, duration limit) {
        return on_.run_until([&] { return turn(), enough(); }, limit);
    }

private:
    template <class Enough>
    void wait(Enough enough, duration limit = 60s) {
        on_.run_until([&] { return read(), turn(), enough(); }, limit);
    }
    /// The loop sleeps when nothing comes to the server; a look every 2 ms at what came to us wakes it.
    void turn() {
        if (on_.now() >= next_turn_) {
            next_turn_ = on_.now() + 2ms;
            on_.at(next_turn_, [] {});
        }
    }
    void read() {
        std::array<char, 65536> chunk{};
        for (;;) {
            const ssize_t size = recv(socket_, chunk.data(), chunk.size(), 0);
            if (size > 0) {
                bytes_.append(chunk.data(), static_cast<std::size_t>(size));
                continue;
            }
            closed_ = closed_ || size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
            return;
        }
    }

    sim_server::loop& on_;
    int socket_;
    std::string bytes_;
    bool closed_ = false;
    instant next_turn_{};
};

/// "GET /x" with the credentials of the simulated Asterisk.
inline std::string request(std::string_view first_words, std::string_view body = {}) {
    std::string text(first_words);
    text.append(" HTTP/1.1\r\nHost: h\r\nAuthorization: Basic dGRjdGw6dGRjdGw=\r\n");
    if (!body.empty()) {
        text.append("Content-Type: application/json\r\nContent-Length: ")
            .append(std::to_string(body.size()))
            .append("\r\n");
    }
    return text.append("\r\n").append(body);
}

inline std::string upgrade(std::string_view target) {
    return std::string("GET ").append(target).append(
        " HTTP/1.1\r\nHost: h\r\nAuthorization: Basic dGRjdGw6dGRjdGw=\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

/// A client's text frame; the mask is zero, which RFC 6455 does not forbid.
inline std::string frame(std::string_view text) {
    std::string bytes("\x81");
    if (text.size() < 126) {
        bytes.push_back(static_cast<char>(0x80U | text.size()));
    } else {
        bytes.push_back(static_cast<char>(0xfeU));
        bytes.push_back(static_cast<char>(text.size() >> 8U));
        bytes.push_back(static_cast<char>(text.size() & 0xffU));
    }
    return bytes.append(4, '\0').append(text);
}

}  // namespace td::sim_server_test
