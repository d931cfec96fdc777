#include "replay/checker.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/overloaded.hpp"
#include "call/whose.hpp"
#include "replay/step_lines.hpp"

namespace td::replay {
namespace {

/// The call that a line names which cannot be read.
std::optional<call_id> call_somewhere_in(std::string_view line) {
    constexpr std::string_view name = R"("call":")";
    const auto found = line.find(name);
    return found == std::string_view::npos ? std::nullopt
                                           : call_id::parse(line.substr(found + name.size(), call_id::length));
}

/// The one line that is told again elsewhere than in a head: a step of this run, too.
bool ends_former_memory(const journal::line& what) {
    const auto* news = std::get_if<call::fact>(&what);
    return news != nullptr && std::holds_alternative<call::memory_recalled>(*news);
}

/// When a call arrived whose arrival was not seen: its name was made then.
instant made_at(const call_id& call) {
    return instant{std::chrono::milliseconds(call.made_at_milliseconds())};
}

}  // namespace

checker::checker(check_wishes wanted, check_observer& to)
    : wanted_(std::move(wanted)), observer_(to), comparer_(wanted_.ignored), board_(call::rules{}) {}
checker::~checker() = default;

// ---- what the journal says

void checker::begin_run(const call::rules& rules, beginning how) {
    end_run();
    rules_ = rules;
    known_ = how == beginning::at_its_start ? knowledge::all : knowledge::some;
    draining_ = false;
    last_ = instant::min();
    arrived_ = 0;
    board_ = call::switchboard(rules_);
    follow();
}

void checker::end_run() {
    end_head();
    if (!step_) {
        recorded_.clear();  // last words of a run that died before it had said that it remembers
    }
    settle();
    lives_.clear();
    strangers_.clear();
    selected_ = 0;
    torn_ = false;
    orphans_damaged_ = false;
}

void checker::miss_lines(const place& where, const call::rules* rules) {
    torn_ = true;
    head_.reset();
    settle();
    leave_all_out(left_out::hole, where);
    for (const auto& [call, each] : lives_) {
        strangers_.insert(call);
    }
    lives_.clear();
    selected_ = 0;
    known_ = knowledge::some;
    rules_ = rules != nullptr ? *rules : rules_;
    board_ = call::switchboard(rules_);
    follow();
    if (draining_) {
        call::commands none;
        board_.step(last_, call::drain_begun{}, none);
    }
    torn_ = false;
}

void checker::tear() {
    torn_ = true;
}

/// How many calls there really are is not known where some are missing.
void checker::follow() {
    call::rules in_force = rules_;
    if (known_ == knowledge::some) {
        in_force.door.max_calls = std::numeric_limits<decltype(in_force.door.max_calls)>::max();
    }
    board_.follow(std::move(in_force));
}

void checker::take(const place& where, std::string_view line) {
    torn_ = false;
    if (is_command_line(line)) {
        end_head();
        recorded_.append(line).append(1, '\n');
        ++recorded_lines_;
        last_place_ = where;
        return;
    }
    auto read = reader_.read(line);
    if (read && read->retold && in_head()) {
        take_retold(where, read->at, read->what);
        return;
    }
    end_head();
    if (read && read->retold && !ends_former_memory(read->what)) {
        return;  // it stands in what was read
    }
    if (!read) {
        take_damaged(where, line, without_place(read.why().text));
        return;
    }
    const instant at = read->at;
    std::visit(overloaded{[&](call::fact& news) {
                              take_fact({where, at, std::move(news)});
                          },
                          [&](const call::command&) {
                              recorded_.append(line).append(1, '\n');
                              ++recorded_lines_;
                              last_place_ = where;
                          },
                          [&](const journal::rules_changed& news) {
                              settle();
                              rules_ = news.rules;
                              follow();
                          },
                          [&](const journal::gap& hole) {
                              draining_ = hole.draining.value_or(draining_);
                              miss_lines(where, nullptr);
                          },
                          [](const journal::header&) {}},
               read->what);
}

void checker::take_fact(step next) {
    put_in_order(next);
    if (!step_ && std::holds_alternative<call::memory_recalled>(next.news)) {
        recorded_.clear();  // the last words of the run before, which nobody asks for again
    }
    settle();
    ++counts_.facts;
    orphans_damaged_ = false;
    step_.emplace(std::move(next));
}

/// A run's moments never go back. Of two that do not fit the one is damaged that does not fit the one before, either.
void checker::put_in_order(step& next) {
    const auto name_damaged = [this](const step& which) {
        ++counts_.damaged_lines;
        observer_.finds_damaged(which.where, "says " + rfc3339(which.at) + ", which cannot be");
        const auto call = call::call_named_by(which.news);
        if (call && lives_.contains(*call)) {
            leave_out(*call, left_out::damaged, which.where);
        } else {
            leave_all_out(left_out::damaged, which.where);
        }
    };
    const instant before = step_ ? step_->at : last_;
    if (next.at >= before) {
        return;
    }
    if (step_ && next.at >= last_) {
        name_damaged(*step_);
        step_->at = next.at;
    } else {
        name_damaged(next);
        next.at = before;
    }
}

