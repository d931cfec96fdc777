#pragma once
// HTTP/1.1 with keep-alive and pipelining, and WebSockets, on one port: the floor that the simulated Asterisk, CRM and
// push server stand on. Beast reads the requests; everything of a turn leaves in one write a connection. It can also
// misbehave on purpose: a reply may be late, torn or never sent.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "sim_server/loop.hpp"

namespace td::sim_server {

/// "Not Found" for 404, and so on.
[[nodiscard]] std::string_view reason_of(unsigned status);

/// Names a connection for as long as it is open; never used twice by one server.
using socket_no = std::uint64_t;

/// A request as it came; the views live until `answer` returns.
struct http_request {
    socket_no connection = 0;
    std::string_view method;
    std::string_view path;   ///< up to the '?', still percent-encoded
    std::string_view query;  ///< after the '?', still percent-encoded
    std::string_view host;
    std::string_view authorization;
    std::string_view content_type;
    std::string_view body;
};

struct http_reply {
    enum class fate : std::uint8_t {
        sent,   ///< as it should be
        later,  ///< by http_server::reply; if that never comes the connection stays open and silent
        cut,    ///< the connection is closed without a byte
        torn,   ///< half of the body, then the connection is closed
    };
    unsigned status = 200;
    std::string body{};
    std::string_view content_type = "application/json";
    std::string headers{};  ///< further header lines, each with its CRLF
    duration delay{};       ///< the requests behind it on the same connection wait too
    fate end = fate::sent;
};

/// Who answers at a server. Everything is called on the loop; nothing may destroy the server from within.
class http_guest {
public:
    virtual ~http_guest() = default;
    virtual http_reply answer(const http_request& request) = 0;
    /// A client wants a WebSocket: nothing lets it in, a reply turns it away. No guest takes sockets unless it says so.
    virtual std::optional<http_reply> turn_away(const http_request& request);
    virtual void opened(socket_no socket, const http_request& request);
    virtual void heard(socket_no socket, std::string_view message);
    /// Told once for every connection that is gone, WebSocket or not, whoever closed it.
    virtual void closed(socket_no socket);
    /// The requests and messages that one read brought have been answered.
    virtual void turn_ended();
};

struct http_limits {
    std::size_t sessions = 100;             ///< connections; a further one is accepted and closed without a byte
    duration keep_alive = 15s;              ///< an idle connection is closed after this
    duration request_time = 30s;            ///< a request that is still not whole after this is given up
    duration write_timeout = 100ms;         ///< a WebSocket that takes no byte for this long is cut
    duration reply_timeout = 30s;           ///< the same for a plain connection
    std::size_t header_bytes = 16384;       ///< more is answered 431
    std::size_t body_bytes = 4U << 20U;     ///< more is answered 413
    std::size_t message_bytes = 1U << 20U;  ///< a longer WebSocket message closes the socket (1009)
    std::size_t unsent_bytes = 16U << 20U;  ///< a WebSocket with more than this waiting for the kernel is cut
    std::string name = "tdctl-sim";         ///< the Server header
};

struct http_counts {
    std::uint64_t accepted = 0;
    std::uint64_t turned_away = 0;  ///< over the session limit
    std::uint64_t requests = 0;
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t cut_for_slowness = 0;
};

class http_server {
public:
    /// The loop and the guest outlive the server.
    http_server(loop& on, http_guest& guest, http_limits limits);
    ~http_server();
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;

    /// Takes HOST:PORT with a numeric host, 127.0.0.1:8088 or [::1]:8088; port 0 takes a free one. Gives back the port.
    [[nodiscard]] result<std::uint16_t> listen(std::string_view address);

    /// Gives the answer that was announced by fate::later. Nothing happens when the connection is gone, or waits for
    /// none.
    void reply(socket_no connection, http_reply given);

    /// Queues one text message; nothing happens when the socket is gone.
    void send(socket_no socket, std::string_view text);
    /// Says good-bye (1000) and closes when that is written.
    void close(socket_no socket);
    /// Closes without a word, as a lost line does; what was queued is lost.
    void cut(socket_no socket);
    /// Cuts every connection that there is; new ones are welcome.
    void cut_all();
    /// From now on nothing is read from and nothing written to the socket, yet TCP stays up.
    void silence(socket_no socket);

    [[nodiscard]] std::size_t sessions() const;
    [[nodiscard]] const http_counts& counts() const;

private:
    struct inside;
    std::unique_ptr<inside> inside_;
};

}  // namespace td::sim_server
