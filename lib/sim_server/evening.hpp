#pragma once
// A short evening at the doors of a simulated operator, played in real time against a worker: who lives where, who
// calls when, what must come of each call, and whether it did. The pure half: no sockets here.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/words.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim/phone.hpp"

namespace td::sim_server {

enum class tale : std::uint8_t {
    answered,   ///< one of three accounts answers; the resident hangs up
    dead_heat,  ///< two answer at once; the visitor hangs up
    declined,   ///< the only account declines
    missed,     ///< nobody answers until door.ring_limit
    left,       ///< the visitor leaves while it rings
    woken,      ///< the phone sleeps until the push wakes it, and then answers
};
inline constexpr std::size_t tales = 6;
[[nodiscard]] std::string_view name_of(tale which);

struct resident {
    account_id account;
    sim::phone phone;
};

/// One door call as it is to be played.
struct door_scene {
    tale which = tale::answered;
    panel_id panel;
    flat_id flat;
    std::vector<resident> residents;
    duration starts_after{};          ///< from the start of the evening
    duration visitor_leaves_after{};  ///< from the start of the call; zero: the visitor stays
    duration picked_up_after{};       ///< from the moment when all ring, all are picked up at once; zero: each as it is
    duration leaves_after_talk{};     ///< from the bridge; zero: the visitor stays
};

/// The configuration that the scenes are made for.
struct evening_rules {
    duration ring_limit = 5s;  ///< the least that the configuration takes
    duration late_dial = 500ms;
    duration push_repeat = 1s;
    duration wakes_after = 1200ms;
};

/// `calls` scenes, the tales in turn, each at a panel of its own, one beginning every 400 ms.
[[nodiscard]] std::vector<door_scene> evening_of(std::size_t calls, const evening_rules& rules);

/// What the worker recorded of a call, as far as it is held against the truth.
struct kept_record {
    std::string call;
    panel_id panel;
    std::string outcome;
    std::string answered_by;
    std::string ended_by;
    std::int64_t ring_ms = 0;
    std::int64_t talk_ms = 0;
    std::size_t answered_elsewhere = 0;  ///< legs that lost
};

/// Reads one line of a spool, {"key":"door.finished","message_id":…,"body":{…}}; nothing readable is a failure.
[[nodiscard]] result<kept_record> record_of(std::string_view line);

/// What Asterisk and the worker have left when all is over.
struct aftermath {
    std::size_t channels = 0;
    std::size_t bridges = 0;
    std::size_t panels_busy = 0;
    int worker_status = 0;
};

/// Every promise that was broken, a sentence each; empty when all were kept. `seen` is what the SIP side saw.
[[nodiscard]] std::vector<std::string> broken_promises(const std::vector<door_scene>& scenes,
                                                       const std::vector<kept_record>& records,
                                                       const std::vector<sim::sip_news>& seen, const aftermath& left);

/// One moment of one call, told.
struct told_line {
    std::int64_t at_ms = 0;  ///< since the call began
    std::string words;
};
/// A push as the push server met it.
struct seen_push {
    instant at{};
    std::string call;
    std::string kind;
    std::string reason;
    std::size_t devices = 0;
};
/// One call told line by line, from what the SIP side and the push server saw. `called_at` is when the visitor called.
[[nodiscard]] std::vector<told_line> tell(const door_scene& scene, const kept_record& record,
                                          const std::vector<sim::sip_news>& seen, const std::vector<seen_push>& pushes,
                                          const std::string& panel_channel, instant called_at);

}  // namespace td::sim_server
