#include "sim_server/loop.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <map>
#include <utility>

namespace td::sim_server {

struct loop::inside {
    // One thread runs it: the hint spares Asio its locks.
    boost::asio::io_context io{1};
    boost::asio::steady_timer alarm{io};
    boost::asio::signal_set signals{io};
    boost::asio::signal_set questions{io};
    std::function<void()> answer;
    std::chrono::steady_clock::time_point steady_start = std::chrono::steady_clock::now();
    instant wall_start = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
    std::multimap<instant, std::function<void()>> later;
    instant armed = never;
    bool stopped = false;
    int signal = 0;

    [[nodiscard]] instant now() const {
        return wall_start + std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - steady_start);
    }

    void arm() {
        const instant next = later.empty() ? never : later.begin()->first;
        if (next == armed) {
            return;
        }
        armed = next;
        if (next == never) {
            alarm.cancel();
            return;
        }
        alarm.expires_at(steady_start + (next - wall_start));
        alarm.async_wait([this](const boost::system::error_code& failed) {
            if (!failed) {
                ring();
            }
        });
    }

    void listen_for_questions() {
        questions.async_wait([this](const boost::system::error_code& failed, int) {
            if (!failed) {
                answer();
                listen_for_questions();
            }
        });
    }

    void ring() {
        armed = never;
        const instant due = now();
        while (!later.empty() && later.begin()->first <= due && !stopped) {
            auto first = later.extract(later.begin());
            first.mapped()();
        }
        arm();
    }
};

loop::loop() : inside_(std::make_unique<inside>()) {}
loop::~loop() = default;

instant loop::now() const {
    return inside_->now();
}

void loop::at(instant when, std::function<void()> act) {
    // A far deadline would overflow the steady clock: nothing of a simulation waits longer than a day.
    inside_->later.emplace(std::min(when, now() + std::chrono::hours(24)), std::move(act));
    inside_->arm();
}

void loop::soon(std::function<void()> act) {
    boost::asio::post(inside_->io, std::move(act));
}

bool loop::run_until(const std::function<bool()>& enough, duration limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    const auto work = boost::asio::make_work_guard(inside_->io);
    inside_->io.restart();
    while (!enough()) {
        if (inside_->stopped || inside_->io.run_one_until(deadline) == 0) {
            return enough();
        }
    }
    return true;
}

void loop::run() {
    const auto work = boost::asio::make_work_guard(inside_->io);
    inside_->io.restart();
    while (!inside_->stopped) {
        inside_->io.run_one();
    }
}

void loop::stop() {
    inside_->stopped = true;
    inside_->io.stop();
}

bool loop::stopped() const {
    return inside_->stopped;
}

void loop::stop_on_signals() {
    inside_->signals.add(SIGINT);
    inside_->signals.add(SIGTERM);
    inside_->signals.async_wait([this](const boost::system::error_code& failed, int signal) {
        if (!failed) {
            inside_->signal = signal;
            stop();
        }
    });
}

void loop::on_status_signal(std::function<void()> act) {
    inside_->answer = std::move(act);
    inside_->questions.add(SIGUSR1);
    inside_->listen_for_questions();
}

int loop::stopped_by() const {
    return inside_->signal;
}

boost::asio::io_context& loop::context() {
    return inside_->io;
}

}  // namespace td::sim_server
