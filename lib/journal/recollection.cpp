#include "journal/recollection.hpp"

#include <algorithm>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "base/overloaded.hpp"

namespace td::journal {
namespace {

template <class News>
inline constexpr bool is_arrival =
    std::is_same_v<News, call::panel_arrived> || std::is_same_v<News, call::sos_arrived> ||
    std::is_same_v<News, call::callback_arrived>;

/// The call that a fact names; nothing when it names none.
std::optional<call_id> call_named_by(const call::fact& news) {
    return std::visit(
        [](const auto& told) -> std::optional<call_id> {
            if constexpr (requires { told.call; }) {
                return told.call;
            } else if constexpr (requires { told.leg.call; }) {
                return told.leg.call;
            } else {
                return std::nullopt;
            }
        },
        news);
}

/// The call whose last command this is.
std::optional<call_id> call_finished_by(const call::command& wish) {
    return std::visit(overloaded{[](const call::finish& end) { return std::optional(end.record.call); },
                                 [](const call::finish_sos& end) { return std::optional(end.record.call); },
                                 [](const call::finish_callback& end) { return std::optional(end.record.call); },
                                 [](const auto&) { return std::optional<call_id>(); }},
                      wish);
}

/// What somebody outside is to write down, and may not have when the process died.
bool is_last_word(const call::command& wish) {
    return call_finished_by(wish) || std::holds_alternative<call::return_number>(wish) ||
           std::holds_alternative<call::alert>(wish);
}

/// What is said of other calls' channels would make strays of them.
void leave_out_others(call::pbx_seen& seen, const std::unordered_set<call_id>& calls,
                      const std::unordered_set<channel_id>& panels) {
    std::erase_if(seen.channels, [&](const call::pbx_seen::channel& each) {
        const auto leg = leg_of_channel(each.name.text());
        return leg ? !calls.contains(leg->call) : !panels.contains(each.name);
    });
    std::erase_if(seen.bridges, [&](const call_id& bridge) { return !calls.contains(bridge); });
}

}  // namespace

void recollector::take(entry told) {
    // A header tells nothing new, and files of older writers stamp it by the wall clock, which is not the run's.
    const bool is_header = std::holds_alternative<header>(told.what);
    last_ = is_header ? last_ : std::max(last_, told.at);
    std::visit(overloaded{[&](call::fact& news) { take(told.at, std::move(news)); },
                          [&](const call::command& wish) { take(told.at, wish); },
                          [&](const header& first) { take(last_, first.rules); },
                          [&](const rules_changed& news) { take(told.at, news.rules); },
                          [&](const gap& hole) { missing_ += hole.lines; }},
               told.what);
}

// ---- what comes in

std::uint64_t recollector::number(instant at) {
    moments_.push_back(at);
    return first_no_ + moments_.size() - 1;
}

void recollector::take(instant at, const call::rules& rules) {
    rules_ = rules;
    if (living_.empty()) {
        first_rules_ = rules;
    } else {
        general_.push_back({number(at), rules});
    }
}

void recollector::take(instant at, call::fact news) {
    arriving_.reset();
    if (std::holds_alternative<call::drain_begun>(news)) {
        draining_ = true;
    } else if (std::holds_alternative<call::memory_recalled>(news)) {
        draining_ = false;
    }
    std::visit(
        [&]<class News>(const News& told) {
            if constexpr (is_arrival<News>) {
                begin(at, told.call, told.channel);
            } else if constexpr (std::is_same_v<News, call::accounts_found>) {
                if (const auto found = living_.find(told.call); found != living_.end()) {
                    for (const call::account& each : told.flat.accounts) {
                        found->second.accounts.push_back(each.name);
                        ++accounts_[each.name];
                    }
                }
            }
        },
        news);
    if (living_.empty()) {
        return;
    }
    const std::uint64_t no = number(at);
    if (life* of = life_of(news)) {
        of->facts.push_back({no, std::move(news)});
    } else if (concerns_living(news)) {
        general_.push_back({no, std::move(news)});
    }
}

/// A call told twice keeps its first arrival; a name that comes again is no second call.
void recollector::begin(instant at, const call_id& call, const channel_id& panel) {
    if (panels_.contains(panel) || living_.contains(call)) {
        return;
    }
    if (living_.empty()) {
        general_.clear();
        first_no_ += moments_.size();
        moments_.clear();
        first_rules_ = rules_;
    }
    living_[call].panel = panel;
    panels_.emplace(panel, call);
    arriving_ = call;
    if (living_.size() == 1 && draining_) {
        general_.push_back({number(at), call::fact{call::drain_begun{}}});
    }
}

recollector::life* recollector::life_of(const call::fact& news) {
    auto call = call_named_by(news);
    if (const auto* left = std::get_if<call::panel_left>(&news)) {
        const auto found = panels_.find(left->channel);
        call = found == panels_.end() ? std::nullopt : std::optional(found->second);
    }
    const auto found = call ? living_.find(*call) : living_.end();
    return found == living_.end() ? nullptr : &found->second;
}

bool recollector::concerns_living(const call::fact& news) const {
    if (const auto* phone = std::get_if<call::account_registered>(&news)) {
        return accounts_.contains(phone->account);
    }
    return std::holds_alternative<call::pbx_seen>(news) || std::holds_alternative<call::pbx_line_lost>(news) ||
           std::holds_alternative<call::memory_recalled>(news) || std::holds_alternative<call::drain_begun>(news) ||
           std::holds_alternative<call::drain_over>(news);
}

// ---- what went out

void recollector::take(instant at, const call::command& wish) {
    if (const auto* dropped = std::get_if<call::drop_panel>(&wish)) {
        const bool busy = dropped->reason == call::hangup_reason::busy;
        if (const auto found = living_.find(dropped->call);
            busy && arriving_ == dropped->call && found != living_.end()) {
            found->second.turned_away = true;
        }
    }
    if (const auto ended = call_finished_by(wish)) {
        end(*ended);
    }
    if (is_last_word(wish)) {
        say(at, wish);
    }
}

void recollector::say(instant at, call::command words) {
    words_.emplace_back(at, std::move(words));
    while (words_.size() > limit_.most_words || words_.front().first + limit_.last_words < at) {
        words_.pop_front();
    }
}

void recollector::end(const call_id& call) {
    const auto found = living_.find(call);
    if (found == living_.end()) {
        return;  // it arrived before what was read
    }
    for (const account_id& each : found->second.accounts) {
        if (const auto rung = accounts_.find(each); --rung->second == 0) {
            accounts_.erase(rung);
        }
    }
    panels_.erase(found->second.panel);
    living_.erase(found);
}

// ---- what is remembered

recollection recollector::finish() {
    recollection whole;
    whole.calls = living_.size();
    whole.last = last_;
    whole.missing = missing_;
    for (auto& [at, words] : words_) {
        if (at + limit_.last_words >= last_) {
            whole.last_words.push_back(std::move(words));
        }
    }
    if (!living_.empty()) {
        rebuild(in_order(), whole);
    }
    return whole;
}

std::vector<recollector::kept> recollector::in_order() {
    std::unordered_set<call_id> calls;
    std::unordered_set<channel_id> panels;
    std::vector<kept> all = std::move(general_);
    for (auto& [call, of] : living_) {
        calls.insert(call);
        panels.insert(of.panel);
        std::move(of.facts.begin(), of.facts.end(), std::back_inserter(all));
    }
    for (kept& each : all) {
        if (auto* news = std::get_if<call::fact>(&each.what)) {
            if (auto* seen = std::get_if<call::pbx_seen>(news)) {
                leave_out_others(*seen, calls, panels);
            }
        }
    }
    std::sort(all.begin(), all.end(), [](const kept& a, const kept& b) { return a.no < b.no; });
    return all;
}

/// Goes through the moments once more with the living calls only, to see at which of them a deadline was due.
void recollector::rebuild(std::vector<kept> facts, recollection& into) {
    call::switchboard board(first_rules_);
    call::rules in_force = first_rules_;
    call::commands out;
    const auto follow = [&](instant at, const call::rules& rules) {
        board.follow(rules);
        into.steps.push_back({at, rules});
    };
    const auto step = [&](instant at, call::fact news) {
        const auto arrived = std::holds_alternative<call::panel_arrived>(news) ? call_named_by(news) : std::nullopt;
        const bool away = arrived && living_.at(*arrived).turned_away;
        if (away) {
            call::rules full = in_force;
            full.door.max_calls = 0;  // it was turned away among many calls that are not remembered
            follow(at, full);
        }
        board.step(at, news, out);
        into.steps.push_back({at, std::move(news)});
        if (away) {
            follow(at, in_force);
        }
    };
    follow(moments_.at(facts.front().no - first_no_), first_rules_);
    std::size_t next = 0;
    for (std::uint64_t no = facts.front().no; no < first_no_ + moments_.size(); ++no) {
        const instant at = moments_[no - first_no_];
        if (next == facts.size() || facts[next].no != no) {
            if (board.next_deadline() <= at) {
                step(at, call::time_passed{});
            }
            continue;
        }
        kept& each = facts[next++];
        if (auto* rules = std::get_if<call::rules>(&each.what)) {
            in_force = *rules;
            follow(at, in_force);
        } else {
            step(at, std::move(std::get<call::fact>(each.what)));
        }
    }
    // The line that told of its end was lost with the last moments, and its record perhaps with it; its number too. An
    // alert has a name, by which the spool knows it again.
    for (call::command& wish : out) {
        into.calls -= call_finished_by(wish) ? 1U : 0U;
        if (is_last_word(wish)) {
            into.last_words.push_back(std::move(wish));
        }
    }
}

}  // namespace td::journal
