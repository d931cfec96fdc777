// What the lending desk does beside the calls: errands, probes, the reserve, counting, the file, alarms.

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/redacted.hpp"
#include "lending/on_loop.hpp"
#include "pool/rules.hpp"

namespace td::lending {
namespace {

constexpr std::size_t routes_at_once = 64;
constexpr duration between_saves = 50ms;
constexpr duration save_again = 1s;
constexpr std::chrono::milliseconds least_for_the_file{500};

std::string minutes(duration length) {
    return std::to_string(std::chrono::duration_cast<std::chrono::minutes>(length).count()) + " min";
}

}  // namespace

// ---- the loop

void lending_desk::listen() {
    loop_->letters.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                              [this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
                                  if (error || alive.expired()) {
                                      return;
                                  }
                                  for (const auto& each : letters_->take_all()) {
                                      each();
                                  }
                                  listen();
                                  turn();
                              });
}

void lending_desk::arm() {
    if (closing_) {
        return;
    }
    instant next = std::min({cities_under_way_ ? never : cities_at_, counting_ || down_ ? never : count_at_, tidy_at_,
                             crew_->next_deadline(), conflict_until_});
    if (down_ && !errand_under_way_ && !cities_under_way_) {
        next = std::min(next, probe_at_);
    }
    if (!down_ && reserving_ == 0) {
        next = std::min(next, reserve_at_);
    }
    if (map_ != nullptr) {
        next = std::min(next, routes_at_);
    }
    if (file_) {
        next = std::min(next,
                        save_under_way_ ? save_since_ + options_.disk_patience : (book_.changed() ? save_at_ : never));
    }
    const instant now = now_();
    // Never zero: what is due and cannot be done now must not spin.
    const duration wait = std::clamp<duration>(next == never ? duration{1min} : next - now, 1ms, 1min);
    loop_->timer.expires_after(wait);
    loop_->timer.async_wait([this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
        if (!error && !alive.expired()) {
            turn();
        }
    });
}

/// Everything that is due.
void lending_desk::turn() {
    if (closing_) {
        return;
    }
    const instant now = now_();
    crew_->look();
    if (now >= tidy_at_) {
        book_.tidy(now);
        tidy_at_ = now + 1min;
    }
    if (now >= conflict_until_) {
        conflict_until_ = never;
        clear("pool_conflict", "the windows of the numbers that were lent twice are over");
    }
    if (!cities_under_way_ && (now >= cities_at_ || (down_ && suspect_ != 0 && now >= probe_at_))) {
        ask_cities();
    }
    work_off();
    reserve_block();
    count_numbers();
    if (map_ == nullptr || now >= routes_at_) {
        send_routes();
    }
    look_at_backlog(now);
    look_at_disk(now);
    save();
    arm();
}

void lending_desk::after_act() {
    if (closing_) {
        return;
    }
    work_off();
    reserve_block();
    save();
    arm();
}

// ---- the store

void lending_desk::store_failed(const failure& why) {
    ++counts_.store_failures;
    ++store_failures_;
    down_ = true;
    probe_at_ = now_() + pause_after(store_failures_);
    raise("pool_store", "the pool's store fails: " + why.text + "; calls leave with numbers kept ahead, or without");
}

/// A wish for which no thread was free says nothing of the store.
void lending_desk::blame(const failure& why, arrival when) {
    if (when != arrival::unasked) {
        store_failed(why);
    }
}

void lending_desk::store_answered() {
    store_failures_ = 0;
    probe_at_ = {};
    if (down_ && !book_.unsettled() && suspect_ == 0) {
        down_ = false;
        clear("pool_store", "the pool's store answers again");
    }
}

duration lending_desk::pause_after(unsigned failures) {
    duration pause = options_.least_pause;
    for (unsigned i = 1; i < failures && pause < options_.longest_pause; ++i) {
        pause *= 2;
    }
    pause = std::min(pause, options_.longest_pause);
    // A quarter more or less: many workers shall not knock together.
    const auto spread = static_cast<std::uint64_t>(pause.count() / 2 + 1);
    return pause * 3 / 4 + duration{static_cast<duration::rep>(random_.below(spread))};
}

/// Keeps the routes in memory, and is the probe where no errand waits.
void lending_desk::ask_cities() {
    using cities = std::vector<pool::city>;
    cities_under_way_ = true;
    crew_->ask<cities>(
        haste::background, [](ports::number_store& store) { return store.cities(); },
        [this](const result<cities>& all, arrival when) {
            if (when == arrival::late) {
                probe_at_ = {};  // it has come back from wherever it was
                return;
            }
            cities_under_way_ = false;
            cities_at_ = now_() + options_.cities_every;
            if (!all) {
                cities_at_ = now_() + pause_after(store_failures_ + 1);
                blame(all.why(), when);
            } else {
                book_.know(*all);
                store_answered();
            }
        });
}

