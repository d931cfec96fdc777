#include "lending/lending_desk.hpp"

#include <algorithm>
#include <utility>

#include "base/redacted.hpp"
#include "lending/on_loop.hpp"
#include "pool/rules.hpp"
#include "pool/site.hpp"

namespace td::lending {
namespace {

pool::notebook_rules book_rules(const lending_options& options) {
    pool::notebook_rules rules;
    rules.leases = options.rules;
    rules.reserve = options.reserve;
    rules.most_errands = options.backlog_limit;
    return rules;
}

std::string who(const lending_options& options) {
    return "serve-ari@" + options.node;
}

std::string site_json(const panel_id& panel, const call::site_record& site) {
    pool::site told{panel, site.address, site.entrance, std::nullopt, std::nullopt, site.city};
    if (site.place) {
        told.latitude = site.place->latitude;
        told.longitude = site.place->longitude;
    }
    return pool::site_text(told);
}

call::sos_routes routes_of(const std::optional<pool::city>& where) {
    return where ? call::sos_routes{where->route, where->second_route, where->shared_number} : call::sos_routes{};
}

/// The wish is wrong, not the store.
bool is_trouble(const failure& why) {
    return why.kind != failure_kind::bad_input && why.kind != failure_kind::not_found;
}

/// Whose number it is; nobody's is an empty name. The history knows it even of a number that was taken out of service,
/// but not of a lease that begins after `at`, as after a clock was set back: then the number's own row has the word.
result<panel_id> panel_behind(ports::number_store& store, const number_id& number, instant at,
                              const pool::lease_rules& rules) {
    const auto leads = store.leases_of(number, at);
    if (!leads) {
        return leads.why().kind == failure_kind::not_found ? result<panel_id>(panel_id{}) : leads.why();
    }
    if (!leads->empty()) {
        return leads->front().panel;
    }
    const auto row = store.number(number);
    if (!row) {
        return row.why().kind == failure_kind::not_found ? result<panel_id>(panel_id{}) : row.why();
    }
    const pool::number_row today = pool::state_at(*row, at, rules);
    const bool led = today.state == pool::number_state::leased || today.state == pool::number_state::window;
    return led ? today.panel : panel_id{};
}

}  // namespace

lending_desk::lending_desk(boost::asio::io_context& loop, lending_options options, std::function<instant()> now,
                           ports::fact_sink facts, alarm_sink alarms)
    : options_(std::move(options)),
      now_(std::move(now)),
      facts_(std::move(facts)),
      alarms_(std::move(alarms)),
      random_(std::hash<std::string>{}(options_.run)),
      book_(book_rules(options_), who(options_) + "/" + options_.run),
      letters_(std::make_shared<mailbox>()),
      loop_(std::make_unique<on_loop>(loop, letters_->fd())),
      alive_(std::make_shared<bool>(true)) {
    if (options_.notes.empty()) {
        return;
    }
    auto lock = notes_lock::take(options_.notes);
    if (!lock) {
        raise("pool_notes", lock.why().text);
        options_.notes.clear();
        return;
    }
    lock_ = std::move(*lock);
    auto former = notes_file::read(options_.notes);
    if (!former) {
        raise("pool_notes", former.why().text);
    } else if (*former) {
        book_.adopt(std::move(**former), now_());
    }
}

lending_desk::~lending_desk() {
    alive_.reset();
}

void lending_desk::begin(ports::callback_map* map) {
    map_ = map;
    book_.writes_routes(map != nullptr);
    if (!options_.notes.empty()) {
        file_ = std::make_unique<notes_file>(options_.notes, letters_,
                                             [this](std::uint64_t no, const result<done>& how) { saved(no, how); });
    }
    crew_options of_crew;
    of_crew.open = options_.open;
    of_crew.threads = options_.threads;
    of_crew.waiting = options_.waiting;
    of_crew.limit = options_.timeout;
    of_crew.now = now_;
    of_crew.took = options_.took;
    crew_ = std::make_unique<crew>(std::move(of_crew), letters_);
    const instant now = now_();
    tidy_at_ = now + 1min;
    count_at_ = now;
    routes_at_ = now;
    listen();
    turn();
}

// ---- a number for a call

pool::lease_wish lending_desk::wish_of(const call_id& call, const panel_id& panel, const call::site_record& site) {
    return {panel, site.city, call, now_(), site_json(panel, site), who(options_), "sos call"};
}

void lending_desk::lend(const call::lend_number& asked) {
    const pool::lease_wish wish = wish_of(asked.call, asked.panel, asked.site);
    if (down_ || book_.unsettled(asked.panel)) {
        refuse(asked.call, call::number_refused::why::store, std::nullopt,
               down_ ? "the pool's store is out of reach" : "the pool's store has not heard of the last calls yet");
        return;
    }
    const auto wanted = std::make_shared<std::atomic<bool>>(true);
    waiting_.emplace(asked.call, wanted);
    // A hundred calls at once wait behind each other for longer than a call waits: the store works for those that are
    // still there, and lends no number that nobody shows.
    crew_->ask<pool::lease_answer>(
        haste::call,
        [wish, wanted](ports::number_store& store) -> result<pool::lease_answer> {
            if (!*wanted) {
                return failure{failure_kind::bad_input, "the call has left"};
            }
            return store.lease(wish);
        },
        [this, wish](const result<pool::lease_answer>& answer, arrival when) { lease_answered(wish, answer, when); });
    arm();
}

void lending_desk::lease_answered(const pool::lease_wish& wish, const result<pool::lease_answer>& answer,
                                  arrival when) {
    if (!answer && when != arrival::unasked && is_trouble(answer.why())) {
        store_failed(answer.why());
    }
    const bool waited_for = when != arrival::late && waiting_.erase(wish.call) > 0;
    if (!waited_for) {
        if (answer && answer->number) {
            ++counts_.late_answers;
            book_.took_late(wish, *answer->number, now_());
            after_act();
        }
        return;
    }
    if (!answer) {
        refuse(wish.call, call::number_refused::why::store, std::nullopt, answer.why().text);
    } else if (answer->number) {
        ++counts_.lent;
        book_.took(wish, *answer->number);
        tell_lent(wish.call, *answer->number, answer->where);
        if (book_.ready(answer->number->city, now_()) < options_.reserve) {
            reserve_soon();
        }
    } else if (!answer->where) {
        refuse(wish.call, call::number_refused::why::unknown_city, std::nullopt,
               wish.city.empty() ? "the panel's city is not known"
                                 : "the pool does not know the city " + wish.city.text());
    } else if (const auto kept = book_.lend(wish); kept.number) {
        ++counts_.lent_from_notes;
        tell_lent(wish.call, *kept.number, answer->where);
    } else {
        refuse(wish.call, call::number_refused::why::dry, answer->where,
               "the pool of " + answer->where->name + " has no number left");
    }
    after_act();
}

void lending_desk::lend_from_notes(const call::lend_from_notes& asked) {
    if (const auto left = waiting_.extract(asked.call)) {
        *left.mapped() = false;
    }
    const auto answer = book_.lend(wish_of(asked.call, asked.panel, asked.site));
    if (answer.number) {
        ++counts_.lent_from_notes;
        tell_lent(asked.call, *answer.number, answer.where);
    } else {
        refuse(asked.call, call::number_refused::why::store, answer.where,
               answer.where ? "no number is kept for " + answer.where->name : "the notes do not know the city");
    }
    after_act();
}

void lending_desk::tell_lent(const call_id& call, const pool::lent& number, const std::optional<pool::city>& where) {
    facts_(call::number_lent{call, number.token, number.number, number.how, routes_of(where)});
}

void lending_desk::refuse(const call_id& call, call::number_refused::why reason, const std::optional<pool::city>& where,
                          std::string text) {
    ++counts_.refused;
    facts_(call::number_refused{call, reason, routes_of(where), std::move(text)});
}

// ---- the callback's way

void lending_desk::map(const call::map_number& wish) {
    if (map_ == nullptr) {
        const auto& backlog = book_.backlog();
        const bool unwritten = std::ranges::any_of(backlog, [&](const pool::errand& each) {
            return each.what == pool::errand::kind::settle && each.row.call == wish.call;
        });
        if (unwritten) {
            facts_(call::map_failed{wish.call, "the pool's store has not heard of it yet"});
        } else {
            facts_(call::number_mapped{wish.call});
        }
        return;
    }
    send_route(book_.map(wish.call, wish.token, wish.number, wish.panel, site_json(wish.panel, wish.site), now_()),
               true);
    after_act();
}

void lending_desk::send_route(const pool::errand& what, bool asked) {
    const pool::lease_row& row = what.row;
    routes_under_way_.push_back({row.call, row.number, row.token, what.no, asked});
    if (what.what == pool::errand::kind::remove) {
        map_->remove(row.call, row.number, row.token);
        return;
    }
    map_->put(row.call, {row.number, row.panel, row.token,
                         pool::site_text(row.site, row.panel, row.call, row.leased_at), what.until - now_()});
}

void lending_desk::map_answered(const ports::callback_answer& answer) {
    const auto found = std::ranges::find_if(routes_under_way_, [&](const put_under_way& each) {
        return each.call == answer.call && each.number == answer.number && each.token == answer.token;
    });
    if (found == routes_under_way_.end() || closing_) {
        return;
    }
    const put_under_way about = *found;
    routes_under_way_.erase(found);
    if (answer.outcome == pool::map_outcome::failed) {
        ++counts_.map_failures;
        ++map_failures_;
        routes_at_ = now_() + pause_after(map_failures_);
    } else {
        map_failures_ = 0;
        book_.strike(about.errand);
    }
    if (about.asked) {
        switch (answer.outcome) {
            case pool::map_outcome::written: facts_(call::number_mapped{about.call}); break;
            case pool::map_outcome::superseded:
                facts_(call::map_failed{about.call, "a newer lease has the number"});
                break;
            case pool::map_outcome::failed: facts_(call::map_failed{about.call, answer.why.text}); break;
        }
    }
    after_act();
}

void lending_desk::give_back(const call::return_number& wish) {
    book_.ended(wish.call, wish.token, wish.number, wish.panel, wish.at);
    if (map_ != nullptr && !book_.backlog().empty()) {
        const pool::errand& last = book_.backlog().back();
        if (last.what == pool::errand::kind::put && last.row.call == wish.call) {
            send_route(pool::errand(last), false);
        }
    }
    after_act();
}

void lending_desk::check(const call::check_number& question) {
    const auto noted = book_.leads_to(question.number, now_());
    if (noted && (down_ || book_.unsettled())) {
        facts_(
            call::number_checked{question.call, *noted});  // our own call, or its window: nobody else can know better
        return;
    }
    if (down_) {
        facts_(call::check_failed{question.call, "the pool's store is out of reach"});
        return;
    }
    crew_->ask<panel_id>(
        haste::call,
        [number = question.number, at = now_(), rules = options_.rules](ports::number_store& store) {
            return panel_behind(store, number, at, rules);
        },
        [this, call = question.call](const result<panel_id>& leads, arrival when) {
            if (!leads && when != arrival::unasked && is_trouble(leads.why())) {
                store_failed(leads.why());
            }
            if (when == arrival::late) {
                return;
            }
            if (leads) {
                facts_(call::number_checked{call, *leads});
            } else {
                facts_(call::check_failed{call, leads.why().text});
            }
        });
    arm();
}

lending_counts lending_desk::counts() const {
    lending_counts told = counts_;
    told.store_up = !down_;
    told.map_up = map_failures_ == 0;
    told.hung_threads = crew_ == nullptr ? 0 : crew_->hung();
    told.struck += book_.forgotten_errands();
    const auto& backlog = book_.backlog();
    told.backlog = backlog.size();
    const instant now = now_();
    if (!backlog.empty()) {
        told.backlog_age = std::max(duration{0}, now - backlog.front().at);
    }
    for (const auto& [city, when] : book_.all().served) {
        told.ready += book_.ready(city, now);
    }
    return told;
}

}  // namespace td::lending
