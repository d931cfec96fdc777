#pragma once
// The log: one fact one line on stderr, `time level call=… event="…" key=value …`, as text or as JSON.
//
// It never makes the loop wait: lines go through a bounded list to a thread of its own (a library with a locked queue
// would let the loop wait for a stalled pipe's reader). When the list is full, lines are counted and dropped, and a
// line says so once there is room again. A crash loses what was said in the last few milliseconds.

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/patient_thread.hpp"

namespace td::runtime {

enum class log_level : std::uint8_t { debug, info, warning, error };
enum class log_format : std::uint8_t { text, json };
[[nodiscard]] std::string_view name_of(log_level level);

/// key=value. An account is a phone number in most systems, so that it is shown redacted; any other phone number or
/// token must be given as `td::redacted(…)`.
struct log_field {
    log_field(std::string_view name, std::string_view text) : key(name), value(text) {}
    log_field(std::string_view name, const char* text) : key(name), value(text) {}
    log_field(std::string_view name, const std::string& text) : key(name), value(text) {}
    log_field(std::string_view name, const account_id& account);
    template <class Tag>
    log_field(std::string_view name, const id<Tag>& named) : key(name), value(named.text()) {}
    log_field(std::string_view name, const call_id& call) : key(name), value(call.text()) {}
    log_field(std::string_view name, leg_no leg) : key(name), value(std::to_string(leg.value)), bare(true) {}
    template <std::integral Number>
    log_field(std::string_view name, Number number) : key(name), value(std::to_string(number)), bare(true) {}
    log_field(std::string_view name, duration length) : key(name), value(duration_text(length)) {}

    std::string key;
    std::string value;
    bool bare = false;  ///< a number: without quotes in JSON
};
using log_fields = std::initializer_list<log_field>;

/// One line with its '\n'. Whatever the words hold, it is one line and its fields cannot be mistaken: keys are reduced
/// to [a-z0-9_], values with anything but plain characters are quoted and escaped as in JSON, broken UTF-8 is replaced.
void append_log_line(std::string& out, log_format format, instant at, log_level level, const call_id* call,
                     std::string_view event, log_fields fields);

struct log_options {
    log_level level = log_level::info;
    log_format format = log_format::text;
    std::size_t buffer_limit = std::size_t{4} << 20U;
    int file_descriptor = 2;
};

class log {
public:
    log(log_options options, std::function<instant()> clock);
    ~log();
    log(const log&) = delete;
    log& operator=(const log&) = delete;

    /// `event` is a few fixed words; what changes belongs into the fields. From any thread; `clock` is asked there.
    void say(log_level level, std::string_view event, log_fields fields = {});
    void say(log_level level, const call_id& call, std::string_view event, log_fields fields = {});
    [[nodiscard]] bool says(log_level level) const { return level >= level_.load(std::memory_order_relaxed); }
    /// From now on; a reload may change it.
    void show_from(log_level level) { level_ = level; }

    /// For an adapter that only knows a function of text: its lines carry area=<area>. It must not outlive the log.
    [[nodiscard]] std::function<void(std::string_view)> sink(log_level level, std::string area);

    /// Lines that found no room.
    [[nodiscard]] std::uint64_t overruns() const;
    /// Writes what waits and stops; false when the reader of stderr did not take it within `limit`.
    bool close(std::chrono::milliseconds limit);

private:
    struct shared;
    void put(log_level level, const call_id* call, std::string_view event, log_fields fields);

    std::atomic<log_level> level_;
    log_format format_;
    std::function<instant()> clock_;
    std::shared_ptr<shared> state_;  ///< with the thread, which may outlive us when nobody reads stderr
    patient_thread thread_;
};

}  // namespace td::runtime
