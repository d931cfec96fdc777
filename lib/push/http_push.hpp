#pragma once
// The operator's push server over HTTP, behind the port. Every push has a connection and a deadline of its own, so one
// that hangs delays no other; a server that is down costs at most `in_flight` connections for `timeout` each.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "ports/ports.hpp"

namespace boost::asio {
class io_context;
}

namespace td::push {

struct http_push_options {
    std::string url;              ///< push.url, http:// or https://
    secret token;                 ///< push.token
    duration timeout = 1s;        ///< push.timeout, of one try
    duration patience = 10s;      ///< for how long an `ended` is tried again
    std::size_t in_flight = 512;  ///< beyond it a push fails at once with `full`: it would come too late anyway
    std::size_t retrying = 2000;  ///< `ended` pushes that wait for their next try; beyond it they fail
};

struct push_counters {
    std::uint64_t sent = 0;      ///< tries
    std::uint64_t answered = 0;  ///< pushes the server took
    std::uint64_t failed = 0;    ///< pushes given up
    std::uint64_t repeated = 0;  ///< tries after the first
    std::uint64_t late = 0;      ///< rings not sent because their deadline had passed
};

class http_push final : public ports::push_server {
public:
    /// `loop` must outlive it; the sink is called later and on the loop, never after the destructor.
    http_push(boost::asio::io_context& loop, http_push_options options, std::function<instant()> now,
              ports::fact_sink sink);
    http_push(const http_push&) = delete;
    http_push& operator=(const http_push&) = delete;
    ~http_push() override;

    /// Answered by exactly one push_answered or push_failed.
    void send(const call::push& wish) override;

    [[nodiscard]] const push_counters& counters() const;

private:
    class desk;
    std::shared_ptr<desk> desk_;  // shared: a timer's handler and a posted fact ask whether it still lives
};

}  // namespace td::push
