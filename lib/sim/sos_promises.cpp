#include "sim/sos_promises.hpp"

#include <algorithm>

#include "base/overloaded.hpp"
#include "sim/trace.hpp"

namespace td::sim {
namespace {

bool holds(const std::vector<call::lack>& lacks, call::lack which) {
    return std::find(lacks.begin(), lacks.end(), which) != lacks.end();
}

/// A call has two alerts at most, each with a message_id of its own.
bool is_of_every_try(const call::sos_alert& news) {
    return holds(news.lacks, call::lack::every_try);
}

}  // namespace

void sos_promises::saw_death(const std::set<call_id>& known, memory_of_dead whole) {
    std::erase_if(calls_, [&](const auto& entry) { return !known.contains(entry.first) && !entry.second.recorded_at; });
    std::erase_if(callers_, [&](const auto& entry) { return !known.contains(entry.second); });
    draining_ = false;
    for (auto& [call, watched] : calls_) {
        if (watched.recorded_at) {
            continue;
        }
        watched.living.clear();  // they are told, or given up, anew
        watched.over = false;
        watched.taken = false;
        watched.freed = false;
        watched.parted = false;  // by an order that the memory may not hold
        if (whole == memory_of_dead::torn) {
            watched.torn = true;
            watched.attempts = 0;  // one that is forgotten may be made again
            watched.refused = false;
            watched.callee.reset();
            watched.returned.clear();
        }
    }
}

/// Whoever had heard it drops it.
void sos_promises::saw_last_word(instant now, const call::command& word) {
    if (const auto* back = std::get_if<call::return_number>(&word)) {
        if (const auto found = calls_.find(back->call); found != calls_.end()) {
            found->second.returned.emplace(back->token, 1U);
        }
        return;
    } else if (const auto* told = std::get_if<call::alert>(&word)) {
        const auto found = calls_.find(told->news.call);
        if (found == calls_.end() || found->second.alerted(told->news)) {
            return;
        }
    }
    take(now, word, {});
}

/// The spool has an alert with this message_id.
bool sos_promises::call_watch::alerted(const call::sos_alert& news) const {
    return std::any_of(alerts.begin(), alerts.end(),
                       [&](const call::sos_alert& each) { return is_of_every_try(each) == is_of_every_try(news); });
}

// ---- facts

void sos_promises::begin(instant now, const call_id& call, const channel_id& channel, const panel_id& panel,
                         kind what) {
    const auto told = callers_.find(channel.text());
    if (told != callers_.end() && !calls_[told->second].recorded_at) {
        return;  // told twice
    }
    call_watch& made = calls_[call];
    made.what = what;
    made.arrived = now;
    made.channel = channel.text();
    made.panel = panel;
    made.refused = draining_;
    callers_[made.channel] = call;
}

void sos_promises::take(instant now, const call::fact& news) {
    if (const auto* sos = std::get_if<call::sos_arrived>(&news)) {
        begin(now, sos->call, sos->channel, sos->panel, kind::sos);
    } else if (const auto* back = std::get_if<call::callback_arrived>(&news)) {
        begin(now, back->call, back->channel, back->panel, kind::callback);
        calls_[back->call].no_number = back->number.empty();
    } else if (const auto* left = std::get_if<call::panel_left>(&news)) {
        if (const auto found = callers_.find(left->channel.text()); found != callers_.end()) {
            calls_[found->second].over = true;
        }
    } else if (const auto* lent = std::get_if<call::number_lent>(&news)) {
        call_watch& watched = calls_[lent->call];
        watched.lent[lent->token] = lent->number;
        ++watched.times_lent[lent->token];
        check_exclusive(now, lent->call, lent->number);
        watched.shared.insert(lent->routes.shared_number);
    } else if (const auto* refused = std::get_if<call::number_refused>(&news)) {
        calls_[refused->call].shared.insert(refused->routes.shared_number);
    } else if (const auto* checked = std::get_if<call::number_checked>(&news)) {
        call_watch& watched = calls_[checked->call];
        watched.check = watched.callee ? watched.check : checked->panel;
    } else if (const auto* end = std::get_if<call::leg_ended>(&news)) {
        calls_[end->leg.call].living.erase(end->leg.leg.value);
    } else if (const auto* refusal = std::get_if<call::pbx_refused>(&news)) {
        if (refusal->status == 404 &&
            (refusal->what == call::act::drop_panel || refusal->what == call::act::give_back)) {
            calls_[refusal->call].over = true;
        } else if (refusal->status == 404 && refusal->what == call::act::drop_leg) {
            calls_[refusal->call].living.erase(refusal->leg.value);
        }
    } else if (const auto* seen = std::get_if<call::pbx_seen>(&news)) {
        const auto shows = [&](const std::string& channel) {
            return std::any_of(seen->channels.begin(), seen->channels.end(),
                               [&](const auto& c) { return c.name.text() == channel; });
        };
        for (auto& [name, watched] : calls_) {
            watched.over = watched.over || !shows(watched.channel);
            std::erase_if(watched.living, [&, &call = name](std::uint8_t leg) {
                return !shows(channel_name({call, leg_no{leg}}));
            });
        }
    } else if (std::holds_alternative<call::drain_begun>(news)) {
        draining_ = true;
    }
}

// ---- commands

/// Nothing is asked for a call that nobody knows or that has its record.
sos_promises::call_watch* sos_promises::watch(instant now, const call_id& call, std::string_view wish) {
    const auto found = calls_.find(call);
    if (found == calls_.end() || found->second.channel.empty()) {
        blame(now, call, std::string(wish) + " for a call that never arrived");
        return nullptr;
    }
    if (found->second.recorded_at) {
        blame(now, call, std::string(wish) + " after the record, which is the last command of a call");
    }
    return &found->second;
}

void sos_promises::take(instant now, const call::command& wish, const call::commands&) {
    const auto begins_end = [&](const call_id& call, std::string_view what) {
        if (call_watch* watched = watch(now, call, what)) {
            watched->over = true;
            watched->parted = watched->parted || truths_[watched->channel].talking();
        }
    };
    std::visit(overloaded{
                   [&](const call::sound& c) { watch(now, c.call, "sound"); },
                   [&](const call::call_out& c) { take(now, c); },
                   [&](const call::make_bridge& c) { watch(now, c.call, "make_bridge"); },
                   [&](const call::answer_panel& c) { watch(now, c.call, "answer_panel"); },
                   [&](const call::join& c) { take(now, c); },
                   [&](const call::drop_leg& c) { take(now, c); },
                   [&](const call::drop_panel& c) { begins_end(c.call, "drop_panel"); },
                   [&](const call::give_back& c) { begins_end(c.call, "give_back"); },
                   [&](const call::remove_bridge& c) { watch(now, c.call, "remove_bridge"); },
                   [&](const call::drop_stray& c) {
                       check_stray(now, c.channel.text());
                       const auto leg = leg_of_channel(c.channel.text());
                       const auto found = leg ? calls_.find(leg->call) : calls_.end();
                       if (found != calls_.end() && !found->second.channel.empty() && !found->second.recorded_at) {
                           blame(now, leg->call, "a leg of a living call is dropped as a stray");
                       }
                   },
                   [&](const call::remove_stray_bridge& c) {
                       if (calls_.contains(c.bridge) && !calls_.at(c.bridge).recorded_at) {
                           blame(now, c.bridge, "the bridge of a living call is removed as a stray");
                       }
                   },
                   [&](const call::find_site& c) { watch(now, c.call, "find_site"); },
                   [&](const call::lend_number& c) { watch(now, c.call, "lend_number"); },
                   [&](const call::lend_from_notes& c) { watch(now, c.call, "lend_from_notes"); },
                   [&](const call::map_number& c) { watch(now, c.call, "map_number"); },
                   [&](const call::check_number& c) { watch(now, c.call, "check_number"); },
                   [&](const call::return_number& c) { take(now, c); },
                   [&](const call::panel_taken& c) {
                       call_watch* watched = watch(now, c.call, "panel_taken");
                       if (watched != nullptr && std::exchange(watched->taken, true)) {
                           blame(now, c.call, "the panel is taken twice");
                       }
                   },
                   [&](const call::panel_freed& c) {
                       call_watch* watched = watch(now, c.call, "panel_freed");
                       if (watched != nullptr && (!watched->taken || std::exchange(watched->freed, true))) {
                           blame(now, c.call, "the panel is freed twice, or was not taken");
                       }
                   },
                   [&](const call::alert& c) {
                       call_watch* watched = watch(now, c.news.call, "alert");
                       if (watched != nullptr && !(watched->torn && watched->alerted(c.news))) {
                           watched->alerts.push_back(c.news);
                       }
                   },
                   [&](const call::finish_sos& c) { take(now, c); },
                   [&](const call::finish_callback& c) { take(now, c); },
                   [&](const auto&) { blame(now, {}, "an emergency call asks for what only a door call may"); },
               },
               wish);
}

void sos_promises::take(instant now, const call::join& wish) {
    const call_watch* watched = watch(now, wish.leg.call, "join");
    const bool called = watched != nullptr && (watched->callee == wish.leg.leg || (watched->torn && !watched->callee));
    if (watched != nullptr && (watched->over || !called)) {
        blame(now, wish.leg.call, "somebody is joined who is not called, or after the end");
    }
}

void sos_promises::take(instant now, const call::drop_leg& wish) {
    if (call_watch* watched = watch(now, wish.leg.call, "drop_leg")) {
        watched->living.erase(wish.leg.leg.value);
        const truth& real = truths_[watched->channel];
        watched->parted = watched->parted || (real.talking() && real.bridged_with == channel_name(wish.leg));
    }
}

void sos_promises::take(instant now, const call::call_out& wish) {
    call_watch* watched = watch(now, wish.leg.call, "call_out");
    if (watched == nullptr) {
        return;
    }
    if (watched->over || watched->refused) {
        blame(now, wish.leg.call, "somebody is called after the end");
    }
    if (!watched->living.empty()) {
        blame(now, wish.leg.call, "somebody is called while another attempt lives");
    }
    if (wish.limit <= duration::zero() || wish.limit > plan_.rules.sos.answer_limit) {
        blame(now, wish.leg.call, "a leg may ring for " + duration_text(wish.limit));
    }
    watched->living.insert(wish.leg.leg.value);
    watched->callee = wish.leg.leg;
    // The first plain request after an early one is the same attempt: Asterisk refused to make the leg first.
    const bool instead = wish.way == call::call_way::plain && watched->last_was_early;
    watched->attempts += instead ? 0U : 1U;
    watched->last_was_early = wish.way == call::call_way::early;
    if (watched->what == kind::sos) {
        check_caller_id(now, *watched, wish);
    } else {
        check_target(now, *watched, wish);
    }
    watched->shown = number_id(wish.caller);
}

/// A number that leads to another panel would send the rescuers there.
void sos_promises::check_caller_id(instant now, const call_watch& watched, const call::call_out& wish) {
    const number_id shown(wish.caller);
    const bool own = std::any_of(watched.lent.begin(), watched.lent.end(), [&](const auto& entry) {
        return entry.second == shown && !watched.returned.contains(entry.first);
    });
    if (!shown.empty() && !own && !watched.shared.contains(shown)) {
        blame(now, wish.leg.call, "shows number " + shown.text() + ", which is not lent to this panel");
    }
    if (wish.whom != call::callee::operator_route || wish.panel != watched.panel) {
        blame(now, wish.leg.call, "an emergency call goes elsewhere, or for another panel");
    }
}

void sos_promises::check_target(instant now, const call_watch& watched, const call::call_out& wish) {
    const panel_id leads = watched.no_number ? panel_id{} : watched.check.value_or(watched.panel);
    const bool right = leads.empty()
                           ? wish.whom == call::callee::desk && wish.target == plan_.rules.sos.desk
                           : wish.whom == call::callee::panel && wish.target == leads.text() && wish.panel == leads;
    if (!right) {
        blame(now, wish.leg.call, "a callback that leads to '" + leads.text() + "' calls " + wish.target);
    }
    // With priority a panel that said busy is called again.
    const bool insists = wish.how == call::urgency::psap_callback && wish.whom == call::callee::panel;
    if (watched.attempts > (insists ? 3U : 1U)) {
        blame(now, wish.leg.call, "a callback calls too often");
    }
}

void sos_promises::take(instant now, const call::return_number& wish) {
    const auto found = calls_.find(wish.call);  // also after the record: a number that came too late
    if (found == calls_.end() || !found->second.lent.contains(wish.token) ||
        found->second.lent.at(wish.token) != wish.number) {
        blame(now, wish.call, "a number is returned that was not lent");
        return;
    }
    call_watch& watched = found->second;
    // What is told again goes back again: the pool drops an end that it knows.
    if (++watched.returned[wish.token] > watched.times_lent[wish.token]) {
        blame(now, wish.call, "number " + wish.number.text() + " is returned twice");
    }
    if (!watched.over && watched.shown == wish.number) {
        blame(now, wish.call, "number " + wish.number.text() + " is returned while its call goes on");
    }
}

void sos_promises::take_end(instant now, const call_id& call, call_watch& watched, kind what, call::ended_by who) {
    if (watched.what != what) {
        blame(now, call, "a record of another kind");
    }
    if (watched.taken && !watched.freed) {
        blame(now, call, "the record comes before the panel is freed");
    }
    if (now > watched.arrived + plan_.longest_call()) {
        blame(now, call, "the record comes after " + duration_text(now - watched.arrived));
    }
    const bool one_fault = plan_.undisturbed() || plan_.fault.what != mishap::none;
    if (one_fault && watched.parted && who != call::ended_by::talk_limit) {
        blame(now, call, "a talking pair was parted by us: " + std::string(call::name_of(who)));
    }
    watched.recorded_at = now;
}

void sos_promises::take(instant now, const call::finish_sos& wish) {
    const call::sos_record& record = wish.record;
    if (call_watch* watched = watch(now, record.call, "finish_sos")) {
        watched->sos = record;
        take_end(now, record.call, *watched, kind::sos, record.who);
        answered_ += record.how == call::outcome::answered ? 1U : 0U;
        if (record.who == call::ended_by::none || record.ended_at < record.started_at || record.ended_at > now ||
            record.ring_ms < 0 || record.talk_ms < 0 ||
            (!watched->torn && record.attempts.size() != watched->attempts)) {
            blame(now, record.call, "the record makes no sense");
        }
        for (const call::attempt_record& each : record.attempts) {
            if (each.why == call::leg_why::none || each.ended_ms < each.dialled_ms) {
                blame(now, record.call, "the record does not say how the attempt at " + each.route + " ended");
            }
        }
        if (watched->attempts > 0 && !watched->torn && record.number != watched->shown) {
            blame(now, record.call, "the record tells another number than was shown");
        }
        if (!watched->torn) {
            check_alerts(now, *watched);
        }
    }
}

/// Exactly when something lacked of a call that left, and once more when every try failed.
void sos_promises::check_alerts(instant now, const call_watch& watched) {
    const call::sos_record& record = *watched.sos;
    const bool every_try = holds(record.lacks, call::lack::every_try);
    const bool left = watched.attempts > 0;
    const std::size_t of_every_try =
        static_cast<std::size_t>(std::count_if(watched.alerts.begin(), watched.alerts.end(), is_of_every_try));
    if (left != !record.lacks.empty() && left) {
        if (!watched.alerts.empty()) {
            blame(now, record.call, "an alert of a call that had everything");
        }
    } else if (left && watched.alerts.empty()) {
        blame(now, record.call, "no alert, though something lacked");
    }
    if (!left && !watched.alerts.empty()) {
        blame(now, record.call, "an alert of a call that never left");
    }
    if (of_every_try != (every_try ? 1U : 0U) || watched.alerts.size() - of_every_try > 1) {
        blame(now, record.call, std::to_string(watched.alerts.size()) + " alerts");
    }
    if (every_try != (record.who == call::ended_by::no_route)) {
        blame(now, record.call, "every try failed, and the call ended otherwise");
    }
}

void sos_promises::take(instant now, const call::finish_callback& wish) {
    const call::callback_record& record = wish.record;
    if (call_watch* watched = watch(now, record.call, "finish_callback")) {
        watched->callback = record;
        take_end(now, record.call, *watched, kind::callback, record.who);
        answered_ += record.how == call::outcome::answered ? 1U : 0U;
        if (record.who == call::ended_by::none || record.ended_at < record.started_at || record.ended_at > now ||
            record.ring_ms < 0 || record.talk_ms < 0) {
            blame(now, record.call, "the record makes no sense");
        }
    }
}

}  // namespace td::sim
