#pragma once
// Carries the records of a spool to RabbitMQ, on a thread of its own: in order, persistent, mandatory, with publisher
// confirms. What the broker acknowledged is confirmed in the spool; everything else stays there.
//
// A record that was in flight when the line or the process was lost is published again: it can arrive twice, with the
// same message_id. A record that the broker refuses, or has no queue for, holds the others back and raises an alarm;
// it is tried again until the broker takes it. A broker that is away is tried again for ever.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/alarm.hpp"
#include "base/instant.hpp"
#include "base/patient_thread.hpp"
#include "base/redacted.hpp"
#include "base/result.hpp"
#include "feed/broker_line.hpp"
#include "feed/publish_window.hpp"

namespace td::feed {

struct publisher_options {
    std::filesystem::path spool;
    broker_place broker;
    secret password;
    broker_limits limits;
    publish_limits window;
    duration first_pause = 250ms;  ///< before the second attempt to reach the broker; doubled for each further one ...
    duration longest_pause = 30s;  ///< ... up to this; of each pause a random part, from a half to the whole
    duration slow_pause = 30s;     ///< where somebody has to do something first: password, vhost, exchange
    duration settled = 5s;         ///< a line that lived so long and owes nothing, or confirmed a record, is a good one
    duration confirm_limit = 30s;  ///< a broker that acknowledges nothing is left after this, and told of
    duration trial_pause = 5s;     ///< how often a refused record is tried again
    duration look = 200ms;         ///< how often the spool is asked for new records
    duration keep = 200ms;         ///< how often the confirmed place is written; at once when nothing is in flight
};

struct publisher_counts {
    std::uint64_t published = 0;   ///< sent, again ones too
    std::uint64_t confirmed = 0;   ///< acknowledged by the broker
    std::uint64_t returned = 0;    ///< no queue wanted them
    std::uint64_t refused = 0;     ///< nacks
    std::uint64_t reconnects = 0;  ///< lines after the first
    std::uint64_t damaged = 0;     ///< lines and segments of the spool that were kept aside
    bool connected = false;
    bool blocked = false;  ///< the broker takes nothing: its disk or memory is short
    std::size_t in_flight = 0;
    duration waits{0};  ///< since the oldest unconfirmed record was read from the spool; 0 when there is none
};

class publisher {
public:
    /// Starts the thread. Its alarms, called there: "feed" (no line to the broker, and why), "feed_blocked",
    /// "feed_unroutable", "feed_refused", "feed_damaged" (stands until the end), "feed_spool" (the spool cannot be
    /// read, or what was confirmed cannot be remembered). Failure not_found when there is no spool.
    static result<std::unique_ptr<publisher>> open(publisher_options options, alarm_sink alarms);
    /// Without a `close` it waits for nothing, and tells nothing.
    ~publisher();
    publisher(const publisher&) = delete;
    publisher& operator=(const publisher&) = delete;

    /// From any thread.
    [[nodiscard]] publisher_counts counts() const;

    /// With a line, publishes what the spool still has and waits for the confirms, `limit` in all; without one it stops
    /// at once. What is not confirmed stays in the spool.
    void close(std::chrono::milliseconds limit);
    /// After `close`: the thread hangs, in a name server or a disk. It calls the alarms no more.
    [[nodiscard]] bool thread_left() const { return left_; }

private:
    struct shared;
    explicit publisher(std::shared_ptr<shared> state);

    std::shared_ptr<shared> state_;  ///< with the thread, which may outlive us
    bool closed_ = false;
    bool left_ = false;
    patient_thread thread_;
};

}  // namespace td::feed
