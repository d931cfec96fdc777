#pragma once
// The publisher's thread: from the spool into the window, from the window to the broker, from the broker's words back
// to the spool.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/alarm.hpp"
#include "base/inbox.hpp"
#include "base/random.hpp"
#include "feed/broker_line.hpp"
#include "feed/publish_window.hpp"
#include "feed/publisher.hpp"
#include "feed/spool_reader.hpp"

namespace td::feed {

/// What both threads see.
struct delivery_desk {
    bell doorbell;
    std::atomic<std::chrono::steady_clock::time_point> stop_by{};  ///< written before `stopping`
    std::atomic<bool> stopping{false};
    std::atomic<std::uint64_t> published{0};
    std::atomic<std::uint64_t> confirmed{0};
    std::atomic<std::uint64_t> returned{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> reconnects{0};
    std::atomic<std::uint64_t> damaged{0};
    std::atomic<bool> connected{false};
    std::atomic<bool> blocked{false};
    std::atomic<std::size_t> in_flight{0};
    std::atomic<std::int64_t> oldest{0};  ///< microseconds of the steady clock; 0: nothing waits
};

class delivery {
public:
    delivery(publisher_options options, alarm_sink alarms, std::unique_ptr<spool_reader> reader, delivery_desk& desk);
    void run();

private:
    using steady = std::chrono::steady_clock;
    /// An alarm that is told again only when its reason changes.
    struct trouble {
        const char* name;
        std::string reason{};
    };

    [[nodiscard]] bool over();
    void refill();
    void take_damages(const spool_batch& batch);
    void reach_broker();
    void serve();
    [[nodiscard]] result<done> publish_waiting();
    [[nodiscard]] result<done> listen();
    [[nodiscard]] duration patience() const;
    void take(const broker_news& news);
    void take(const broker_took& news);
    void take(const broker_refused& news);
    void take(const broker_returned& news);
    void take(const broker_blocked& news);
    void take(const broker_unblocked& news);
    void try_refused();
    void keep_place();
    void lose_line(const failure& why);
    void drop_line();
    void do_without(const failure& why);
    void settle_line();
    void line_is_good();
    void pause(failure_kind why);
    void show() const;
    void raise(trouble& about, const std::string& reason, const std::string& text);
    void clear(trouble& about, const std::string& text);
    [[nodiscard]] std::string broker_name() const;

    publisher_options options_;
    alarm_sink alarms_;
    std::unique_ptr<spool_reader> reader_;
    delivery_desk& desk_;
    publish_window window_;
    random_source random_;
    std::unique_ptr<broker_line> line_;
    bool had_line_ = false;
    bool proven_ = false;  ///< the line has had an acknowledgement
    bool blocked_ = false;
    bool keep_failed_ = false;  ///< the confirmed place could not be written when that was tried last
    bool read_all_ = false;     ///< the spool had nothing more when it was asked last
    bool last_round_ = false;   ///< stopping was seen
    duration next_pause_{0};    ///< before the next attempt but one
    spool_place kept_;
    steady::time_point line_since_{};
    steady::time_point progress_{};  ///< when the broker last acknowledged anything, or had nothing to
    steady::time_point next_attempt_{};
    steady::time_point next_look_{};
    steady::time_point next_trial_{};
    steady::time_point next_keep_{};
    trouble away_{"feed"};
    trouble short_{"feed_blocked"};
    trouble unroutable_{"feed_unroutable"};
    trouble refusing_{"feed_refused"};
    trouble damage_{"feed_damaged"};
    trouble disk_{"feed_spool"};
};

}  // namespace td::feed
