// The worker of a world dies, and another one goes on from its journal.

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/overloaded.hpp"
#include "journal/recollection.hpp"
#include "sim/world.hpp"

namespace td::sim {
namespace {

/// The call that a command is for.
call_id call_of(const call::command& wish) {
    return std::visit(
        [](const auto& each) {
            if constexpr (requires { each.leg.call; }) {
                return each.leg.call;
            } else if constexpr (requires { each.record.call; }) {
                return each.record.call;
            } else if constexpr (requires { each.call; }) {
                return each.call;
            } else {
                return call_id{};
            }
        },
        wish);
}

}  // namespace

void world::write_down(instant at, const call::fact& news, const call::commands& out) {
    if (plan_.deaths.empty()) {
        return;
    }
    std::string& text = journal_.emplace_back(at, std::string()).second;
    journal::write(text, at, news);
    for (const call::command& wish : out) {
        journal::write(text, at, wish);
    }
}

void world::write_down(instant at, const call::rules& rules) {
    journal::write(journal_.emplace_back(at, std::string()).second, at, journal::rules_changed{rules});
}

/// The spool takes one record a call, and nobody sees what becomes of a call behind it.
call::commands world::as_seen(call::commands out) const {
    std::erase_if(out, [&](const call::command& wish) { return undead_.contains(call_of(wish)); });
    return out;
}

void world::die_if_due() {
    if (deaths_ == plan_.deaths.size() || steps_ < plan_.deaths[deaths_].step) {
        return;
    }
    const death& how = plan_.deaths[deaths_];
    remark("the worker dies, and " + duration_text(how.forgotten) + " are forgotten");
    ++deaths_;
    alive_ = false;
    while (!journal_.empty() && journal_.back().first + how.forgotten > time_.now()) {
        journal_.pop_back();
    }
    wire_.die();
    time_.put_after(how.gap, [this] { come_back(); });
}

void world::come_back() {
    remark("a new worker");
    remember();
    alive_ = true;
    take(call::memory_recalled{});
    if (alive_) {  // that step may be its last
        wire_.connect();
    }
}

void world::remember() {
    std::string text;
    journal::header first;
    first.rules = plan_.rules;
    journal::write(text, plan_.start, first);
    for (const auto& step : std::exchange(journal_, {})) {
        text += step.second;
    }
    journal::reader lines;
    lines.take(std::move(text));
    journal::recollector memory;
    while (auto line = lines.next()) {
        if (*line) {
            memory.take(std::move(**line));
        } else {
            remark("BROKEN journal: " + line->why().text);
        }
    }
    const journal::recollection whole = memory.finish();
    remembered_ += whole.calls;
    board_ = call::switchboard(plan_.rules);
    std::set<call_id> known;
    const auto again = [&](instant at, const call::fact& news) {
        call::commands done;
        board_.step(at, news, done);
        write_down(at, news, done);
        std::visit(
            [&]<class News>(const News& told) {
                if constexpr (std::is_same_v<News, call::panel_arrived>) {
                    known.insert(told.call);
                    if (recorded_.contains(told.call)) {
                        undead_.insert(told.call);
                    }
                }
            },
            news);
    };
    for (const journal::remembered_step& step : whole.steps) {
        std::visit(overloaded{[&](const call::fact& news) { again(step.at, news); },
                              [&](const call::rules& rules) {
                                  board_.follow(rules);
                                  write_down(step.at, rules);
                              }},
                   step.what);
    }
    promises_.saw_death(known);
    again(whole.last + 1us, call::pbx_line_lost{});
    board_.follow(plan_.rules);
    write_down(whole.last + 1us, plan_.rules);
    // Their records are in the spool already, but for those that the lost lines kept from being made.
    for (const call::command& wish : whole.last_words) {
        const auto* end = std::get_if<call::finish>(&wish);
        if (end != nullptr && recorded_.insert(end->record.call).second) {
            promises_.saw_step(time_.now(), nullptr, {wish});
        }
    }
}

}  // namespace td::sim
