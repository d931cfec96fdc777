#include "ari/events.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "ari/encoding.hpp"
#include "ari/requests.hpp"

namespace td::ari {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// Longer channel ids than this do not exist: Asterisk's AST_MAX_UNIQUEID is 150.
constexpr std::size_t longest_channel = 150;
constexpr std::size_t longest_name = 64;

std::optional<std::string_view> text_at(const object& in, std::string_view key) {
    std::string_view text;
    if (in[key].get_string().get(text) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return text;
}

std::optional<std::vector<std::string>> texts_at(const object& in, std::string_view key) {
    array list;
    if (in[key].get_array().get(list) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    std::vector<std::string> found;
    for (const element entry : list) {
        std::string_view text;
        if (entry.get_string().get(text) == simdjson::SUCCESS) {
            found.emplace_back(text);
        }
    }
    return found;
}

/// A small number such as a cause; 0 when it is missing, no integer, or not between 0 and `most`.
int number_at(const object& in, std::string_view key, int most) {
    std::int64_t number = 0;
    if (in[key].get_int64().get(number) != simdjson::SUCCESS || number < 0 || number > most) {
        return 0;
    }
    return static_cast<int>(number);
}

std::optional<object> object_at(const object& in, std::string_view key) {
    object found;
    if (in[key].get_object().get(found) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return found;
}

/// The id of the channel under `key`; nothing when it is missing or could not be put into a request again.
std::optional<std::string_view> channel_at(const object& in, std::string_view key) {
    const auto channel = object_at(in, key);
    const auto name = channel ? text_at(*channel, "id") : std::nullopt;
    if (!name || name->empty() || name->size() > longest_channel || !printable(*name)) {
        return std::nullopt;
    }
    return name;
}

/// The arguments of Stasis() after the application's name, at most five; what is not text is nothing.
std::vector<std::optional<std::string_view>> arguments_of(const object& message) {
    constexpr std::size_t most = 5;
    std::vector<std::optional<std::string_view>> arguments;
    array given;
    if (message["args"].get_array().get(given) == simdjson::SUCCESS) {
        for (const element argument : given) {
            std::string_view text;
            const bool is_text = argument.get_string().get(text) == simdjson::SUCCESS;
            arguments.push_back(is_text ? std::optional(text) : std::nullopt);
            if (arguments.size() == most) {
                break;
            }
        }
    }
    return arguments;
}

/// The number of the channel's caller, as digits; empty when it has none that can be shown.
std::string caller_of(const object& channel) {
    const auto caller = object_at(channel, "caller");
    const auto number = caller ? text_at(*caller, "number") : std::nullopt;
    return number && dialable(*number) && number->size() <= longest_name ? std::string(*number) : std::string();
}

using stasis_words = std::vector<std::optional<std::string_view>>;

event emergency_entered(const stasis_words& arguments, const channel_id& channel, std::string caller) {
    auto entered = read_sos_arguments(arguments);
    if (auto* sos = std::get_if<sos_entered>(&entered)) {
        sos->channel = channel;
        return std::move(*sos);
    }
    auto& back = std::get<callback_entered>(entered);
    back.channel = channel;
    back.caller = std::move(caller);
    return std::move(back);
}

panel_entered door_entered(const stasis_words& arguments, channel_id channel) {
    stasis_arguments names = read_arguments(arguments);
    return {std::move(channel), std::move(names.panel), std::move(names.flat), std::move(names.complaint)};
}

event leg_in_stasis(const object& message, const leg_ref& leg) {
    const auto channel = object_at(message, "channel");
    const bool up = !channel || text_at(*channel, "state") == "Up";
    const auto arguments = arguments_of(message);
    // Asterisk tells a leg that is made first at once, and not again when it is answered.
    if (!up && !arguments.empty() && arguments.front() == "early") {
        return leg_made{leg};
    }
    return call::leg_answered{leg};
}

event stasis_started(const object& message, std::string_view channel, call::line which) {
    if (const auto leg = leg_of_channel(channel)) {
        return leg_in_stasis(message, *leg);
    }
    if (which == call::line::sos) {
        const auto details = object_at(message, "channel");
        return emergency_entered(arguments_of(message), channel_id(std::string(channel)),
                                 details ? caller_of(*details) : std::string());
    }
    return door_entered(arguments_of(message), channel_id(std::string(channel)));
}

event stasis_ended(const object& /*message*/, std::string_view channel) {
    if (leg_of_channel(channel)) {
        return of_no_interest{};  // the leg's ChannelDestroyed follows, with the cause
    }
    return call::panel_left{channel_id(std::string(channel))};
}

event channel_destroyed(const object& message, std::string_view channel) {
    const auto leg = leg_of_channel(channel);
    if (!leg) {
        return call::panel_left{channel_id(std::string(channel))};
    }
    return call::leg_ended{*leg, number_at(message, "cause", 255), number_at(message, "tech_cause", 999)};
}

event state_changed(const object& message, std::string_view channel) {
    const auto leg = leg_of_channel(channel);
    const auto details = object_at(message, "channel");
    const auto state = details ? text_at(*details, "state") : std::nullopt;
    if (leg && state == "Ringing") {
        return call::leg_ringing{*leg};
    }
    if (leg && state == "Up") {
        return leg_up{*leg};
    }
    return of_no_interest{};
}

event offered(const object& /*message*/, std::string_view channel) {
    return leg_of_channel(channel) ? event(of_no_interest{}) : event(call_offered{std::string(channel)});
}

event key_received(const object& message, std::string_view channel) {
    const auto leg = leg_of_channel(channel);
    const auto digit = text_at(message, "digit");
    if (!digit || digit->size() != 1 || std::string_view("0123456789*#ABCD").find(*digit) == std::string_view::npos) {
        return broken_message{};
    }
    if (!leg) {
        return of_no_interest{};  // the visitor plays with the keypad
    }
    return call::key_pressed{*leg, digit->front()};
}

/// `Dial` has its channel in `peer`. The event filter keeps it away; it is read for an Asterisk that lost the filter.
event dialled(const object& message) {
    const auto channel = channel_at(message, "peer");
    const auto leg = channel ? leg_of_channel(*channel) : std::nullopt;
    const auto status = text_at(message, "dialstatus");
    if (leg && (status == "RINGING" || status == "PROGRESS")) {
        return call::leg_ringing{*leg};
    }
    return leg && status == "" ? event(leg_called{*leg}) : event(of_no_interest{});
}

event request_replied(const object& message) {
    request_answered reply;
    const auto number = text_at(message, "request_id").value_or("");
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), reply.number);
    reply.status = number_at(message, "status_code", 999);
    if (error != std::errc{} || end != number.data() + number.size() || reply.status == 0) {
        return broken_message{};
    }
    reply.body = text_at(message, "message_body").value_or("");
    return reply;
}

bool is_known(std::string_view type) {
    // Asterisk 22's events that say nothing to a call; kept so that a new one shows up in the counter.
    static constexpr std::array<std::string_view, 35> known = {"ApplicationMoveFailed",
                                                               "ApplicationRegistered",
                                                               "ApplicationUnregistered",
                                                               "BridgeAttendedTransfer",
                                                               "BridgeBlindTransfer",
                                                               "BridgeCreated",
                                                               "BridgeDestroyed",
                                                               "BridgeMerged",
                                                               "BridgeVideoSourceChanged",
                                                               "CallClaimed",
                                                               "ChannelCallerId",
                                                               "ChannelConnectedLine",
                                                               "ChannelCreated",
                                                               "ChannelDialplan",
                                                               "ChannelEnteredBridge",
                                                               "ChannelHangupRequest",
                                                               "ChannelHold",
                                                               "ChannelLeftBridge",
                                                               "ChannelTalkingFinished",
                                                               "ChannelTalkingStarted",
                                                               "ChannelToneDetected",
                                                               "ChannelTransfer",
                                                               "ChannelUnhold",
                                                               "ChannelUserevent",
                                                               "ChannelVarset",
                                                               "ContactStatusChange",
                                                               "DeviceStateChanged",
                                                               "EndpointStateChange",
                                                               "PeerStatusChange",
                                                               "PlaybackContinuing",
                                                               "PlaybackFinished",
                                                               "PlaybackStarted",
                                                               "RecordingFailed",
                                                               "RecordingFinished",
                                                               "RecordingStarted"};
    return std::binary_search(known.begin(), known.end(), type);
}

using channel_event = event (*)(const object&, std::string_view);
struct named_event {
    std::string_view type;
    channel_event read;
};
constexpr std::array<named_event, 5> channel_events = {{{"StasisEnd", stasis_ended},
                                                        {"CallBroadcast", offered},
                                                        {"ChannelStateChange", state_changed},
                                                        {"ChannelDestroyed", channel_destroyed},
                                                        {"ChannelDtmfReceived", key_received}}};

event read_object(const object& message, call::line which) {
    const auto type = text_at(message, "type");
    if (!type) {
        return broken_message{};
    }
    if (*type == "StasisStart") {
        const auto channel = channel_at(message, "channel");
        return channel ? stasis_started(message, *channel, which) : broken_message{};
    }
    for (const named_event& known : channel_events) {
        if (known.type == *type) {
            const auto channel = channel_at(message, "channel");
            return channel ? known.read(message, *channel) : broken_message{};
        }
    }
    if (*type == "RESTResponse") {
        return request_replied(message);
    }
    if (*type == "Dial") {
        return dialled(message);
    }
    if (*type == "ApplicationReplaced") {
        return application_replaced{};
    }
    if (*type == "ChannelUserevent" && text_at(message, "eventname") == request_maker::own_word) {
        return own_word_heard{};
    }
    return is_known(*type) ? event(of_no_interest{}) : event(unknown_event{});
}

call::pbx_seen::condition condition_of(std::string_view state) {
    using enum call::pbx_seen::condition;
    return state == "Up" ? up : state == "Ringing" ? ringing : waiting;
}

/// Of StasisBroadcast(timeout,filter,5001:12,…) the third, as the data of Stasis() would have it: ",5001,12".
std::string broadcast_arguments(std::string_view data) {
    for (int skipped = 0; skipped < 2; ++skipped) {
        const auto comma = data.find(',');
        if (comma == std::string_view::npos) {
            return {};
        }
        data.remove_prefix(comma + 1);
    }
    std::string arguments = "," + std::string(data.substr(0, data.find(',')));
    std::replace(arguments.begin(), arguments.end(), ':', ',');
    return arguments;
}

seen_channel seen(const object& channel, std::string_view name) {
    seen_channel made;
    made.name = name;
    made.state = condition_of(text_at(channel, "state").value_or(""));
    const auto dialplan = object_at(channel, "dialplan");
    const auto data = dialplan ? text_at(*dialplan, "app_data") : std::nullopt;
    made.made_first = data && data->ends_with(",early");
    const auto app = dialplan ? text_at(*dialplan, "app_name") : std::nullopt;
    made.broadcast = app == "StasisBroadcast";
    made.in_stasis = !app || *app == "Stasis" || made.broadcast;  // before 16.6 Asterisk did not tell
    if (!leg_of_channel(name)) {
        made.app_data = made.broadcast ? broadcast_arguments(data.value_or("")) : std::string(data.value_or(""));
        made.caller = caller_of(channel);
    }
    return made;
}

}  // namespace

struct reader::insides {
    explicit insides(call::line of) : which(of) {}

