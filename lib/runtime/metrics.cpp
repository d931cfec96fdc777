#include "runtime/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <vector>

namespace td::runtime {
namespace {

constexpr std::string_view is_counter = "counter";
constexpr std::string_view is_gauge = "gauge";
constexpr std::string_view is_histogram = "histogram";

constexpr std::size_t counters = static_cast<std::size_t>(counter::feed_damaged) + 1;
constexpr std::size_t gauges = static_cast<std::size_t>(gauge::feed_unconfirmed_age_seconds) + 1;
constexpr std::size_t timings = static_cast<std::size_t>(timing::pool) + 1;
constexpr std::size_t outcomes = static_cast<std::size_t>(call::outcome::failed) + 1;
constexpr std::size_t kinds = static_cast<std::size_t>(call_kind::callback) + 1;
constexpr std::size_t lacks = static_cast<std::size_t>(call::lack::every_try) + 1;
/// The enumerators come first, in their order; behind them the rows that are no enumerators.
constexpr std::size_t first_gauge = counters;
constexpr std::size_t first_timing = first_gauge + gauges;
constexpr std::size_t row_of_build = first_timing + timings;
constexpr std::size_t row_of_started = row_of_build + 1;
constexpr std::size_t row_of_finished = row_of_build + 2;
constexpr std::size_t row_of_redis = row_of_build + 3;
constexpr std::size_t row_of_start_time = row_of_build + 4;
constexpr std::size_t row_of_memory = row_of_build + 5;
constexpr std::size_t row_of_cpu = row_of_build + 6;
constexpr std::size_t row_of_fds = row_of_build + 7;
constexpr std::size_t row_of_lacks = row_of_build + 8;
constexpr std::size_t row_of_numbers = row_of_build + 9;

constexpr std::array<metric_word, row_of_numbers + 1> words{{
    {"tdctl_ari_events_total", "Events that Asterisk sent.", is_counter, ""},
    {"tdctl_ari_gaps_total", "Times an event line to Asterisk was cut.", is_counter, ""},
    {"tdctl_ari_resyncs_total", "Times a line came back and the calls were compared with what Asterisk holds.",
     is_counter, ""},
    {"tdctl_ari_requests_total", "Requests sent to Asterisk.", is_counter, ""},
    {"tdctl_ari_request_failures_total", "Requests that Asterisk refused or did not answer.", is_counter, ""},
    {"tdctl_ari_offered_total", "Calls that StasisBroadcast() offered to this worker and others.", is_counter, ""},
    {"tdctl_ari_claimed_total", "Of these: that became this worker's.", is_counter, ""},
    {"tdctl_calls_turned_away_total", "Panels that heard busy, because door.max_calls was reached.", is_counter, ""},
    {"tdctl_crm_failures_total", "Questions that the CRM did not answer.", is_counter, ""},
    {"tdctl_crm_stale_answers_total", "Calls served with a remembered answer, because the CRM failed.", is_counter, ""},
    {"tdctl_push_failures_total", "Pushes that the push server did not take.", is_counter, ""},
    {"tdctl_push_rejections_total", "Devices that the push server rejected.", is_counter, ""},
    {"tdctl_journal_lines_total", "Lines written to the journal.", is_counter, ""},
    {"tdctl_journal_dropped_lines_total", "Journal lines dropped because the disk could not take them.", is_counter,
     ""},
    {"tdctl_feed_records_total", "Finished records put into the spool.", is_counter, ""},
    {"tdctl_feed_refused_records_total", "Finished records refused because the spool was full; each is lost to it.",
     is_counter, ""},
    {"tdctl_feed_doubles_total", "Records that the spool had already, given again after a start.", is_counter, ""},
    {"tdctl_log_overruns_total", "Log lines dropped because nobody read stderr fast enough.", is_counter, ""},

    {"tdctl_pool_lent_total", "Numbers that the pool's store lent.", is_counter, ""},
    {"tdctl_pool_lent_from_notes_total", "Numbers that were lent without the store.", is_counter, ""},
    {"tdctl_pool_refused_total", "Emergency calls that got no number of their own.", is_counter, ""},
    {"tdctl_pool_failures_total", "Requests that the pool's store failed.", is_counter, ""},
    {"tdctl_callback_map_failures_total", "Callback routes that could not be written at once.", is_counter, ""},
    {"tdctl_pool_late_answers_total", "Numbers that the store lent too late for their call; they went back.",
     is_counter, ""},
    {"tdctl_pool_taken_total", "Numbers lent without the store that it had lent to another panel meanwhile.",
     is_counter, ""},
    {"tdctl_pool_struck_total",
     "Writes of the backlog given up: refused by the store, which the log says, or without room.", is_counter, ""},

    {"tdctl_feed_published_total", "Records sent to RabbitMQ, those sent again counted again.", is_counter, ""},
    {"tdctl_feed_confirmed_total", "Records that RabbitMQ has acknowledged.", is_counter, ""},
    {"tdctl_feed_returned_total", "Records that RabbitMQ had no queue for.", is_counter, ""},
    {"tdctl_feed_nacked_total", "Records that RabbitMQ refused.", is_counter, ""},
    {"tdctl_feed_reconnects_total", "Lines to RabbitMQ after the first one.", is_counter, ""},
    {"tdctl_feed_damaged_total", "Lines and segments of the spool that could not be read and were kept aside.",
     is_counter, ""},

    {"tdctl_calls_active", "Calls that live now.", is_gauge, ""},
    {"tdctl_legs_active", "Legs that live now.", is_gauge, ""},
    {"tdctl_ari_connected", "1 while the event line to Asterisk is up.", is_gauge, ""},
    {"tdctl_draining", "1 while the worker takes no new calls.", is_gauge, ""},
    {"tdctl_journal_lag_seconds", "Time from the last journal line written to the last one noted.", is_gauge, ""},
    {"tdctl_journal_waiting_bytes", "Journal bytes noted and not yet written.", is_gauge, ""},
    {"tdctl_journal_failing", "1 while the journal cannot be written.", is_gauge, ""},
    {"tdctl_spool_bytes", "Bytes of the spool on disk.", is_gauge, ""},
    {"tdctl_spool_age_seconds", "Age of the oldest segment in the spool.", is_gauge, ""},

    {"tdctl_sos_ari_connected", "1 while the event line of emergency calls is up.", is_gauge, ""},
    {"tdctl_pool_up", "1 while the pool's store answers.", is_gauge, ""},
    {"tdctl_pool_backlog", "What must still be written to the pool or the callback map.", is_gauge, ""},
    {"tdctl_pool_backlog_age_seconds", "Age of the oldest of it.", is_gauge, ""},
    {"tdctl_pool_ready_numbers", "Numbers that this worker could lend without the store.", is_gauge, ""},
    {"tdctl_pool_hung_threads", "Threads that wait for a store that does not answer.", is_gauge, ""},

    {"tdctl_feed_connected", "1 while there is a line to RabbitMQ.", is_gauge, ""},
    {"tdctl_feed_blocked", "1 while RabbitMQ takes nothing, because its disk or memory is short.", is_gauge, ""},
    {"tdctl_feed_in_flight", "Records sent to RabbitMQ and not yet acknowledged.", is_gauge, ""},
    {"tdctl_feed_unconfirmed_age_seconds",
     "Time since the oldest record that is not acknowledged was read from the spool.", is_gauge, ""},

    {"tdctl_start_to_last_dial_seconds", "From StasisStart to the last originate of the first round.", is_histogram,
     ""},
    {"tdctl_answer_to_bridge_seconds", "From the answer of an account to both sides in the bridge.", is_histogram, ""},
    {"tdctl_crm_request_seconds", "From a question to the CRM's answer.", is_histogram, ""},
    {"tdctl_push_request_seconds", "From a push to the push server's answer.", is_histogram, ""},

    {"tdctl_sos_start_to_invite_seconds", "From the StasisStart of an emergency call to its first call to the service.",
     is_histogram, ""},
    {"tdctl_pool_request_seconds", "From a request to the answer of the pool's store.", is_histogram, ""},

    {"tdctl_build_info", "1; the labels say what runs.", is_gauge, "version,compiler,node"},
    {"tdctl_calls_started_total", "Calls that came in.", is_counter, "kind"},
    {"tdctl_calls_finished_total", "Calls that ended, by how they ended.", is_counter, "kind,outcome"},
    {"tdctl_redis_up", "1 while Redis does what that section of the configuration wants of it.", is_gauge, "section"},
    {"process_start_time_seconds", "Start of the process, in seconds since 1970.", is_gauge, ""},
    {"process_resident_memory_bytes", "Resident memory.", is_gauge, ""},
    {"process_cpu_seconds_total", "Processor time, user and system.", is_counter, ""},
    {"process_open_fds", "Open file descriptors.", is_gauge, ""},
    {"tdctl_sos_degraded_total", "Emergency calls that had to do without something, by what.", is_counter, "lack"},
    {"tdctl_pool_numbers", "Numbers of the emergency pool by city (FIAS code) and state.", is_gauge, "city,state"},
}};

/// From half a millisecond, a reply over loopback, to 10 s, which nobody waits for.
prometheus::Histogram::BucketBoundaries boundaries() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

template <class Which>
std::size_t number_of(Which which) {
    return static_cast<std::size_t>(which);
}

std::size_t open_descriptors() {
    std::error_code error;
    std::size_t count = 0;
    std::filesystem::directory_iterator each("/proc/self/fd", error);
    for (; !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        ++count;
    }
    return count;
}

/// The second number of /proc/self/statm is the resident pages (proc(5)).
double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0;
    double resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::string_view name_of(call_kind kind) {
    switch (kind) {
        case call_kind::door: return "door";
        case call_kind::sos: return "sos";
        case call_kind::callback: return "callback";
    }
    return "?";
}

std::span<const metric_word> metric_words() {
    return words;
}

struct metrics::insides {
    prometheus::Registry registry;
    std::array<prometheus::Counter*, counters> counted{};
    std::array<prometheus::Gauge*, gauges> shown{};
    std::array<prometheus::Histogram*, timings> timed{};
    std::array<std::array<prometheus::Counter*, outcomes>, kinds> finished{};
    std::array<prometheus::Counter*, kinds> started{};
    std::array<prometheus::Counter*, lacks> lacked{};
    prometheus::Family<prometheus::Gauge>* redis = nullptr;
    prometheus::Family<prometheus::Gauge>* numbers = nullptr;
    prometheus::Gauge* memory = nullptr;
    prometheus::Counter* cpu = nullptr;
    prometheus::Gauge* descriptors = nullptr;
    std::vector<std::function<void(metrics&)>> fills;

