#include "cmd/succession.hpp"

#include <sys/types.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <optional>
#include <vector>

#include "ari/client.hpp"
#include "cmd/adapters.hpp"
#include "cmd/tenure.hpp"
#include "http/client.hpp"
#include "runtime/service_notice.hpp"

namespace td::cmd {
namespace {

using steady = std::chrono::steady_clock;

constexpr duration look_again = 50ms;       // between two looks at the lock
constexpr duration ask_again = 250ms;       // between two questions at the holder's /readyz
constexpr duration longest_answer = 500ms;  // to one of them
constexpr duration longest_silence = 2s;    // a holder that answered once and is silent for so long hangs, and is ended
constexpr duration longest_step_down = 5s;  // a holder that was relieved and is there after so long is ended
constexpr duration longest_hold = 1s;       // that reading the journal waits for an Asterisk that may be away
constexpr int last_descriptors_ms = 2000;   // of a process that has let the lock go and is still closing the rest

/// What one journal may serve. Two that differ share a directory by mistake, and must not end each other.
std::string work_of(const config::settings& from) {
    return "door=" + from.door.app + " sos=" + from.sos.app + " asterisk=" + from.ari.url.text + "\n";
}

}  // namespace

struct succession::insides {
    insides(context& outside, const config::settings& from, wishes wanted, runtime::log& to)
        : with(outside), settings(from), wish(std::move(wanted)), log(to), work(work_of(from)) {
        signals.add(SIGUSR1);
    }

    result<turn> begin();
    result<done> fit_to_serve() const;
    result<turn> relieve(pid_t holder);
    result<turn> stand_by();
    bool take();
    std::unique_ptr<ari::client> line_of(ari::options wanted);
    result<done> hold_applications();
    void hold_again();
    void wait_until_held();
    void hold_meanwhile();
    result<std::unique_ptr<ari::client>> ask_asterisk();
    [[nodiscard]] bool applications_held() const;
    void ask_holder();
    void look_for_silence(pid_t holder);
    void pause();
    void listen();
    void say_status() const;

    context& with;
    const config::settings& settings;
    wishes wish;
    runtime::log& log;
    std::string work;
    boost::asio::io_context loop{1};
    boost::asio::signal_set signals{loop, SIGTERM, SIGINT, SIGUSR2};  ///< and SIGUSR1: it takes three at once
    boost::asio::steady_timer timer{loop};
    std::unique_ptr<tenure> lock;
    std::optional<pid_t> last_holder;  ///< as it was seen last
    bool told_to_end = false;
    std::optional<failure> refused;  ///< by Asterisk, or by the file system
    runtime::service_notice notice;
    std::vector<ari::options> wanted_lines;
    std::vector<std::unique_ptr<ari::client>> lines;  ///< one for each of them
    bool held_again = false;

    // The holder as a standby sees it.
    std::unique_ptr<http::client> questions;
    std::optional<pid_t> watched;
    bool asking = false;
    bool drains = false;
    std::optional<steady::time_point> answered;  ///< when it answered last
    steady::time_point asked{};
    steady::time_point looked{};
};

result<succession::turn> succession::insides::begin() {
    auto opened = tenure::open(settings.journal.dir, wish.node);
    if (!opened && opened.why().kind == failure_kind::full) {
        log.say(runtime::log_level::warning, "no lock on the journal: a second worker would not be noticed",
                {{"said", opened.why().text}});
        return turn::ours;
    }
    if (!opened) {
        return opened.why();
    }
    lock = std::move(*opened);
    if (take()) {
        return turn::ours;
    }
    if (refused) {
        return *refused;
    }
    if (auto able = fit_to_serve(); !able) {
        return able.why();
    }
    if (const std::string others = lock->work_of_holder(); !others.empty() && others != work) {
        return failure{failure_kind::taken, "another worker keeps its journal of node " + wish.node + " in " +
                                                settings.journal.dir + " and serves " +
                                                others.substr(0, others.find('\n')) +
                                                ": give this one a journal.dir or a --node of its own"};
    }
    listen();
    auto came = wish.patience == patience_of::standby ? stand_by() : relieve(last_holder.value_or(0));
    signals.cancel();
    loop.restart();
    loop.poll();
    return came;
}

void succession::insides::listen() {
    signals.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) {
            return;
        }
        if (number == SIGUSR1) {
            say_status();
        } else {
            told_to_end = true;
        }
        listen();
    });
}

