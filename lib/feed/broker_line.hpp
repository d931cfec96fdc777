#pragma once
// One connection to RabbitMQ (AMQP 0-9-1, by librabbitmq) with one channel in confirm mode. Blocking, each act within
// its limit: for the publisher's thread. A line that failed once is of no more use.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "base/result.hpp"
#include "feed/publish_window.hpp"

namespace td::feed {

struct broker_place {
    std::string host;
    std::uint16_t port = 5672;
    std::string user;
    std::string vhost = "/";
    std::string exchange = "td.calls";
};

/// The vhost that the path of an amqp:// URL names: percent-decoded; "/" for no path and for an empty one. Nothing when
/// the percent signs are wrong or the name is longer than AMQP allows (255 bytes).
[[nodiscard]] std::optional<std::string> vhost_of_path(std::string_view path);
/// The same for the user: a name of AMQP as it stands in a URL.
[[nodiscard]] std::optional<std::string> amqp_name(std::string_view text);

struct broker_limits {
    duration connect = 5s;
    duration log_in = 10s;               ///< from the first byte to the open connection
    duration answer = 5s;                ///< to one request
    std::chrono::seconds heartbeat{10};  ///< a broker that is silent for twice as long is gone
    duration farewell = 500ms;
};

/// What the broker says of itself.
struct broker_took {
    std::uint64_t tag = 0;
    confirm_reach reach = confirm_reach::one;
};
struct broker_refused {
    std::uint64_t tag = 0;
    confirm_reach reach = confirm_reach::one;
};
struct broker_returned {
    std::string message_id;
    std::string key;
    std::string why;  ///< NO_ROUTE
};
/// It has too little memory or disk, and takes nothing until `broker_unblocked`.
struct broker_blocked {
    std::string why;
};
struct broker_unblocked {};
using broker_news = std::variant<broker_took, broker_refused, broker_returned, broker_blocked, broker_unblocked>;

class broker_line {
public:
    /// Connects, logs in, declares the durable topic exchange and asks for confirms. A user without the right to
    /// configure the exchange gets by where it exists already. Failures: unreachable (try again soon); not_allowed,
    /// not_found, refused: somebody has to do something first (password, vhost, an exchange of another type).
    [[nodiscard]] static result<std::unique_ptr<broker_line>> open(const broker_place& place, const secret& password,
                                                                   const broker_limits& limits);
    ~broker_line();
    broker_line(const broker_line&) = delete;
    broker_line& operator=(const broker_line&) = delete;

    /// Persistent, mandatory, as JSON. May wait for the broker to read, until it is taken for dead.
    [[nodiscard]] result<done> publish(const spooled& message);
    /// Waits for the next news at most so long; sends and watches the heartbeats. A failure is the end of the line.
    [[nodiscard]] result<std::optional<broker_news>> hear(duration at_most);
    /// Says goodbye, within limits.farewell.
    void close();

private:
    struct insides;
    explicit broker_line(std::unique_ptr<insides> in);
    std::unique_ptr<insides> in_;
};

}  // namespace td::feed
