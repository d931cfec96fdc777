#include "runtime/worker.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "base/overloaded.hpp"
#include "runtime/patience.hpp"

namespace td::runtime {

struct worker::timer {
    explicit timer(const boost::asio::any_io_executor& loop) : alarm(loop) {}
    boost::asio::steady_timer alarm;
    instant armed_at = never;  ///< by the clock
    patience time;
};

worker::worker(boost::asio::any_io_executor loop, const steady_utc& clock, call::rules rules,
               std::vector<witness*> witnesses)
    : clock_(clock),
      board_(std::move(rules)),
      witnesses_(std::move(witnesses)),
      timer_(std::make_shared<timer>(loop)) {}

worker::~worker() = default;

void worker::begin(roles who) {
    roles_ = std::make_unique<roles>(who);
    work_off();
}

void worker::take(call::fact news) {
    inbox_.push_back(std::move(news));
    if (!stepping_ && roles_) {
        work_off();
    }
}

void worker::remember(instant at, const call::fact& news) {
    call::commands done;
    board_.step(at, news, done);
    for (witness* w : witnesses_) {
        w->remembered(at, news, done);
    }
}

void worker::work_off() {
    stepping_ = true;
    while (!inbox_.empty()) {
        const call::fact news = std::move(inbox_.front());
        inbox_.pop_front();
        if (board_.told_before(news)) {
            continue;  // every picture tells the panels that wait, and most of them belong to a call
        }
        const instant now = turn();
        board_.step(now, news, wishes_);
        for (witness* w : witnesses_) {
            w->saw(now, news, wishes_);
        }
        carry_out();
    }
    stepping_ = false;
    arm();
}

void worker::carry_out() {
    const auto act = overloaded{
        [&](const call::find_accounts& wish) { roles_->crm.find(wish); },
        [&](const call::push& wish) { roles_->push.send(wish); },
        [&](const call::panel_taken& wish) { roles_->line.taken(wish); },
        [&](const call::panel_freed& wish) { roles_->line.freed(wish); },
        [&](const call::find_site& wish) { roles_->sites.find(wish); },
        [&](const call::lend_number& wish) { roles_->numbers.lend(wish); },
        [&](const call::lend_from_notes& wish) { roles_->numbers.lend_from_notes(wish); },
        [&](const call::map_number& wish) { roles_->numbers.map(wish); },
        [&](const call::return_number& wish) { roles_->numbers.give_back(wish); },
        [&](const call::check_number& wish) { roles_->numbers.check(wish); },
        [&](const call::finish& wish) { roles_->feed.take(wish.record); },
        [&](const call::finish_sos& wish) { roles_->feed.take(wish.record); },
        [&](const call::finish_callback& wish) { roles_->feed.take(wish.record); },
        [&](const call::alert& wish) { roles_->feed.take(wish.news); },
        [&](const auto& wish) { roles_->pbx.carry_out(wish); },  // all the rest is Asterisk's; ports::pbx names each
    };
    for (const call::command& wish : wishes_) {
        std::visit(act, wish);
    }
    wishes_.clear();
}

instant worker::turn() {
    return timer_->time.turn(clock_.now(), board_.next_deadline());
}

/// A deadline that moved away keeps the older alarm: it wakes once for nothing, which is cheaper than setting it anew
/// for every fact. While anything is due the loop turns every beat, so that a silence tells that the process stood
/// still.
void worker::arm() {
    const instant next = board_.next_deadline();
    if (next == never) {
        return;
    }
    const instant wake = std::min(timer_->time.on_the_clock(next), clock_.now() + patience::beat);
    if (wake >= timer_->armed_at) {
        return;
    }
    timer_->armed_at = wake;
    timer_->alarm.expires_at(clock_.steady(wake));
    timer_->alarm.async_wait([this, alive = std::weak_ptr<timer>(timer_)](const boost::system::error_code& error) {
        const auto held = alive.lock();
        if (error || !held) {
            return;  // set anew for an earlier deadline, or the worker is gone
        }
        held->armed_at = never;
        if (board_.next_deadline() <= turn()) {
            take(call::time_passed{});
        } else {
            arm();
        }
    });
}

}  // namespace td::runtime
