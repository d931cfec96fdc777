#pragma once
// What one simulated world is like, drawn from its seed: who lives there, who calls when, what breaks and how often.
// The world itself then only carries it out.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "call/rules.hpp"
#include "call/words.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim/phone.hpp"

namespace td::sim {

/// How much goes wrong between the worker and Asterisk. A `once_in` of 0 means never.
struct wire_faults {
    duration latency{300us};                 ///< at most, each way
    duration delay{};                        ///< at most, of events, on top
    std::uint32_t doubled_once_in = 0;       ///< a fact is told again later
    std::uint32_t refused_once_in = 0;       ///< a request is refused, although Asterisk could
    std::uint32_t request_lost_once_in = 0;  ///< never carried out; the worker sees no reply
    std::uint32_t reply_lost_once_in = 0;    ///< carried out, and the worker sees no reply
    std::uint32_t late_once_in = 0;          ///< carried out after the worker has given up waiting
    std::uint32_t broken_step = 0;           ///< the request of this number, from 1, is refused; 0: none
    duration reply_limit{1s};                ///< how long the worker waits
    bool steady = false;                     ///< every latency is the longest: what differs has a cause
};

enum class crm_mood : std::uint8_t { answers, fails, hangs, knows_no_flat };
enum class push_mood : std::uint8_t { accepts, rejects, fails, hangs };

struct resident {
    call::account account;
    phone behaviour;
    push_mood push = push_mood::accepts;
    duration wakes_after{2s};  ///< from a push to the registration
};
struct flat {
    flat_id name;
    call::flat_record record;  ///< what the CRM says; its accounts may stand there twice
};
struct visit {
    instant at{};
    panel_id panel;
    std::size_t flat = 0;  ///< index; beyond the flats: the arguments are unusable
    duration patience{};   ///< from the arrival to the hang-up, where nobody answered
    duration talks{};      ///< from the bridge to the hang-up
    crm_mood crm = crm_mood::answers;
    duration crm_takes{};
    duration title_takes{};  ///< the panel's name; zero: never told
    duration push_takes{};
};
struct cut {
    instant at{};
    duration unnoticed_by_asterisk{};
    duration unnoticed_by_worker{};
    duration gap{};
    bool asterisk_restarts = false;
};

/// The worker is killed behind a step, and another one begins.
struct death {
    std::size_t step = 0;  ///< counted from 1
    duration forgotten{};  ///< so much of the end had not reached the journal
    duration gap{};
    bool unsent = false;    ///< the step is in the journal, so nothing is forgotten, and nothing it wants was sent
    duration clock_jump{};  ///< so far the wall clock was put forward, or back, since the dead worker's start
};

/// One thing that goes wrong at one place.
enum class mishap : std::uint8_t {
    none,
    line_cut,           ///< both sides see it at once
    line_cut_unseen,    ///< Asterisk goes on for 700 ms, and the worker sees it 300 ms before that
    silence,            ///< for 4 s Asterisk does what it is asked, and no reply or event arrives; noticed after 2.5 s
    silence_both_ways,  ///< and no request arrives either
    request_lost,       ///< never carried out, and no reply
    reply_lost,         ///< carried out, and no reply
    doubled,            ///< a fact is told twice
    doubled_late,       ///< and the second time after two seconds
    delayed,            ///< a fact comes 60 ms late; of its own channel nothing overtakes it
    delayed_long,       ///< 1.2 s
    killed,             ///< the worker; the next one has the whole journal
    killed_unsent,      ///< what its last step wants is in the journal, and nothing of it was sent
    killed_forgetful,   ///< the journal's last 50 ms are lost
    clock_put_back,     ///< killed, and the wall clock is put back by hours before the next one starts
    clock_put_forward
};
[[nodiscard]] std::string_view name_of(mishap what);

struct fault_at {
    mishap what = mishap::none;
    /// Behind which step of the worker (cuts and kills), of which fact from outside, of which request; counted from 1.
    std::size_t place = 0;
};

/// What befalls a worker, whoever calls.
struct worker_plan {
    std::uint64_t seed = 0;
    instant start{};
    call::rules rules;
    asterisk_traits asterisk;
    wire_faults faults;
    std::vector<cut> cuts;
    std::vector<death> deaths;  ///< in their order
    fault_at fault;
    std::vector<instant> extra_wake_ups;
    instant drain_at = never;
    instant drain_over_at = never;

    /// A fault that kills becomes one of the deaths; in a silence requests wait as long as the adapter lets them.
    void foresee();
    /// The last moments of a worker that dies do not reach its journal.
    [[nodiscard]] bool forgets() const;
};

struct world_plan : worker_plan {
    std::vector<resident> residents;
    std::vector<flat> flats;
    std::vector<visit> visits;

    /// Nothing is lost, refused or late: then the record has to agree with the truth to the letter.
    [[nodiscard]] bool calm() const;
    /// No call lives longer than this after its arrival, and nothing of it longer than this and 15 s.
    [[nodiscard]] duration longest_call() const;
};

/// Every fourth seed is a calm world; the others have late and doubled events, then refusals and lost replies, then cut
/// lines and restarts of Asterisk as well.
[[nodiscard]] world_plan plan_of(std::uint64_t seed);
/// The endpoint behind which an account's phone stands.
[[nodiscard]] std::string endpoint_of(const account_id& account);

}  // namespace td::sim
