#include "replay/what_if.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/overloaded.hpp"
#include "call/whose.hpp"
#include "replay/step_lines.hpp"

namespace td::replay {
namespace {

/// Longer than any machine waits for a call that it has ended (door_rules::end_limit and its like).
constexpr duration past_every_end = 1min;

std::optional<ending> ending_of(const call::command& wish) {
    return std::visit(
        overloaded{[](const call::finish& end) -> std::optional<ending> {
                       const auto& from = end.record;
                       return ending{from.how,         from.who,     from.answered_by.text(),
                                     from.opened_door, from.ring_ms, from.talk_ms};
                   },
                   [](const call::finish_sos& end) -> std::optional<ending> {
                       return ending{end.record.how, end.record.who, {}, false, end.record.ring_ms, end.record.talk_ms};
                   },
                   [](const call::finish_callback& end) -> std::optional<ending> {
                       return ending{end.record.how, end.record.who, {}, false, end.record.ring_ms, end.record.talk_ms};
                   },
                   [](const auto&) -> std::optional<ending> { return std::nullopt; }},
        wish);
}

/// What the machines are compared by; times are the same where these are, but for the moment in which a deadline was
/// served.
bool alike(const ending& one, const ending& other) {
    return one.how == other.how && one.who == other.who && one.answered_by == other.answered_by &&
           one.opened_door == other.opened_door;
}

/// Nothing that comes later hangs on these: what the panel hears meanwhile, what phones are told when it is over, what
/// is tidied up, who is informed.
template <class Wish>
constexpr bool is_aside = std::is_same_v<Wish, call::sound> || std::is_same_v<Wish, call::panel_taken> ||
                          std::is_same_v<Wish, call::panel_freed> || std::is_same_v<Wish, call::remove_bridge> ||
                          std::is_same_v<Wish, call::drop_stray> || std::is_same_v<Wish, call::remove_stray_bridge> ||
                          std::is_same_v<Wish, call::return_number> || std::is_same_v<Wish, call::alert>;

template <class Wish>
constexpr bool is_an_end = std::is_same_v<Wish, call::drop_panel> || std::is_same_v<Wish, call::give_back> ||
                           std::is_same_v<Wish, call::finish> || std::is_same_v<Wish, call::finish_sos> ||
                           std::is_same_v<Wish, call::finish_callback>;

/// To whom it goes, where commands of one kind can go to several.
std::string whom_of(const call::command& wish) {
    return std::visit(overloaded{[](const call::dial& each) { return each.account.text(); },
                                 [](const call::call_out& each) { return each.target; },
                                 [](const call::send_keys& each) { return each.keys; },
                                 [](const call::push& each) {
                                     std::string all;
                                     for (const auto& target : each.targets) {
                                         all.append(target.device.text()).append(1, ' ');
                                     }
                                     return all;
                                 },
                                 [](const auto&) { return std::string(); }},
                      wish);
}

}  // namespace

std::string_view name_of(doubt why) {
    switch (why) {
        case doubt::none: return "none";
        case doubt::cut_short: return "cut_short";
        case doubt::asked_other: return "asked_other";
        case doubt::not_whole: return "not_whole";
        case doubt::other_machine: return "other_machine";
    }
    return "?";
}

what_if::what_if(std::function<void(call::rules&)> change, check_wishes wanted, what_if_observer& to)
    : change_(std::move(change)),
      wanted_(std::move(wanted)),
      observer_(to),
      today_(call::rules{}),
      supposed_(call::rules{}) {}

// ---- what the journal says

void what_if::begin_run(const call::rules& rules) {
    end_run();
    today_ = call::switchboard(rules);
    supposed_ = call::switchboard(rules);
    last_ = instant::min();
    follow(rules);
}

void what_if::follow(const call::rules& rules) {
    rules_ = rules;
    call::rules other = rules;
    change_(other);
    today_.follow(rules);
    supposed_.follow(std::move(other));
}

/// The second switchboard may still wait for an end that the record does not tell.
void what_if::end_run() {
    if (last_ != instant::min()) {
        today_asks_.clear();
        supposed_asks_.clear();
        supposed_.advance(last_ + past_every_end, supposed_asks_);
        note_endings(supposed_asks_, &life::supposed);
    }
    for (auto& [call, each] : lives_) {
        if (!each.recorded) {
            ++unfinished_;
            continue;
        }
        const bool known = each.today && (each.supposed || each.now == standing::doubtful);
        observer_.supposes(
            {call, each.began, each.parted, known ? each.why : doubt::other_machine, *each.recorded, {}});
    }
    lives_.clear();
}

void what_if::miss_lines(const call::rules* rules) {
    for (auto& [call, each] : lives_) {
        each.now = standing::doubtful;
        each.why = doubt::not_whole;
        each.today = each.today.value_or(ending{});
    }
    const call::rules in_force = rules != nullptr ? *rules : rules_;
    today_ = call::switchboard(in_force);
    supposed_ = call::switchboard(in_force);
    follow(in_force);
}

void what_if::take(const place& where, std::string_view line) {
    if (is_command_line(line)) {
        if (line.find(R"("do":"finish)") != std::string_view::npos) {
            note_recorded(where, line);
        }
        return;
    }
    auto read = reader_.read(line);
    if (!read) {
        observer_.finds_damaged(where, without_place(read.why().text));
        miss_lines(nullptr);
        return;
    }
    std::visit(overloaded{[&](const call::fact& news) { step(std::max(read->at, last_), news); },
                          [&](const journal::rules_changed& news) { follow(news.rules); },
                          [&](const journal::gap&) { miss_lines(nullptr); }, [](const call::command&) {},
                          [](const journal::header&) {}},
               read->what);
}

void what_if::note_recorded(const place& where, std::string_view line) {
    const auto read = reader_.read(line);
    const auto* wish = read ? std::get_if<call::command>(&read->what) : nullptr;
    if (wish == nullptr) {
        observer_.finds_damaged(where, read ? "is no command" : without_place(read.why().text));
        return;
    }
    const auto call = call::call_finished_by(*wish);
    const auto found = call ? lives_.find(*call) : lives_.end();
    if (found != lives_.end()) {
        found->second.recorded = ending_of(*wish);
        settle(*call);
    }
}

// ---- both switchboards

void what_if::step(instant at, const call::fact& news) {
    serve_own_deadlines(at);
    if (const auto call = call::call_begun_by(news); call && !today_.told_before(news)) {
        begin(*call, at);
    }
    today_asks_.clear();
    supposed_asks_.clear();
    today_.step(at, news, today_asks_);
    supposed_.step(at, news, supposed_asks_);
    compare(at);
    last_ = at;
}

/// A deadline that only the second one has, or has earlier: the recorded worker slept then.
void what_if::serve_own_deadlines(instant before) {
    for (;;) {
        const instant next = supposed_.next_deadline();
        if (next >= before || next >= today_.next_deadline()) {
            return;
        }
        const instant at = std::max(next, last_);
        today_asks_.clear();
        supposed_asks_.clear();
        supposed_.step(at, call::time_passed{}, supposed_asks_);
        compare(at);
    }
}

void what_if::begin(const call_id& call, instant at) {
    life fresh;
    fresh.began = at;
    fresh.wanted = (wanted_.only.empty() || wanted_.only.contains(call)) && at >= wanted_.since && at < wanted_.until;
    lives_.try_emplace(call, std::move(fresh));
}

std::vector<what_if::ask> what_if::asks_of(const call::commands& wishes) {
    std::vector<ask> all;
    for (const call::command& wish : wishes) {
        ask made;
        const bool counts = std::visit(
            [&](const auto& each) {
                using wish_type = std::remove_cvref_t<decltype(each)>;
                if constexpr (requires { each.leg.leg; }) {
                    made.leg = each.leg.leg.value;
                }
                made.ends = is_an_end<wish_type>;
                made.hangs_up = std::is_same_v<wish_type, call::drop_leg>;
                if constexpr (std::is_same_v<wish_type, call::push>) {
                    return each.kind == call::push_kind::ring;
                }
                return !is_aside<wish_type>;
            },
            wish);
        if (const auto call = call::call_named_by(wish); counts && call) {
            made.call = *call;
            made.kind = wish.index();
            made.whom = whom_of(wish);
            all.push_back(std::move(made));
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

void what_if::compare(instant at) {
    if (!today_asks_.empty() || !supposed_asks_.empty()) {
        const std::vector<ask> today = asks_of(today_asks_);
        const std::vector<ask> supposed = asks_of(supposed_asks_);
        std::vector<ask> only_today;
        std::vector<ask> only_supposed;
        std::set_difference(today.begin(), today.end(), supposed.begin(), supposed.end(),
                            std::back_inserter(only_today));
        std::set_difference(supposed.begin(), supposed.end(), today.begin(), today.end(),
                            std::back_inserter(only_supposed));
        // Who ends a call is looked at first: whatever else is asked for it then decides nothing any more.
        part_where(only_supposed, at, standing::ended, doubt::none, [](const ask& each) { return each.ends; });
        part_where(only_today, at, standing::doubtful, doubt::cut_short,
                   [](const ask& each) { return each.ends || each.hangs_up; });
        const auto any = [](const ask&) { return true; };
        part_where(only_supposed, at, standing::doubtful, doubt::asked_other, any);
        part_where(only_today, at, standing::doubtful, doubt::asked_other, any);
        note_endings(today_asks_, &life::today);
        note_endings(supposed_asks_, &life::supposed);
    }
}

/// Those calls that were alike so far.
void what_if::part_where(const std::vector<ask>& asked, instant at, standing now, doubt why,
                         bool (*counts)(const ask&)) {
    for (const ask& each : asked) {
        const auto found = lives_.find(each.call);
        if (counts(each) && found != lives_.end() && found->second.now == standing::alike) {
            found->second.now = now;
            found->second.why = why;
            found->second.parted = at;
        }
    }
}

void what_if::note_endings(const call::commands& from, std::optional<ending> life::*whose) {
    for (const call::command& wish : from) {
        const auto call = call::call_finished_by(wish);
        const auto found = call ? lives_.find(*call) : lives_.end();
        if (found != lives_.end()) {
            found->second.*whose = ending_of(wish);
            settle(*call);
        }
    }
}

/// Once all that is to come has come.
void what_if::settle(const call_id& call) {
    const auto found = lives_.find(call);
    life& one = found->second;
    if (!one.recorded || !one.today || (!one.supposed && one.now != standing::doubtful)) {
        return;
    }
    supposition news{call, one.began, one.parted, one.why, *one.recorded, {}};
    if (one.why != doubt::not_whole && !alike(*one.recorded, *one.today)) {
        news.why = doubt::other_machine;
    } else if (one.now != standing::doubtful) {
        news.would_be = one.supposed;
    }
    if (one.wanted) {
        observer_.supposes(news);
    }
    lives_.erase(found);
}

}  // namespace td::replay
