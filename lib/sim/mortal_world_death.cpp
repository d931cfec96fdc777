// The worker of a world dies, and another one goes on from its journal, perhaps by a wall clock that was put elsewhere.

#include <algorithm>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "journal/clock_origin.hpp"
#include "sim/mortal_world.hpp"
#include "sim/trace.hpp"

namespace td::sim {
namespace {

/// Whoever gets these keeps them: what the dead worker said is said again, and dropped by who has it.
bool is_word(const call::command& wish) {
    return recorded_by(wish) || std::holds_alternative<call::alert>(wish) ||
           std::holds_alternative<call::return_number>(wish);
}

/// The moments that a worker's clock has put into a command, as the world has them.
void to_world_time(call::command& wish, duration lead) {
    std::visit(
        [&]<class Wish>(Wish& each) {
            if constexpr (requires { each.record.started_at; }) {
                each.record.started_at -= lead;
                each.record.ended_at -= lead;
            } else if constexpr (std::is_same_v<Wish, call::push>) {
                each.deadline -= lead;
            } else if constexpr (std::is_same_v<Wish, call::alert>) {
                each.news.at -= lead;
            }
        },
        wish);
}

}  // namespace

bool mortal_world::is_unsent_step() const {
    return deaths_ < course_.deaths.size() && steps_ >= course_.deaths[deaths_].step && course_.deaths[deaths_].unsent;
}

/// The spool takes one record a call, and nobody sees what becomes of a call behind it. Of a step that nobody carries
/// out its words were not said either; that the rest was decided the next worker knows.
call::commands mortal_world::as_seen(call::commands out, bool unsent) const {
    std::erase_if(
        out, [&](const call::command& wish) { return undead_.contains(call_of(wish)) || (unsent && is_word(wish)); });
    if (lead_ != duration::zero()) {
        std::for_each(out.begin(), out.end(), [&](call::command& wish) { to_world_time(wish, lead_); });
    }
    return out;
}

void mortal_world::die_if_due(bool unsent) {
    if (deaths_ == course_.deaths.size() || steps_ < course_.deaths[deaths_].step) {
        return;
    }
    const death& how = course_.deaths[deaths_];
    remark("the worker dies, and " + duration_text(how.forgotten) + " are forgotten" +
           (unsent ? ", and of its last step nothing was sent" : ""));
    ++deaths_;
    alive_ = false;
    past_.forget_after(clock() - how.forgotten);
    wire_.die();
    died();
    time_.put_after(how.gap, [this] { come_back(); });
}

void mortal_world::come_back() {
    remark("a new worker");
    remember();
    alive_ = true;
    take(call::memory_recalled{});
    if (alive_) {  // that step may be its last
        wire_.connect();
    }
}

void mortal_world::remember() {
    const death& how = course_.deaths[deaths_ - 1];
    std::vector<std::string> complaints;
    journal::recollection whole = past_.recall(course_.start, course_.rules, complaints);
    for (const std::string& each : complaints) {
        watching().saw_bad_line(time_.now(), each);
    }
    // The steady clock of the machine is the world's time.
    const auto origin = [&] { return journal::clock_origin{"the only boot", instant{} + lead_}; };
    const journal::clock_origin theirs = origin();
    for (call::command& word : whole.last_words) {
        to_world_time(word, lead_);
    }
    lead_ += how.clock_jump;
    came_back();
    journal::move_to_clock(whole, theirs, origin(), clock());
    remembered_ += whole.calls;
    std::set<call_id> known;
    board_ = past_.revive(whole, course_.rules, which_, [&](const call::fact& news) {
        if (const auto who = arrival_of(news)) {
            known.insert(who->call);
            if (recorded_.contains(who->call)) {
                undead_.insert(who->call);
            }
        }
    });
    for (const call::command& word : whole.last_words) {
        if (const auto recorded = recorded_by(word)) {
            known.insert(*recorded);  // its record may be all that was not said of it
        }
    }
    const bool torn = how.forgotten > duration::zero();
    watching().saw_death(known, torn ? watcher::memory_of_dead::torn : watcher::memory_of_dead::whole);
    repeat(whole.last_words);
}

/// The spool drops what it has, and the pool an end that it knows.
void mortal_world::repeat(const call::commands& last_words) {
    for (const call::command& word : last_words) {
        const auto recorded = recorded_by(word);
        if (!recorded || recorded_.insert(*recorded).second) {
            watching().saw_last_word(time_.now(), word);
            carry_out_beside(word);
        }
    }
}

}  // namespace td::sim
