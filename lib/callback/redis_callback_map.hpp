#pragma once
// Plays the callback map with Redis. No call waits for it longer than it likes: every act is answered within
// reply_limit, and at once while Redis is away.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/alarm.hpp"
#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "ports/callback_map.hpp"
#include "redis/url.hpp"

namespace boost::asio {
class io_context;
}

namespace td::callback {

struct redis_callback_map_options {
    redis::place place;
    secret password;
    duration reply_limit = 1s;        ///< of the connection and of every reply
    duration look = 5s;               ///< how often Redis is asked whether it would take a write
    std::size_t unanswered = 10'000;  ///< acts without an answer; beyond it an act fails as full
};

struct callback_map_counters {
    std::uint64_t written = 0;
    std::uint64_t superseded = 0;
    std::uint64_t failed = 0;
};

class redis_callback_map final : public ports::callback_map {
public:
    /// Connects by itself. `loop` must outlive it; nothing is called after the destructor. `came_back` is called when
    /// Redis takes writes, for the first time or again: whoever kept what could not be written writes it now. The alarm
    /// "callback_map" says once why Redis does not do its work, and once that it does.
    redis_callback_map(boost::asio::io_context& loop, redis_callback_map_options options, ports::callback_sink sink,
                       alarm_sink alarms = {}, std::function<void()> came_back = {});
    redis_callback_map(const redis_callback_map&) = delete;
    redis_callback_map& operator=(const redis_callback_map&) = delete;
    ~redis_callback_map() override;

    void put(const call_id& call, const pool::callback_route& route) override;
    void remove(const call_id& call, const number_id& number, pool::lease_token token) override;
    [[nodiscard]] bool up() const override;
    [[nodiscard]] const callback_map_counters& counters() const;

private:
    class desk;
    std::shared_ptr<desk> desk_;  // shared: a cancelled timer's handler still runs once and asks whether it lives
};

}  // namespace td::callback
