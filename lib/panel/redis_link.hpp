#pragma once
// One connection to Redis that comes back by itself, on the worker's loop. hiredis 0.14's asynchronous interface has no
// time in it at all, so the deadlines are here: of the name, of the connection, and of every reply.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "panel/redis_url.hpp"

namespace boost::asio {
class io_context;
}

namespace td::panel {

struct redis_link_options {
    redis_place place;
    secret password;               ///< AUTH; empty: none is sent
    duration reply_limit = 2s;     ///< of the connection and of every reply; beyond it the connection is given up
    duration first_pause = 100ms;  ///< before the first new try; each further one doubles it
    duration longest_pause = 5s;
    std::size_t unanswered = 20'000;  ///< commands without a reply; beyond it commands are refused
};

struct redis_link_counters {
    std::uint64_t connects = 0;  ///< connections that were ready for commands
    std::uint64_t losses = 0;    ///< connections that were made, or tried, and lost
    std::uint64_t commands = 0;
    std::uint64_t refused = 0;  ///< commands not taken: no connection, or too many unanswered
    std::uint64_t errors = 0;   ///< replies that are Redis errors
};

class redis_link {
public:
    /// `ready` is called on the loop whenever a new connection has passed AUTH and SELECT. `loop` must outlive the
    /// link; nothing is called inside the constructor or after the destructor.
    redis_link(boost::asio::io_context& loop, redis_link_options options, std::function<void()> ready);
    redis_link(const redis_link&) = delete;
    redis_link& operator=(const redis_link&) = delete;
    ~redis_link();

    /// False, and nothing sent, without a connection that is ready, or with too many commands unanswered. The reply is
    /// not wanted, only that there is one in time.
    bool send(const std::vector<std::string>& command);

    /// Subscribes to the channel; every message on it goes to `take`. Once more on the same connection it is the way to
    /// ask whether Redis still lives, as hiredis 0.14 knows no PING there. False as with `send`.
    bool subscribe(const std::string& channel, std::function<void(std::string)> take);

    [[nodiscard]] bool up() const;
    [[nodiscard]] const redis_link_counters& counters() const;

private:
    class line;
    std::shared_ptr<line> line_;  // shared: a cancelled Asio handler still runs once and asks whether it lives
};

}  // namespace td::panel