void succession::insides::say_status() const {
    const bool relieves = !lines.empty();
    const std::string holder = relieves ? (applications_held() ? "told to step down" : "serves")
                               : settings.metrics.listen.is("none") ? "not asked, as metrics.listen is none"
                               : !answered                          ? "has not answered"
                               : drains                             ? "drains"
                                                                    : "answers";
    log.say(runtime::log_level::info, "status",
            {{"doing", relieves ? "relieving" : "standing by"},
             {"node", wish.node},
             {"pid", last_holder.value_or(0)},
             {"holder", holder}});
}

/// What would end this process after it has ended another one, or in the minute when it is needed.
result<done> succession::insides::fit_to_serve() const {
    for (const config::problem& each : config::problems_of_secrets(with.configuration())) {
        if (each.how == config::problem::weight::error) {
            return failure{failure_kind::bad_input, config::text_of(each)};
        }
    }
    return done{};
}

/// One look at the lock. Who has let it go may still be closing the spool and the port, which come later.
bool succession::insides::take() {
    const auto taken = lock->take(work);
    if (!taken) {
        refused = taken.why();
        return false;
    }
    if (!*taken) {
        last_holder = lock->holder();
        return false;
    }
    if (last_holder) {
        wait_for_end(*last_holder, last_descriptors_ms);
    }
    return true;
}

/// Until the holder ends, or the next look is due.
void succession::insides::pause() {
    boost::asio::posix::stream_descriptor end(loop);
    if (const int process = end_of(last_holder.value_or(0)); process >= 0) {
        end.assign(process);
        end.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                           if (!error) {
                               loop.stop();
                           }
                       });
    }
    timer.expires_after(look_again);
    timer.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            loop.stop();
        }
    });
    loop.restart();
    loop.run();
    timer.cancel();
    notice.alive();
}

// ---- a successor

result<succession::turn> succession::insides::relieve(pid_t holder) {
    log.say(runtime::log_level::info, "relieving", {{"pid", holder}, {"node", wish.node}});
    if (auto held = hold_applications(); !held) {
        return held.why();
    }
    const auto give_up_at = steady::now() + wish.wait;
    std::optional<steady::time_point> end_at;
    while (!take()) {
        if (told_to_end) {
            return turn::told_to_end;
        }
        hold_again();
        if (refused) {
            return *refused;
        }
        if (applications_held() && !end_at) {
            end_at = steady::now() + longest_step_down;
        }
        if (!end_at && steady::now() >= give_up_at) {
            const auto missing =
                std::find_if(lines.begin(), lines.end(), [](const auto& l) { return !l->connected(); });
            return failure{failure_kind::unreachable, "process " + std::to_string(holder) + " goes on serving: " +
                                                          no_asterisk(settings, wish.wait, **missing)};
        }
        if (end_at && steady::now() >= *end_at && !last_holder) {
            return failure{failure_kind::taken, "another worker keeps its journal of node " + wish.node + " in " +
                                                    settings.journal.dir +
                                                    ", does not step down, and cannot be ended from here: it runs on "
                                                    "another host, or in another container"};
        }
        if (end_at && steady::now() >= *end_at) {
            log.say(runtime::log_level::warning, "ending a worker that does not step down", {{"pid", *last_holder}});
            lock->end_holder();
            end_at = steady::now() + longest_step_down;
        }
        pause();
    }
    wait_until_held();
    return turn::ours;
}

/// Takes both applications over; what comes on these lines is not listened to, because the picture of what Asterisk
/// holds, once the calls are remembered, tells all of it.
result<done> succession::insides::hold_applications() {
    const auto wanted = ari_options(settings, [this](const config::secret_ref& from) { return with.secret_of(from); });
    if (!wanted) {
        return wanted.why();
    }
    for (const std::string& app : {settings.door.app, settings.sos.app}) {
        wanted_lines.push_back(*wanted);
        wanted_lines.back().app = app;
        lines.push_back(line_of(wanted_lines.back()));
        lines.back()->start();
    }
    return done{};
}

/// The holder may have been making a lost line anew in the moment in which it was relieved, and taken it back: once it
/// is taken again. Whoever takes it a second time is another successor.
void succession::insides::hold_again() {
    if (!refused || refused->kind != failure_kind::taken || held_again) {
        return;
    }
    held_again = true;
    refused.reset();
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i]->over()) {
            log.say(runtime::log_level::info, "taking an application again", {{"app", wanted_lines[i].app}});
            lines[i] = line_of(wanted_lines[i]);
            lines[i]->start();
        }
    }
}

