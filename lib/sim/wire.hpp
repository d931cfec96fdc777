#pragma once
// The line between a worker's switchboard and the fake Asterisk: commands become requests, events become facts, and
// what can go wrong in between goes wrong by the plan. It stands where the ARI adapter stands in a running worker and
// keeps the same order: the requests of one call's trunk go one after another, and so do those of one leg.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "call/commands.hpp"
#include "call/facts.hpp"
#include "sim/agenda.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim/world_plan.hpp"

namespace td::sim {

enum class fate_of_request : std::uint8_t { carried_out, never_carried_out };

/// The line's packets are lost for a while. Asterisk keeps its side of the line until the worker takes its place.
struct silence {
    duration until_noticed{};  ///< by the worker: then every request that waits has failed
    duration rest{};           ///< and until it gets through again
    fate_of_request of_requests = fate_of_request::carried_out;
};

class wire {
public:
    struct listeners {
        std::function<void(const call::fact&)> fact;
        std::function<void(const sip_news&)> news;
        std::function<void(const std::string&)> remark;  ///< requests and replies in words; may be empty
    };
    /// Asterisk and the agenda outlive the wire.
    wire(fake_asterisk& asterisk, agenda& time, const wire_faults& faults, std::uint64_t seed, listeners to,
         call::line which = call::line::door);

    /// Commands that are not for Asterisk are none of its business.
    void carry_out(const call::command& command);
    /// Passes on what Asterisk said; to be called after everything that may have made it speak.
    void hear();
    void connect();
    void lose_line(const cut& how);
    void fall_silent(const silence& how);
    /// The process is gone: what it has sent is on its way, of everything else nobody knows any more.
    void die();
    /// The request of this number, from 1, and its reply, or only its reply, are lost.
    void lose(std::size_t number, fate_of_request fate) {
        lost_ = number;
        fate_ = fate;
    }
    [[nodiscard]] std::size_t requests() const { return steps_; }
    [[nodiscard]] bool line_is_up() const { return line_is_up_; }
    /// Nothing arrives, and Asterisk still holds the line.
    [[nodiscard]] bool silent() const { return silent_.has_value(); }
    /// From now on nothing goes wrong any more.
    void heal();
    [[nodiscard]] bool idle() const { return lanes_.empty(); }

    static constexpr std::string_view door_app = "TdCallHandler";
    static constexpr std::string_view sos_app = "TdCallSos";
    static constexpr unsigned tries_at_strays = 10;
    static constexpr duration pause_between_tries{2s};

private:
    struct wish {
        request what;
        call::act kind = call::act::sound;
        call_id call;
        leg_no leg;
        bool awaited = true;  // false for strays: nobody hears of the reply
        bool tells_success = false;
        std::optional<request> then = std::nullopt;  // asked next in the same lane when this succeeds
        unsigned tries_left = 0;                     // so often is a stray's hang-up repeated, as nobody else would
    };
    using lane = std::deque<wish>;  // a call has few requests at a time; the machine's limits bound it

    void queue(const std::string& lane_name, wish what);
    [[nodiscard]] static wish stray(wish what);
    void queue_call_out(const call::call_out& c);
    void send_first(const std::string& lane_name);
    void transmit(const std::string& lane_name, const wish& what);
    void settle(const std::string& lane_name, std::uint64_t number, int status);
    void report(const wish& what, int status);
    void expect_silence(const std::string& lane_name, std::uint64_t number);
    [[nodiscard]] bool once_in(std::uint32_t times) { return times != 0 && random_.once_in(times); }
    [[nodiscard]] bool is_broken_step() { return steps_ == faults_.broken_step; }
    [[nodiscard]] int some_refusal_of(call::act kind);
    [[nodiscard]] duration some(duration most);

    void hear(const reply& told);
    void hear(const event& told);
    void tell(const std::string& channel, call::fact news);
    void hear_of_leg_in_stasis(const leg_ref& leg, const channel_snapshot& channel);
    void tell_of_arrival(const channel_snapshot& panel);
    [[nodiscard]] static call::fact sos_arrival_of(const call_id& call, const channel_snapshot& caller);
    void look();
    void looked();
    void notice_silence(duration rest);

    call::line which_;
    std::string app_;
    fake_asterisk& asterisk_;
    agenda& time_;
    wire_faults faults_;
    random_source random_;
    listeners to_;
    std::map<std::string, lane> lanes_;
    std::map<std::uint64_t, std::string> waiting_;  // number of a request -> its lane
    std::map<std::string, instant> last_told_;      // facts of one channel keep their order
    std::set<std::string> panels_known_;
    std::set<std::string> early_;  // legs that were made first and dialled then
    std::vector<channel_snapshot> seen_channels_;
    std::vector<bridge_snapshot> seen_bridges_;
    std::uint64_t counter_ = 0;
    std::uint64_t line_ = 0;  // counts the connects: what was under way on an older line never arrives
    std::uint64_t life_ = 0;  // counts the processes
    std::uint32_t socket_ = 0;
    std::uint32_t steps_ = 0;
    std::size_t lost_ = 0;           // the number of the request
    std::uint64_t lost_number_ = 0;  // as Asterisk knows it
    fate_of_request fate_ = fate_of_request::carried_out;
    bool line_is_up_ = false;
    std::optional<fate_of_request> silent_;  // what becomes of requests while nothing is heard
};

}  // namespace td::sim
