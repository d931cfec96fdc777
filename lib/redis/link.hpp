#pragma once
// One connection to Redis that comes back by itself, on its owner's loop. hiredis 0.14's asynchronous interface has no
// time in it at all, so the deadlines are here: of the name, of the connection, and of every reply.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "base/result.hpp"
#include "redis/url.hpp"

namespace boost::asio {
class io_context;
}

namespace td::redis {

/// The words of one command.
using command = std::vector<std::string>;

struct link_options {
    place where;
    secret password;                  ///< AUTH; empty: none is sent, unless the place names a user
    duration reply_limit = 2s;        ///< of the connection and of every reply; beyond it the connection is given up
    duration first_pause = 100ms;     ///< before the first new try; each further one doubles it
    duration longest_pause = 5s;      ///< a connection that was lost sooner than this counts as one more failed try
    std::size_t unanswered = 20'000;  ///< commands without a reply; beyond it commands are refused
};

struct link_counters {
    std::uint64_t connects = 0;  ///< connections that were ready for commands
    std::uint64_t losses = 0;    ///< connections that were made, or tried, and lost
    std::uint64_t commands = 0;
    std::uint64_t refused = 0;  ///< commands not taken: no connection, or too many unanswered
    std::uint64_t errors = 0;   ///< replies that are Redis errors
};

/// What Redis said: a text, a number, a list, or nothing (a key that is not there).
struct reply {
    enum class form : std::uint8_t { nothing, text, number, list };
    form what = form::nothing;
    std::string text;
    std::int64_t number = 0;
    std::vector<reply> list;
};
/// Failures: refused (Redis answered an error, and the text begins with its words), unreachable (no reply in time, or
/// the connection was lost; whether the command was carried out is not known).
using answer = std::function<void(const result<reply>&)>;

class link {
public:
    /// The kinds of `lost`: not_allowed (user or password), refused (the database), unreachable.
    struct listener {
        std::function<void()> ready;               ///< a new connection has passed AUTH and SELECT
        std::function<void(const failure&)> lost;  ///< a connection, or a try, is over; may be empty
    };

    /// Everything is called on the loop and later. `loop` must outlive the link; nothing is called inside the
    /// constructor or after the destructor, no answer either.
    link(boost::asio::io_context& loop, link_options options, listener told);
    link(const link&) = delete;
    link& operator=(const link&) = delete;
    ~link();

    /// False, and nothing sent, without a connection that is ready, or with too many commands unanswered. Else `then`,
    /// unless it is empty, is called exactly once, within reply_limit as a rule.
    bool send(const command& words, answer then = {});

    /// Subscribes to the channel; every message on it goes to `take`. Once more on the same connection it is the way to
    /// ask whether Redis still lives, as hiredis 0.14 knows no PING there. False as with `send`.
    bool subscribe(const std::string& channel, std::function<void(std::string)> take);

    [[nodiscard]] bool up() const;
    [[nodiscard]] const link_counters& counters() const;
    /// redis://host:port/db, for messages.
    [[nodiscard]] std::string place_text() const;

private:
    class line;
    std::shared_ptr<line> line_;  // shared: a cancelled Asio handler still runs once and asks whether it lives
};

}  // namespace td::redis
