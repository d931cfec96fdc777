// The one fault of a world's plan: it strikes behind a step, or holds a fact back, or tells it twice.

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "sim/mortal_world.hpp"

namespace td::sim {
namespace {

constexpr duration short_delay = 60ms;
constexpr duration long_delay = 1200ms;
constexpr duration late_echo = 2s;
constexpr duration gap_of_line = 1500ms;
constexpr duration gap_of_life = 500ms;
constexpr duration forgotten_moments = 50ms;
constexpr duration silence_noticed = 2500ms;  // this and the next as ari/options.hpp has them
constexpr duration request_limit = 3s;
constexpr duration rest_of_silence = 1500ms;
constexpr duration jump_of_clock = 150min;

/// Facts of one channel keep their order; every other fact has a way of its own.
bool on_one_way(const call::fact& one, const call::fact& other) {
    const auto channel = [](const call::fact& news) {
        return std::visit(
            [](const auto& told) -> std::string {
                if constexpr (requires { told.leg.call; }) {
                    return channel_name(told.leg);
                } else if constexpr (requires { told.channel.text(); }) {
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

void worker_plan::foresee() {
    if (fault.what == mishap::silence || fault.what == mishap::silence_both_ways) {
        faults.reply_limit = request_limit;  // the line is known to be dead before what was asked over it fails
    }
    death how{fault.place, {}, gap_of_life};
    if (fault.what == mishap::killed_unsent) {
        how.unsent = true;
    } else if (fault.what == mishap::killed_forgetful) {
        how.forgotten = forgotten_moments;
    } else if (fault.what == mishap::clock_put_back) {
        how.clock_jump = -jump_of_clock;
    } else if (fault.what == mishap::clock_put_forward) {
        how.clock_jump = jump_of_clock;
    } else if (fault.what != mishap::killed) {
        return;
    }
    deaths.push_back(how);
}

bool worker_plan::forgets() const {
    return std::any_of(deaths.begin(), deaths.end(),
                       [](const death& each) { return each.forgotten > duration::zero(); });
}

void mortal_world::meet(const call::fact& news) {
    if (of_the_line(news)) {
        take(news);
        return;
    }
    if (std::any_of(held_back_.begin(), held_back_.end(),
                    [&](const call::fact& held) { return on_one_way(held, news); })) {
        held_back_.push_back(news);
        return;
    }
    const mishap what = ++facts_ == course_.fault.place ? course_.fault.what : mishap::none;
    if (what == mishap::delayed || what == mishap::delayed_long) {
        hold_back(what == mishap::delayed ? short_delay : long_delay, news);
        return;
    }
    take(news);
    if (what == mishap::doubled || what == mishap::doubled_late) {
        // Its adapter knows a caller for as long as it lives.
        meet_again(what == mishap::doubled || arrival_of(news) ? duration{} : late_echo, news);
    }
}

void mortal_world::meet_after(duration wait, call::fact news) {
    time_.put_after(wait, [this, news = std::move(news), life = deaths_] {
        if (life == deaths_) {
            meet(news);
        }
    });
}

void mortal_world::meet_again(duration later, const call::fact& news) {
    ++again_;
    time_.put_after(later, [this, news] {
        --again_;
        remark("  once more:");
        take(news);
    });
}

void mortal_world::hold_back(duration wait, const call::fact& news) {
    remark("  a fact is held back");
    held_back_.push_back(news);
    time_.put_after(wait, [this, life = deaths_] { let_go(life); });
}

void mortal_world::let_go(std::size_t life) {
    for (const call::fact& news : std::exchange(held_back_, {})) {
        if (life == deaths_) {
            take(news);
        }
    }
}

void mortal_world::lose_line(const cut& how, const std::string& words) {
    remark(words);
    if (alive_) {
        wire_.lose_line(how);
    }
}

void mortal_world::strike_if_due() {
    if (steps_ != course_.fault.place) {
        return;
    }
    const mishap what = course_.fault.what;
    if (what == mishap::line_cut) {
        lose_line({time_.now(), {}, {}, gap_of_line, false}, "the line is cut");
    } else if (what == mishap::line_cut_unseen) {
        lose_line({time_.now(), 700ms, 400ms, gap_of_line, false}, "the line is cut, and nobody sees it yet");
    } else if (what == mishap::silence || what == mishap::silence_both_ways) {
        remark("nothing more is heard of Asterisk");
        wire_.fall_silent(
            {silence_noticed, rest_of_silence,
             what == mishap::silence ? fate_of_request::carried_out : fate_of_request::never_carried_out});
    }
}

}  // namespace td::sim
