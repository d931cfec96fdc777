#pragma once
// From settings to the adapters that play a worker's roles: the only place that knows which adapter stands behind which
// port.

#include <functional>
#include <memory>
#include <string>

#include "ari/client.hpp"
#include "config/settings.hpp"
#include "crm/file_crm.hpp"
#include "crm/http_crm.hpp"
#include "feed/spool.hpp"
#include "panel/redis_panel_line.hpp"
#include "ports/callback_map.hpp"
#include "ports/ports.hpp"
#include "push/http_push.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/recorder.hpp"
#include "runtime/status_server.hpp"

namespace td::cmd {

/// Gives the secret that a key refers to, or says why it cannot.
using secret_reader = std::function<result<secret>(const config::secret_ref&)>;

[[nodiscard]] runtime::log_options log_options(const config::settings& from);
[[nodiscard]] runtime::log_level log_level(const config::settings& from);
[[nodiscard]] runtime::recorder_options recorder_options(const config::settings& from, const std::string& node);
[[nodiscard]] feed::spool_options spool_options(const config::settings& from);
[[nodiscard]] runtime::status_options status_options(const config::settings& from);
[[nodiscard]] result<ari::options> ari_options(const config::settings& from, const secret_reader& secrets);
/// Says that `line` was not served for so long, and what went wrong last.
[[nodiscard]] std::string no_asterisk(const config::settings& from, duration waited, const ari::client& line);

/// The CRM that crm.url names: a server, or a file that can be read again.
struct chosen_crm {
    std::unique_ptr<crm::http_crm> server;
    std::unique_ptr<crm::file_crm> file;
    [[nodiscard]] ports::crm& role() const { return server ? static_cast<ports::crm&>(*server) : *file; }
    [[nodiscard]] ports::site_book& sites() const { return server ? static_cast<ports::site_book&>(*server) : *file; }
};
[[nodiscard]] result<chosen_crm> open_crm(boost::asio::io_context& loop, const config::settings& from,
                                          const secret_reader& secrets, std::function<instant()> now,
                                          ports::fact_sink facts);

[[nodiscard]] result<std::unique_ptr<ports::push_server>> open_push(boost::asio::io_context& loop,
                                                                    const config::settings& from,
                                                                    const secret_reader& secrets,
                                                                    std::function<instant()> now,
                                                                    ports::fact_sink facts);

struct chosen_line {
    std::unique_ptr<ports::panel_line> role;
    panel::redis_panel_line* redis = nullptr;  ///< the same, when panels.busy is a Redis
};
[[nodiscard]] result<chosen_line> open_line(boost::asio::io_context& loop, const config::settings& from,
                                            const secret_reader& secrets, ports::fact_sink facts, alarm_sink alarms);

struct chosen_map {
    std::unique_ptr<ports::callback_map> role;
    bool redis = false;  ///< callback_map.url is a Redis, and not the pool itself
};
/// `came_back` is called when the map can be written (again).
[[nodiscard]] result<chosen_map> open_callback_map(boost::asio::io_context& loop, const config::settings& from,
                                                   const secret_reader& secrets, ports::callback_sink sink,
                                                   alarm_sink alarms, std::function<void()> came_back);

/// Lines of an adapter's own kind in the worker's log, with area=ari.
[[nodiscard]] ari::log_sink ari_log(runtime::log& to);

/// How long a worker with so many calls waits before it claims one that is offered to others too; nothing from
/// `most_calls` on. Who has more calls is a little later, so that workers share them.
[[nodiscard]] std::optional<duration> claim_pause(std::size_t calls, std::size_t most_calls);

/// What the adapters counted, into the metrics; of both lines to Asterisk the sum.
void show(const ari::counters& door, const ari::counters& sos, runtime::metrics& to);
void show(const runtime::recorder_counts& from, runtime::metrics& to);
void show(const feed::spool_counts& from, instant now, runtime::metrics& to);

/// Makes the directory where it is missing, and looks whether it may be written to. One that is there on a disk that
/// takes nothing, full or read-only, will do: calls go on without it, and alarms say so. Failures, with the remedy:
/// not_allowed (rights), bad_input (it is no directory), unreachable (the disk).
[[nodiscard]] result<done> be_able_to_write(const std::string& directory, const std::string& key);

}  // namespace td::cmd