void succession::insides::hold_meanwhile() {
    if (!lines.empty() || !hold_applications()) {
        return;
    }
    const auto began = steady::now();
    wait_until_held();
    if (applications_held()) {
        log.say(runtime::log_level::info, "applications held",
                {{"ms", std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - began).count()}});
    }
    std::erase_if(lines, [](const auto& line) { return !line->connected(); });
}

/// A line that is given up on its way may come to Asterisk behind the one that serves, and take its application.
void succession::insides::wait_until_held() {
    const auto give_up_at = steady::now() + longest_hold;
    timer.expires_after(longest_hold);
    timer.async_wait([](const boost::system::error_code&) {});
    loop.restart();
    while (!applications_held() && !refused && steady::now() < give_up_at) {
        loop.run_one();
    }
    timer.cancel();
}

std::unique_ptr<ari::client> succession::insides::line_of(ari::options wanted) {
    return std::make_unique<ari::client>(
        loop.get_executor(), std::move(wanted),
        ari::client::surroundings{[](const call::fact&) {}, [] { return call_id{}; },
                                  [to = ari_log(log)](ari::level how, const std::string& text) {
                                      if (how != ari::level::info) {
                                          to(how, text);
                                      }
                                  },
                                  [this](failure why) { refused = std::move(why); },
                                  [] { return std::optional<duration>(); }});  // what is offered is for others
}

bool succession::insides::applications_held() const {
    return std::all_of(lines.begin(), lines.end(), [](const auto& line) { return line->connected(); });
}

// ---- a standby

result<succession::turn> succession::insides::stand_by() {
    const auto question = ask_asterisk();
    if (!question) {
        return question.why();
    }
    log.say(runtime::log_level::info, "standing by", {{"node", wish.node}});
    notice.ready("standing by for node " + wish.node);
    questions = std::make_unique<http::client>(loop, http::client_options{});
    while (!take()) {
        if (told_to_end) {
            return turn::told_to_end;
        }
        if (refused) {
            return *refused;
        }
        if (last_holder) {
            look_for_silence(*last_holder);
            ask_holder();
        }
        if (drains) {
            return relieve(*watched);
        }
        pause();
    }
    log.say(runtime::log_level::warning, "the worker is gone, its calls are ours", {{"pid", watched.value_or(0)}});
    return turn::ours;
}

/// Whom Asterisk would refuse is told now, and not in the minute when it is needed. An Asterisk that is away is asked
/// again meanwhile.
result<std::unique_ptr<ari::client>> succession::insides::ask_asterisk() {
    auto wanted = ari_options(settings, [this](const config::secret_ref& from) { return with.secret_of(from); });
    if (!wanted) {
        return wanted.why();
    }
    auto question = line_of(std::move(*wanted));
    question->ask([] {});
    return question;
}

void succession::insides::ask_holder() {
    if (settings.metrics.listen.is("none") || asking || steady::now() < asked + ask_again) {
        return;
    }
    asking = true;
    asked = steady::now();
    http::request wish_to_know;
    wish_to_know.url = "http://" + settings.metrics.listen.text + "/readyz";
    wish_to_know.limit = longest_answer;
    questions->send(std::move(wish_to_know), [this, of = watched](const http::reply& said) {
        asking = false;
        if (of != watched) {
            return;
        }
        // A page that is too busy closes the connection: it lives. Of what hangs the kernel still takes connections.
        if (said.outcome || said.outcome.why().text == "reset") {
            answered = steady::now();
        }
        drains = said.outcome && said.outcome->status != 200 &&
                 ("\n" + said.outcome->body).find("\ndraining\n") != std::string::npos;
    });
}

/// A holder that never answered may be starting, or have no metrics: it is left alone.
void succession::insides::look_for_silence(pid_t holder) {
    const auto now = steady::now();
    if (watched != holder) {
        watched = holder;
        answered.reset();
        drains = false;
    }
    // When this process itself stood still, the silence was ours.
    if (answered && now - looked > longest_silence / 2) {
        answered = now;
    }
    looked = now;
    if (answered && now - *answered > longest_silence) {
        log.say(runtime::log_level::warning, "ending a worker that hangs", {{"pid", holder}});
        lock->end_holder();
        answered.reset();
    }
}

succession::succession(context& with, const config::settings& from, wishes wanted, runtime::log& log)
    : in_(std::make_unique<insides>(with, from, std::move(wanted), log)) {}
succession::~succession() = default;

result<succession::turn> succession::begin() {
    return in_->begin();
}

void succession::hold_meanwhile() {
    in_->hold_meanwhile();
}

void succession::serving() {
    in_->lines.clear();
    in_->questions.reset();
    in_->loop.restart();
    in_->loop.poll();
}

}  // namespace td::cmd