    void add_calls();
    prometheus::Family<prometheus::Counter>& counters_of(std::size_t row) {
        return prometheus::BuildCounter()
            .Name(std::string(words[row].name))
            .Help(std::string(words[row].help))
            .Register(registry);
    }
    prometheus::Family<prometheus::Gauge>& gauges_of(std::size_t row) {
        return prometheus::BuildGauge()
            .Name(std::string(words[row].name))
            .Help(std::string(words[row].help))
            .Register(registry);
    }
    prometheus::Family<prometheus::Histogram>& histograms_of(std::size_t row) {
        return prometheus::BuildHistogram()
            .Name(std::string(words[row].name))
            .Help(std::string(words[row].help))
            .Register(registry);
    }
};

void metrics::insides::add_calls() {
    auto& begun = counters_of(row_of_started);
    auto& ended = counters_of(row_of_finished);
    for (std::size_t k = 0; k < kinds; ++k) {
        const std::string kind(name_of(static_cast<call_kind>(k)));
        started[k] = &begun.Add({{"kind", kind}});
        for (std::size_t i = 0; i < outcomes; ++i) {
            const auto how = static_cast<call::outcome>(i);
            finished[k][i] = &ended.Add({{"kind", kind}, {"outcome", std::string(call::name_of(how))}});
        }
    }
    auto& without = counters_of(row_of_lacks);
    for (std::size_t i = 0; i < lacks; ++i) {
        lacked[i] = &without.Add({{"lack", std::string(call::name_of(static_cast<call::lack>(i)))}});
    }
}

metrics::metrics(const build_words& build) : in_(std::make_unique<insides>()) {
    insides& in = *in_;
    for (std::size_t i = 0; i < counters; ++i) {
        in.counted[i] = &in.counters_of(i).Add({});
    }
    for (std::size_t i = 0; i < gauges; ++i) {
        in.shown[i] = &in.gauges_of(first_gauge + i).Add({});
    }
    for (std::size_t i = 0; i < timings; ++i) {
        in.timed[i] = &in.histograms_of(first_timing + i).Add({}, boundaries());
    }
    in.gauges_of(row_of_build)
        .Add({{"version", build.version}, {"compiler", build.compiler}, {"node", build.node}})
        .Set(1);
    in.add_calls();
    in.redis = &in.gauges_of(row_of_redis);
    in.numbers = &in.gauges_of(row_of_numbers);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    in.gauges_of(row_of_start_time).Add({}).Set(std::chrono::duration<double>(now).count());
    in.memory = &in.gauges_of(row_of_memory).Add({});
    in.cpu = &in.counters_of(row_of_cpu).Add({});
    in.descriptors = &in.gauges_of(row_of_fds).Add({});
}

metrics::~metrics() = default;

void metrics::count(counter which, std::uint64_t more) {
    in_->counted[number_of(which)]->Increment(static_cast<double>(more));
}

void metrics::reach(counter which, std::uint64_t total) {
    prometheus::Counter& counted = *in_->counted[number_of(which)];
    const double more = static_cast<double>(total) - counted.Value();
    if (more > 0) {
        counted.Increment(more);
    }
}

void metrics::show(gauge which, double value) {
    in_->shown[number_of(which)]->Set(value);
}

void metrics::show_numbers(std::string_view city, std::string_view state, std::size_t count) {
    in_->numbers->Add({{"city", std::string(city)}, {"state", std::string(state)}}).Set(static_cast<double>(count));
}

void metrics::show_redis(std::string_view section, bool up) {
    in_->redis->Add({{"section", std::string(section)}}).Set(up ? 1 : 0);
}

void metrics::took(timing which, duration length) {
    in_->timed[number_of(which)]->Observe(std::chrono::duration<double>(length).count());
}

void metrics::call_began(call_kind kind) {
    in_->started[number_of(kind)]->Increment();
}

void metrics::call_ended(call_kind kind, call::outcome how) {
    in_->finished[number_of(kind)][number_of(how)]->Increment();
}

void metrics::call_lacked(call::lack what) {
    in_->lacked[number_of(what)]->Increment();
}

void metrics::before_scrape(std::function<void(metrics&)> fill) {
    in_->fills.push_back(std::move(fill));
}

void metrics::look_at_process() {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) == 0) {
        const double seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
        in_->cpu->Increment(std::max(0.0, seconds - in_->cpu->Value()));
    }
    in_->memory->Set(resident_bytes());
    in_->descriptors->Set(static_cast<double>(open_descriptors()));
}

std::string metrics::scrape() {
    look_at_process();
    for (const auto& fill : in_->fills) {
        fill(*this);
    }
    return prometheus::TextSerializer().Serialize(in_->registry.Collect());
}

}  // namespace td::runtime
