#pragma once
// The story of one call, as its journal tells it: who was asked, who was woken, who rang when, who answered, why a
// phone did not ring, and where the time went. One structure, of which told.hpp makes sentences and page.hpp a page.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "call/record.hpp"
#include "call/rules.hpp"
#include "call/words.hpp"

namespace td::story {

enum class call_kind : std::uint8_t { unknown, door, sos, callback };

/// What became of the call, as far as the journal goes.
enum class ending : std::uint8_t {
    told,     ///< its record is there
    living,   ///< the journal ends while it lives
    cut_off,  ///< its worker died, and no later one remembered it
    lost,     ///< it ended among lines that are missing
};

/// Who takes part: a line of the ladder.
struct lane {
    enum class part : std::uint8_t { panel, service, worker, crm, pool, callback_map, push, phone, callee };
    part who = part::worker;
    std::size_t number = 0;  ///< of a phone, counted from 1
    friend bool operator==(const lane&, const lane&) = default;
};

/// One thing that happened, in words that name phones by their number.
struct step {
    enum class tone : std::uint8_t { plain, good, bad, quiet };
    instant at{};
    lane from;
    std::vector<lane> to;  ///< nobody: it happened to `from` itself, or to the whole call
    std::string words;
    tone sounds = tone::plain;
};

/// A part of the call's whole time. They follow each other without a gap.
struct hop {
    std::string_view name;  ///< one word for programs
    std::string words;      ///< what was waited for
    duration took{};
};

struct device_story {
    enum class answer : std::uint8_t { none, silent, accepted, rejected, failed };
    device_id name;
    std::string platform;
    unsigned pushes = 0;
    instant pushed_at = never;  ///< the first time
    instant answered_at = never;
    answer said = answer::none;  ///< silent: pushed, and the push server did not answer
    std::string reason;
};

/// One leg.
struct attempt {
    leg_no leg;
    instant dialled_at{};
    instant rang_at = never;
    instant answered_at = never;
    instant ended_at = never;
    instant dropped_at = never;  ///< the worker hung it up
    call::hangup_reason dropped = call::hangup_reason::normal;
    int cause = 0;
    int sip = 0;
    std::optional<int> refused;  ///< Asterisk would not make it: the status of HTTP, 0 for no reply
};

/// Why a phone did not ring.
enum class silence : std::uint8_t {
    none,                ///< it rang
    beyond_limit,        ///< the flat has more accounts than are rung; it was only pushed
    never_dialled,       ///< the call was over before its turn
    asterisk_refused,    ///< Asterisk would not make the leg
    no_device,           ///< not registered, and the CRM knows no device to wake
    not_pushed,          ///< not registered, and no push was sent
    push_rejected,       ///< not registered, and the push server accepted none of its devices
    push_failed,         ///< not registered, and the push server failed
    push_silent,         ///< not registered, and the push server did not answer
    not_registered,      ///< pushed with success, and never registered
    woke_late,           ///< registered, but the call was over before it rang
    busy,                ///< in another call
    declined,            ///< said no without ringing
    no_codec,            ///< no codec, or no media that both sides take
    phone_refused,       ///< the phone or its proxy refused the INVITE
    answered_elsewhere,  ///< another phone answered first
    cancelled,           ///< the call ended first
    line_lost,           ///< it was gone when the line to Asterisk came back
    unknown,             ///< the lines that say it are missing
};

struct phone_story {
    std::size_t number = 0;  ///< counted from 1
    account_id account;      ///< empty: a leg that no line says the account of
    std::vector<device_story> devices;
    std::vector<attempt> attempts;
    std::vector<instant> registered;
    call::leg_why became = call::leg_why::none;
    silence why_silent = silence::none;

    [[nodiscard]] bool rang() const { return why_silent == silence::none; }
    /// `never` when it did not.
    [[nodiscard]] instant rang_at() const;
};

/// One try to reach the emergency service, the panel of a callback, or the desk.
struct try_story {
    call::callee whom = call::callee::operator_route;
    call::call_way way = call::call_way::early;
    std::string target;
    std::string caller;
    attempt leg;
};

struct crm_story {
    enum class answer : std::uint8_t { not_asked, silent, found, unknown, failed };
    answer said = answer::not_asked;
    instant asked_at = never;
    instant answered_at = never;
    call::crm_source source = call::crm_source::none;
    std::string reason;  ///< why it failed
    bool blocked = false;
    bool auto_open = false;
    call::site_record site;  ///< of an emergency call
    bool site_known = false;
};

struct number_story {
    number_id number;  ///< of a callback, the one that was called
    std::optional<pool::lent_how> lent;
    std::string refused;  ///< why there was none
    bool from_notes = false;
    enum class map : std::uint8_t { not_asked, silent, done, failed } mapped = map::not_asked;
    std::string map_reason;
    instant returned_at = never;
};

struct call_story {
    call_id call;
    call_kind kind = call_kind::unknown;
    std::string node;
    panel_id panel;
    flat_id flat;
    std::string caller;  ///< of a callback
    call::urgency how_urgent = call::urgency::normal;
    std::string complaint;
    instant begins{};  ///< the arrival, or the first line that is there
    bool beginning_missing = false;
    instant answered_at = never;
    instant joined_at = never;
    instant over_at = never;
    instant ends{};  ///< the last line
    ending end = ending::living;
    std::optional<call::outcome> how;
    call::ended_by who = call::ended_by::none;
    bool opened_door = false;
    std::string note;  ///< of the record
    std::optional<call::rules> rules;

    crm_story crm;
    bool push_wanted = true;
    std::vector<phone_story> phones;
    std::optional<std::size_t> answered_by;  ///< a phone's place in `phones`
    std::vector<try_story> tries;
    number_story number;
    std::vector<call::sos_alert> alerts;

    std::vector<lane> lanes;
    std::vector<step> steps;
    std::vector<hop> hops;
    std::vector<std::string> remarks;  ///< what crossed the call: deaths, lost lines, holes

    [[nodiscard]] duration whole() const { return ends - begins; }
};

[[nodiscard]] std::string_view name_of(call_kind kind);
[[nodiscard]] std::string_view name_of(ending end);
[[nodiscard]] std::string_view name_of(silence why);
[[nodiscard]] std::string_view name_of(device_story::answer said);
[[nodiscard]] std::string_view name_of(crm_story::answer said);
[[nodiscard]] std::string_view name_of(lane::part who);

}  // namespace td::story
