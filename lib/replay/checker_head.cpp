// A file behind missing ones: its head tells the living calls again, and brings the switchboard to where they were.

#include <set>
#include <string>
#include <utility>

#include "call/whose.hpp"
#include "replay/checker.hpp"

namespace td::replay {

void checker::begin_head(const place& where, const journal::header& first) {
    torn_ = true;
    end_head();
    settle();
    torn_ = false;
    for (auto& [call, each] : lives_) {
        each.unheard = true;
    }
    rules_ = first.rules;
    known_ = knowledge::living;
    draining_ = false;
    last_ = instant::min();  // it goes back to the oldest arrival
    board_ = call::switchboard(rules_);
    follow();
    head_ = head{where, first.retold.value_or(0), first.holed};
}

void checker::take_retold(const place& where, instant at, const journal::line& what) {
    if (at < last_) {
        ++counts_.damaged_lines;
        observer_.finds_damaged(where, "says " + rfc3339(at) + ", which cannot be");
        end_head();
        return;
    }
    --head_->left;
    last_ = at;
    if (const auto* news = std::get_if<journal::rules_changed>(&what)) {
        rules_ = news->rules;
        follow();
    } else if (const auto* again = std::get_if<call::fact>(&what)) {
        hear_again(at, *again);
    }
}

/// What it asked for then stands in a file that is not read.
void checker::hear_again(instant at, const call::fact& news) {
    if (const auto call = call::call_begun_by(news); call && !board_.told_before(news) && begin_call(*call, at)) {
        ++counts_.remembered;
    }
    draining_ = std::holds_alternative<call::drain_begun>(news) ||
                (draining_ && !std::holds_alternative<call::memory_recalled>(news));
    wishes_.clear();
    board_.step(at, news, wishes_);
    for (const call::command& each : wishes_) {
        if (const auto call = call::call_finished_by(each)) {
            end_today(*call);
        }
    }
}

/// Who lived before the hole and is not told again has ended in it. Of whom lines are missing the head does not know
/// all, and nobody knows who ended in those lines, or whether a drain began there.
void checker::end_head() {
    if (!head_) {
        return;
    }
    const head told = *std::exchange(head_, std::nullopt);
    std::set<call_id> ended;
    for (const auto& [call, each] : lives_) {
        if (each.unheard) {
            ended.insert(call);
        }
    }
    for (const call_id& call : ended) {
        leave_out(call, left_out::hole, told.where);
        const auto found = lives_.find(call);
        selected_ -= found->second.counted ? 1U : 0U;
        lives_.erase(found);
        strangers_.insert(call);
    }
    for (const call_id& call : told.holed.value_or(std::vector<call_id>())) {
        leave_out(call, left_out::hole, told.where);
    }
    if (told.left > 0) {
        leave_all_out(left_out::damaged, told.where);
    }
    if (told.left > 0 || told.holed) {
        known_ = knowledge::some;
        follow();
    }
}

}  // namespace td::replay
