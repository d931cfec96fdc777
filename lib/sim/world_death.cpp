// The worker of a world dies, and another one goes on from its journal.

#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/world.hpp"

namespace td::sim {
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
    past_.forget_after(time_.now() - how.forgotten);
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
    std::vector<std::string> complaints;
    const journal::recollection whole = past_.recall(plan_.start, plan_.rules, complaints);
    for (const std::string& each : complaints) {
        promises_.saw_bad_line(time_.now(), each);
    }
    remembered_ += whole.calls;
    std::set<call_id> known;
    board_ = past_.revive(whole, plan_.rules, call::line::door, [&](const call::fact& news) {
        if (const auto* arrival = std::get_if<call::panel_arrived>(&news)) {
            known.insert(arrival->call);
            if (recorded_.contains(arrival->call)) {
                undead_.insert(arrival->call);
            }
        }
    });
    promises_.saw_death(known);
    // Their records are in the spool already, but for those that the lost lines kept from being made.
    for (const call::command& wish : whole.last_words) {
        if (const auto call = recorded_by(wish); call && recorded_.insert(*call).second) {
            promises_.saw_step(time_.now(), nullptr, {wish});
        }
    }
}

}  // namespace td::sim
