// The one fault of an emergency world's plan, and its workers that die: another one goes on from the journal, the notes
// and what the pool's store and the callback map hold.

#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/sos_world.hpp"

namespace td::sim {
namespace {

constexpr duration gap_of_line = 1500ms;
constexpr duration gap_of_life = 500ms;
constexpr duration forgotten_moments = 50ms;

}  // namespace

void sos_world::prepare_fault() {
    switch (plan_.fault.what) {
        case mishap::request_lost: wire_.lose(plan_.fault.place, fate_of_request::never_carried_out); return;
        case mishap::reply_lost: wire_.lose(plan_.fault.place, fate_of_request::carried_out); return;
        case mishap::killed: plan_.deaths.push_back({plan_.fault.place, {}, gap_of_life}); return;
        case mishap::killed_forgetful:
            plan_.deaths.push_back({plan_.fault.place, forgotten_moments, gap_of_life});
            return;
        case mishap::none:
        case mishap::line_cut:
        case mishap::line_cut_unseen:
        case mishap::doubled:  // facts are doubled and delayed by the dice of the wire
        case mishap::doubled_late:
        case mishap::delayed:
        case mishap::delayed_long: return;
    }
}

void sos_world::strike_if_due() {
    if (steps_ != plan_.fault.place) {
        return;
    }
    if (plan_.fault.what == mishap::line_cut) {
        remark("the line is cut");
        wire_.lose_line({time_.now(), {}, {}, gap_of_line, false});
    } else if (plan_.fault.what == mishap::line_cut_unseen) {
        remark("the line is cut, and nobody sees it yet");
        wire_.lose_line({time_.now(), 700ms, 400ms, gap_of_line, false});
    }
}

void sos_world::die_if_due() {
    if (deaths_ == plan_.deaths.size() || steps_ < plan_.deaths[deaths_].step) {
        return;
    }
    const death& how = plan_.deaths[deaths_];
    remark("the worker dies, and " + duration_text(how.forgotten) + " are forgotten");
    ++deaths_;
    alive_ = false;
    past_.forget_after(time_.now() - how.forgotten);
    wire_.die();
    outside_.die();
    time_.put_after(how.gap, [this] { come_back(); });
}

void sos_world::come_back() {
    remark("a new worker");
    outside_.come_back();
    remember();
    alive_ = true;
    take(call::memory_recalled{});
    if (alive_) {  // that step may be its last
        wire_.connect();
    }
}

void sos_world::remember() {
    std::vector<std::string> complaints;
    const journal::recollection whole = past_.recall(plan_.start, plan_.rules, complaints);
    for (const std::string& each : complaints) {
        promises_.saw_bad_line(time_.now(), each);
    }
    remembered_ += whole.calls;
    std::set<call_id> known;
    const auto meet = [&](const auto& arrival) {
        known.insert(arrival.call);
        if (recorded_.contains(arrival.call)) {
            undead_.insert(arrival.call);
        }
    };
    board_ = past_.revive(whole, plan_.rules, call::line::sos, [&](const call::fact& news) {
        if (const auto* sos = std::get_if<call::sos_arrived>(&news)) {
            meet(*sos);
        } else if (const auto* back = std::get_if<call::callback_arrived>(&news)) {
            meet(*back);
        }
    });
    const bool torn = plan_.deaths[deaths_ - 1].forgotten > duration::zero();
    promises_.saw_death(known, torn ? sos_promises::memory_of_dead::torn : sos_promises::memory_of_dead::whole);
    repeat_last_words(whole.last_words);
}

/// The spool drops a record that it has, and the pool an end that it knows.
void sos_world::repeat_last_words(const call::commands& words) {
    for (const call::command& wish : words) {
        if (std::holds_alternative<call::return_number>(wish)) {
            outside_.take(wish);
        } else if (const auto call = recorded_by(wish); call && recorded_.insert(*call).second) {
            promises_.saw_step(time_.now(), nullptr, {wish});
        }
    }
}

/// As in world: nobody sees what becomes of a call behind its record.
call::commands sos_world::as_seen(call::commands out) const {
    std::erase_if(out, [&](const call::command& wish) { return undead_.contains(call_of(wish)); });
    return out;
}

}  // namespace td::sim