/// One errand after the other, in their order: what was lent comes before its end.
void lending_desk::work_off() {
    if (errand_under_way_ || (down_ && (now_() < probe_at_ || cities_under_way_))) {
        return;
    }
    const pool::errand* first = book_.first_for_store();
    if (first == nullptr) {
        if (down_ && !closing_) {
            ask_cities();
        }
        return;
    }
    errand_under_way_ = true;
    const std::string who = "serve-ari@" + options_.node;
    crew_->ask<done>(
        haste::background,
        [what = *first, who](ports::number_store& store) {
            return what.what == pool::errand::kind::settle ? store.settle(what.row, who)
                                                           : store.end(what.row.token, what.row.ended_at);
        },
        [this, what = *first](const result<done>& answer, arrival when) { errand_answered(what, answer, when); });
}

void lending_desk::errand_answered(const pool::errand& what, const result<done>& answer, arrival when) {
    if (when == arrival::late) {
        probe_at_ = {};
        return;
    }
    errand_under_way_ = false;
    if (answer) {
        suspect_ = 0;
        book_.strike(what.no);
        store_answered();
        if (what.what == pool::errand::kind::settle) {
            reserve_soon();
        }
    } else if (answer.why().kind == failure_kind::taken) {
        ++counts_.taken;
        book_.strike_taken(what.no, now_());
        conflict_until_ = now_() + options_.rules.window;
        routes_at_ = {};
        raise("pool_conflict", "number " + redacted(what.row.number.text()) + " was lent to panel " +
                                   what.row.panel.text() + " without the store: " + answer.why().text +
                                   "; callbacks to it go to the other panel");
        store_answered();
    } else if (answer.why().kind == failure_kind::bad_input || answer.why().kind == failure_kind::not_found) {
        if (suspect_ == what.no) {
            ++counts_.struck;  // a store that is as it should be will never take it
            suspect_ = 0;
            book_.strike(what.no);
            store_answered();
        } else {
            suspect_ = what.no;
            store_failed(answer.why());
        }
    } else {
        blame(answer.why(), when);
    }
    after_act();
}

/// A city was served for the first time, or what was kept for it is lent.
void lending_desk::reserve_soon() {
    reserve_at_ = std::min(reserve_at_, now_() + options_.reserve_again);
}

void lending_desk::reserve_block() {
    const instant now = now_();
    if (down_ || closing_ || reserving_ > 0 || now < reserve_at_ || book_.holder().empty() || book_.unsettled()) {
        return;
    }
    reserve_at_ = now + options_.reserve_every;
    using kept = std::vector<pool::lent>;
    for (const auto& wish : book_.wanted(now)) {
        ++reserving_;
        crew_->ask<kept>(
            haste::background,
            [wish, now, holder = book_.holder(), until = now + options_.reserve_for](ports::number_store& store) {
                return store.reserve(holder, wish.city, wish.count, now, until);
            },
            [this, city = wish.city, holder = book_.holder()](const result<kept>& all, arrival when) {
                if (when == arrival::late) {
                    return;  // what it gave stays under this name, and comes with the next answer
                }
                --reserving_;
                if (all && holder == book_.holder()) {
                    book_.reserved(city, *all, now_());
                } else if (!all && all.why().kind != failure_kind::not_found) {
                    blame(all.why(), when);
                    reserve_at_ = {};
                }
                after_act();
            });
    }
}

void lending_desk::count_numbers() {
    if (down_ || counting_ || closing_ || now_() < count_at_) {
        return;
    }
    counting_ = true;
    count_at_ = now_() + options_.count_every;
    using reports = std::vector<pool::city_report>;
    std::vector<pool::city> cities;
    for (const auto& [fias, each] : book_.all().cities) {
        cities.push_back(each);
    }
    crew_->ask<reports>(
        haste::background,
        [cities, rules = options_.rules, now = now_()](ports::number_store& store) -> result<reports> {
            auto rows = store.numbers();
            if (!rows) {
                return rows.why();
            }
            for (pool::number_row& each : *rows) {
                each = pool::state_at(each, now, rules);
            }
            return pool::report(cities, *rows);
        },
        [this](const result<reports>& all, arrival when) {
            if (when == arrival::late) {
                return;
            }
            counting_ = false;
            if (!all) {
                blame(all.why(), when);
                return;
            }
            counts_.cities = *all;
            std::string low;
            for (const pool::city_report& each : *all) {
                if (pool::is_low(each, options_.low)) {
                    low += (low.empty() ? "" : ", ") + each.where.name + " (" +
                           std::to_string(each.count(pool::number_state::free)) + " free)";
                }
            }
            if (low.empty()) {
                clear("pool_low", "every city has free numbers enough");
            } else {
                raise("pool_low", "few numbers are free: " + low + "; see tdctl sos-pool stats");
            }
        });
}

