#include "sim/wire.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"
#include "call/door_rules.hpp"
#include "sim/past.hpp"

namespace td::sim {
namespace {

constexpr std::uint64_t first_of_commands = 10;  // smaller numbers are those of wire_line.cpp

std::string trunk_of(const call_id& call) {
    return bridge_name(call);
}

std::string text_of(call::hangup_reason reason) {
    return std::string(call::name_of(reason));
}

}  // namespace

wire::wire(fake_asterisk& asterisk, agenda& time, const wire_faults& faults, std::uint64_t seed, listeners to,
           call::line which)
    : which_(which),
      app_(which == call::line::door ? door_app : sos_app),
      asterisk_(asterisk),
      time_(time),
      faults_(faults),
      random_(seed),
      to_(std::move(to)),
      counter_(first_of_commands) {}

duration wire::some(duration most) {
    if (faults_.steady) {
        return most;
    }
    return duration{static_cast<duration::rep>(random_.below(static_cast<std::uint64_t>(most.count()) + 1))};
}

void wire::heal() {
    faults_ = wire_faults{};
}

// ---- commands become requests

void wire::carry_out(const call::command& command) {
    using call::act;
    const auto none = [](const auto&) {};
    std::visit(
        overloaded{
            [&](const call::sound& c) {
                const bool early_media = c.kind == call::early_sound::progress;
                queue(trunk_of(c.call),
                      {early_media ? request{progress{c.panel.text()}} : request{ring{c.panel.text()}},
                       act::sound,
                       c.call,
                       {}});
            },
            [&](const call::dial& c) {
                // Asterisk counts whole seconds.
                const duration limit = std::chrono::ceil<std::chrono::seconds>(c.limit);
                queue(channel_name(c.leg), {originate{channel_name(c.leg), endpoint_of(c.account), app_, "leg",
                                                      "<" + c.panel.text() + ">", limit},
                                            act::dial, c.leg.call, c.leg.leg});
            },
            [&](const call::call_out& c) { queue_call_out(c); },
            [&](const call::make_bridge& c) {
                queue(trunk_of(c.call), {create_bridge{bridge_name(c.call), {}, true}, act::bridge, c.call, {}});
            },
            [&](const call::answer_panel& c) {
                queue(trunk_of(c.call), {answer{c.panel.text()}, act::answer, c.call, {}});
            },
            [&](const call::join& c) {
                queue(trunk_of(c.leg.call),
                      {add_channels{bridge_name(c.leg.call), {c.panel.text(), channel_name(c.leg)}}, act::join,
                       c.leg.call, c.leg.leg});
            },
            [&](const call::drop_leg& c) {
                queue(channel_name(c.leg),
                      {hang_up{channel_name(c.leg), text_of(c.reason)}, act::drop_leg, c.leg.call, c.leg.leg});
            },
            [&](const call::drop_panel& c) {
                queue(trunk_of(c.call), {hang_up{c.panel.text(), text_of(c.reason)}, act::drop_panel, c.call, {}});
            },
            [&](const call::give_back& c) {
                queue(trunk_of(c.call), {go_on{c.panel.text()}, act::give_back, c.call, {}});
            },
            [&](const call::remove_bridge& c) {
                queue(trunk_of(c.call), {delete_bridge{bridge_name(c.call)}, act::remove_bridge, c.call, {}});
            },
            [&](const call::send_keys& c) {
                queue(trunk_of(c.call),
                      {send_dtmf{c.panel.text(), c.keys, call::before_keys, call::between_keys, call::key_sounds},
                       act::send_keys,
                       c.call,
                       {}});
            },
            [&](const call::drop_stray& c) {
                queue(c.channel.text(), stray({hang_up{c.channel.text(), "normal"}, act::drop_leg, {}, {}}));
            },
            [&](const call::remove_stray_bridge& c) {
                queue(trunk_of(c.bridge),
                      stray({delete_bridge{bridge_name(c.bridge)}, act::remove_bridge, c.bridge, {}}));
            },
            [&](const auto& c) { none(c); }},
        command);
}

/// Nobody hears of the reply, so that it is repeated here.
wire::wish wire::stray(wish what) {
    what.awaited = false;
    what.tries_left = tries_at_strays;
    return what;
}

/// A leg that is made first: dialled when Asterisk has made it. Its end is the same as that of the other kind.
void wire::queue_call_out(const call::call_out& c) {
    const std::string leg = channel_name(c.leg);
    const std::string endpoint = "PJSIP/" + c.target + "@gateway";
    const duration limit = std::chrono::ceil<std::chrono::seconds>(c.limit);
    if (c.way == call::call_way::plain) {
        queue(leg, {originate{leg, endpoint, app_, "leg", "<" + c.caller + ">", limit}, call::act::dial, c.leg.call,
                    c.leg.leg});
        return;
    }
    wish made{create{leg, endpoint, app_, "early", {}}, call::act::dial, c.leg.call, c.leg.leg};
    made.then = dial_created{leg, {}, limit};
    queue(leg, std::move(made));
}

void wire::queue(const std::string& lane_name, wish what) {
    lane& into = lanes_[lane_name];
    into.push_back(std::move(what));
    if (into.size() == 1) {
        send_first(lane_name);
    }
}

/// One request of a lane is under way at a time; its fate is drawn here.
void wire::send_first(const std::string& lane_name) {
    const wish& first = lanes_[lane_name].front();
    const std::uint64_t number = ++counter_;
    waiting_[number] = lane_name;
    ++steps_;
    if (is_broken_step() || once_in(faults_.refused_once_in)) {
        const int status = some_refusal_of(first.kind);
        const duration wait = status == 0 ? faults_.reply_limit : 2 * some(faults_.latency);
        time_.put_after(wait, [this, lane_name, number, status] { settle(lane_name, number, status); });
        return;
    }
    expect_silence(lane_name, number);
    if (steps_ == lost_) {
        lost_number_ = number;
        if (to_.remark) {
            to_.remark(lane_name + " " + std::string(call::name_of(first.kind)) + " is lost");
        }
    }
    const bool lost = steps_ == lost_ && fate_ == fate_of_request::never_carried_out;
    if (lost || once_in(faults_.request_lost_once_in)) {
        return;
    }
    const bool late = once_in(faults_.late_once_in);
    const duration way = late ? faults_.reply_limit + some(5s) : some(faults_.latency);
    time_.put_after(way, [this, number, what = first.what] {
        if (silent_ == fate_of_request::never_carried_out) {
            return;
        }
        asterisk_.ask(time_.now(), {static_cast<std::uint32_t>(number % 8), number}, what);
        hear();
    });
}

void wire::expect_silence(const std::string& lane_name, std::uint64_t number) {
    time_.put_after(faults_.reply_limit, [this, lane_name, number] { settle(lane_name, number, 0); });
}

void wire::settle(const std::string& lane_name, std::uint64_t number, int status) {
    if (waiting_.erase(number) == 0) {
        return;  // a reply after the time was over, or the end of a wait that was not needed
    }
    lane& done_in = lanes_[lane_name];
    wish done = std::move(done_in.front());
    done_in.pop_front();
    if (done_in.empty()) {
        lanes_.erase(lane_name);
    } else {
        send_first(lane_name);
    }
    if (to_.remark) {
        to_.remark(lane_name + " " + std::string(call::name_of(done.kind)) + " -> " + std::to_string(status));
    }
    if (done.then && status >= 200 && status <= 299) {
        wish next{*done.then, done.kind, done.call, done.leg};
        next.tells_success = true;
        queue(lane_name, std::move(next));
    } else if (done.awaited) {
        report(done, status);
    } else if (done.tries_left > 0 && status != 404 && (status < 200 || status > 299)) {
        --done.tries_left;
        time_.put_after(pause_between_tries, [this, lane_name, done, life = life_] {
            if (life == life_) {
                queue(lane_name, done);
            }
        });
    }
}

void wire::report(const wish& what, int status) {
    using call::act;
    // The bridge's name is the call's own, so one that exists already is the one that was wanted: 409, or 500 on 16.28.
    const bool exists = what.kind == act::bridge && status == 409;
    if ((status < 200 || status > 299) && !exists) {
        to_.fact(call::pbx_refused{what.call, what.kind, what.leg, status});
        return;
    }
    switch (what.kind) {
        case act::bridge:
        case act::answer:
        case act::join:
        case act::remove_bridge:
        case act::send_keys: to_.fact(call::pbx_did{what.call, what.kind, what.leg}); return;
        case act::dial:
            if (what.tells_success) {
                to_.fact(call::pbx_did{what.call, what.kind, what.leg});
            }
            return;
        case act::sound:
        case act::drop_leg:
        case act::drop_panel:
        case act::give_back: return;
    }
}

// ---- what Asterisk says becomes facts

void wire::hear() {
    for (const said& words : asterisk_.take_said()) {
        std::visit(overloaded{
                       [this](const reply& told) { hear(told); },
                       [this](const event& told) { hear(told); },
                       [this](const sip_news& told) { to_.news(told); },
                   },
                   words);
    }
}

void wire::hear(const reply& told) {
    if (const auto* channels = std::get_if<std::vector<channel_snapshot>>(&told.body)) {
        seen_channels_ = *channels;
        return;
    }
    if (const auto* all = std::get_if<std::vector<bridge_snapshot>>(&told.body)) {
        seen_bridges_ = *all;
        return;
    }
    const auto lane_of = waiting_.find(told.to.number);
    if (lane_of == waiting_.end() || told.to.number == lost_number_ || once_in(faults_.reply_lost_once_in)) {
        return;
    }
    const bool exists = told.message.find("when updating a bridge") != std::string::npos;
    const int status = exists ? 409 : told.status;
    time_.put_after(some(faults_.latency), [this, lane_name = lane_of->second, number = told.to.number, status] {
        if (!silent_) {
            settle(lane_name, number, status);
        }
    });
}

void wire::hear(const event& told) {
    if (!line_is_up_ || told.socket != socket_) {
        return;
    }
    std::visit(overloaded{[this](const stasis_started& e) {
                              if (const auto leg = leg_of_channel(e.channel.id)) {
                                  hear_of_leg_in_stasis(*leg, e.channel);
                              } else {
                                  tell_of_arrival(e.channel);
                              }
                          },
                          [this](const stasis_ended& e) {
                              if (!leg_of_channel(e.channel.id)) {
                                  tell(e.channel.id, call::panel_left{channel_id(e.channel.id)});
                              }
                          },
                          [this](const state_changed& e) {
                              const auto leg = leg_of_channel(e.channel.id);
                              if (leg && e.channel.state == channel_state::ringing) {
                                  tell(e.channel.id, call::leg_ringing{*leg});
                              } else if (leg && e.channel.state == channel_state::up && early_.contains(e.channel.id)) {
                                  tell(e.channel.id, call::leg_answered{*leg});
                              }
                          },
                          [this](const destroyed& e) {
                              if (const auto leg = leg_of_channel(e.channel.id)) {
                                  tell(e.channel.id, call::leg_ended{*leg, e.cause, e.tech_cause});
                              }
                          },
                          [this](const dtmf_received& e) {
                              if (const auto leg = leg_of_channel(e.channel.id)) {
                                  tell(e.channel.id, call::key_pressed{*leg, e.key});
                              }
                          },
                          [this](const dialled& e) {
                              if (const auto leg = leg_of_channel(e.peer.id); leg && e.status == "PROGRESS") {
                                  tell(e.peer.id, call::leg_ringing{*leg});
                              }
                          },
                          [](const hangup_requested&) {}, [](const variable_set&) {}, [](const bridge_entered&) {},
                          [](const bridge_left&) {}, [](const bridge_destroyed&) {}, [](const line_connected&) {},
                          [](const application_replaced&) {}, [](const user_event_said&) {}},
               told.what);
}

/// A leg that was made first is in Stasis from the beginning; the other kind when it is answered.
void wire::hear_of_leg_in_stasis(const leg_ref& leg, const channel_snapshot& channel) {
    if (channel.state == channel_state::up) {
        tell(channel.id, call::leg_answered{leg});
    } else {
        early_.insert(channel.id);
    }
}

void wire::tell_of_arrival(const channel_snapshot& panel) {
    if (panels_known_.contains(panel.id) || leg_of_channel(panel.id)) {
        return;
    }
    const auto now = static_cast<std::uint64_t>(time_.now().time_since_epoch() / 1ms);
    const std::uint64_t high = random_.next();
    const call_id call = call_id::of(now, static_cast<std::uint16_t>(high & 0xffffU), random_.next());
    if (which_ == call::line::sos) {
        tell(panel.id, sos_arrival_of(call, panel));
        return;
    }
    // app_data is app,panel,flat; a panel without a flat has unusable arguments.
    const std::size_t first = panel.app_data.find(',');
    const std::size_t second = panel.app_data.find(',', first + 1);
    const bool talks = panel.state == channel_state::up;  // its call is forgotten
    if (second == std::string::npos || talks) {
        const char* const complaint = talks ? "nothing is known of its call" : "no flat in the arguments";
        tell(panel.id, call::panel_arrived{call, channel_id(panel.id), {}, {}, complaint});
        return;
    }
    tell(panel.id, call::panel_arrived{call,
                                       channel_id(panel.id),
                                       panel_id(panel.app_data.substr(first + 1, second - first - 1)),
                                       flat_id(panel.app_data.substr(second + 1)),
                                       {}});
}

/// app_data is app,panel or app,panel,callback,number.
call::fact wire::sos_arrival_of(const call_id& call, const channel_snapshot& caller) {
    std::vector<std::string> args;
    for (std::size_t at = 0; at != std::string::npos;) {
        const std::size_t comma = caller.app_data.find(',', at);
        args.push_back(caller.app_data.substr(at, comma == std::string::npos ? comma : comma - at));
        at = comma == std::string::npos ? comma : comma + 1;
    }
    args.resize(std::max<std::size_t>(args.size(), 5));
    if (args[2] == "callback") {
        const auto how = args[4] == "psap-callback" ? call::urgency::psap_callback : call::urgency::normal;
        return call::callback_arrived{call, channel_id(caller.id), panel_id(args[1]), number_id(args[3]), "112", how,
                                      {}};
    }
    return call::sos_arrived{call, channel_id(caller.id), panel_id(args[1]), {}};
}

/// Facts of one channel keep their order; those of different channels overtake each other by their delays.
void wire::tell(const std::string& channel, call::fact news) {
    instant& last = last_told_[channel];
    last = std::max(last, time_.now() + some(faults_.latency) + some(faults_.delay));
    time_.put(last, [this, news, channel, line = line_] {
        if (line != line_) {
            return;  // it was on its way when the line broke
        }
        if (!arrival_of(news) || panels_known_.insert(channel).second) {
            to_.fact(news);
        }
    });
    if (once_in(faults_.doubled_once_in)) {
        // A panel arrives once: the adapter knows its leg by name for as long as it lives, so that only an echo at once
        // can be.
        const duration later = arrival_of(news) ? duration{} : some(2s);
        time_.put(last + later, [this, news = std::move(news), line = line_] {
            if (line == line_) {
                to_.fact(news);
            }
        });
    }
}

}  // namespace td::sim
