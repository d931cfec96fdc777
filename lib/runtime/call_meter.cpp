#include "runtime/call_meter.hpp"

#include <variant>

namespace td::runtime {

void call_meter::saw(instant at, const call::fact& news, const call::commands& wishes) {
    count(at, news);
    for (const call::command& wish : wishes) {
        if (const auto* dialled = std::get_if<call::dial>(&wish)) {
            const auto found = calls_.find(dialled->leg.call);
            if (found != calls_.end() && !found->second.dialled) {
                found->second.dialled = true;  // all of a call's first legs are dialled in one step
                metrics_.took(timing::start_to_last_dial, at - found->second.arrived);
            }
        } else if (const auto* joining = std::get_if<call::join>(&wish)) {
            const auto found = calls_.find(joining->leg.call);
            if (found != calls_.end() && found->second.answered == never) {
                found->second.answered = at;
            }
        } else if (const auto* pushed = std::get_if<call::push>(&wish)) {
            const auto found = calls_.find(pushed->call);
            if (pushed->kind == call::push_kind::ring && found != calls_.end()) {
                found->second.pushed = at;
            }
        } else if (const auto* end = std::get_if<call::finish>(&wish)) {
            metrics_.call_ended(call_kind::door, end->record.how);
            metrics_.count(counter::calls_turned_away, end->record.who == call::ended_by::full ? 1 : 0);
            calls_.erase(end->record.call);
        } else {
            count_sos(at, wish);
        }
    }
}

void call_meter::count_sos(instant at, const call::command& wish) {
    if (const auto* called = std::get_if<call::call_out>(&wish)) {
        const auto found = calls_.find(called->leg.call);
        if (found != calls_.end() && !found->second.dialled) {
            found->second.dialled = true;
            if (called->whom == call::callee::operator_route) {
                metrics_.took(timing::sos_start_to_invite, at - found->second.arrived);
            }
        }
    } else if (const auto* end = std::get_if<call::finish_sos>(&wish)) {
        metrics_.call_ended(call_kind::sos, end->record.how);
        for (const call::lack each : end->record.lacks) {
            metrics_.call_lacked(each);
        }
        calls_.erase(end->record.call);
    } else if (const auto* back = std::get_if<call::finish_callback>(&wish)) {
        metrics_.call_ended(call_kind::callback, back->record.how);
        calls_.erase(back->record.call);
    }
}

void call_meter::begin(instant at, const call_id& call, call_kind kind) {
    if (calls_.try_emplace(call, moments{at, never, false, never}).second) {
        metrics_.call_began(kind);
    }
}

void call_meter::count(instant at, const call::fact& news) {
    if (const auto* arrived = std::get_if<call::panel_arrived>(&news)) {
        begin(at, arrived->call, call_kind::door);
    } else if (const auto* alarmed = std::get_if<call::sos_arrived>(&news)) {
        begin(at, alarmed->call, call_kind::sos);
    } else if (const auto* back = std::get_if<call::callback_arrived>(&news)) {
        begin(at, back->call, call_kind::callback);
    } else if (const auto* did = std::get_if<call::pbx_did>(&news)) {
        const auto found = calls_.find(did->call);
        if (did->what == call::act::join && found != calls_.end() && found->second.answered != never) {
            metrics_.took(timing::answer_to_bridge, at - found->second.answered);
            found->second.answered = never;
        }
    } else if (const auto* found = std::get_if<call::accounts_found>(&news)) {
        metrics_.took(timing::crm, std::chrono::milliseconds{found->took_ms});
        metrics_.count(counter::crm_stale_answers, found->source == call::crm_source::stale ? 1 : 0);
    } else if (std::holds_alternative<call::crm_failed>(news)) {
        metrics_.count(counter::crm_failures);
    } else if (std::holds_alternative<call::push_failed>(news)) {
        metrics_.count(counter::push_failures);
    } else if (const auto* pushed = std::get_if<call::push_answered>(&news)) {
        metrics_.count(counter::push_rejections, pushed->rejected.size());
        const auto of = calls_.find(pushed->call);
        if (pushed->kind == call::push_kind::ring && of != calls_.end() && of->second.pushed != never) {
            metrics_.took(timing::push, at - of->second.pushed);
            of->second.pushed = never;
        }
    }
}

}  // namespace td::runtime
