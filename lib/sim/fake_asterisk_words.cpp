// What the model says, to whom, and what it keeps to itself.

#include <algorithm>
#include <array>

#include "sim/fake_asterisk.hpp"

namespace td::sim {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> media_report{
    {{"RTPAUDIOQOS",
      "ssrc=29956255;themssrc=0;lp=0;rxjitter=0.000000;rxcount=0;txjitter=0.000000;txcount=0;rlp=0;rtt=0.000000"},
     {"RTPAUDIOQOSJITTER",
      "minrxjitter=000.000000;maxrxjitter=000.000000;avgrxjitter=000.000000;stdevrxjitter=000.000000;"},
     {"RTPAUDIOQOSLOSS",
      "  minrxlost=000.000000;  maxrxlost=000.000000;  avgrxlost=000.000000;  stdevrxlost=000.000000;"},
     {"RTPAUDIOQOSRTT",
      "     minrtt=000.000000;     maxrtt=000.000000;     avgrtt=000.000000;     stdevrtt=000.000000;"},
     {"RTPAUDIOQOSMES",
      "   minrxmes=000.000000;   maxrxmes=000.000000;   avgrxmes=000.000000;   stdevrxmes=000.000000;"}}};

}  // namespace

bool fake_asterisk::active(const std::string& app) const {
    const auto found = applications_.find(app);
    return found != applications_.end() && found->second.socket != 0;
}

bool fake_asterisk::holds_anything(const std::string& app) const {
    return std::any_of(legs_.begin(), legs_.end(), [&](const auto& entry) { return listener(entry.second) == app; }) ||
           std::any_of(bridges_.begin(), bridges_.end(),
                       [&](const auto& entry) { return entry.second.subscriber == app; });
}

const std::string& fake_asterisk::listener(const leg& l) const {
    static const std::string nobody;
    return !l.subscriber.empty() ? l.subscriber : l.in_stasis ? l.app : nobody;
}

bool fake_asterisk::wanted(const std::string& app, std::string_view type) const {
    const auto found = applications_.find(app);
    if (found == applications_.end() || found->second.socket == 0) {
        return false;
    }
    const auto names_it = [type](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), type) != list.end();
    };
    const event_filter& filter = found->second.filter;
    return !names_it(filter.disallowed) && (filter.allowed.empty() || names_it(filter.allowed));
}

void fake_asterisk::tell(const std::string& app, event_body what) {
    // ApplicationReplaced is no event of the application's topic, so no filter holds it back.
    if (!std::holds_alternative<application_replaced>(what) && !wanted(app, name_of(what))) {
        return;
    }
    said_.emplace_back(event{now_, applications_[app].socket, app, std::move(what)});
}

void fake_asterisk::tell_dial(const leg& l, std::string_view status) {
    const std::size_t slash = l.endpoint.find('/');
    tell(listener(l), dialled{l.shown, std::string(status), l.endpoint.substr(slash + 1)});
}

void fake_asterisk::tell_variables_of_pair(const leg& a, const leg& b) {
    // Three rounds from the callee and two from the caller: so many are sent for one bridge of two.
    for (int round = 0; round < 3; ++round) {
        for (const auto& [self, other] : {std::pair{&b, &a}, std::pair{&a, &b}}) {
            if (wanted(listener(*self), "ChannelVarset")) {
                tell(listener(*self), variable_set{self->shown, "BRIDGEPEER", other->shown.name});
                tell(listener(*self), variable_set{self->shown, "BRIDGEPVTCALLID", other->shown.id + "@127.0.0.1"});
            }
        }
    }
}

void fake_asterisk::tell_media_report(const leg& l) {
    if (!wanted(listener(l), "ChannelVarset")) {
        return;
    }
    // 16.28 has no MES, and reports less in all.
    const std::size_t lines = is_16() ? 4 : media_report.size();
    for (std::size_t i = 0; i < lines; ++i) {
        tell(listener(l),
             variable_set{l.shown, std::string(media_report.at(i).first), std::string(media_report.at(i).second)});
    }
}

void fake_asterisk::tell_news(sip_news::kind what, const leg& l, std::string other) {
    said_.emplace_back(sip_news{now_, what, l.shown.id, l.endpoint, std::move(other), l.cause});
}

std::vector<channel_snapshot> fake_asterisk::channels() const {
    std::vector<channel_snapshot> shown;
    for (const auto& [key, l] : legs_) {
        if (!l.gone) {
            shown.push_back(l.shown);
        }
    }
    return shown;
}

std::vector<bridge_snapshot> fake_asterisk::bridges() const {
    std::vector<bridge_snapshot> shown;
    for (const auto& [name, b] : bridges_) {
        shown.push_back(b.shown);
    }
    return shown;
}

}  // namespace td::sim
