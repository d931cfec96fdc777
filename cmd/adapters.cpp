#include "cmd/adapters.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <system_error>
#include <utility>

#include "callback/pool_callback_map.hpp"
#include "callback/redis_callback_map.hpp"
#include "panel/local_panel_line.hpp"
#include "push/no_push.hpp"

namespace td::cmd {

runtime::log_level log_level(const config::settings& from) {
    switch (from.log.level) {
        case config::log_level::error: return runtime::log_level::error;
        case config::log_level::warning: return runtime::log_level::warning;
        case config::log_level::info: return runtime::log_level::info;
        case config::log_level::debug: return runtime::log_level::debug;
    }
    return runtime::log_level::info;
}

runtime::log_options log_options(const config::settings& from) {
    runtime::log_options options;
    options.level = log_level(from);
    options.format =
        from.log.format == config::log_format::json ? runtime::log_format::json : runtime::log_format::text;
    return options;
}

runtime::recorder_options recorder_options(const config::settings& from, const std::string& node) {
    runtime::recorder_options options;
    options.dir = from.journal.dir;
    options.node = node;
    options.version = TDCTL_VERSION;
    options.keep = from.journal.keep;
    return options;
}

feed::spool_options spool_options(const config::settings& from) {
    feed::spool_options options;
    options.dir = from.feed.spool;
    options.size_limit = from.feed.spool_limit.bytes;
    return options;
}

runtime::status_options status_options(const config::settings& from) {
    runtime::status_options options;
    options.listen = from.metrics.listen.text;
    return options;
}

result<ari::options> ari_options(const config::settings& from, const secret_reader& secrets) {
    auto password = secrets(from.ari.password);
    if (!password) {
        return password.why();
    }
    if (password->reveal().empty()) {
        return failure{failure_kind::bad_input,
                       "ari.password is empty, and Asterisk lets nobody in without a password; write where it is kept"};
    }
    ari::options options;
    options.url = from.ari.url.text;
    options.user = from.ari.user;
    options.password = std::move(*password);
    options.app = from.door.app;
    options.dial = from.door.dial;
    options.limit.connections = from.ari.connections;
    options.limit.queue = from.ari.queue;
    switch (from.ari.transport) {
        case config::ari_transport::automatic: options.way = ari::transport::automatic; break;
        case config::ari_transport::http: options.way = ari::transport::http; break;
        case config::ari_transport::websocket: options.way = ari::transport::websocket; break;
    }
    return options;
}

std::string no_asterisk(const config::settings& from, duration waited, const ari::client& line) {
    return "no service from Asterisk at " + from.ari.url.text + " for " + duration_text(waited) +
           (line.trouble().empty() ? std::string(" (no answer)") : " (last: " + line.trouble() + ")") +
           (line.reached() ? "" : ": is it running, and does its http.conf listen there?");
}

result<chosen_crm> open_crm(boost::asio::io_context& loop, const config::settings& from, const secret_reader& secrets,
                            std::function<instant()> now, ports::fact_sink facts) {
    if (from.crm.url.scheme == "file") {
        auto file = crm::file_crm::open(loop, from.crm.url.path, std::move(facts));
        if (!file) {
            return file.why();
        }
        return chosen_crm{nullptr, std::move(*file)};
    }
    auto token = secrets(from.crm.token);
    if (!token) {
        return token.why();
    }
    crm::http_crm_options options;
    options.url = from.crm.url.text;
    options.token = std::move(*token);
    options.timeout = from.crm.timeout;
    options.rules.fresh = from.crm.fresh;
    options.rules.stale = from.crm.stale;
    options.rules.entries = from.crm.entries;
    options.in_flight = from.crm.in_flight;
    options.memory = from.crm.memory;
    return chosen_crm{std::make_unique<crm::http_crm>(loop, std::move(options), std::move(now), std::move(facts)),
                      nullptr};
}

result<std::unique_ptr<ports::push_server>> open_push(boost::asio::io_context& loop, const config::settings& from,
                                                      const secret_reader& secrets, std::function<instant()> now,
                                                      ports::fact_sink facts) {
    if (from.push.url.is("none")) {
        return std::unique_ptr<ports::push_server>(std::make_unique<push::no_push>());
    }
    auto token = secrets(from.push.token);
    if (!token) {
        return token.why();
    }
    push::http_push_options options;
    options.url = from.push.url.text;
    options.token = std::move(*token);
    options.timeout = from.push.timeout;
    options.in_flight = from.push.in_flight;
    return std::unique_ptr<ports::push_server>(
        std::make_unique<push::http_push>(loop, std::move(options), std::move(now), std::move(facts)));
}

result<chosen_line> open_line(boost::asio::io_context& loop, const config::settings& from, const secret_reader& secrets,
                              ports::fact_sink facts, alarm_sink alarms) {
    if (from.panels.busy.scheme != "redis") {
        return chosen_line{std::make_unique<panel::local_panel_line>(), nullptr};
    }
    auto place = redis::read_url(from.panels.busy.text);
    if (!place) {
        return place.why();
    }
    auto password = secrets(from.panels.password);
    if (!password) {
        return password.why();
    }
    panel::redis_panel_line_options options;
    options.place = std::move(*place);
    options.password = std::move(*password);
    auto line =
        std::make_unique<panel::redis_panel_line>(loop, std::move(options), std::move(facts), std::move(alarms));
    panel::redis_panel_line* same = line.get();
    return chosen_line{std::move(line), same};
}

result<chosen_map> open_callback_map(boost::asio::io_context& loop, const config::settings& from,
                                     const secret_reader& secrets, ports::callback_sink sink, alarm_sink alarms,
                                     std::function<void()> came_back) {
    if (from.callback_map.url.scheme != "redis") {
        return chosen_map{std::make_unique<callback::pool_callback_map>(loop, std::move(sink)), false};
    }
    auto place = redis::read_url(from.callback_map.url.text);
    if (!place) {
        return place.why();
    }
    auto password = secrets(from.callback_map.password);
    if (!password) {
        return password.why();
    }
    callback::redis_callback_map_options options;
    options.place = std::move(*place);
    options.password = std::move(*password);
    return chosen_map{std::make_unique<callback::redis_callback_map>(loop, std::move(options), std::move(sink),
                                                                     std::move(alarms), std::move(came_back)),
                      true};
}

ari::log_sink ari_log(runtime::log& to) {
    return [&to](ari::level how, std::string words) {
        const auto level = [&] {
            switch (how) {
                case ari::level::debug: return runtime::log_level::debug;
                case ari::level::info: return runtime::log_level::info;
                case ari::level::warning: return runtime::log_level::warning;
                case ari::level::error: return runtime::log_level::error;
            }
            return runtime::log_level::info;
        }();
        to.say(level, "asterisk", {{"area", "ari"}, {"said", words}});
    };
}

std::optional<duration> claim_pause(std::size_t calls, std::size_t most_calls) {
    constexpr duration step = 200us;
    constexpr duration longest = 50ms;
    return calls < most_calls ? std::optional(std::min<duration>(static_cast<std::int64_t>(calls) * step, longest))
                              : std::nullopt;
}

void show(const ari::counters& door, const ari::counters& sos, runtime::metrics& to) {
    std::uint64_t failures = 0;
    for (const ari::counters* line : {&door, &sos}) {
        for (const auto& [status, count] : line->failures) {
            failures += count;
        }
    }
    to.reach(runtime::counter::ari_events, door.events + sos.events);
    to.reach(runtime::counter::ari_gaps, door.gaps + sos.gaps);
    to.reach(runtime::counter::ari_resyncs, door.reconnects + sos.reconnects);
    to.reach(runtime::counter::ari_requests, door.requests + sos.requests);
    to.reach(runtime::counter::ari_request_failures, failures);
    to.reach(runtime::counter::ari_offered, door.offered + sos.offered);
    to.reach(runtime::counter::ari_claimed, door.claimed + sos.claimed);
}

void show(const runtime::recorder_counts& from, runtime::metrics& to) {
    to.reach(runtime::counter::journal_lines, from.lines);
    to.reach(runtime::counter::journal_dropped_lines, from.dropped);
    to.show(runtime::gauge::journal_waiting_bytes, static_cast<double>(from.waiting));
    to.show(runtime::gauge::journal_lag_seconds, std::chrono::duration<double>(from.lag).count());
    to.show(runtime::gauge::journal_failing, from.trouble == alarm_state::raised ? 1 : 0);
}

void show(const feed::spool_counts& from, instant now, runtime::metrics& to) {
    to.reach(runtime::counter::feed_records, from.taken);
    to.reach(runtime::counter::feed_refused_records, from.refused);
    to.reach(runtime::counter::feed_doubles, from.doubles);
    to.show(runtime::gauge::spool_bytes, static_cast<double>(from.bytes));
    const bool empty = from.oldest == instant{};
    to.show(runtime::gauge::spool_age_seconds, empty ? 0 : std::chrono::duration<double>(now - from.oldest).count());
}

result<done> be_able_to_write(const std::string& directory, const std::string& key) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (!error && ::access(directory.c_str(), W_OK | X_OK) != 0 && errno != EROFS) {
        error = std::error_code(errno, std::generic_category());
    }
    if (!error) {
        return done{};
    }
    const bool rights = error == std::errc::permission_denied || error == std::errc::operation_not_permitted;
    const bool no_directory = error == std::errc::not_a_directory || error == std::errc::file_exists ||
                              error == std::errc::too_many_symbolic_link_levels;
    return failure{rights         ? failure_kind::not_allowed
                   : no_directory ? failure_kind::bad_input
                                  : failure_kind::unreachable,
                   key + ": cannot write to " + directory + " (" + error.message() + ")" +
                       (rights         ? ": create it for the user that runs tdctl, or name another one"
                        : no_directory ? ": something else stands in its place; name another directory"
                                       : ": mend the disk, or name another directory")};
}

}  // namespace td::cmd
