#pragma once
// HTTP/1.1 requests to one server, on the worker's loop: nothing here waits, and every request ends by its own
// deadline.
//
// One client per server: the connections and the queue are the client's own, so a push server that hangs takes nothing
// from the CRM.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace td::http {

enum class method : std::uint8_t { get, post, put, remove };

struct request {
    method how = method::get;
    std::string url;      ///< absolute, http:// or https://; names inside are already encoded (path_segment)
    std::string body;     ///< JSON; empty for none
    duration limit = 1s;  ///< from `send` to the completion, the wait for a free connection included
};

struct response {
    int status = 0;
    std::string body;
};

/// What came of a request. The failure's text is one short word, safe to log and to count by:
///   timeout      the deadline came first, wherever the request was by then
///   dns, refused, unreachable, tls     no connection
///   reset        the connection was lost before the whole body was there
///   too_large    the body was longer than the limit; it was not read further
///   broken_http  what came back is not HTTP/1.x
///   full         the queue was full, nothing was sent
///   bad_url      the URL cannot be asked
///   curl_<n>     anything else, with libcurl's number (libcurl-errors(3))
/// A status of 4xx or 5xx is a response, and so is a redirect: none is followed.
struct reply {
    result<response> outcome;
    duration took{};  ///< from `send`
};

using completion = std::function<void(reply)>;

enum class tls_check : std::uint8_t {
    full,  ///< the certificate must be valid for the name in the URL
    none,  ///< for a laboratory
};

struct client_options {
    secret bearer;                       ///< sent as `Authorization: Bearer …`; empty: no such header
    std::size_t in_flight = 64;          ///< requests, and so connections, at the same time
    std::size_t waiting = 1000;          ///< requests that wait for one of them; beyond it `send` fails with `full`
    std::size_t body_bytes = 1U << 20U;  ///< the longest body that is read
    std::chrono::seconds idle{10};       ///< how long an unused connection is kept; Asterisk closes after 15 s
    tls_check tls = tls_check::full;
    std::string ca_file;  ///< PEM; empty: the system's own
};

class client {
public:
    /// Throws std::invalid_argument when the bearer token holds a character that cannot stand in a header, and
    /// std::runtime_error when libcurl cannot start. `loop` must outlive the client.
    client(boost::asio::io_context& loop, client_options options);
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    /// Drops what is in flight; no completion is called any more.
    ~client();

    /// `then` is called exactly once, later and on the loop, never inside `send`.
    void send(request wish, completion then);

    /// Requests under way, and requests that wait for a connection.
    [[nodiscard]] std::size_t in_flight() const;
    [[nodiscard]] std::size_t waiting() const;

private:
    class engine;
    std::shared_ptr<engine> engine_;  // shared: a cancelled Asio handler still runs once and asks whether it lives
};

}  // namespace td::http
