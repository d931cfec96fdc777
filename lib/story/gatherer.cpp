#include "story/gatherer.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"
#include "call/whose.hpp"

namespace td::story {

bool gatherer::is_own(const call::fact& news) const {
    if (const auto* left = std::get_if<call::panel_left>(&news)) {
        return !channel_.empty() && left->channel == channel_;
    }
    if (const auto* phone = std::get_if<call::account_registered>(&news)) {
        return accounts_.contains(phone->account);
    }
    return call::call_named_by(news) == found_.call;
}

bool gatherer::is_general(const call::fact& news) const {
    return std::holds_alternative<call::pbx_seen>(news) || std::holds_alternative<call::pbx_line_lost>(news) ||
           std::holds_alternative<call::memory_recalled>(news) || std::holds_alternative<call::drain_begun>(news) ||
           std::holds_alternative<call::drain_over>(news);
}

/// A call that began in another run is known there.
void gatherer::begin_file(instant run) {
    known_ = known_ || (begun_ && run != run_);
    run_ = run;
}

/// What comes behind the record is late, and no part of the call any more.
void gatherer::take(journal::entry told, hand from) {
    if (over_) {
        return;
    }
    const bool wanted =
        std::visit(overloaded{[&](const journal::header& first) {
                                  rules_ = first.rules;
                                  node_ = first.node;
                                  return false;
                              },
                              [&](const journal::rules_changed& news) {
                                  rules_ = news.rules;
                                  return false;
                              },
                              [&](const journal::gap&) { return begun_; },
                              [&](const call::fact& news) { return is_own(news) || (begun_ && is_general(news)); },
                              [&](const call::command& wish) { return call::call_named_by(wish) == found_.call; }},
                   told.what);
    if (!wanted || (from == hand::second && known_)) {
        return;
    }
    known_ = from == hand::first;
    if (!begun_) {
        begun_ = true;
        found_.from_memory = from == hand::second;
        found_.rules = rules_;
        found_.node = node_;
    }
    if (const auto* news = std::get_if<call::fact>(&told.what)) {
        std::visit(overloaded{[&](const call::panel_arrived& told_of) { channel_ = told_of.channel; },
                              [&](const call::sos_arrived& told_of) { channel_ = told_of.channel; },
                              [&](const call::callback_arrived& told_of) { channel_ = told_of.channel; },
                              [&](const call::accounts_found& told_of) {
                                  for (const call::account& each : told_of.flat.accounts) {
                                      accounts_.insert(each.name);
                                  }
                              },
                              [](const auto&) {}},
                   *news);
    } else if (const auto* wish = std::get_if<call::command>(&told.what)) {
        found_.finished = call::call_finished_by(*wish).has_value();
        over_ = found_.finished;
    } else if (const auto* hole = std::get_if<journal::gap>(&told.what)) {
        over_ = hole->living && std::ranges::find(*hole->living, found_.call) == hole->living->end();
        found_.without_record = over_ ? ending::lost : found_.without_record;
    }
    found_.lines.push_back(std::move(told));
}

}  // namespace td::story
