#include "sim/sos_outside.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "pool/acts.hpp"

namespace td::sim {
namespace {

constexpr const char* who = "serve-ari@sim";

call::sos_routes routes_of(const std::optional<pool::city>& where) {
    return where ? call::sos_routes{where->route, where->second_route, where->shared_number} : call::sos_routes{};
}

/// Every run of a worker has a name of its own at the pool.
std::string holder_of(std::size_t life) {
    return "serve-ari@sim/" + std::to_string(life);
}

std::uint32_t whole_ms(duration took) {
    return static_cast<std::uint32_t>(took / 1ms);
}

template <class Wish>
constexpr bool is_asked = std::is_same_v<Wish, call::find_site> || std::is_same_v<Wish, call::lend_number> ||
                          std::is_same_v<Wish, call::lend_from_notes> || std::is_same_v<Wish, call::map_number> ||
                          std::is_same_v<Wish, call::return_number> || std::is_same_v<Wish, call::check_number>;

template <class Wish>
constexpr bool is_told = std::is_same_v<Wish, call::finish_sos> || std::is_same_v<Wish, call::finish_callback> ||
                         std::is_same_v<Wish, call::alert>;

}  // namespace

sos_outside::sos_outside(const sos_plan& plan, agenda& time, std::function<void(const call::fact&)> tell,
                         std::function<instant()> clock)
    : plan_(plan),
      time_(time),
      tell_(std::move(tell)),
      clock_(std::move(clock)),
      table_(rules_),
      book_({}, holder_of(1)) {
    for (const pool::city& city : plan.cities) {
        table_.put_city(city);
    }
    (void)pool::add_numbers(table_, plan.numbers, {who, "sim", plan.start - 24h});
    book_.know(plan.cities);
    if (plan.reserved > 0 && !plan.cities.empty()) {
        const city_id& where = plan.cities.front().fias;
        const auto kept =
            pool::reserve(table_, rules_, book_.holder(), where, plan.reserved, plan.start, plan.start + 24h);
        if (kept) {
            book_.reserved(where, *kept, plan.start);
        }
    }
    table_.keep();
    save_notes();
}

void sos_outside::take(const call::command& wish) {
    std::visit(
        [this]<class Wish>(const Wish& asked) {
            if constexpr (is_asked<Wish>) {
                take(asked);
            } else if constexpr (is_told<Wish>) {
                told_ += plan_.feed_takes ? 1U : 0U;
            }
        },
        wish);
}

void sos_outside::die() {
    ++life_;
    waiting_.clear();
}

void sos_outside::come_back() {
    book_ = pool::notebook({}, holder_of(life_));
    book_.know(plan_.cities);
    if (auto former = pool::read_notes(notes_)) {
        book_.adopt(std::move(*former), clock_());
    }
    save_notes();
}

/// What is told to one worker is not told to the next.
void sos_outside::answer_after(duration wait, std::function<void()> answer) {
    time_.put_after(wait, [this, answer = std::move(answer), life = life_] {
        if (life == life_) {
            answer();
        }
    });
}

// ---- the CRM

void sos_outside::take(const call::find_site& wish) {
    const sos_moods& how = met(wish.call);
    call::site_record where;
    where.city = how.city;
    where.address = "Lenina 1";
    if (how.remembered) {
        answer_after({}, [this, call = wish.call, where] {
            tell_(call::site_found{call, where, call::crm_source::stale, 0});
        });
    }
    const std::uint32_t took = whole_ms(how.crm_takes);
    switch (how.crm) {
        case part_mood::answers:
            answer_after(how.crm_takes, [this, call = wish.call, where, took] {
                tell_(call::site_found{call, where, call::crm_source::live, took});
            });
            return;
        case part_mood::fails:
            answer_after(how.crm_takes, [this, call = wish.call, took] {
                tell_(call::site_missing{call, "status_500", took});
            });
            return;
        case part_mood::hangs: return;
    }
}

// ---- the pool

pool::lease_wish sos_outside::wish_of(const call_id& call, const panel_id& panel, const call::site_record& site) {
    return {panel, site.city, call, clock_(), "{}", who, "sos call"};
}

void sos_outside::take(const call::lend_number& wish) {
    const sos_moods& how = met(wish.call);
    waiting_.insert(wish.call);
    if (how.pool != part_mood::hangs) {
        time_.put_after(how.pool_takes,
                        [this, asked = wish_of(wish.call, wish.panel, wish.site), mood = how.pool, life = life_] {
                            if (life == life_) {
                                store_answers(asked, mood);
                            } else if (mood == part_mood::answers) {
                                const auto unheard = pool::lease(table_, rules_, asked);
                                unheard ? table_.keep() : table_.undo();
                            }
                        });
    }
}

void sos_outside::store_answers(const pool::lease_wish& wish, part_mood how) {
    const bool waited = waiting_.erase(wish.call) > 0;
    if (how != part_mood::answers) {
        if (waited) {
            tell_(call::number_refused{wish.call, call::number_refused::why::store, {}, "the store failed"});
        }
        return;
    }
    work_off();  // the store must know of every number that was lent without it before it lends one
    const auto answer = pool::lease(table_, rules_, wish);
    answer ? table_.keep() : table_.undo();
    if (!waited) {
        if (answer && answer->number) {
            book_.took_late(wish, *answer->number, clock_());
            work_off();
        }
    } else if (!answer) {
        tell_(call::number_refused{wish.call, call::number_refused::why::store, {}, answer.why().text});
    } else if (answer->number) {
        book_.took(wish, *answer->number);
        tell_lent(wish.call, *answer->number, answer->where);
    } else {
        const auto reason = answer->where ? call::number_refused::why::dry : call::number_refused::why::unknown_city;
        tell_(call::number_refused{wish.call, reason, routes_of(answer->where), "no number"});
    }
    save_notes();
}

void sos_outside::take(const call::lend_from_notes& wish) {
    waiting_.erase(wish.call);
    const auto answer = book_.lend(wish_of(wish.call, wish.panel, wish.site));
    answer_after({}, [this, call = wish.call, answer] {
        if (answer.number) {
            tell_lent(call, *answer.number, answer.where);
        } else {
            tell_(call::number_refused{call, call::number_refused::why::store, routes_of(answer.where), "no number"});
        }
    });
    save_notes();
}

void sos_outside::tell_lent(const call_id& call, const pool::lent& number, const std::optional<pool::city>& where) {
    std::erase(lent_, number.number);
    lent_.push_back(number.number);
    tell_(call::number_lent{call, number.token, number.number, number.how, routes_of(where)});
}

void sos_outside::take(const call::return_number& wish) {
    book_.ended(wish.call, wish.token, wish.number, wish.panel, wish.at);
    if (met(wish.call).pool == part_mood::answers) {
        work_off();
    }
    save_notes();
}

/// Everything that the store must be told, in its order; what the map must be told is told at once.
void sos_outside::work_off() {
    while (!book_.backlog().empty()) {
        const pool::errand first = book_.backlog().front();
        book_.strike(first.no);
        if (first.what == pool::errand::kind::settle) {
            const auto settled = pool::settle(table_, rules_, first.row, who);
            settled ? table_.keep() : table_.undo();
        } else if (first.what == pool::errand::kind::end) {
            const auto ended = pool::end(table_, rules_, first.row.token, first.row.ended_at, who);
            ended ? table_.keep() : table_.undo();
        } else if (first.what == pool::errand::kind::remove) {
            map_.erase(first.row.number);
        } else {
            map_[first.row.number] = first.row.panel;
        }
    }
}

/// With a disk that fails or hangs no save is ever confirmed.
void sos_outside::save_notes() {
    const auto save = book_.to_save(false);
    if (plan_.disk_saves) {
        notes_ = save.text;
        book_.saved(save.no);
    }
}

pool_truth sos_outside::truth_at(instant settled) {
    work_off();
    pool_truth truth;
    for (const pool::number_row& row : table_.numbers()) {
        truth.in_calls += pool::state_at(row, settled, rules_).calls;
    }
    for (const auto& [number, panel] : map_) {
        const panel_id behind = panel_behind(number);
        // What was lent from notes that no disk took, only the worker knew; it is dead.
        const bool forgotten = behind.empty() && !plan_.disk_saves && life_ > 1;
        if (behind != panel && !forgotten) {
            truth.astray.push_back(number);
        }
    }
    return truth;
}

/// As lending/lending_desk asks: the history knows no lease that begins later, as after a clock was set back.
panel_id sos_outside::panel_behind(const number_id& number) {
    const auto leads = pool::leases_of(table_, rules_, number, clock_());
    if (!leads.empty()) {
        return leads.front().panel;
    }
    for (const pool::number_row& row : table_.numbers()) {
        if (row.number == number) {
            const pool::number_row today = pool::state_at(row, clock_(), rules_);
            const bool led = today.state == pool::number_state::leased || today.state == pool::number_state::window;
            return led ? today.panel : panel_id{};
        }
    }
    return {};
}

// ---- the callback map

void sos_outside::take(const call::map_number& wish) {
    const sos_moods& how = met(wish.call);
    (void)book_.map(wish.call, wish.token, wish.number, wish.panel, "{}", clock_());
    switch (how.map) {
        case part_mood::answers:
            time_.put_after(how.map_takes, [this, wish] { map_[wish.number] = wish.panel; });
            answer_after(how.map_takes, [this, call = wish.call] { tell_(call::number_mapped{call}); });
            return;
        case part_mood::fails:
            answer_after(how.map_takes, [this, call = wish.call] { tell_(call::map_failed{call, "no_answer"}); });
            return;
        case part_mood::hangs: return;
    }
}

panel_id sos_outside::routed(const number_id& number) const {
    const auto found = map_.find(number);
    return found == map_.end() ? panel_id{} : found->second;
}

void sos_outside::take(const call::check_number& wish) {
    const sos_moods& how = met(wish.call);
    switch (how.pool) {
        case part_mood::answers:
            answer_after(how.pool_takes, [this, wish] {
                work_off();
                tell_(call::number_checked{wish.call, panel_behind(wish.number)});
            });
            return;
        case part_mood::fails:
            answer_after(how.pool_takes, [this, call = wish.call] {
                tell_(call::check_failed{call, "the store failed"});
            });
            return;
        case part_mood::hangs: return;
    }
}

}  // namespace td::sim