void checker::take_damaged(const place& where, std::string_view line, std::string_view words) {
    settle();
    ++counts_.damaged_lines;
    observer_.finds_damaged(where, words);
    const auto call = call_somewhere_in(line);
    if (call && lives_.contains(*call)) {
        leave_out(*call, left_out::damaged, where);
    } else {
        leave_all_out(left_out::damaged, where);
        known_ = knowledge::some;  // it may have been an arrival
        follow();
    }
    orphans_damaged_ = true;
}

// ---- a step

void checker::settle() {
    if (step_) {
        take_step();
        last_ = step_->at;
        step_.reset();
    } else if (!recorded_.empty()) {
        settle_orphans();
    }
    recorded_.clear();
    recorded_lines_ = 0;
}

/// Commands behind no fact: behind a damaged one they are its own.
void checker::settle_orphans() {
    if (!orphans_damaged_) {
        ++counts_.damaged_lines;
        observer_.finds_damaged(last_place_, "is a command behind no fact");
    }
    for (const step_line& each : lines_of(recorded_, reader_)) {
        if (each.call) {
            leave_out(*each.call, left_out::damaged, last_place_);
            if (each.finishes) {
                end_recorded(*each.call);
            }
        }
    }
}

void checker::take_step() {
    wishes_.clear();
    today_.clear();
    const std::size_t known = lives_.size();
    if (const auto call = call::call_begun_by(step_->news);
        call && !board_.told_before(step_->news) && begin_call(*call, step_->at)) {
        ++counts_.calls;
        ++arrived_;
    }
    if (std::holds_alternative<call::drain_begun>(step_->news)) {
        draining_ = true;
    } else if (std::holds_alternative<call::memory_recalled>(step_->news)) {
        draining_ = false;
        // Whoever remembers a run that remembered one itself has this fact more than once at its head.
        counts_.calls -= arrived_;
        counts_.remembered += std::exchange(arrived_, 0);
    }
    if (known_ == knowledge::some && lives_.size() != known) {
        take_from_record();
    } else {
        board_.step(step_->at, step_->news, wishes_);
    }
    for (const call::command& each : wishes_) {
        journal::write(today_, step_->at, each);
    }
    counts_.commands += recorded_lines_;
    if (today_ == recorded_) {
        note_ends();
    } else {
        compare();
    }
}

/// An arrival, where not every call is known: the record tells whether it was turned away.
void checker::take_from_record() {
    const bool given_back = recorded_.find(R"("do":"give_back")") != std::string::npos;
    const bool turned_away = recorded_.find(R"("reason":"busy")") != std::string::npos;
    if (given_back && !draining_) {
        draining_ = true;
        board_.step(step_->at, call::drain_begun{}, wishes_);
    }
    if (turned_away) {
        call::rules full = rules_;
        full.door.max_calls = 0;
        board_.follow(std::move(full));
    }
    board_.step(step_->at, step_->news, wishes_);
    if (turned_away) {
        follow();
    }
}

// ---- the calls

bool checker::is_wanted(const call_id& call) const {
    return wanted_.only.empty() || wanted_.only.contains(call);
}

/// True when it is new, and wanted.
bool checker::begin_call(const call_id& call, instant at) {
    const auto [life_of, is_new] = lives_.try_emplace(call);
    life& one = life_of->second;
    if (!is_new) {  // today's machines have ended it already, or it lived before the hole, too
        const bool told_again = std::exchange(one.unheard, false);
        one.over_today = one.over_today && !told_again;
        return false;
    }
    observer_.arrives(call);
    if (!is_wanted(call) || at < wanted_.since || at >= wanted_.until) {
        one.now = standing::not_wanted;
        return false;
    }
    strangers_.erase(call);  // a file's head has told it again
    ++selected_;
    one.counted = true;
    return true;
}

void checker::note_ends() {
    for (const call::command& each : wishes_) {
        if (const auto call = call::call_finished_by(each)) {
            end_recorded(*call);
            end_today(*call);
        }
    }
}

void checker::end_recorded(const call_id& call) {
    if (const auto found = lives_.find(call); found != lives_.end()) {
        found->second.over_recorded = true;
        forget_if_over(call);
    }
}

void checker::end_today(const call_id& call) {
    if (const auto found = lives_.find(call); found != lives_.end()) {
        found->second.over_today = true;
        forget_if_over(call);
    }
}

void checker::forget_if_over(const call_id& call) {
    const auto found = lives_.find(call);
    if (found->second.over_recorded && found->second.over_today) {
        selected_ -= found->second.counted ? 1U : 0U;
        lives_.erase(found);
    }
}

