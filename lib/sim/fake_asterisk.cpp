// The requests: Asterisk's statuses in the order in which it finds reasons to refuse.

#include "sim/fake_asterisk.hpp"

#include <algorithm>

#include "base/overloaded.hpp"

namespace td::sim {
namespace {

reply refusal(int status, std::string message) {
    reply made;
    made.status = status;
    made.message = std::move(message);
    return made;
}

reply with_body(reply_body body) {
    reply made;
    made.status = 200;
    made.body = std::move(body);
    return made;
}

std::vector<std::string> split_at_commas(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    while (!text.empty()) {
        const std::size_t comma = text.find(',', from);
        parts.push_back(text.substr(from, comma - from));
        if (comma == std::string::npos) {
            break;
        }
        from = comma + 1;
    }
    return parts;
}

constexpr std::string_view outside_stasis = "Channel not in Stasis application";

}  // namespace

fake_asterisk::fake_asterisk(asterisk_traits traits, std::uint64_t seed) : traits_(traits), random_(seed) {}

std::vector<said> fake_asterisk::take_said() {
    return std::exchange(said_, {});
}

instant fake_asterisk::next_deadline() const {
    return due_.empty() ? never : due_.begin()->first.first;
}

void fake_asterisk::advance(instant now) {
    while (!due_.empty() && due_.begin()->first.first <= now) {
        auto first = due_.extract(due_.begin());
        now_ = std::max(now_, first.key().first);
        std::visit(overloaded{
                       [this](const leg_step& due) { take_step(due); },
                       [this](const request_due& due) { carry_out_now(due); },
                       [this](const phone_due& due) { wakes(now_, due.endpoint); },
                       [this](reply& due) {
                           due.at = now_;
                           said_.emplace_back(std::move(due));
                       },
                   },
                   first.mapped());
    }
    now_ = std::max(now_, now);
}

std::uint32_t fake_asterisk::connect(instant now, const std::vector<std::string>& apps) {
    advance(now);
    const std::uint32_t socket = ++last_socket_;
    for (const std::string& name : apps) {
        application& app = applications_[name];
        if (app.socket != 0) {
            tell(name, application_replaced{});
        } else if (!holds_anything(name)) {
            app.filter = {};  // the object had died with its last socket; this is a new one
        }
        app.socket = socket;
    }
    return socket;
}

void fake_asterisk::disconnect(instant now, std::uint32_t socket) {
    advance(now);
    for (auto& [name, app] : applications_) {
        if (app.socket == socket) {
            app.socket = 0;
        }
    }
}

void fake_asterisk::connection_closed(std::uint32_t connection) {
    after_conflict_.erase(connection);
}

void fake_asterisk::ask(instant now, ticket to, request what) {
    advance(now);
    const duration time = time_for(what);
    request_due due{to, std::move(what)};
    if (time == duration::zero()) {
        carry_out_now(due);
    } else {
        plan_at(now_ + time, std::move(due));
    }
}

duration fake_asterisk::time_for(const request& what) {
    if (std::holds_alternative<originate>(what)) {
        return some(300us, 1400us);  // RTP ports, SDP and dialog are made inside the request
    }
    const bool in_channel_thread = std::holds_alternative<answer>(what) || std::holds_alternative<ring>(what) ||
                                   std::holds_alternative<add_channels>(what);
    return in_channel_thread && is_16() ? some(duration::zero(), traits_.thread_wait) : duration::zero();
}

void fake_asterisk::carry_out_now(const request_due& due) {
    reply made = std::visit([this](const auto& wish) { return carry_out(wish); }, due.what);
    made.to = due.to;
    if (made.status == 409 && made.message.ends_with("already exists")) {
        after_conflict_.insert(due.to.connection);
    } else if (!made.error.empty() && traits_.stale_conflicts && after_conflict_.contains(due.to.connection)) {
        made.status = 409;
        made.message = "Channel with given unique ID already exists";
        made.error.clear();
    }
    made.at = now_;
    if (std::holds_alternative<originate>(due.what)) {
        plan_at(now_ + some(0us, 900us), std::move(made));  // its first events may overtake it
    } else {
        said_.emplace_back(std::move(made));
    }
}

std::optional<reply> fake_asterisk::objection_to(const std::string& endpoint, const std::string& app,
                                                 const std::string& channel) {
    if (endpoint.empty()) {
        return refusal(400, "Endpoint must be specified");
    }
    if (app.empty()) {
        return refusal(400, "Application or extension must be specified");
    }
    if (endpoint.find('/') == std::string::npos) {
        return refusal(400, "Invalid endpoint specified");
    }
    // 22 compares as many characters as the new id has, so a prefix of a living id is taken; neither release sees case.
    const std::string wanted_id = key_of(channel);
    const auto near = legs_.lower_bound(wanted_id);
    if (!channel.empty() && near != legs_.end() &&
        (is_16() ? near->first == wanted_id : near->first.starts_with(wanted_id))) {
        return refusal(409, "Channel with given unique ID already exists");
    }
    const auto known = phones_.find(endpoint);
    const phone& far = known == phones_.end() ? default_phone_ : known->second;
    if (!endpoint.starts_with("PJSIP/") || far.habit == phone_habit::no_contact) {
        reply made;
        made.status = 500;
        made.error = "Allocation failed";
        return made;
    }
    return std::nullopt;
}

reply fake_asterisk::carry_out(const originate& wish) {
    if (auto no = objection_to(wish.endpoint, wish.app, wish.channel)) {
        return *std::move(no);
    }
    leg& made = make_leg(wish.channel, wish.endpoint, wish.app, split_at_commas(wish.app_args));
    made.shown.caller = party_of(wish.caller_id);
    made.shown.connected = made.shown.caller;
    made.shown.app_name = "AppDial2";
    made.shown.app_data = "(Outgoing Line)";
    made.subscriber = wish.app;
    plan(made, some(200us, 1500us), step::invite);
    plan(made, std::max<duration>(wish.timeout, 1ms), step::time_out);
    return with_body(made.shown);
}

reply fake_asterisk::carry_out(const create& wish) {
    if (auto no = objection_to(wish.endpoint, wish.app, wish.channel)) {
        return *std::move(no);
    }
    leg& made = make_leg(wish.channel, wish.endpoint, wish.app, split_at_commas(wish.app_args));
    made.subscriber = wish.app;
    if (leg* caller = alive(wish.originator)) {
        caller->subscriber = wish.app;  // with an originator its end is told as well
    }
    plan(made, some(200us, 900us), step::enter);
    return with_body(made.shown);
}

reply fake_asterisk::carry_out(const dial_created& wish) {
    leg* l = alive(wish.channel);
    if (l == nullptr) {
        return refusal(404, "Channel not found");
    }
    if (!l->in_stasis || l->endpoint.empty() || l->dialling || l->shown.state != channel_state::down) {
        return refusal(409, l->in_stasis ? "Channel is not in the 'Down' state" : std::string(outside_stasis));
    }
    if (const leg* caller = alive(wish.caller)) {
        l->shown.caller = caller->shown.caller;
    }
    plan(*l, some(200us, 900us), step::invite);
    plan(*l, std::max<duration>(wish.timeout, 1ms), step::time_out);
    return {};
}

reply fake_asterisk::carry_out(const ring& wish) {
    leg* l = alive(wish.channel);
    if (l == nullptr || !l->in_stasis) {
        return l == nullptr ? refusal(404, "Channel not found") : refusal(409, std::string(outside_stasis));
    }
    if (l->shown.state == channel_state::ring) {
        tell_news(sip_news::kind::panel_rings, *l);
    }
    return {};
}

reply fake_asterisk::carry_out(const progress& wish) {
    return is_16() ? refusal(404, "Resource not found") : carry_out(ring{wish.channel});
}

reply fake_asterisk::carry_out(const answer& wish) {
    leg* l = alive(wish.channel);
    if (l == nullptr || !l->in_stasis) {
        return l == nullptr ? refusal(404, "Channel not found") : refusal(409, std::string(outside_stasis));
    }
    if (l->shown.state == channel_state::ring) {
        l->shown.state = channel_state::up;
        tell(listener(*l), state_changed{l->shown});
        tell_news(sip_news::kind::panel_answered, *l);
    }
    return {};
}

reply fake_asterisk::carry_out(const go_on& wish) {
    leg* l = alive(wish.channel);
    if (l == nullptr || !l->in_stasis) {
        return l == nullptr ? refusal(404, "Channel not found") : refusal(409, std::string(outside_stasis));
    }
    leave_bridge(*l);
    leave_stasis(*l);
    tell_news(sip_news::kind::given_back, *l);
    begin_end(*l, 16, 0);  // this model's dialplan has nothing after Stasis
    return {};
}

reply fake_asterisk::carry_out(const hang_up& wish) {
    leg* l = alive(wish.channel);
    if (l == nullptr) {
        return refusal(404, "Channel not found");
    }
    int cause = 16;
    if (!wish.reason.empty()) {
        cause = cause_of_reason(wish.reason);
        if (cause == 0) {
            return refusal(400, "Invalid Reason Provided");
        }
    } else if (wish.reason_code != 0 && !is_16()) {
        cause = wish.reason_code;
    }
    begin_end(*l, cause, 0);
    return {};
}

reply fake_asterisk::carry_out(const send_dtmf& wish) {
    leg* l = alive(wish.channel);
    if (l == nullptr || !l->in_stasis) {
        return l == nullptr ? refusal(404, "Channel not found") : refusal(409, std::string(outside_stasis));
    }
    if (wish.keys.empty()) {
        return refusal(400, "DTMF is required");
    }
    if (l->shown.state == channel_state::up) {
        // The reply does not wait for the keys, and a panel that is hung up meanwhile does not hear them all.
        l->playing = wish.keys;
        plan(*l, wish.before + static_cast<duration::rep>(wish.keys.size()) * (wish.length + wish.between),
             step::played);
    }
    return {};
}

reply fake_asterisk::carry_out(const create_bridge& wish) {
    const std::string id = wish.bridge.empty() ? "bridge-" + std::to_string(++counter_) : wish.bridge;
    if (bridges_.contains(id)) {
        return is_16() ? refusal(500, "Supplying a bridge type when updating a bridge is not allowed.")
                       : refusal(409, "Bridge with id '" + id + "' already exists");
    }
    bridge& made = bridges_[id];
    made.shown.id = id;
    made.shown.name = wish.name;
    made.dtmf_events = wish.dtmf_events;
    made.shown.created = now_;
    return with_body(made.shown);
}

std::optional<reply> fake_asterisk::objection_to_member(const std::string& channel) {
    leg* l = find(channel);
    if (l == nullptr) {
        return refusal(400, "Channel not found");
    }
    if (l->gone) {
        // 16.28 may not have noticed a BYE yet: 14 of 20 were 400, 3 were 422, 3 were 204 without effect.
        const std::uint64_t lot = is_16() ? random_.below(20) : 0;
        return lot < 14   ? refusal(400, "Channel not found")
               : lot < 17 ? refusal(422, std::string(outside_stasis))
                          : reply{};
    }
    if (!l->in_stasis) {
        return refusal(422, std::string(outside_stasis));
    }
    return std::nullopt;
}

reply fake_asterisk::carry_out(const add_channels& wish) {
    const auto into = bridges_.find(wish.bridge);
    if (into == bridges_.end()) {
        return refusal(404, "Bridge not found");
    }
    if (wish.channels.empty()) {
        return refusal(400, "Channel not found");
    }
    for (const std::string& name : wish.channels) {  // all or nothing
        if (auto no = objection_to_member(name)) {
            return *std::move(no);
        }
    }
    for (const std::string& name : wish.channels) {
        enter_bridge(*alive(name), into->second);
    }
    return {};
}

reply fake_asterisk::carry_out(const remove_channels& wish) {
    if (!bridges_.contains(wish.bridge)) {
        return refusal(404, "Bridge not found");
    }
    for (const std::string& name : wish.channels) {
        const leg* l = alive(name);
        if (l == nullptr || l->bridge != wish.bridge) {
            return l == nullptr ? refusal(400, "Channel not found") : refusal(422, "Channel not in this bridge");
        }
    }
    for (const std::string& name : wish.channels) {
        leave_bridge(*alive(name));
    }
    return {};
}

reply fake_asterisk::carry_out(const delete_bridge& wish) {
    const auto found = bridges_.find(wish.bridge);
    if (found == bridges_.end()) {
        return refusal(404, "Bridge not found");
    }
    const std::vector<std::string> members = found->second.shown.channels;
    for (const std::string& name : members) {
        leave_bridge(*find(name));  // the channels stay, up, in Stasis
    }
    if (!found->second.subscriber.empty()) {
        tell(found->second.subscriber, bridge_destroyed{found->second.shown});
    }
    bridges_.erase(found);
    return {};
}

reply fake_asterisk::carry_out(const list_channels&) {
    return with_body(channels());
}

reply fake_asterisk::carry_out(const show_channel& wish) {
    const leg* l = alive(wish.channel);
    return l == nullptr ? refusal(404, "Channel not found") : with_body(l->shown);
}

reply fake_asterisk::carry_out(const list_bridges&) {
    return with_body(bridges());
}

reply fake_asterisk::carry_out(const show_bridge& wish) {
    const auto found = bridges_.find(wish.bridge);
    return found == bridges_.end() ? refusal(404, "Bridge not found") : with_body(found->second.shown);
}

reply fake_asterisk::carry_out(const show_application& wish) {
    const auto found = applications_.find(wish.app);
    if (found == applications_.end() || (found->second.socket == 0 && !holds_anything(wish.app))) {
        return refusal(404, "Application not found");
    }
    application_snapshot shown{wish.app, {}, {}, found->second.filter};
    for (const auto& [key, l] : legs_) {
        if (!l.gone && listener(l) == wish.app) {
            shown.channels.push_back(l.shown.id);
        }
    }
    for (const auto& [name, b] : bridges_) {
        if (b.subscriber == wish.app) {
            shown.bridges.push_back(name);
        }
    }
    return with_body(std::move(shown));
}

/// An application that nobody holds, but that holds something, is known, and hears nothing.
reply fake_asterisk::carry_out(const say_user_event& wish) {
    reply shown = carry_out(show_application{wish.app});
    if (shown.status != 200) {
        return shown;
    }
    tell(wish.app, user_event_said{wish.name});
    return {};
}

reply fake_asterisk::carry_out(const filter_events& wish) {
    reply shown = carry_out(show_application{wish.app});
    if (auto* app = std::get_if<application_snapshot>(&shown.body)) {
        applications_[wish.app].filter = wish.filter;
        app->filter = wish.filter;
    }
    return shown;
}

}  // namespace td::sim
