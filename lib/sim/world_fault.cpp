// The one fault of a world's plan: it strikes behind a step, or holds a fact back, or tells it twice.

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "sim/world.hpp"

namespace td::sim {
namespace {

constexpr duration short_delay = 60ms;
constexpr duration long_delay = 1200ms;
constexpr duration late_echo = 2s;
constexpr duration gap_of_line = 1500ms;
constexpr duration gap_of_life = 500ms;
constexpr duration forgotten_moments = 50ms;

/// Facts of one channel keep their order; every other fact has a way of its own.
bool on_one_way(const call::fact& one, const call::fact& other) {
    const auto channel = [](const call::fact& news) {
        return std::visit(
            []<class News>(const News& told) -> std::string {
                if constexpr (std::is_same_v<News, call::leg_ringing> || std::is_same_v<News, call::leg_answered> ||
                              std::is_same_v<News, call::leg_ended> || std::is_same_v<News, call::key_pressed>) {
                    return channel_name(told.leg);
                } else if constexpr (std::is_same_v<News, call::panel_arrived> ||
                                     std::is_same_v<News, call::panel_left>) {
                    return told.channel.text();
                } else {
                    return {};
                }
            },
            news);
    };
    const std::string name = channel(one);
    return !name.empty() && name == channel(other);
}

/// What the worker itself makes of the line is told by nobody, so that nobody tells it twice or late.
bool of_the_line(const call::fact& news) {
    return std::holds_alternative<call::pbx_seen>(news) || std::holds_alternative<call::pbx_line_lost>(news);
}

}  // namespace

void world::prepare_fault() {
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
        case mishap::doubled:
        case mishap::doubled_late:
        case mishap::delayed:
        case mishap::delayed_long: return;
    }
}

void world::meet(const call::fact& news) {
    if (of_the_line(news)) {
        take(news);
        return;
    }
    if (std::any_of(held_back_.begin(), held_back_.end(),
                    [&](const call::fact& held) { return on_one_way(held, news); })) {
        held_back_.push_back(news);
        return;
    }
    const bool here = ++facts_ == plan_.fault.place;
    const bool arrival = std::holds_alternative<call::panel_arrived>(news);
    switch (here ? plan_.fault.what : mishap::none) {
        case mishap::doubled:
            take(news);
            meet_again(duration{}, news);
            return;
        case mishap::doubled_late:
            take(news);
            meet_again(arrival ? duration{} : late_echo, news);  // its adapter knows a panel for as long as it lives
            return;
        case mishap::delayed: hold_back(short_delay, news); return;
        case mishap::delayed_long: hold_back(long_delay, news); return;
        case mishap::none:
        case mishap::line_cut:
        case mishap::line_cut_unseen:
        case mishap::request_lost:
        case mishap::reply_lost:
        case mishap::killed:
        case mishap::killed_forgetful: take(news); return;
    }
}

void world::meet_again(duration later, const call::fact& news) {
    ++again_;
    time_.put_after(later, [this, news] {
        --again_;
        remark("  once more:");
        take(news);
    });
}

void world::hold_back(duration wait, const call::fact& news) {
    remark("  a fact is held back");
    held_back_.push_back(news);
    time_.put_after(wait, [this, life = deaths_] { let_go(life); });
}

void world::let_go(std::size_t life) {
    for (const call::fact& news : std::exchange(held_back_, {})) {
        if (life == deaths_) {
            take(news);
        }
    }
}

void world::strike_if_due() {
    if (steps_ != plan_.fault.place) {
        return;
    }
    switch (plan_.fault.what) {
        case mishap::line_cut:
            remark("the line is cut");
            wire_.lose_line({time_.now(), {}, {}, gap_of_line, false});
            return;
        case mishap::line_cut_unseen:
            remark("the line is cut, and nobody sees it yet");
            wire_.lose_line({time_.now(), 700ms, 400ms, gap_of_line, false});
            return;
        case mishap::killed:
        case mishap::killed_forgetful:  // one of the plan's deaths by now
        case mishap::none:
        case mishap::request_lost:
        case mishap::reply_lost:
        case mishap::doubled:
        case mishap::doubled_late:
        case mishap::delayed:
        case mishap::delayed_long: return;
    }
}

std::vector<verdict> world::verdicts() const {
    std::vector<verdict> all(plan_.visits.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].talked = sip_sides_[i].talked;
        all[i].turned_away = sip_sides_[i].turned_away;
        all[i].answered_in_vain = sip_sides_[i].answered_in_vain;
        all[i].visitor_left = sip_sides_[i].visitor_left;
    }
    for (const auto& [channel, index] : visits_) {
        for (const call::door_record* const record : promises_.records_of(channel)) {
            verdict& one = all[index];
            ++one.records;
            one.how = record->how;
            one.who = record->who;
            one.answered_by = record->answered_by;
        }
    }
    return all;
}

}  // namespace td::sim