void checker::leave_out(const call_id& call, left_out why, const place& where) {
    if (!is_wanted(call)) {
        return;
    }
    if (const auto found = lives_.find(call); found != lives_.end()) {
        if (found->second.now != standing::compared) {
            return;
        }
        found->second.now = standing::left_out;
    } else if (made_at(call) < wanted_.since || made_at(call) >= wanted_.until || !strangers_.insert(call).second) {
        return;
    }
    switch (why) {
        case left_out::begun_before: ++counts_.begun_before; break;
        case left_out::hole: ++counts_.hole; break;
        case left_out::damaged: ++counts_.damaged; break;
    }
    observer_.leaves_out(call, why, where);
}

void checker::leave_all_out(left_out why, const place& where) {
    std::set<call_id> living;  // in an order that is always the same
    for (const auto& [call, each] : lives_) {
        if (each.now == standing::compared) {
            living.insert(call);
        }
    }
    for (const call_id& call : living) {
        leave_out(call, why, where);
    }
}

// ---- the comparison

/// A step's lines that do not agree.
struct checker::comparison {
    std::vector<step_line> recorded;
    std::vector<step_line> today;
    bool some_damaged = false;
    bool some_differ = false;
};

void checker::compare() {
    const auto begun = call::call_begun_by(step_->news);
    if (begun && known_ != knowledge::all && recorded_.empty()) {
        leave_out(*begun, left_out::begun_before, step_->where);  // it was told twice, and lived already
    }
    comparison all{lines_of(recorded_, reader_), lines_of(today_, wishes_)};
    std::set<call_id> calls;
    for (const auto* side : {&all.recorded, &all.today}) {
        for (const step_line& each : *side) {
            if (each.wrong.empty()) {
                calls.insert(each.call.value_or(call_id{}));
            }
        }
    }
    for (const step_line& each : all.recorded) {
        if (!each.wrong.empty()) {
            ++counts_.damaged_lines;
            observer_.finds_damaged(step_->where, "a command behind it " + each.wrong);
            all.some_damaged = true;
        }
    }
    for (const call_id& call : calls) {
        compare_call(all, call);
    }
    compare_order(all);
    for (const step_line& each : all.recorded) {
        if (each.finishes) {
            end_recorded(*each.call);
        }
    }
    for (const step_line& each : all.today) {
        if (each.finishes) {
            end_today(*each.call);
        }
    }
}

void checker::compare_call(comparison& all, const call_id& call) {
    const auto life_of = lives_.find(call);
    if (life_of != lives_.end() ? life_of->second.now != standing::compared : !is_wanted(call)) {
        return;
    }
    const auto wanted_here = [&](const step_line& each) {
        return each.wrong.empty() && each.call.value_or(call_id{}) == call &&
               !comparer_.ignored().whole_command(each.kind);
    };
    const step_difference found = first_difference(all.recorded, all.today, wanted_here, comparer_);
    const bool cut_off = found.recorded == nullptr && torn_;
    if (found.alike() || cut_off) {
        return;
    }
    all.some_differ = true;
    if (all.some_damaged) {
        leave_out(call, left_out::damaged, step_->where);
        return;
    }
    if (life_of == lives_.end() && known_ != knowledge::all) {
        leave_out(call, left_out::begun_before, step_->where);
        return;
    }
    difference news;
    news.field = found.field;
    news.recorded = found.recorded_value;
    news.today = found.today_value;
    news.recorded_command = found.recorded == nullptr ? std::string_view() : found.recorded->text;
    news.today_command = found.today == nullptr ? std::string_view() : found.today->text;
    report(call, std::move(news));
}

/// What is asked for different calls may overtake, but for a callback that takes a panel away. Where calls are not
/// known their order is not, either.
void checker::compare_order(const comparison& all) {
    if (known_ != knowledge::all || all.some_differ || all.some_damaged || torn_ || comparer_.ignored().order()) {
        return;
    }
    const auto counts = [&](const step_line& each) {
        const auto life_of = lives_.find(each.call.value_or(call_id{}));
        return !comparer_.ignored().whole_command(each.kind) &&
               (life_of == lives_.end() || life_of->second.now == standing::compared);
    };
    auto one = all.recorded.begin();
    auto other = all.today.begin();
    for (;; ++one, ++other) {
        one = std::find_if(one, all.recorded.end(), counts);
        other = std::find_if(other, all.today.end(), counts);
        if (one == all.recorded.end() || other == all.today.end()) {
            return;
        }
        if (one->call != other->call) {
            difference news;
            news.field = "order";
            news.recorded = one->shown_kind();
            news.today = other->shown_kind();
            news.recorded_command = one->text;
            news.today_command = other->text;
            report(one->call.value_or(call_id{}), std::move(news));
            return;
        }
    }
}

void checker::report(const call_id& call, difference found) {
    found.call = call;
    found.where = step_->where;
    found.at = step_->at;
    found.fact = journal::name_of(step_->news);
    life& whose = lives_[call];
    whose.now = standing::different;
    ++counts_.different;
    observer_.differs(found);
}

}  // namespace td::replay
