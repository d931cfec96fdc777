#pragma once
// The scripts of the callback map on a connection to Redis: each is sent by its SHA-1 once Redis has it, and as a whole
// before that and when Redis has forgotten it (SCRIPT FLUSH, a restart).

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/alarm.hpp"
#include "callback/routes.hpp"
#include "redis/health.hpp"
#include "redis/link.hpp"

namespace td::callback {

class route_line {
public:
    /// Each may be empty.
    struct listener {
        std::function<void()> connected;
        std::function<void()> writable;  ///< it takes writes, for the first time or again
        std::function<void(const failure&)> lost;
    };

    /// `loop` must outlive it; nothing is called inside the constructor or after the destructor. The alarm
    /// "callback_map" says once why Redis does not do its work, and once that it does.
    route_line(boost::asio::io_context& loop, redis::link_options options, alarm_sink alarms, listener told);
    route_line(const route_line&) = delete;
    route_line& operator=(const route_line&) = delete;

    /// `then` is called exactly once, later; or never when this says no: there is no connection, or it is full.
    bool run(script which, const script_words& words, redis::answer then);
    bool send(const redis::command& words, redis::answer then) { return link_.send(words, std::move(then)); }
    /// A question that tells whether Redis would take a write.
    void ask_whether_it_writes();

    /// Connected, and the last word about writing was a good one.
    [[nodiscard]] bool up() const { return link_.up() && health_.good(); }
    [[nodiscard]] bool connected() const { return link_.up(); }
    [[nodiscard]] const redis::link& link() const { return link_; }

private:
    void load();
    void heard_of(script which, const result<redis::reply>& said);

    std::array<std::string, scripts> shas_;  ///< empty: Redis is not known to have it
    redis::health health_;
    listener told_;
    redis::link link_;
};

}  // namespace td::callback
