#include "journal/recollection.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "base/overloaded.hpp"
#include "call/whose.hpp"
#include "journal/codec.hpp"

namespace td::journal {
namespace {

template <class News>
inline constexpr bool is_arrival =
    std::is_same_v<News, call::panel_arrived> || std::is_same_v<News, call::sos_arrived> ||
    std::is_same_v<News, call::callback_arrived>;

/// What somebody outside is to write down, and may not have when the process died.
bool is_last_word(const call::command& wish) {
    return call::call_finished_by(wish) || std::holds_alternative<call::return_number>(wish) ||
           std::holds_alternative<call::alert>(wish);
}

/// Since which line something has been so.
template <class Name>
using since = std::unordered_map<Name, std::uint64_t>;

template <class Name>
bool was_so(const since<Name>& names, const Name& name, std::uint64_t at) {
    const auto found = names.find(name);
    return found != names.end() && found->second < at;
}

/// What the line `no` says of other calls' channels would make strays of them.
void leave_out_others(call::pbx_seen& seen, std::uint64_t no, const since<call_id>& calls,
                      const since<channel_id>& panels) {
    std::erase_if(seen.channels, [&](const call::pbx_seen::channel& each) {
        const auto leg = leg_of_channel(each.name.text());
        return leg ? !was_so(calls, leg->call, no) : !was_so(panels, each.name, no);
    });
    std::erase_if(seen.bridges, [&](const call_id& bridge) { return !was_so(calls, bridge, no); });
}

/// The living calls once more, on a switchboard of their own.
class second_life {
public:
    explicit second_life(const std::function<void(remembered_step)>& tell) : tell_(tell) {}

