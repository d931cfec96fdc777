#include "story/words.hpp"

#include <array>
#include <utility>

#include "story/story.hpp"

namespace td::story {
namespace {

std::string padded(std::int64_t number, std::size_t width) {
    std::string text = std::to_string(number);
    return std::string(text.size() < width ? width - text.size() : 0, '0') + text;
}

/// RFC 3261 section 21, and what Asterisk, Kamailio and the phones of the field send.
constexpr std::array<std::pair<int, std::string_view>, 29> sip_words{{
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {415, "Unsupported Media Type"},
    {420, "Bad Extension"},
    {423, "Interval Too Brief"},
    {430, "Flow Failed"},
    {480, "Temporarily Unavailable"},
    {481, "Call Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {500, "Server Internal Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
}};

/// ITU-T Q.850.
constexpr std::array<std::pair<int, std::string_view>, 21> cause_words{{
    {1, "unallocated number"},  {3, "no route to destination"},
    {16, "normal clearing"},    {17, "user busy"},
    {18, "no user responding"}, {19, "no answer"},
    {20, "subscriber absent"},  {21, "call rejected"},
    {26, "answered elsewhere"}, {27, "destination out of order"},
    {28, "invalid number"},     {31, "normal, unspecified"},
    {34, "no circuit"},         {38, "network out of order"},
    {41, "temporary failure"},  {42, "congestion"},
    {57, "not authorised"},     {58, "bearer not available"},
    {79, "not implemented"},    {88, "incompatible destination"},
    {127, "interworking"},
}};

template <class Table>
std::string_view found_in(const Table& table, int number) {
    for (const auto& [known, words] : table) {
        if (known == number) {
            return words;
        }
    }
    return {};
}

}  // namespace

std::string length_text(duration length) {
    const auto us = length.count();
    if (us < 0) {
        return '-' + length_text(-length);
    }
    if (us < 1000) {
        return std::to_string(us) + " µs";
    }
    if (us < 999'500) {
        return std::to_string((us + 500) / 1000) + " ms";
    }
    if (us < 9'995'000) {
        const auto hundredths = (us + 5000) / 10'000;
        return std::to_string(hundredths / 100) + '.' + padded(hundredths % 100, 2) + " s";
    }
    const auto seconds = us / 1'000'000;
    if (seconds < 120) {
        const auto tenths = (us + 50'000) / 100'000;
        return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
    }
    if (seconds < 3600) {
        return std::to_string(seconds / 60) + " min " + padded(seconds % 60, 2) + " s";
    }
    return std::to_string(seconds / 3600) + " h " + padded(seconds / 60 % 60, 2) + " min";
}

std::string seconds_text(duration length) {
    const auto us = length.count();
    const auto magnitude = us < 0 ? -us : us;
    return (us < 0 ? "-" : "") + std::to_string(magnitude / 1'000'000) + '.' + padded(magnitude % 1'000'000, 6);
}

std::string clock_text(instant at) {
    return rfc3339(at).substr(11, 12);
}

std::string count_text(std::size_t count, std::string_view one, std::string_view many) {
    return std::to_string(count) + ' ' + std::string(count == 1 ? one : many);
}

std::string end_text(int cause, int sip) {
    if (sip > 0) {
        const std::string_view words = found_in(sip_words, sip);
        return "SIP " + std::to_string(sip) + (words.empty() ? "" : " " + std::string(words));
    }
    if (cause > 0) {
        const std::string_view words = found_in(cause_words, cause);
        return "cause " + std::to_string(cause) + (words.empty() ? "" : ", " + std::string(words));
    }
    return {};
}

std::string_view words_of(call::ended_by who) {
    switch (who) {
        case call::ended_by::none: return "not ended";
        case call::ended_by::panel: return "the visitor hung up";
        case call::ended_by::account: return "the resident hung up";
        case call::ended_by::ring_limit: return "nobody answered in time";
        case call::ended_by::talk_limit: return "the longest talk was reached";
        case call::ended_by::declined: return "a resident declined";
        case call::ended_by::everybody_busy: return "everybody was in another call";
        case call::ended_by::nobody_left: return "nobody could be reached";
        case call::ended_by::blocked: return "the flat is blocked";
        case call::ended_by::no_accounts: return "the flat has nobody to ring";
        case call::ended_by::unknown_flat: return "the CRM knows no such flat";
        case call::ended_by::crm: return "the CRM failed, and nothing was remembered of the flat";
        case call::ended_by::auto_open: return "the door was opened without asking anybody";
        case call::ended_by::bad_arguments: return "the dialplan gave no panel or flat that can be used";
        case call::ended_by::full: return "the worker had door.max_calls calls already";
        case call::ended_by::pbx: return "Asterisk would not do what the call needs";
        case call::ended_by::lost: return "what it needs was gone when the line to Asterisk came back";
        case call::ended_by::drain: return "the worker was told to stop";
        case call::ended_by::callee: return "the one who was called hung up";
        case call::ended_by::no_route: return "no route took the call";
        case call::ended_by::no_panel: return "the number leads to no panel";
        case call::ended_by::callback: return "an urgent callback needed the panel";
    }
    return "?";
}

std::string_view words_of(call::lack what) {
    switch (what) {
        case call::lack::site: return "the panel's site";
        case call::lack::fresh_site: return "a fresh word of the CRM on the site";
        case call::lack::store: return "the pool's store";
        case call::lack::rested_number: return "a number whose guard time was over";
        case call::lack::own_number: return "a number of its own";
        case call::lack::route: return "the city's route";
        case call::lack::callback_map: return "the callback map";
        case call::lack::first_try: return "the first try";
        case call::lack::every_try: return "every try";
    }
    return "?";
}

std::string_view words_of(pool::lent_how how) {
    switch (how) {
        case pool::lent_how::sticky: return "the panel's own";
        case pool::lent_how::rested: return "rested";
        case pool::lent_how::guard_spent: return "before its guard time was over";
        case pool::lent_how::reserved: return "from the worker's reserve";
    }
    return "?";
}

std::string_view words_of(call::crm_source source) {
    switch (source) {
        case call::crm_source::live: return "live";
        case call::crm_source::fresh: return "remembered, fresh";
        case call::crm_source::stale: return "stale: the CRM failed, this was remembered";
        case call::crm_source::file: return "from the file";
        case call::crm_source::none: return "no answer";
    }
    return "?";
}

std::string_view words_of(call::hangup_reason reason) {
    switch (reason) {
        case call::hangup_reason::normal: return "hung up";
        case call::hangup_reason::busy: return "told busy";
        case call::hangup_reason::congestion: return "told congestion";
        case call::hangup_reason::no_answer: return "told no answer";
        case call::hangup_reason::unallocated: return "told no such number";
        case call::hangup_reason::answered_elsewhere: return "told answered elsewhere";
    }
    return "?";
}

std::string_view name_of(call_kind kind) {
    switch (kind) {
        case call_kind::unknown: return "unknown";
        case call_kind::door: return "door";
        case call_kind::sos: return "sos";
        case call_kind::callback: return "callback";
    }
    return "?";
}

std::string_view name_of(ending end) {
    switch (end) {
        case ending::told: return "told";
        case ending::living: return "living";
        case ending::cut_off: return "cut_off";
        case ending::lost: return "lost";
    }
    return "?";
}

std::string_view name_of(silence why) {
    switch (why) {
        case silence::none: return "none";
        case silence::beyond_limit: return "beyond_limit";
        case silence::never_dialled: return "never_dialled";
        case silence::asterisk_refused: return "asterisk_refused";
        case silence::no_device: return "no_device";
        case silence::not_pushed: return "not_pushed";
        case silence::push_rejected: return "push_rejected";
        case silence::push_failed: return "push_failed";
        case silence::push_silent: return "push_silent";
        case silence::not_registered: return "not_registered";
        case silence::woke_late: return "woke_late";
        case silence::busy: return "busy";
        case silence::declined: return "declined";
        case silence::no_codec: return "no_codec";
        case silence::phone_refused: return "phone_refused";
        case silence::answered_elsewhere: return "answered_elsewhere";
        case silence::cancelled: return "cancelled";
        case silence::line_lost: return "line_lost";
        case silence::unknown: return "unknown";
    }
    return "?";
}

std::string_view name_of(device_story::answer said) {
    switch (said) {
        case device_story::answer::none: return "not_pushed";
        case device_story::answer::silent: return "no_reply";
        case device_story::answer::accepted: return "accepted";
        case device_story::answer::rejected: return "rejected";
        case device_story::answer::failed: return "failed";
    }
    return "?";
}

std::string_view name_of(crm_story::answer said) {
    switch (said) {
        case crm_story::answer::not_asked: return "not_asked";
        case crm_story::answer::silent: return "no_reply";
        case crm_story::answer::found: return "found";
        case crm_story::answer::unknown: return "unknown";
        case crm_story::answer::failed: return "failed";
    }
    return "?";
}

std::string_view name_of(lane::part who) {
    switch (who) {
        case lane::part::panel: return "panel";
        case lane::part::service: return "112";
        case lane::part::worker: return "tdctl";
        case lane::part::crm: return "CRM";
        case lane::part::pool: return "pool";
        case lane::part::callback_map: return "map";
        case lane::part::push: return "push";
        case lane::part::phone: return "phone";
        case lane::part::callee: return "callee";
    }
    return "?";
}

}  // namespace td::story
