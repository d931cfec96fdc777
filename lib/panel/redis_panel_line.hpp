#pragma once
// Which panel is in a call, told to everybody through Redis, and the phones that register, told to us by Kamailio
// through the same Redis. No call ever waits for it: a Redis that is down or hangs costs only what others could have
// seen.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/alarm.hpp"
#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "panel/line_book.hpp"
#include "ports/ports.hpp"
#include "redis/link.hpp"

namespace td::panel {

struct redis_panel_line_options {
    redis::place place;
    secret password;                    ///< AUTH; empty: none is sent
    duration refresh = call_refreshed;  ///< how often every line is kept, and the listener asked whether it lives
    std::size_t removals = 5000;        ///< ended calls that Redis is told of when it is back
    duration reply_limit = 2s;          ///< of the connection and of every reply
};

struct panel_line_counters {
    std::uint64_t registered = 0;  ///< accounts that Kamailio published
    std::uint64_t unusable = 0;    ///< messages that are no account: empty, over 128 bytes, with control characters
    std::uint64_t untold = 0;      ///< takings and releases that Redis was not told of at once
};

class redis_panel_line final : public ports::panel_line {
public:
    /// Connects by itself. `loop` must outlive it; the sink is fed account_registered later and on the loop, never
    /// after the destructor. The alarm "panels_redis" says once why Redis does not do its work, and once that it does.
    redis_panel_line(boost::asio::io_context& loop, redis_panel_line_options options, ports::fact_sink sink,
                     alarm_sink alarms = {});
    redis_panel_line(const redis_panel_line&) = delete;
    redis_panel_line& operator=(const redis_panel_line&) = delete;
    ~redis_panel_line() override;

    void taken(const call::panel_taken& news) override;
    void freed(const call::panel_freed& news) override;

    [[nodiscard]] const panel_line_counters& counters() const;
    /// Redis takes what it is told, and tells us of phones.
    [[nodiscard]] bool up() const;
    /// Of the connection that tells, and of the one that listens.
    [[nodiscard]] const redis::link& teller() const;
    [[nodiscard]] const redis::link& listener() const;

private:
    class desk;
    std::shared_ptr<desk> desk_;  // shared: a cancelled timer's handler still runs once and asks whether it lives
};

}  // namespace td::panel