    /// Calls begun from here on follow these. What they follow already is not said again.
    void follow(instant at, const call::rules& rules) {
        std::string text;
        write(text, {}, rules_changed{rules});
        if (text != followed_) {
            followed_ = std::move(text);
            board_.follow(rules);
            tell_({at, rules});
        }
    }
    void step(instant at, call::fact news) {
        board_.step(at, news, out_);
        tell_({at, std::move(news)});
    }
    /// Something happened that is not remembered.
    void pass(instant at) {
        if (board_.next_deadline() <= at) {
            step(at, call::time_passed{});
        }
    }
    [[nodiscard]] call::commands take_commands() { return std::move(out_); }

private:
    const std::function<void(remembered_step)>& tell_;
    call::switchboard board_{call::rules{}};
    std::string followed_;
    call::commands out_;
};

}  // namespace

bool names_last_word(std::string_view name) {
    static const std::array<std::string_view, 5> names{
        name_of(call::command{call::finish{}}), name_of(call::command{call::finish_sos{}}),
        name_of(call::command{call::finish_callback{}}), name_of(call::command{call::return_number{}}),
        name_of(call::command{call::alert{}})};
    return std::ranges::find(names, name) != names.end();
}

void recollector::take(entry told) {
    if (told.retold) {
        return;
    }
    // A header tells nothing new, and files of older writers stamp it by the wall clock, which is not the run's.
    const bool is_header = std::holds_alternative<header>(told.what);
    last_ = is_header ? last_ : std::max(last_, told.at);
    std::visit(overloaded{[&](call::fact& news) { take(told.at, std::move(news)); },
                          [&](const call::command& wish) { take(told.at, wish); },
                          [&](const header& first) { take(last_, first.rules); },
                          [&](const rules_changed& news) { take(told.at, news.rules); },
                          [&](const gap& hole) { take(told.at, hole); }},
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
        general_.push_back({number(at), std::make_unique<call::rules>(rules)});
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
    if (holed_) {
        holed_->erase(call);  // it arrives right behind the gap that names it
    }
    panels_.emplace(panel, call);
    arriving_ = call;
    if (living_.size() == 1 && draining_) {
        general_.push_back({number(at), call::fact{call::drain_begun{}}});
    }
}

recollector::life* recollector::life_of(const call::fact& news) {
    auto call = call::call_named_by(news);
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
    if (const auto ended = call::call_finished_by(wish)) {
        end(*ended);
    }
    if (is_last_word(wish)) {
        say(at, wish);
    }
}

void recollector::say(instant at, call::command words) {
    words_.emplace_back(at, std::move(words));
    while (!words_.empty() && (words_.size() > limit_.most_words || words_.front().first + limit_.last_words < at)) {
        words_.pop_front();
    }
}

void recollector::end(const call_id& call) {
    if (holed_) {
        holed_->erase(call);
    }
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
    // The line that told of its end was lost with the last moments, and its record perhaps with it; its number too. An
    // alert has a name, by which the spool knows it again.
    const auto tell = [&](remembered_step step) { whole.steps.push_back(std::move(step)); };
    for (call::command& wish : rebuild(tell)) {
        whole.calls -= call::call_finished_by(wish) ? 1U : 0U;
        if (is_last_word(wish)) {
            whole.last_words.push_back(std::move(wish));
        }
    }
    return whole;
}

std::uint64_t recollector::retell(std::string& lines) {
    recollector next(limit_);
    std::uint64_t count = 0;
    const auto tell = [&](remembered_step step) {
        std::visit(overloaded{[&](call::fact& news) {
                                  write(lines, step.at, news, telling::again);
                                  next.take(step.at, std::move(news));
                              },
                              [&](const call::rules& rules) {
                                  write(lines, step.at, rules_changed{rules}, telling::again);
                                  next.take(step.at, rules);
                              }},
                   step.what);
        ++count;
    };
    if (!living_.empty()) {
        const instant now = moments_.back();
        static_cast<void>(rebuild(tell));
        if (!arriving_) {  // else its step may go on behind the head: with a panel that was turned away, say
            // No deadline was left behind there: it is for whoever must know until when this is true.
            tell({now, call::fact{call::time_passed{}}});
        }
        tell({now, rules_});
    } else if (draining_) {
        tell({last_, call::fact{call::drain_begun{}}});
    }
    next.arriving_ = arriving_;
    next.holed_ = std::move(holed_);
    next.rules_ = rules_;
    next.last_ = last_;
    next.missing_ = missing_;
    next.words_ = std::move(words_);
    *this = std::move(next);
    return count;
}

void recollector::take(instant at, const gap& hole) {
    missing_ += hole.lines;
    holed_.emplace();
    for (const auto& [call, of] : living_) {
        holed_->insert(call);
    }
    if (!hole.living) {
        return;
    }
    const std::unordered_set<call_id> wanted(hole.living->begin(), hole.living->end());
    std::vector<call_id> others;
    for (const auto& [call, of] : living_) {
        if (!wanted.contains(call)) {
            others.push_back(call);
        }
    }
    for (const call_id& each : others) {
        end(each);
    }
    holed_->insert(wanted.begin(), wanted.end());
    if (hole.draining == true && !draining_) {
        take(at, call::drain_begun{});
    }
}

std::optional<std::vector<call_id>> recollector::holed() const {
    return holed_ ? std::optional(std::vector<call_id>(holed_->begin(), holed_->end())) : std::nullopt;
}

/// What all calls heard, as far as the living ones were there.
std::vector<recollector::kept> recollector::what_concerned(std::vector<kept> general) const {
    since<call_id> calls;
    since<channel_id> panels;
    since<account_id> accounts;
    for (const auto& [call, of] : living_) {
        calls.emplace(call, of.facts.front().no);
        panels.emplace(of.panel, of.facts.front().no);
        for (const kept& each : of.facts) {
            if (const auto* found = std::get_if<call::accounts_found>(&std::get<call::fact>(each.what))) {
                for (const call::account& rung : found->flat.accounts) {
                    std::uint64_t& first = accounts.emplace(rung.name, each.no).first->second;
                    first = std::min(first, each.no);
                }
            }
        }
    }
    std::erase_if(general, [&](kept& each) {
        auto* news = std::get_if<call::fact>(&each.what);
        if (auto* seen = news == nullptr ? nullptr : std::get_if<call::pbx_seen>(news)) {
            leave_out_others(*seen, each.no, calls, panels);
        }
        const auto* phone = news == nullptr ? nullptr : std::get_if<call::account_registered>(news);
        return phone != nullptr && !was_so(accounts, phone->account, each.no);
    });
    return general;
}

std::vector<recollector::kept> recollector::in_order() {
    std::vector<kept> all = what_concerned(std::move(general_));
    for (auto& [call, of] : living_) {
        std::move(of.facts.begin(), of.facts.end(), std::back_inserter(all));
        of.facts = std::vector<kept>();
    }
    std::sort(all.begin(), all.end(), [](const kept& a, const kept& b) { return a.no < b.no; });
    return all;
}

/// Goes through the moments once more with the living calls only, to see at which of them a deadline was due. Gives
/// back what they asked for.
call::commands recollector::rebuild(const std::function<void(remembered_step)>& tell) {
    if (living_.empty()) {
        return {};
    }
    second_life again(tell);
    std::vector<kept> facts = in_order();
    call::rules in_force = first_rules_;
    bool draining = false;
    bool begun = false;  // before the first arrival nobody hears anything
    const auto step = [&](instant at, call::fact news) {
        if (const auto arrived = call::call_begun_by(news)) {
            call::rules wanted = in_force;
            if (living_.at(*arrived).turned_away) {
                wanted.door.max_calls = 0;  // it was turned away among many calls that are not remembered
            }
            again.follow(at, wanted);
            if (draining && !begun) {
                again.step(at, call::drain_begun{});
            }
            begun = true;
        }
        draining = std::holds_alternative<call::drain_begun>(news) ||
                   (draining && !std::holds_alternative<call::memory_recalled>(news));
        if (begun) {
            again.step(at, std::move(news));
        }
    };
    std::size_t next = 0;
    for (std::uint64_t no = facts.front().no; no < first_no_ + moments_.size(); ++no) {
        const instant at = moments_[no - first_no_];
        if (next == facts.size() || facts[next].no != no) {
            again.pass(at);
            continue;
        }
        kept& each = facts[next++];
        if (const auto* rules = std::get_if<std::unique_ptr<call::rules>>(&each.what)) {
            in_force = **rules;
        } else {
            step(at, std::move(std::get<call::fact>(each.what)));
        }
    }
    return again.take_commands();
}

}  // namespace td::journal
