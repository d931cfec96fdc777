#pragma once
// What one simulated world of emergency calls is like, drawn from its seed: which panels call and how long they stay,
// what the emergency service's gateways do, and which of the parts outside fail, are late or hang.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "call/rules.hpp"
#include "pool/words.hpp"
#include "sim/phone.hpp"
#include "sim/world_plan.hpp"

namespace td::sim {

enum class part_mood : std::uint8_t { answers, fails, hangs };

/// How the parts outside meet one call.
struct sos_moods {
    part_mood crm = part_mood::answers;
    duration crm_takes{10ms};
    bool remembered = false;  ///< an older answer of the CRM is told at once
    city_id city;             ///< where the CRM says that the panel stands
    part_mood pool = part_mood::answers;
    duration pool_takes{10ms};
    part_mood map = part_mood::answers;
    duration map_takes{5ms};
};

struct sos_visit {
    instant at{};
    panel_id panel;  ///< empty: the dialplan does not tell it
    duration patience{10min};
    duration talks{10min};  ///< from the answer to the hang-up
    sos_moods moods;
};

struct psap_visit {
    instant at{};
    /// Which of the numbers lent so far is called back, counted from the latest; beyond them a number that is nobody's.
    std::size_t which = 0;
    std::optional<panel_id> routed;  ///< nothing: to the panel that the callback map says
    call::urgency how = call::urgency::normal;
    duration patience{10min};
    duration talks{10min};
    sos_moods moods;
};

/// Somebody who can be called: a gateway's route, a panel, the desk.
struct sos_callee {
    std::string name;
    phone behaviour;
};

struct sos_plan : worker_plan {
    std::vector<pool::city> cities;
    std::vector<pool::new_number> numbers;
    std::size_t reserved = 0;  ///< numbers that the store keeps for this worker from the beginning
    bool disk_saves = true;    ///< the worker's notes reach the disk
    bool feed_takes = true;    ///< records and alerts reach anybody
    bool push_takes = true;    ///< an emergency call pushes nothing, and must not notice
    std::vector<sos_callee> callees;
    std::vector<sos_visit> visits;
    std::vector<psap_visit> callbacks;

    /// Nothing is drawn to be wrong between the worker and Asterisk.
    [[nodiscard]] bool healthy_wire() const;
    /// And neither a single fault nor a death is planned: then the record has to agree with the truth.
    [[nodiscard]] bool undisturbed() const;
    [[nodiscard]] instant last_arrival() const;
    /// No call lives longer than this after its arrival.
    [[nodiscard]] duration longest_call() const;
    /// Nobody stands behind this route, so that Asterisk refuses to call it.
    [[nodiscard]] bool has_no_contact(const std::string& route) const;
};

/// Every fourth seed has a healthy wire; the tiers are those of plan_of.
[[nodiscard]] sos_plan sos_plan_of(std::uint64_t seed);

/// The parts of a broken night, as bits.
enum class sos_part : std::uint8_t { pool, callback_map, crm, feed, push, disk };
inline constexpr unsigned sos_parts = 6;
/// A few calls and a callback with a healthy wire, in which exactly these parts are `how` for everybody.
[[nodiscard]] sos_plan sos_plan_without(unsigned parts, part_mood how);

/// The endpoint by which the wire calls a route, a panel or the desk.
[[nodiscard]] std::string sos_endpoint_of(const std::string& name);

}  // namespace td::sim
