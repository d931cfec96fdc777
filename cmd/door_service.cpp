#include "cmd/door_service.hpp"

#include <csignal>
#include <cstdlib>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "cmd/adapters.hpp"
#include "cmd/call_names.hpp"
#include "cmd/emergency_line.hpp"
#include "cmd/feed_line.hpp"
#include "cmd/recovery.hpp"
#include "cmd/reload.hpp"
#include "cmd/succession.hpp"
#include "cmd/two_lines.hpp"
#include "config/keys.hpp"
#include "runtime/alarm_board.hpp"
#include "runtime/call_log.hpp"
#include "runtime/call_meter.hpp"
#include "runtime/clock.hpp"
#include "runtime/service_notice.hpp"
#include "runtime/worker.hpp"

namespace td::cmd {
namespace {

constexpr std::chrono::milliseconds last_words{2000};  // for journal, spool and log to reach the disk at the end
constexpr std::chrono::milliseconds quick_words{100};  // to servers, where somebody waits for our lock
constexpr duration drain_check = 50ms;
constexpr duration both_taken = 200ms;

}  // namespace

struct door_service::insides {
    insides(context& outside, const service_wishes& told, const config::settings& from);

    result<done> succeed();
    result<done> open_records();
    result<done> open_adapters();
    result<done> open_emergency_line(const secret_reader& secrets);
    result<done> open_status_page();
    result<done> open_memory();

    void start();
    void reach_asterisk_or_end();
    void watch();
    void on_signal(int number);
    void drain(int number);
    void hand_over();
    void end_when_empty();
    void reload();
    void stop_by(const failure& why);
    void stop(exit_status how);
    exit_status last();

    /// Both lines to Asterisk are up.
    bool connected() const { return asterisk->connected() && emergency->asterisk().connected(); }
    std::vector<std::string> why_not_ready() const;
    std::string status_line() const;
    std::function<instant()> now() {
        return [this] { return clock.now(); };
    }
    ports::fact_sink facts() {
        return [this](call::fact news) { worker->take(std::move(news)); };
    }
    /// Its sink is called on the threads of the journal and the feed.
    alarm_sink alarms() {
        return [this](const alarm& news) {
            tell_of(news);
            boost::asio::post(loop, [this, news] { standing.take(news); });
        };
    }
    /// Emergency calls have no limit, and count for none.
    std::optional<duration> hold_claim(call::line which) const {
        const bool door = which == call::line::door;
        const std::size_t most = door ? settings.door.max_calls : std::numeric_limits<std::size_t>::max();
        const std::size_t calls = worker->board().calls() - (door ? worker->board().sos_calls() : 0);
        return claim_pause(calls, stopping || drain_until != never ? 0 : most);
    }
    void tell_of(const alarm& news);
    void look_for_trouble();

    context& with;
    service_wishes wishes;
    config::settings settings;
    boost::asio::io_context loop{1};
    runtime::steady_utc clock;
    runtime::log log;
    runtime::metrics metrics;
    runtime::service_notice notice;
    runtime::call_log call_log{log};
    runtime::call_meter call_meter{metrics};
    succession before;
    bool never_served = false;       ///< a standby that was told to end
    std::optional<recovery> memory;  ///< from the opening of the journal to the first act
    std::unique_ptr<runtime::recorder> recorder;
    std::unique_ptr<journal_witness> journal;
    std::unique_ptr<feed_line> records;
    std::unique_ptr<runtime::worker> worker;
    chosen_crm crm;
    std::unique_ptr<ports::push_server> push;
    chosen_line line;
    std::unique_ptr<ari::client> asterisk;
    std::unique_ptr<emergency_line> emergency;
    two_lines lines;
    std::unique_ptr<runtime::status_server> status_page;

