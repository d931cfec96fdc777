#include "sim/ari_words.hpp"

#include <array>

#include "base/overloaded.hpp"

namespace td::sim {

std::string_view name_of(channel_state state) {
    switch (state) {
        case channel_state::down: return "Down";
        case channel_state::ring: return "Ring";
        case channel_state::ringing: return "Ringing";
        case channel_state::up: return "Up";
    }
    return "?";
}

party party_of(std::string_view text) {
    const std::size_t open = text.find('<');
    if (open == std::string_view::npos) {
        return {std::string(text), std::string(text)};
    }
    std::string_view name = text.substr(0, open);
    std::string_view number = text.substr(open + 1);
    number = number.substr(0, number.find('>'));
    const auto is_padding = [](char c) { return c == ' ' || c == '"'; };
    while (!name.empty() && is_padding(name.front())) {
        name.remove_prefix(1);
    }
    while (!name.empty() && is_padding(name.back())) {
        name.remove_suffix(1);
    }
    return {std::string(name), std::string(number)};
}

std::string_view name_of(const event_body& what) {
    return std::visit(overloaded{
                          [](const stasis_started&) { return std::string_view("StasisStart"); },
                          [](const stasis_ended&) { return std::string_view("StasisEnd"); },
                          [](const state_changed&) { return std::string_view("ChannelStateChange"); },
                          [](const dialled&) { return std::string_view("Dial"); },
                          [](const destroyed&) { return std::string_view("ChannelDestroyed"); },
                          [](const hangup_requested&) { return std::string_view("ChannelHangupRequest"); },
                          [](const dtmf_received&) { return std::string_view("ChannelDtmfReceived"); },
                          [](const variable_set&) { return std::string_view("ChannelVarset"); },
                          [](const bridge_entered&) { return std::string_view("ChannelEnteredBridge"); },
                          [](const bridge_left&) { return std::string_view("ChannelLeftBridge"); },
                          [](const bridge_destroyed&) { return std::string_view("BridgeDestroyed"); },
                          [](const line_connected&) { return std::string_view("ChannelConnectedLine"); },
                          [](const application_replaced&) { return std::string_view("ApplicationReplaced"); },
                          [](const user_event_said&) { return std::string_view("ChannelUserevent"); },
                      },
                      what);
}

namespace {

struct cause_row {
    int cause;
    std::string_view reason;  // ARI's word for it; empty where DELETE has none
    std::string_view text;
};

// Q.850 as causes.h and the `reason` enumeration of channels.json have it.
constexpr std::array<cause_row, 15> causes{{{0, "", "Unknown"},
                                            {1, "unallocated", "Unallocated (unassigned) number"},
                                            {16, "normal", "Normal Clearing"},
                                            {17, "busy", "User busy"},
                                            {18, "timeout", "No user responding"},
                                            {19, "no_answer", "User alerting, no answer"},
                                            {20, "", "Subscriber absent"},
                                            {21, "rejected", "Call Rejected"},
                                            {26, "answered_elsewhere", "Answered elsewhere"},
                                            {28, "number_incomplete", "Invalid number format"},
                                            {31, "normal_unspecified", "Normal, unspecified"},
                                            {34, "congestion", "Circuit/channel congestion"},
                                            {38, "failure", "Network out of order"},
                                            {58, "codec_mismatch", "Bearer capability not available"},
                                            {127, "interworking", "Interworking, unspecified"}}};

}  // namespace

std::string_view cause_text(int cause) {
    for (const cause_row& row : causes) {
        if (row.cause == cause) {
            return row.text;
        }
    }
    return "Unknown";
}

int cause_of_reason(std::string_view reason) {
    for (const cause_row& row : causes) {
        if (!row.reason.empty() && row.reason == reason) {
            return row.cause;
        }
    }
    return 0;
}

int cause_of_sip(int status) {
    switch (status) {  // over an int: every other status is 127, as in Asterisk's table
        case 401:
        case 403:
        case 407:
        case 603: return 21;
        case 404: return 1;
        case 408:
        case 480:
        case 483: return 19;
        case 486:
        case 600: return 17;
        case 484: return 28;
        case 488:
        case 606: return 58;
        case 500:
        case 502: return 38;
        case 503: return 34;
        default: return 127;
    }
}

}  // namespace td::sim
