// How a wire's line comes up, what it sees of Asterisk then, and how it is lost.

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/wire.hpp"

namespace td::sim {
namespace {

constexpr std::uint64_t of_list_channels = 1;
constexpr std::uint64_t of_list_bridges = 2;
constexpr std::uint64_t of_filter = 3;

event_filter filter_of_worker() {
    return {{"Dial", "StasisStart", "StasisEnd", "ChannelStateChange", "ChannelDestroyed", "ChannelDtmfReceived"}, {}};
}

}  // namespace

void wire::connect() {
    silent_.reset();
    socket_ = asterisk_.connect(time_.now(), {app_});
    line_is_up_ = true;
    asterisk_.ask(time_.now(), {0, of_filter}, filter_events{app_, filter_of_worker()});
    hear();
    time_.put_after(some(faults_.latency), [this, line = line_] {
        if (line == line_) {
            look();
        }
    });
}

/// Asks what there is, and tells it when the reply has come; younger events may have been told by then.
void wire::look() {
    asterisk_.ask(time_.now(), {0, of_list_channels}, list_channels{});
    asterisk_.ask(time_.now(), {0, of_list_bridges}, list_bridges{});
    hear();
    time_.put_after(some(faults_.latency), [this, line = line_] {
        if (line == line_) {
            looked();
        }
    });
}

void wire::looked() {
    call::pbx_seen seen;
    std::set<std::string_view> joined;
    for (const bridge_snapshot& b : seen_bridges_) {
        if (const auto call = call_of_bridge(b.id)) {
            seen.bridges.push_back(*call);
            joined.insert(b.channels.begin(), b.channels.end());
        }
    }
    for (const channel_snapshot& c : seen_channels_) {
        if (leg_of_channel(c.id) && c.app_data.ends_with(",early")) {
            early_.insert(c.id);  // made first, perhaps by a worker that is dead
        }
        const bool dialled = c.state == channel_state::down && !early_.contains(c.id);
        const bool ringing = c.state == channel_state::ringing || dialled;
        seen.channels.push_back({channel_id(c.id),
                                 c.state == channel_state::up ? call::pbx_seen::condition::up
                                 : ringing                    ? call::pbx_seen::condition::ringing
                                                              : call::pbx_seen::condition::waiting,
                                 joined.contains(c.id)});
    }
    seen.which = which_;
    const std::uint64_t life = life_;
    to_.fact(seen);
    if (life != life_) {
        return;  // that step was the worker's last
    }
    // A panel whose StasisStart was cut off waits in Stasis for ever: its arguments stand in app_data.
    for (const channel_snapshot& c : seen_channels_) {
        if ((c.state == channel_state::ring || c.state == channel_state::up) && c.app_data.starts_with(app_)) {
            tell_of_arrival(c);
        }
    }
}

void wire::die() {
    silent_.reset();
    ++line_;
    ++life_;
    line_is_up_ = false;
    lanes_.clear();
    waiting_.clear();
    panels_known_.clear();
    early_.clear();
    asterisk_.disconnect(time_.now(), socket_);
    hear();
}

void wire::lose_line(const cut& how) {
    ++line_;
    line_is_up_ = false;
    time_.put_after(how.unnoticed_by_worker, [this, line = line_] {
        if (line == line_) {
            to_.fact(call::pbx_line_lost{which_});
        }
    });
    time_.put_after(how.unnoticed_by_worker + how.gap, [this, line = line_] {
        if (line == line_) {
            connect();
        }
    });
    if (how.asterisk_restarts) {
        asterisk_.restart(time_.now());
        hear();
        return;
    }
    time_.put_after(how.unnoticed_by_asterisk, [this, socket = socket_] {
        asterisk_.disconnect(time_.now(), socket);
        hear();
    });
}

void wire::fall_silent(const silence& how) {
    ++line_;
    line_is_up_ = false;
    silent_ = how.of_requests;
    time_.put_after(how.until_noticed, [this, rest = how.rest, line = line_] {
        if (line == line_) {
            notice_silence(rest);
        }
    });
}

/// What waits has failed, as nothing of it can arrive any more; so does what is asked until the line is back.
void wire::notice_silence(duration rest) {
    const std::uint64_t line = line_;
    to_.fact(call::pbx_line_lost{which_});
    const std::map<std::uint64_t, std::string> waiting = waiting_;
    for (const auto& [number, lane_name] : waiting) {
        settle(lane_name, number, 0);
    }
    time_.put_after(rest, [this, line] {
        if (line == line_) {
            connect();
        }
    });
}

}  // namespace td::sim