    simdjson::dom::parser parser;
    call::line which;

    /// The parser copies what it reads into padded memory of its own; an event is half a kilobyte.
    std::optional<element> parse(std::string_view text) {
        element root;
        if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        return root;
    }

    std::optional<array> parse_array(std::string_view text) {
        const auto root = parse(text);
        array list;
        if (!root || root->get_array().get(list) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        return list;
    }

    std::optional<object> parse_object(std::string_view text) {
        const auto root = parse(text);
        object made;
        if (!root || root->get_object().get(made) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        return made;
    }
};

reader::reader(call::line which) : insides_(std::make_unique<insides>(which)) {}
reader::~reader() = default;

event reader::read(std::string_view message) {
    const auto root = insides_->parse_object(message);
    return root ? read_object(*root, insides_->which) : broken_message{};
}

event reader::arrival_of(const seen_channel& panel) const {
    std::vector<std::optional<std::string_view>> arguments;
    for (std::string_view rest = panel.app_data; rest.find(',') != std::string_view::npos;) {
        rest.remove_prefix(rest.find(',') + 1);
        arguments.emplace_back(rest.substr(0, rest.find(',')));
    }
    if (insides_->which == call::line::sos) {
        return emergency_entered(arguments, channel_id(panel.name), panel.caller);
    }
    panel_entered entered = door_entered(arguments, channel_id(panel.name));
    if (panel.state == call::pbx_seen::condition::up) {
        entered.complaint = "panel " + entered.panel.text() + " was in a call of flat " + entered.flat.text() +
                            " of which nothing is known";
        entered.panel = {};
        entered.flat = {};
    }
    return entered;
}

std::optional<std::vector<seen_channel>> reader::channels(std::string_view body) {
    const auto list = insides_->parse_array(body);
    if (!list) {
        return std::nullopt;
    }
    std::vector<seen_channel> found;
    for (const element entry : *list) {
        object channel;
        if (entry.get_object().get(channel) == simdjson::SUCCESS) {
            if (const auto name = text_at(channel, "id")) {
                found.push_back(seen(channel, *name));
            }
        }
    }
    return found;
}

std::optional<seen_channel> reader::channel(std::string_view body) {
    const auto one = insides_->parse_object(body);
    const auto name = one ? text_at(*one, "id") : std::nullopt;
    return name ? std::optional(seen(*one, *name)) : std::nullopt;
}

std::optional<std::vector<seen_bridge>> reader::bridges(std::string_view body, std::string_view app) {
    const auto list = insides_->parse_array(body);
    if (!list) {
        return std::nullopt;
    }
    std::vector<seen_bridge> found;
    for (const element entry : *list) {
        object bridge;
        if (entry.get_object().get(bridge) == simdjson::SUCCESS) {
            const auto name = text_at(bridge, "id");
            if (name && text_at(bridge, "name") == app) {
                found.push_back(
                    {std::string(*name), texts_at(bridge, "channels").value_or(std::vector<std::string>{})});
            }
        }
    }
    return found;
}

asterisk_release reader::release(std::string_view body) {
    const auto root = insides_->parse_object(body);
    const auto system = root ? object_at(*root, "system") : std::nullopt;
    const std::string_view version = (system ? text_at(*system, "version") : std::nullopt).value_or("");
    asterisk_release which;
    const char* const end = version.data() + version.size();
    const auto major = std::from_chars(version.data(), end, which.major);
    if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') {
        return {which.major, 0};
    }
    std::from_chars(major.ptr + 1, end, which.minor);
    return which;
}

std::optional<std::vector<std::string>> reader::application_channels(std::string_view body) {
    const auto root = insides_->parse_object(body);
    return root ? texts_at(*root, "channel_ids") : std::nullopt;
}

}  // namespace td::ari
