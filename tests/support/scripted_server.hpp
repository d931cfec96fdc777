#pragma once
// An HTTP server that misbehaves by script, on a loopback port of its own. A thread per connection with blocking
// sockets: nothing of the code under test is used, and a connection that hangs holds up nobody else.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/inbox.hpp"

namespace td::test {

struct seen_request {
    std::string line;     ///< "GET /panels/5001 HTTP/1.1"
    std::string headers;  ///< as sent, with their line ends
    std::string body;
    int connection = 0;  ///< which connection of the server, from 1
};

/// What a script can do with the connection of one request.
class exchange {
public:
    exchange(int socket, seen_request came, const std::atomic<bool>& stopping)
        : request(std::move(came)), socket_(socket), stopping_(stopping) {}

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) {
                kept = false;
                return;
            }
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    void reply(int status, const std::string& body) {
        send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body);
    }
    /// Says nothing more until the client goes away or the server stops.
    void hang() {
        while (!stopping_) {
            pollfd client{socket_, POLLIN, 0};
            char byte = 0;
            if (::poll(&client, 1, 20) > 0 && ::recv(socket_, &byte, 1, MSG_PEEK) <= 0) {
                break;
            }
        }
        kept = false;
    }
    /// RST instead of FIN.
    void reset() {
        const linger at_once{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        kept = false;
    }
    void close() { kept = false; }

    seen_request request;
    bool kept = true;  ///< the connection is kept for another request

private:
    int socket_;
    const std::atomic<bool>& stopping_;
};

class scripted_server {
public:
    using script = std::function<void(exchange&)>;

    /// Port 0 chooses a free one.
    explicit scripted_server(script act, std::uint16_t port = 0) : act_(std::move(act)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int yes = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.sin_port = htons(port);
        socklen_t size = sizeof where;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0 || ::listen(listener_, 512) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size) != 0) {
            throw std::runtime_error("scripted_server: no port on the loopback");
        }
        port_ = ntohs(where.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;
    ~scripted_server() {
        stopping_ = true;
        acceptor_.join();
        ::close(listener_);
        for (std::thread& each : served_) {
            each.join();
        }
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    /// Everything that was asked so far. For the test's own thread only.
    [[nodiscard]] const std::vector<seen_request>& seen() {
        for (seen_request& each : arrived_.take_all()) {
            arrived_.settle(1);
            seen_.push_back(std::move(each));
        }
        return seen_;
    }

private:
    static bool readable(int socket) {
        pollfd waited{socket, POLLIN, 0};
        return ::poll(&waited, 1, 20) > 0;
    }

    void accept_all() {
        int connection = 0;
        while (!stopping_) {
            if (!readable(listener_)) {
                continue;
            }
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket >= 0) {
                served_.emplace_back([this, socket, number = ++connection] { serve(socket, number); });
            }
        }
    }

    void serve(int socket, int connection) {
        std::string bytes;
        bool kept = true;
        while (kept && !stopping_) {
            const std::size_t head = bytes.find("\r\n\r\n");
            if (head == std::string::npos || bytes.size() < head + 4 + length_of(bytes.substr(0, head))) {
                char block[4096];
                if (!readable(socket)) {
                    continue;
                }
                const ssize_t count = ::recv(socket, block, sizeof block, 0);
                if (count <= 0) {
                    break;
                }
                bytes.append(block, static_cast<std::size_t>(count));
                if (bytes.front() == '\x16') {
                    break;  // a TLS handshake (RFC 8446, section 5.1), which is not spoken here
                }
                continue;
            }
            seen_request request;
            const std::size_t length = length_of(bytes.substr(0, head));
            request.line = bytes.substr(0, bytes.find("\r\n"));
            request.headers = bytes.substr(request.line.size() + 2, head - request.line.size());
            request.body = bytes.substr(head + 4, length);
            request.connection = connection;
            bytes.erase(0, head + 4 + length);
            if (!arrived_.put(request, 1)) {
                break;  // more than any test asks for
            }
            exchange now(socket, std::move(request), stopping_);
            act_(now);
            kept = now.kept;
        }
        ::close(socket);
    }

    static std::size_t length_of(const std::string& head) {
        const std::size_t at = head.find("Content-Length: ");
        return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    }

    script act_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    inbox<seen_request> arrived_{100'000};
    std::vector<seen_request> seen_;
    std::list<std::thread> served_;
    std::thread acceptor_;
};

}  // namespace td::test
