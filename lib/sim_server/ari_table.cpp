#include "sim_server/ari_table.hpp"

#include <algorithm>
#include <charconv>

namespace td::sim_server {
namespace {

using place = argument_place;

constexpr ari_parameter channel_in_path{"channelId", place::path, "string", "Channel's id"};
constexpr ari_parameter bridge_in_path{"bridgeId", place::path, "string", "Bridge's id"};
constexpr ari_parameter application_in_path{"applicationName", place::path, "string", "Application's name"};

const ari_arguments::argument* find_argument(const ari_arguments& from, std::string_view name) {
    const auto found =
        std::find_if(from.named.begin(), from.named.end(), [name](const auto& one) { return one.name == name; });
    return found == from.named.end() ? nullptr : &*found;
}

http_reply refusal(unsigned status, std::string_view message) {
    http_reply reply;
    reply.status = status;
    reply.body = std::string(R"({"message":")").append(message).append("\"}");
    return reply;
}

duration timeout_of(const ari_arguments& from) {
    const int seconds = from.number("timeout", 30);
    // -1 is "no limit" to Asterisk; a day is as good here.
    return seconds < 0 ? duration(std::chrono::hours(24)) : duration(std::chrono::seconds(seconds));
}

std::string args_of(const ari_arguments& from) {
    return from.one("appArgs");
}

ari_reading originate_as(const ari_arguments& from, std::string channel) {
    ari_question ask{sim::originate{std::move(channel), from.one("endpoint"), from.one("app"), args_of(from),
                                    from.one("callerId"), timeout_of(from)},
                     ari_extra::none,
                     {}};
    if (!from.variables.empty()) {
        ask.extra = ari_extra::keep_variables;
        ask.variables = from.variables;
    }
    return ask;
}

ari_reading originate(const ari_arguments& from) {
    return originate_as(from, from.one("channelId"));
}
ari_reading originate_with_id(const ari_arguments& from) {
    return originate_as(from, from.path[0]);
}

ari_reading create(const ari_arguments& from) {
    ari_question ask{sim::create{from.one("channelId"), from.one("endpoint"), from.one("app"), args_of(from),
                                 from.one("originator")},
                     ari_extra::none,
                     {}};
    if (!from.variables.empty()) {
        ask.extra = ari_extra::keep_variables;
        ask.variables = from.variables;
    }
    return ask;
}

ari_reading hang_up(const ari_arguments& from) {
    const std::string code = from.one("reason_code");
    const std::string reason = from.one("reason");
    if (!code.empty() && !reason.empty()) {
        return refusal(400, "The reason and reason_code can't both be specified");
    }
    int number = 0;
    if (!code.empty() &&
        (std::from_chars(code.data(), code.data() + code.size(), number).ptr != code.data() + code.size() ||
         number < 0 || number > 127)) {
        return refusal(400, "Invalid Reason Code Provided");
    }
    return ari_question{sim::hang_up{from.path[0], reason, number}, ari_extra::none, {}};
}

ari_reading variable(const ari_arguments& from, ari_extra what) {
    const std::string name = from.one("variable");
    if (name.empty()) {
        return refusal(400, "Variable name is required");
    }
    return ari_question{sim::show_channel{from.path[0]}, what, {{name, from.one("value")}}};
}

ari_reading members(const ari_arguments& from, bool joining) {
    std::vector<std::string> channels = from.many("channel");
    if (channels.empty()) {
        return refusal(400, "Channel not found");
    }
    if (joining) {
        return ari_question{sim::add_channels{from.path[0], std::move(channels)}, ari_extra::none, {}};
    }
    return ari_question{sim::remove_channels{from.path[0], std::move(channels)}, ari_extra::none, {}};
}

/// A question that carries nothing but the name in the path.
template <class Request>
ari_reading about(const ari_arguments& from) {
    return ari_question{Request{from.path[0]}, ari_extra::none, {}};
}

template <class Request>
ari_reading plain(const ari_arguments&) {
    return ari_question{Request{}, ari_extra::none, {}};
}

const std::vector<ari_parameter> originate_parameters{
    {"endpoint", place::query, "string", "Endpoint to call"},
    {"app", place::query, "string", "The application that gets the channel when it is answered"},
    {"appArgs", place::query, "string", "The application's arguments, divided by commas"},
    {"callerId", place::query, "string", "CallerID to use"},
    {"timeout", place::query, "int", "Timeout (in seconds) before giving up dialing, or -1 for no timeout"},
    {"variables", place::body, "containers", "Variables to set on the channel"},
    {"originator", place::query, "string", "The channel that asks for this one"},
};

std::vector<ari_parameter> with(ari_parameter first, std::vector<ari_parameter> rest) {
    rest.insert(rest.begin(), first);
    return rest;
}

/// Making channels, looking at them and ending them.
std::vector<ari_operation> channel_lives() {
    return {
        {"channels",
         "GET",
         "/channels",
         "list",
         "List[Channel]",
         "List all active channels.",
         {},
         plain<sim::list_channels>},
        {"channels", "POST", "/channels", "originate", "Channel", "Create a new channel (originate).",
         with({"channelId", place::query, "string", "The id of the new channel"}, originate_parameters), originate},
        {"channels", "POST", "/channels/create", "create", "Channel", "Create a channel without dialing it.",
         with({"channelId", place::query, "string", "The id of the new channel"}, originate_parameters), create},
        {"channels",
         "GET",
         "/channels/{channelId}",
         "get",
         "Channel",
         "Channel details.",
         {channel_in_path},
         about<sim::show_channel>},
        {"channels", "POST", "/channels/{channelId}", "originateWithId", "Channel",
         "Create a new channel (originate with id).", with(channel_in_path, originate_parameters), originate_with_id},
        {"channels",
         "DELETE",
         "/channels/{channelId}",
         "hangup",
         "void",
         "Delete (i.e. hangup) a channel.",
         {channel_in_path,
          {"reason", place::query, "string", "Reason for hanging up: normal, busy, congestion, no_answer, …"},
          {"reason_code", place::query, "string", "The hangup cause as a number (22 and newer)"}},
         hang_up},
    };
}

/// What is done to a channel that lives.
std::vector<ari_operation> channel_acts() {
    return {
        {"channels",
         "POST",
         "/channels/{channelId}/dial",
         "dial",
         "void",
         "Dial a created channel.",
         {channel_in_path,
          {"caller", place::query, "string", "Channel ID of caller"},
          {"timeout", place::query, "int", "Dial timeout in seconds"}},
         [](const ari_arguments& from) -> ari_reading {
             return ari_question{
                 sim::dial_created{from.path[0], from.one("caller"), timeout_of(from)}, ari_extra::none, {}};
         }},
        {"channels",
         "POST",
         "/channels/{channelId}/continue",
         "continueInDialplan",
         "void",
         "Exit application; continue execution in the dialplan.",
         {channel_in_path},
         about<sim::go_on>},
        {"channels",
         "POST",
         "/channels/{channelId}/answer",
         "answer",
         "void",
         "Answer a channel.",
         {channel_in_path},
         about<sim::answer>},
        {"channels",
         "POST",
         "/channels/{channelId}/ring",
         "ring",
         "void",
         "Indicate ringing to a channel.",
         {channel_in_path},
         about<sim::ring>},
        {"channels",
         "POST",
         "/channels/{channelId}/progress",
         "progress",
         "void",
         "Indicate progress on a channel.",
         {channel_in_path},
         about<sim::progress>},
        {"channels",
         "POST",
         "/channels/{channelId}/dtmf",
         "sendDTMF",
         "void",
         "Send provided DTMF to a given channel.",
         {channel_in_path,
          {"dtmf", place::query, "string", "DTMF to send"},
          {"before", place::query, "int", "Milliseconds to wait before the first digit"},
          {"between", place::query, "int", "Milliseconds between two digits"},
          {"duration", place::query, "int", "Milliseconds that a digit sounds"}},
         [](const ari_arguments& from) -> ari_reading {
             const auto length = [&from](std::string_view name, int otherwise) {
                 return std::chrono::milliseconds{std::clamp(from.number(name, otherwise), 0, 60'000)};
             };
             return ari_question{sim::send_dtmf{from.path[0], from.one("dtmf"), length("before", 0),
                                                length("between", 100), length("duration", 100)},
                                 ari_extra::none,
                                 {}};
         }},
    };
}

std::vector<ari_operation> channel_variables() {
    return {
        {"channels",
         "GET",
         "/channels/{channelId}/variable",
         "getChannelVar",
         "Variable",
         "Get the value of a channel variable or function.",
         {channel_in_path, {"variable", place::query, "string", "The channel variable or function to get"}},
         [](const ari_arguments& from) { return variable(from, ari_extra::read_variable); }},
        {"channels",
         "POST",
         "/channels/{channelId}/variable",
         "setChannelVar",
         "void",
         "Set the value of a channel variable or function.",
         {channel_in_path,
          {"variable", place::query, "string", "The channel variable or function to set"},
          {"value", place::query, "string", "The value"}},
         [](const ari_arguments& from) { return variable(from, ari_extra::write_variable); }},
    };
}

ari_reading create_bridge(const ari_arguments& from) {
    const std::string id = from.path.empty() ? from.one("bridgeId") : from.path[0];
    const bool keys = ("," + std::string(from.one("type")) + ",").find(",dtmf_events,") != std::string::npos;
    return ari_question{sim::create_bridge{id, from.one("name"), keys}, ari_extra::none, {}};
}

std::vector<ari_operation> bridge_operations() {
    const std::vector<ari_parameter> of_new{
        {"type", place::query, "string",
         "Types of the bridge, divided by commas (mixing and dtmf_events are simulated)"},
        {"name", place::query, "string", "Name to give to the bridge"},
    };
    const std::vector<ari_parameter> of_members{
        bridge_in_path,
        {"channel", place::query, "string", "Ids of channels, divided by commas"},
    };
    return {
        {"bridges",
         "GET",
         "/bridges",
         "list",
         "List[Bridge]",
         "List all active bridges.",
         {},
         plain<sim::list_bridges>},
        {"bridges", "POST", "/bridges", "create", "Bridge", "Create a new bridge.",
         with({"bridgeId", place::query, "string", "Unique id to give to the bridge"}, of_new), create_bridge},
        {"bridges",
         "GET",
         "/bridges/{bridgeId}",
         "get",
         "Bridge",
         "Get bridge details.",
         {bridge_in_path},
         about<sim::show_bridge>},
        {"bridges", "POST", "/bridges/{bridgeId}", "createWithId", "Bridge", "Create a new bridge.",
         with(bridge_in_path, of_new), create_bridge},
        {"bridges",
         "DELETE",
         "/bridges/{bridgeId}",
         "destroy",
         "void",
         "Shut down a bridge; its channels stay.",
         {bridge_in_path},
         about<sim::delete_bridge>},
        {"bridges", "POST", "/bridges/{bridgeId}/addChannel", "addChannel", "void", "Add channels to a bridge.",
         of_members, [](const ari_arguments& from) { return members(from, true); }},
        {"bridges", "POST", "/bridges/{bridgeId}/removeChannel", "removeChannel", "void",
         "Remove channels from a bridge.", of_members, [](const ari_arguments& from) { return members(from, false); }},
    };
}

ari_reading filter(const ari_arguments& from) {
    return ari_question{
        sim::filter_events{from.path[0], {from.many("allowed"), from.many("disallowed")}}, ari_extra::none, {}};
}

ari_reading user_event(const ari_arguments& from) {
    const std::string app = from.one("application");
    if (app.empty()) {
        return refusal(400, "Missing parameter application");
    }
    return ari_question{sim::say_user_event{from.path[0], app}, ari_extra::none, {}};
}

std::vector<ari_operation> other_operations() {
    return {
        {"asterisk",
         "GET",
         "/asterisk/info",
         "getInfo",
         "AsteriskInfo",
         "Gets Asterisk system information.",
         {},
         [](const ari_arguments&) -> ari_reading { return ari_fixed::info; }},
        {"asterisk",
         "GET",
         "/asterisk/ping",
         "ping",
         "AsteriskPing",
         "Response pong message.",
         {},
         [](const ari_arguments&) -> ari_reading { return ari_fixed::ping; }},
        {"applications",
         "GET",
         "/applications/{applicationName}",
         "get",
         "Application",
         "Get details of an application.",
         {application_in_path},
         about<sim::show_application>},
        {"applications",
         "PUT",
         "/applications/{applicationName}/eventFilter",
         "filter",
         "Application",
         "Filter application events types.",
         {application_in_path, {"filter", place::body, "object", "The lists allowed and disallowed"}},
         filter},
        {"events",
         "GET",
         "/events",
         "eventWebsocket",
         "Message",
         "WebSocket connection for events.",
         {{"app", place::query, "string", "Applications to subscribe to, divided by commas"},
          {"subscribeAll", place::query, "boolean", "Taken and not followed: only the applications' own events come"}},
         nullptr},
        {"events",
         "POST",
         "/events/user/{eventName}",
         "userEvent",
         "void",
         "Generate a user event.",
         {{"eventName", place::path, "string", "Event name"},
          {"application", place::query, "string",
           "The application that receives it; variables and sources are left out"}},
         user_event},
    };
}

}  // namespace

std::string ari_arguments::one(std::string_view name) const {
    const argument* found = find_argument(*this, name);
    return found == nullptr || found->values.empty() ? std::string() : found->values.front();
}

std::vector<std::string> ari_arguments::many(std::string_view name) const {
    const argument* found = find_argument(*this, name);
    if (found == nullptr) {
        return {};
    }
    if (found->from_body) {
        return found->values;
    }
    std::vector<std::string> parts;
    for (const std::string& value : found->values) {
        for (std::size_t from = 0; from <= value.size();) {
            const std::size_t comma = std::min(value.find(',', from), value.size());
            if (comma > from) {
                parts.push_back(value.substr(from, comma - from));
            }
            from = comma + 1;
        }
    }
    return parts;
}

int ari_arguments::number(std::string_view name, int otherwise) const {
    const std::string text = one(name);
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? value : otherwise;
}

std::span<const ari_operation> ari_operations() {
    static const std::vector<ari_operation> all = [] {
        std::vector<ari_operation> rows = channel_lives();
        for (std::vector<ari_operation>& more :
             std::vector{channel_acts(), channel_variables(), bridge_operations(), other_operations()}) {
            rows.insert(rows.end(), more.begin(), more.end());
        }
        return rows;
    }();
    return all;
}

}  // namespace td::sim_server