    boost::asio::signal_set signals{loop, SIGTERM, SIGINT, SIGHUP};
    boost::asio::steady_timer heartbeat{loop};
    boost::asio::steady_timer patience{loop};
    boost::asio::steady_timer emptiness{loop};
    bool told_ready = false;
    runtime::alarm_board standing;
    instant drain_until = never;
    bool drain_ended = false;
    bool stopping = false;
    exit_status outcome = exit_status::done;
};

door_service::insides::insides(context& outside, const service_wishes& told, const config::settings& from)
    : with(outside),
      wishes(told),
      settings(from),
      log(log_options(from), runtime::wall_clock),
      metrics({TDCTL_VERSION, __VERSION__, told.node}),
      before(outside, from, {told.node, told.patience, told.wait}, log) {
    signals.add(SIGUSR2);
}

/// Before anything is opened that only one process may have.
result<done> door_service::insides::succeed() {
    for (const auto& [directory, key] :
         {std::pair{settings.journal.dir, "journal.dir"}, {settings.feed.spool, "feed.spool"}}) {
        if (auto able = be_able_to_write(directory, key); !able) {
            return able;
        }
    }
    const auto turn = before.begin();
    if (!turn) {
        return turn.why();
    }
    never_served = *turn == succession::turn::told_to_end;
    signals.add(SIGUSR1);  // what came before is answered, and not once more in the minute when it serves
    return done{};
}

result<done> door_service::insides::open_records() {
    const auto secrets = [this](const config::secret_ref& reference) { return with.secret_of(reference); };
    auto opened_feed = feed_line::open(settings, secrets, alarms());
    if (!opened_feed) {
        return opened_feed.why();
    }
    records = std::move(*opened_feed);
    return done{};
}

result<done> door_service::insides::open_adapters() {
    const secret_reader secrets = [this](const config::secret_ref& reference) { return with.secret_of(reference); };
    auto options = ari_options(settings, secrets);
    if (!options) {
        return options.why();
    }
    auto opened_crm = open_crm(loop, settings, secrets, now(), facts());
    if (!opened_crm) {
        return opened_crm.why();
    }
    auto opened_push = open_push(loop, settings, secrets, now(), facts());
    if (!opened_push) {
        return opened_push.why();
    }
    auto opened_line = open_line(loop, settings, secrets, facts(), alarms());
    if (!opened_line) {
        return opened_line.why();
    }
    crm = std::move(*opened_crm);
    push = std::move(*opened_push);
    line = std::move(*opened_line);
    asterisk =
        std::make_unique<ari::client>(loop.get_executor(), std::move(*options),
                                      ari::client::surroundings{facts(), call_names(clock), ari_log(log),
                                                                [this](const failure& why) { stop_by(why); },
                                                                [this] { return hold_claim(call::line::door); }});
    return open_emergency_line(secrets);
}

result<done> door_service::insides::open_emergency_line(const secret_reader& secrets) {
    auto opened = emergency_line::open({loop, settings, secrets, wishes.node, now(), facts(), call_names(clock),
                                        ari_log(log), log.sink(runtime::log_level::warning, "pool"),
                                        [this](const failure& why) { stop_by(why); },
                                        [this] { return hold_claim(call::line::sos); }, alarms(), metrics});
    if (!opened) {
        return opened.why();
    }
    emergency = std::move(*opened);
    lines.lead(*asterisk, emergency->asterisk());
    return done{};
}

result<done> door_service::insides::open_status_page() {
    metrics.before_scrape([this](runtime::metrics& to) {
        to.show(runtime::gauge::calls_active, static_cast<double>(worker->board().calls()));
        to.show(runtime::gauge::legs_active, static_cast<double>(worker->board().legs()));
        to.show(runtime::gauge::ari_connected, asterisk->connected() ? 1 : 0);
        to.show(runtime::gauge::draining, worker->board().draining() ? 1 : 0);
        to.reach(runtime::counter::log_overruns, log.overruns());
        if (line.redis != nullptr) {
            to.show_redis("panels", line.redis->up());
        }
        emergency->show(to);
        show(asterisk->counted(), emergency->asterisk().counted(), to);
        show(recorder->counts(), to);
        records->show(runtime::wall_clock(), to);
    });
    if (settings.metrics.listen.is("none")) {
        return done{};
    }
    auto page = runtime::status_server::start(
        loop, status_options(settings),
        {[this] { return metrics.scrape(); }, [this] { return why_not_ready(); }, [this] { return standing.lines(); }});
    if (!page) {
        return page.why();
    }
    status_page = std::move(*page);
    return done{};
}

/// Last of all that may fail: whoever serves Asterisk's applications loses them here.
result<done> door_service::insides::open_memory() {
    log.say(runtime::log_level::info, "starting",
            {{"version", TDCTL_VERSION},
             {"node", wishes.node},
             {"app", settings.door.app},
             {"asterisk", settings.ari.url.text}});
    before.hold_meanwhile();
    log.say(runtime::log_level::info, "reading the journal", {{"dir", settings.journal.dir}});
    const auto rules = config::call_rules(settings);
    // Before this run writes a file, or lets one go.
    memory.emplace(settings.journal.dir, wishes.node,
                   runtime::reading_run{rules, runtime::origin_of(clock), clock.now()});
    auto options = recorder_options(settings, wishes.node);
    options.clock = runtime::origin_of(clock);
    auto opened_journal = runtime::recorder::open(std::move(options), rules, runtime::wall_clock, alarms());
    if (!opened_journal) {
        return opened_journal.why();
    }
    recorder = std::move(*opened_journal);
    journal = std::make_unique<journal_witness>(*recorder);
    worker = std::make_unique<runtime::worker>(
        loop.get_executor(), clock, rules,
        std::vector<runtime::witness*>{journal.get(), &lines, &call_meter, &call_log});
    worker->begin({lines, crm.role(), *push, records->role(), *line.role, crm.sites(), emergency->numbers()});
    return done{};
}

void door_service::insides::start() {
    on_signal(0);
    memory->remember(*worker, *recorder, config::call_rules(settings), clock, log);
    asterisk->start();
    emergency->asterisk().start();
    memory->go_on(*worker, records->role(), emergency->numbers());
    memory.reset();
    reach_asterisk_or_end();
    watch();
}

/// At the start an Asterisk that stays away ends the program, so that whoever started it hears of it; later it never
/// does.
void door_service::insides::reach_asterisk_or_end() {
    patience.expires_after(wishes.wait);
    patience.async_wait([this](const boost::system::error_code& error) {
        if (!error && !told_ready && !stopping) {
            stop_by({failure_kind::unreachable,
                     no_asterisk(settings, wishes.wait, asterisk->connected() ? emergency->asterisk() : *asterisk)});
        }
    });
}

/// Four times a second, and more often until Asterisk is reached: readiness, systemd's watchdog, the status line.
void door_service::insides::watch() {
    if (!told_ready && connected()) {
        told_ready = true;
        patience.cancel();
        before.serving();
        log.say(runtime::log_level::info, "ready");
        notice.ready(status_line());
    }
    look_for_trouble();
    notice.alive();
    heartbeat.expires_after(told_ready ? 250ms : 10ms);
    heartbeat.async_wait([this](const boost::system::error_code& error) {
        if (!error && !stopping) {
            watch();
        }
    });
}

void door_service::insides::tell_of(const alarm& news) {
    const bool raised = news.state == alarm_state::raised;
    log.say(raised ? runtime::log_level::error : runtime::log_level::info, raised ? "alarm raised" : "alarm cleared",
            {{"alarm", news.name}, {"said", news.text}});
}

/// The trouble that nobody reports by himself.
void door_service::insides::look_for_trouble() {
    if (!crm.server || crm.server->file_counters() == nullptr) {
        return;
    }
    const alarm news{"crm_memory", crm.server->file_counters()->failing ? alarm_state::raised : alarm_state::cleared,
                     "answers of the CRM are not kept for the next start: " + settings.crm.memory};
    if (standing.take(news)) {
        tell_of(news);
    }
}

void door_service::insides::on_signal(int number) {
    if (number == SIGHUP) {
        reload();
    } else if (number == SIGUSR2) {
        hand_over();
    } else if (number == SIGUSR1) {
        log.say(runtime::log_level::info, "status",
                {{"calls", worker->board().calls()}, {"legs", worker->board().legs()}, {"serving", status_line()}});
    } else if (number != 0) {
        drain(number);
    }
    signals.async_wait([this](const boost::system::error_code& error, int next) {
        if (!error) {
            on_signal(next);
        }
    });
}

void door_service::insides::drain(int number) {
    if (!told_ready) {
        log.say(runtime::log_level::info, "stopping, there is nothing to drain: Asterisk was never reached",
                {{"calls_left", worker->board().calls()}});
        stop(exit_status::done);
        return;
    }
    if (drain_until != never) {
        log.say(runtime::log_level::warning, "stopping at once", {{"calls", worker->board().calls()}});
        stop(number == SIGINT ? exit_status::interrupted : exit_status::terminated);
        return;
    }
    drain_until = clock.now() + wishes.drain;
    notice.stopping("draining " + std::to_string(worker->board().calls()) + " calls");
    worker->take(call::drain_begun{});
    end_when_empty();
}

/// Living calls stay in Asterisk as they are, for the worker that comes next.
void door_service::insides::hand_over() {
    if (stopping) {
        return;
    }
    log.say(runtime::log_level::info, "handing over", {{"calls", worker->board().calls()}});
    notice.stopping("handing over " + std::to_string(worker->board().calls()) + " calls");
    stop(exit_status::done);
}

/// Living calls go on until the drain's time is over; then they are ended, and their ends are waited for as well.
void door_service::insides::end_when_empty() {
    if (worker->board().calls() == 0) {
        stop(exit_status::done);
        return;
    }
    if (clock.now() >= drain_until && !drain_ended) {
        drain_ended = true;
        worker->take(call::drain_over{});
    }
    emptiness.expires_after(drain_check);
    emptiness.async_wait([this](const boost::system::error_code& error) {
        if (!error && !stopping) {
            end_when_empty();
        }
    });
}

void door_service::insides::reload() {
    // A reload ends with READY=1, which would be untrue before Asterisk is reached and once the drain has begun.
    const bool serving = told_ready && drain_until == never && !stopping;
    if (serving) {
        notice.reloading();
    }
    read_again({with, settings, *worker, *recorder, log, crm.file.get()}, clock.now());
    if (serving) {
        notice.ready(status_line());
    }
}

void door_service::insides::stop_by(const failure& why) {
    if (why.kind == failure_kind::taken) {
        // That is how a successor begins. It takes one application after the other; whoever leaves between the two may
        // take the second from it (ari/hearing.hpp), and so may whoever makes a lost line anew.
        asterisk->renounce();
        emergency->asterisk().renounce();
        patience.expires_after(asterisk->reached() || emergency->asterisk().reached() ? both_taken : duration::zero());
        patience.async_wait([this](const boost::system::error_code& error) {
            if (!error) {
                hand_over();
            }
        });
        return;
    }
    log.say(runtime::log_level::error, "cannot go on", {{"reason", why.text}});
    stop(status_of(why.kind));
}

void door_service::insides::stop(exit_status how) {
    if (stopping) {
        return;
    }
    stopping = true;
    outcome = how;
    boost::asio::post(loop, [this] {
        signals.cancel();
        heartbeat.cancel();
        patience.cancel();
        emptiness.cancel();
        asterisk->stop([this] { emergency->asterisk().stop([this] { loop.stop(); }); });
    });
}

exit_status door_service::insides::last() {
    const auto outside = drain_until == never ? quick_words : last_words;
    emergency->close(outside);
    const auto spooled = records->close({last_words, outside});
    const auto recorded = recorder->close(last_words);
    for (const auto* end : {&spooled, &recorded}) {
        if (!*end) {
            log.say(runtime::log_level::error, "not everything was written", {{"reason", end->why().text}});
            outcome = outcome == exit_status::done ? exit_status::partly : outcome;
        }
    }
    log.say(runtime::log_level::info, "stopped", {{"calls_left", worker->board().calls()}});
    const bool told = log.close(last_words);
    if (!told || recorder->thread_left() || emergency->threads_left() || records->threads_left()) {
        std::_Exit(static_cast<int>(outcome));
    }
    return outcome;
}

std::vector<std::string> door_service::insides::why_not_ready() const {
    std::vector<std::string> reasons;
    if (!connected()) {
        reasons.push_back("no line to Asterisk at " + settings.ari.url.text);
    }
    if (drain_until != never || stopping) {
        reasons.emplace_back(drain_until != never ? "draining" : "handing over");
    }
    return reasons;
}

std::string door_service::insides::status_line() const {
    return "serving " + settings.door.app + " at " + settings.ari.url.text;
}

door_service::door_service(std::unique_ptr<insides> in) : in_(std::move(in)) {}
door_service::~door_service() = default;

result<std::unique_ptr<door_service>> door_service::open(context& with, const service_wishes& wishes) {
    const config::settings* settings = with.settings();
    if (settings == nullptr) {
        return failure{failure_kind::bad_input, "not started"};
    }
    auto in = std::make_unique<insides>(with, wishes, *settings);
    if (auto able = in->succeed(); !able) {
        return able.why();
    }
    if (in->never_served) {
        return std::unique_ptr<door_service>(new door_service(std::move(in)));
    }
    for (const auto step :
         {&insides::open_status_page, &insides::open_records, &insides::open_adapters, &insides::open_memory}) {
        if (auto opened = ((*in).*step)(); !opened) {
            return opened.why();
        }
    }
    return std::unique_ptr<door_service>(new door_service(std::move(in)));
}

exit_status door_service::run() {
    if (in_->never_served) {
        return exit_status::done;
    }
    in_->start();
    in_->loop.run();
    return in_->last();
}

}  // namespace td::cmd
