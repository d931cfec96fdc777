#include "replay/cutter.hpp"

#include <utility>

#include "base/overloaded.hpp"
#include "call/whose.hpp"

namespace td::replay {

void cutter::begin_run(instant at, journal::header first) {
    first.seq = 1;
    first.retold = 0;
    first.holed.reset();
    rules_ = first.rules;
    board_ = call::switchboard(rules_);
    living_.clear();
    panels_.clear();
    accounts_.clear();
    step_.reset();
    some_ = false;
    text_.clear();
    journal::write(text_, at, first);
}

std::string cutter::end_run() {
    settle();
    return some_ ? std::exchange(text_, {}) : std::string();
}

void cutter::miss_lines() {
    settle();
    broken_.insert(living_.begin(), living_.end());
}

void cutter::take(std::string_view line) {
    auto read = reader_.read(line);
    if (!read) {
        miss_lines();
        return;
    }
    const instant at = read->at;
    const auto how = read->retold ? journal::telling::again : journal::telling::first;
    std::visit(overloaded{[&](call::fact& news) {
                              settle();
                              const share heard = share_of(news);
                              step_.emplace(step{at, std::move(news), how, heard});
                          },
                          [&](const call::command& wish) { ask(line, wish); },
                          [&](const journal::rules_changed& news) {
                              settle();
                              follow(at, news.rules);
                              rules_ = news.rules;
                          },
                          [&](const journal::gap&) { miss_lines(); }, [](const journal::header&) {}},
               read->what);
}

void cutter::ask(std::string_view line, const call::command& wish) {
    const auto call = call::call_named_by(wish);
    // Behind no fact stand the last words of the run before: nobody asks for them again.
    if (!step_ || !call || !wanted_.contains(*call)) {
        return;
    }
    const auto* dropped = std::get_if<call::drop_panel>(&wish);
    step_->turned_away = step_->turned_away || (dropped != nullptr && dropped->reason == call::hangup_reason::busy);
    step_->asked.append(line).append(1, '\n');
    if (call::call_finished_by(wish)) {
        living_.erase(*call);
    }
}

void cutter::follow(instant at, const call::rules& rules) {
    journal::write(text_, at, journal::rules_changed{rules});
    board_.follow(rules);
}

/// Which part of a fact the calls hear.
cutter::share cutter::share_of(call::fact& news) {
    if (const auto call = call::call_begun_by(news); call && wanted_.contains(*call)) {
        living_.insert(*call);
        met_.insert(*call);
        some_ = true;
        std::visit(
            [&]<class News>(const News& told) {
                if constexpr (requires {
                                  told.channel;
                                  told.call;
                              }) {
                    panels_.insert(told.channel);
                }
            },
            news);
        return share::whole;
    }
    if (const auto* found = std::get_if<call::accounts_found>(&news); found && wanted_.contains(found->call)) {
        for (const call::account& each : found->flat.accounts) {
            accounts_.insert(each.name);
        }
    }
    return std::visit(
        overloaded{
            [](const call::drain_begun&) { return share::whole; }, [](const call::drain_over&) { return share::whole; },
            [](const call::memory_recalled&) { return share::whole; },
            [](const call::pbx_line_lost&) { return share::whole; },
            [&](const call::account_registered& phone) {
                return accounts_.contains(phone.account) ? share::whole : share::moment;
            },
            [&](call::pbx_seen& seen) {
                leave_out_others(seen);
                const bool of_one = !seen.channels.empty() || !seen.bridges.empty();
                return of_one || !living_.empty() ? share::whole : share::moment;
            },
            [&](const call::panel_left& left) { return panels_.contains(left.channel) ? share::whole : share::moment; },
            [&](const auto&) {
                const auto call = call::call_named_by(news);
                return call && wanted_.contains(*call) ? share::whole : share::moment;
            }},
        news);
}

/// Others' channels would be strays.
void cutter::leave_out_others(call::pbx_seen& seen) const {
    std::erase_if(seen.channels, [&](const call::pbx_seen::channel& each) {
        const auto leg = leg_of_channel(each.name.text());
        return leg ? !wanted_.contains(leg->call) : !panels_.contains(each.name);
    });
    std::erase_if(seen.bridges, [&](const call_id& bridge) { return !wanted_.contains(bridge); });
}

void cutter::settle() {
    if (!step_) {
        return;
    }
    step one = std::move(*step_);
    step_.reset();
    if (one.heard == share::whole) {
        write(one);
        return;
    }
    if (const auto begun = call::call_begun_by(one.news); begun && !one.asked.empty()) {
        entangled_.insert(*begun);
    }
    if (!one.asked.empty() || board_.next_deadline() <= one.at) {
        one.news = call::time_passed{};
        one.how = journal::telling::first;
        write(one);
    }
}

void cutter::write(step& one) {
    const bool narrow = one.turned_away && call::call_begun_by(one.news);
    if (narrow) {
        call::rules full = rules_;
        full.door.max_calls = 0;
        follow(one.at, full);
    }
    journal::write(text_, one.at, one.news, one.how);
    text_ += one.asked;
    call::commands out;
    board_.step(one.at, one.news, out);
    if (narrow) {
        follow(one.at, rules_);
    }
}

}  // namespace td::replay
