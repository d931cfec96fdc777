#include "feed/delivery.hpp"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>
#include <variant>

namespace td::feed {
namespace {

constexpr std::size_t records_a_read = 64;
constexpr const char* not_read = "reading";
constexpr const char* not_kept = "writing";
constexpr duration longest_deafness = 20ms;  // who waits for the broker does not hear that the end has come
constexpr std::size_t news_a_round = 1000;   // then the spool and the clock have their turn

std::uint64_t seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

/// Only differences of it mean something: ages, which no jump of the wall clock changes.
instant steady_instant() {
    return instant(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace

delivery::delivery(publisher_options options, alarm_sink alarms, std::unique_ptr<spool_reader> reader,
                   delivery_desk& desk)
    : options_(std::move(options)),
      alarms_(std::move(alarms)),
      reader_(std::move(reader)),
      desk_(desk),
      window_(options_.window),
      random_(seed()) {}

void delivery::run() {
    while (!over()) {
        refill();
        keep_place();
        if (line_) {
            serve();
        } else if (const auto now = steady::now(); now >= next_attempt_) {
            reach_broker();
        } else {
            desk_.doorbell.wait(std::min<steady::duration>(next_attempt_ - now, options_.look));
        }
        show();
    }
    next_keep_ = {};
    keep_place();
    if (line_) {
        line_->close();
        line_.reset();
    }
    show();
}

/// True when nothing more can be done before the end, or no more time is left for it.
bool delivery::over() {
    if (!desk_.stopping.load()) {
        return false;
    }
    if (!std::exchange(last_round_, true)) {
        read_all_ = false;
        next_look_ = {};  // what was taken to the very end is on disk now
    }
    return !line_ || blocked_ || window_.stands() || (read_all_ && window_.empty()) ||
           steady::now() >= desk_.stop_by.load();
}

void delivery::refill() {
    while (window_.has_room() && steady::now() >= next_look_) {
        const std::size_t most = std::min(records_a_read, window_.room());
        auto batch = reader_->next(most);
        if (!batch) {
            raise(disk_, not_read, batch.why().text);
            read_all_ = true;
            next_look_ = steady::now() + std::max<duration>(options_.look, 1s);
            return;
        }
        if (disk_.reason == not_read) {
            clear(disk_, "spool " + options_.spool.string() + ": read again");
        }
        if (!batch->damages.empty()) {
            take_damages(*batch);
        }
        if (batch->messages.size() + batch->damages.size() < most) {
            read_all_ = true;
            next_look_ = steady::now() + options_.look;
        } else {
            read_all_ = false;
        }
        for (spooled& each : batch->messages) {
            window_.add(std::move(each), steady_instant());
        }
        if (window_.empty() && !batch->damages.empty()) {
            static_cast<void>(reader_->confirm(batch->end));  // else they are only named again after a restart
        }
    }
}

void delivery::take_damages(const spool_batch& batch) {
    desk_.damaged += batch.damages.size();
    const spool_damage& last = batch.damages.back();
    raise(damage_, last.where,
          "spool " + options_.spool.string() + ": " + last.where + ": " + last.what +
              "; kept aside there, and everything else goes out");
}

void delivery::reach_broker() {
    auto opened = broker_line::open(options_.broker, options_.password, options_.limits);
    if (!opened) {
        do_without(opened.why());
        return;
    }
    line_ = std::move(*opened);
    line_since_ = progress_ = steady::now();
    proven_ = false;
    desk_.reconnects += std::exchange(had_line_, true) ? 1 : 0;
}

void delivery::pause(failure_kind why) {
    duration whole = options_.slow_pause;
    if (why == failure_kind::unreachable) {
        whole = std::max(next_pause_, options_.first_pause);
        next_pause_ = std::min(whole * 2, options_.longest_pause);
    }
    const auto part = std::chrono::duration_cast<steady::duration>(whole * (0.5 + random_.fraction() / 2));
    next_attempt_ = steady::now() + part;
}

void delivery::serve() {
    try_refused();
    auto well = publish_waiting();
    if (well) {
        well = listen();
    }
    if (!well) {
        lose_line(well.why());
    } else if (window_.in_flight() == 0 || blocked_) {
        progress_ = steady::now();
        settle_line();
    } else if (steady::now() - progress_ > options_.confirm_limit) {
        drop_line();
        do_without({failure_kind::unreachable, "it takes records and acknowledges none"});
    }
}

/// One record alone, until the line has had an acknowledgement: a broker that is short of memory says so only after the
/// first one, and one that dies of us gets no more than that each time.
result<done> delivery::publish_waiting() {
    while (!blocked_ && (proven_ || window_.in_flight() == 0)) {
        const spooled* record = window_.next();
        if (record == nullptr) {
            break;
        }
        if (auto sent = line_->publish(*record); !sent) {
            return sent;
        }
        window_.published();
        ++desk_.published;
    }
    return done{};
}

/// How long the broker may be waited for.
duration delivery::patience() const {
    const duration longest = std::min(options_.look, longest_deafness);
    if (!window_.has_room() || window_.stands() || blocked_) {
        return longest;
    }
    const auto left = std::chrono::duration_cast<duration>(next_look_ - steady::now());
    return std::clamp(left, duration::zero(), longest);
}

result<done> delivery::listen() {
    for (std::size_t i = 0; i < news_a_round; ++i) {
        const auto heard = line_->hear(i == 0 ? patience() : duration::zero());
        if (!heard) {
            return heard.why();
        }
        if (!*heard) {
            break;
        }
        take(**heard);
    }
    return done{};
}

void delivery::take(const broker_news& news) {
    std::visit([this](const auto& each) { take(each); }, news);
}

void delivery::take(const broker_took& news) {
    const bool stood = window_.stands();
    const std::size_t count = window_.acknowledged(news.tag, news.reach);
    if (count > 0) {
        proven_ = true;
        desk_.confirmed += count;
        progress_ = steady::now();
        line_is_good();
    }
    if (!window_.in_trouble()) {
        clear(unroutable_, "feed: every record finds a queue again");
        clear(refusing_, broker_name() + " takes every record again");
    } else if (!stood && window_.stands()) {
        next_trial_ = steady::now() + options_.trial_pause;
    }
}

void delivery::take(const broker_refused& news) {
    const bool stood = window_.stands();
    const std::size_t count = window_.refused(news.tag, news.reach);
    if (count == 0) {
        return;
    }
    desk_.refused += count;
    progress_ = steady::now();
    if (!stood) {
        next_trial_ = steady::now() + options_.trial_pause;
    }
    raise(refusing_, "nack",
          broker_name() + " refuses records: is a queue full, or broken? They wait in the spool, and those behind too");
}

void delivery::take(const broker_returned& news) {
    ++desk_.returned;
    window_.returned(news.message_id);
    raise(unroutable_, news.key,
          "exchange " + options_.broker.exchange + " has no queue for " + news.key + " (" + news.why +
              "): bind one, by the key # for all; this record waits, and those behind it too");
}

void delivery::take(const broker_blocked& news) {
    blocked_ = true;
    raise(short_, news.why, broker_name() + " takes nothing: " + news.why + "; records wait in the spool");
}

void delivery::take(const broker_unblocked& /*news*/) {
    blocked_ = false;
    clear(short_, broker_name() + " takes records again");
}

void delivery::try_refused() {
    if (window_.stands() && steady::now() >= next_trial_) {
        window_.try_again();
        next_trial_ = steady::now() + options_.trial_pause;
    }
}

/// Not for every record: it is a file renamed.
void delivery::keep_place() {
    const auto safe = window_.safe();
    const bool may_wait = window_.in_flight() > 0 || keep_failed_;
    if (!safe || *safe <= kept_ || (may_wait && steady::now() < next_keep_)) {
        return;
    }
    next_keep_ = steady::now() + options_.keep;
    auto kept = reader_->confirm(*safe);
    keep_failed_ = !kept.ok();
    if (!kept) {
        raise(disk_, not_kept, kept.why().text);
        return;
    }
    kept_ = *safe;
    if (disk_.reason == not_kept) {
        clear(disk_, "spool " + options_.spool.string() + ": what was confirmed is remembered again");
    }
}

/// A line that was a good one is replaced at once, and nobody need hear of it.
void delivery::lose_line(const failure& why) {
    drop_line();
    if (next_pause_ > duration::zero() || why.kind != failure_kind::unreachable) {
        do_without(why);
        return;
    }
    next_pause_ = options_.first_pause;
}

void delivery::drop_line() {
    line_.reset();
    window_.line_lost();
    blocked_ = false;
    clear(short_, broker_name() + " is gone");
}

void delivery::do_without(const failure& why) {
    raise(away_, why.text, broker_name() + ": " + why.text + "; records wait in the spool");
    pause(why.kind);
}

/// One that owes an acknowledgement is not settled, however long it lives.
void delivery::settle_line() {
    if (steady::now() - line_since_ > options_.settled) {
        line_is_good();
    }
}

void delivery::line_is_good() {
    next_pause_ = duration::zero();
    clear(away_, broker_name() + " is reached");
}

void delivery::show() const {
    desk_.connected = line_ != nullptr;
    desk_.blocked = blocked_;
    desk_.in_flight = window_.in_flight();
    const auto oldest = window_.oldest();
    desk_.oldest = oldest ? oldest->time_since_epoch().count() : 0;
}

void delivery::raise(trouble& about, const std::string& reason, const std::string& text) {
    if (about.reason != reason && alarms_) {
        alarms_({about.name, alarm_state::raised, text});
    }
    about.reason = reason;
}

void delivery::clear(trouble& about, const std::string& text) {
    if (!std::exchange(about.reason, {}).empty() && alarms_) {
        alarms_({about.name, alarm_state::cleared, text});
    }
}

std::string delivery::broker_name() const {
    const broker_place& at = options_.broker;
    const bool ipv6 = at.host.find(':') != std::string::npos;
    return "RabbitMQ at " + (ipv6 ? "[" + at.host + "]" : at.host) + ":" + std::to_string(at.port) + ", vhost " +
           at.vhost;
}

}  // namespace td::feed
