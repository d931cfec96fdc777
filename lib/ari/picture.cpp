#include "ari/picture.hpp"

#include <algorithm>
#include <utility>

namespace td::ari {

unsigned picture::begin() {
    taking_ = true;
    channels_.reset();
    bridges_.reset();
    inside_.reset();
    changes_.clear();
    return ++round_;
}

bool picture::take(errand part, std::string_view body, reader& codec) {
    if (part == errand::see_channels) {
        channels_ = codec.channels(body);
        return channels_.has_value();
    }
    if (part == errand::see_bridges) {
        bridges_ = codec.bridges(body, app_);
        return bridges_.has_value();
    }
    inside_ = codec.application_channels(body);
    return inside_.has_value();
}

std::vector<std::string> picture::made_first() const {
    std::vector<std::string> names;
    if (channels_) {
        for (const seen_channel& each : *channels_) {
            if (each.made_first && leg_of_channel(each.name)) {
                names.push_back(each.name);
            }
        }
    }
    return names;
}

void picture::alive(std::string_view channel, call::pbx_seen::condition state) {
    if (taking_) {
        changes_[std::string(channel)] = state;
    }
}

void picture::gone(std::string_view channel) {
    if (taking_) {
        changes_[std::string(channel)] = std::nullopt;
    }
}

/// A caller that the dialplan gave to our application, and that has not left it since. A channel of another application
/// to which ours is only subscribed is not ours to serve.
bool picture::waits_for_us(const seen_channel& each) const {
    const auto change = changes_.find(each.name);
    const bool left = change != changes_.end() && !change->second;
    const bool ours = each.broadcast || each.app_data == app_ || each.app_data.starts_with(app_ + ',');
    return !left && !leg_of_channel(each.name) && ours;
}

std::optional<call::pbx_seen> picture::finish(const std::unordered_set<order_key>& dialling) {
    if (!taking_ || !channels_ || !bridges_ || !inside_) {
        return std::nullopt;
    }
    taking_ = false;
    callers_.clear();
    std::unordered_map<std::string, call::pbx_seen::condition> known;
    const std::unordered_set<std::string> inside(inside_->begin(), inside_->end());
    for (const seen_channel& each : *channels_) {
        // Only what our application holds is ours to look after: a leg with our kind of name may be another worker's.
        // An originated leg belongs to its application from its first moment, a panel while it is in Stasis.
        if (inside.contains(each.name) && (leg_of_channel(each.name) || each.in_stasis)) {
            known.emplace(each.name, each.state);
            if (waits_for_us(each)) {
                callers_.push_back(each);
            }
        }
    }
    for (const order_key& leg : dialling) {
        known.emplace(channel_name({leg.call, leg_no{static_cast<std::uint8_t>(leg.lane)}}),
                      call::pbx_seen::condition::waiting);
    }
    for (const auto& [name, state] : changes_) {
        if (state) {
            known[name] = *state;
        } else {
            known.erase(name);
        }
    }
    call::pbx_seen whole;
    std::unordered_set<std::string_view> joined;
    for (const seen_bridge& each : *bridges_) {
        if (const auto call = call_of_bridge(each.name)) {
            whole.bridges.push_back(*call);
            joined.insert(each.channels.begin(), each.channels.end());
        }
    }
    for (const auto& [name, state] : known) {
        whole.channels.push_back({channel_id(name), state, joined.contains(name)});
    }
    // In a fixed order, so that the same picture is the same line in the journal.
    std::sort(whole.channels.begin(), whole.channels.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    std::sort(whole.bridges.begin(), whole.bridges.end());
    channels_.reset();
    bridges_.reset();
    inside_.reset();
    changes_.clear();
    return whole;
}

}  // namespace td::ari
