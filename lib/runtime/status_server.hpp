#pragma once
// The small HTTP server behind metrics.listen: /metrics for Prometheus, /healthz (the loop turns) and /readyz (calls
// would be served) for whoever balances and watches. It runs on the worker's loop, so that an answer proves that the
// loop turns.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace td::runtime {

struct status_options {
    std::string listen = "127.0.0.1:9464";  ///< metrics.listen: address:port or [address]:port; port 0 takes a free one
    std::size_t connection_limit = 32;      ///< further ones are closed at once
    std::size_t header_limit = 8192;        ///< bytes of request line and header
    duration request_limit = 5s;            ///< from the connection to the whole request, however slowly it drips
    duration reply_limit = 5s;              ///< for the reader to take the answer
};

struct status_answers {
    std::function<std::string()> metrics;                 ///< the text of /metrics
    std::function<std::vector<std::string>()> not_ready;  ///< why not, a line each; empty when ready
    std::function<std::vector<std::string>()>
        alarms;  ///< what else is wrong, a line each; calls are served all the same
};

/// One request a connection: GET or HEAD of the three paths, no body. Everything else is answered 404, 405, 413, 431 or
/// 400.
class status_server {
public:
    /// Listens. Failures: bad_input for an address that cannot be read; taken when another program has the port;
    /// not_allowed for a port that is not ours to take; unreachable for an address that this machine has not.
    static result<std::unique_ptr<status_server>> start(boost::asio::io_context& loop, const status_options& options,
                                                        status_answers answers);
    /// Stops listening and cuts the connections that live.
    ~status_server();
    status_server(const status_server&) = delete;
    status_server& operator=(const status_server&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    /// Connections that live now.
    [[nodiscard]] std::size_t connections() const;

private:
    struct insides;
    explicit status_server(std::shared_ptr<insides> in);
    std::shared_ptr<insides> in_;  ///< with the coroutines, which end after us
};

}  // namespace td::runtime
