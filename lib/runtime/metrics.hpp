#pragma once
// What Prometheus can ask of a worker. Every metric has one row in one table (metrics.cpp) with its name and its help;
// the man page is tested against that table. Names follow https://prometheus.io/docs/practices/naming/: base units,
// _total on counters.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "call/words.hpp"

namespace td::runtime {

/// Only grow.
enum class counter : std::uint8_t {
    ari_events,
    ari_gaps,
    ari_resyncs,
    ari_requests,
    ari_request_failures,
    ari_offered,
    ari_claimed,
    calls_turned_away,
    crm_failures,
    crm_stale_answers,
    push_failures,
    push_rejections,
    journal_lines,
    journal_dropped_lines,
    feed_records,
    feed_refused_records,
    feed_doubles,
    log_overruns,
    pool_lent,
    pool_lent_from_notes,
    pool_refused,
    pool_failures,
    callback_map_failures,
    pool_late_answers,
    pool_taken,
    pool_struck,
    feed_published,
    feed_confirmed,
    feed_returned,
    feed_nacked,
    feed_reconnects,
    feed_damaged,
};
/// Go up and down.
enum class gauge : std::uint8_t {
    calls_active,
    legs_active,
    ari_connected,
    draining,
    journal_lag_seconds,
    journal_waiting_bytes,
    journal_failing,
    spool_bytes,
    spool_age_seconds,
    sos_ari_connected,
    pool_up,
    pool_backlog,
    pool_backlog_age_seconds,
    pool_ready_numbers,
    pool_hung_threads,
    feed_connected,
    feed_blocked,
    feed_in_flight,
    feed_unconfirmed_age_seconds,
};
/// How long something took.
enum class timing : std::uint8_t { start_to_last_dial, answer_to_bridge, crm, push, sos_start_to_invite, pool };
enum class call_kind : std::uint8_t { door, sos, callback };
[[nodiscard]] std::string_view name_of(call_kind kind);

struct metric_word {
    std::string_view name;
    std::string_view help;
    std::string_view type;    ///< counter, gauge or histogram
    std::string_view labels;  ///< comma-separated
};
/// All of them, in the order in which the man page lists them.
[[nodiscard]] std::span<const metric_word> metric_words();

struct build_words {
    std::string version;
    std::string compiler;
    std::string node;
};

/// Counting is from any thread, `before_scrape` and `scrape` from one. The loop waits at most while a scrape copies one
/// histogram of 14 numbers.
class metrics {
public:
    explicit metrics(const build_words& build);
    ~metrics();
    metrics(const metrics&) = delete;
    metrics& operator=(const metrics&) = delete;

    void count(counter which, std::uint64_t more = 1);
    /// For a counter that somebody else keeps: its total so far. A smaller total than before changes nothing.
    void reach(counter which, std::uint64_t total);
    void show(gauge which, double value);
    /// How many numbers of a city (its FIAS code) are in a state.
    void show_numbers(std::string_view city, std::string_view state, std::size_t count);
    /// One sample for each section that has a Redis: panels, callback_map.
    void show_redis(std::string_view section, bool up);
    void took(timing which, duration length);
    void call_began(call_kind kind);
    void call_ended(call_kind kind, call::outcome how);
    /// An emergency call had to do without this.
    void call_lacked(call::lack what);

    /// `fill` is called before every scrape, to show what nobody reports (queues, journal, spool).
    void before_scrape(std::function<void(metrics&)> fill);
    /// The text exposition format, version 0.0.4.
    [[nodiscard]] std::string scrape();

private:
    void look_at_process();
    struct insides;
    std::unique_ptr<insides> in_;
};

}  // namespace td::runtime