// ---- the callback map

void lending_desk::send_routes() {
    routes_at_ = never;
    std::vector<pool::errand> due;
    std::vector<std::uint64_t> needless;
    for (const pool::errand& each : book_.backlog()) {
        if (each.what == pool::errand::kind::put || each.what == pool::errand::kind::remove) {
            const bool under_way =
                std::ranges::find(routes_under_way_, each.no, &put_under_way::errand) != routes_under_way_.end();
            if (map_ == nullptr) {
                needless.push_back(each.no);
            } else if (!under_way && due.size() < routes_at_once) {
                due.push_back(each);  // one whose time is over takes away what the map still holds from before
            }
        }
    }
    for (const std::uint64_t each : needless) {
        book_.strike(each);
    }
    for (const pool::errand& each : due) {
        send_route(each, false);
    }
    if (due.size() == routes_at_once) {
        routes_at_ = now_() + options_.least_pause;
    }
}

// ---- the file

void lending_desk::save() {
    const instant now = now_();
    if (!file_ || save_under_way_ || closing_ || !book_.changed() || now < save_at_) {
        return;
    }
    save_under_way_ = true;
    save_since_ = now;
    save_at_ = now + between_saves;
    file_->write(book_.to_save(false));
}

void lending_desk::saved(std::uint64_t no, const result<done>& outcome) {
    save_under_way_ = false;
    if (outcome) {
        book_.saved(no);
        clear("pool_notes", "the notes of the pool are written again");
        after_act();
        return;
    }
    save_at_ = now_() + save_again;
    book_.touch();
    book_.disown();
    raise("pool_notes", outcome.why().text + "; numbers kept ahead are lost if the worker crashes");
}

void lending_desk::look_at_disk(instant now) {
    if (save_under_way_ && now - save_since_ >= options_.disk_patience) {
        book_.disown();
        raise("pool_notes", "the disk under " + options_.notes.string() +
                                " does not answer; numbers kept ahead are lost if the worker crashes");
        save_since_ = never - options_.disk_patience;
    }
}

// ---- alarms

void lending_desk::look_at_backlog(instant now) {
    const auto& backlog = book_.backlog();
    const bool full = backlog.size() * 5 >= options_.backlog_limit * 4;
    const bool old = !backlog.empty() && now - backlog.front().at >= options_.backlog_old;
    if (full || old) {
        raise("pool_backlog", std::to_string(backlog.size()) +
                                  " changes wait for the pool's store or the callback map, the oldest for " +
                                  minutes(now - backlog.front().at) + "; beyond " +
                                  std::to_string(options_.backlog_limit) + " the oldest are forgotten");
    } else {
        clear("pool_backlog", "what waited for the pool's store and the callback map is written");
    }
}

void lending_desk::raise(const std::string& name, const std::string& text) {
    if (std::ranges::find(raised_, name) == raised_.end()) {
        raised_.push_back(name);
        alarms_({name, alarm_state::raised, text});
    }
}

void lending_desk::clear(const std::string& name, const std::string& text) {
    if (std::erase(raised_, name) > 0) {
        alarms_({name, alarm_state::cleared, text});
    }
}

// ---- the end

void lending_desk::close(std::chrono::milliseconds limit) {
    using steady = std::chrono::steady_clock;
    if (closing_ || crew_ == nullptr) {
        return;
    }
    closing_ = true;
    loop_->timer.cancel();
    const auto end = steady::now() + limit;
    const auto left = [&] {
        return std::max(std::chrono::milliseconds{0},
                        std::chrono::duration_cast<std::chrono::milliseconds>(end - steady::now()));
    };
    const auto read_letters = [&] {
        pollfd wait{letters_->fd(), POLLIN, 0};
        static_cast<void>(::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left().count(), 50))));
        for (const auto& each : letters_->take_all()) {
            each();
        }
        crew_->look();
    };
    while (left().count() > 0 && (crew_->busy() > 0 || (!down_ && book_.first_for_store() != nullptr))) {
        work_off();
        read_letters();
    }
    while (left().count() > 0 && save_under_way_) {
        read_letters();
    }
    if (file_) {
        // A disk that is still at an earlier save takes this one behind it, or neither: an older file is "not in
        // order", and costs the numbers in hand. So it has some time also when the store took all of it.
        file_->write(book_.to_save(true));
        static_cast<void>(file_->close(std::max(left(), least_for_the_file)));
    }
    file_.reset();
    threads_left_ = crew_->leave() > 0;
    crew_.reset();
    alive_.reset();
    loop_->letters.cancel();
}

}  // namespace td::lending
