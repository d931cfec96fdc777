#pragma once
// A worker's switchboard with its line for emergency calls, among a fake Asterisk, gateways, panels, and everything
// outside that may hang: in virtual time, the same for the same plan. `broken()` lists the promises that were not kept.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/mortal_world.hpp"
#include "sim/sos_outside.hpp"
#include "sim/sos_plan.hpp"
#include "sim/sos_promises.hpp"

namespace td::sim {

/// What became of one emergency call or callback.
struct sos_verdict {
    std::size_t records = 0;  ///< of this caller's leg
    call::outcome how = call::outcome::failed;
    call::ended_by who = call::ended_by::none;
    number_id called_back;  ///< of a callback: the plan says only which of the numbers that were lent
    panel_id routed;        ///< and the panel that the callback map said
    caller_fate caller;
};

class sos_world : public mortal_world {
public:
    sos_world(sos_plan plan, story wanted);

    [[nodiscard]] std::size_t calls() const { return promises_.calls(); }
    [[nodiscard]] std::size_t answered() const { return promises_.answered(); }
    [[nodiscard]] duration slowest_invite() const { return promises_.slowest_invite(); }
    /// Records and alerts that the feed took.
    [[nodiscard]] std::size_t told() const { return outside_.told(); }
    /// In the order of the arrivals; to be asked at the end.
    [[nodiscard]] std::vector<sos_verdict> verdicts() const;

protected:
    void arrange_people() override;
    void saw_fact(const call::fact& news) override;
    void carry_out_beside(const call::command& wish) override { outside_.take(wish); }
    void saw_news(const sip_news& news) override;
    void died() override { outside_.die(); }
    void came_back() override { outside_.come_back(); }
    [[nodiscard]] watcher& watching() override { return promises_; }
    [[nodiscard]] const watcher& watching() const override { return promises_; }
    [[nodiscard]] instant curfew() const override;
    [[nodiscard]] bool needs_another_look() const override { return !plan_.healthy_wire(); }
    [[nodiscard]] bool over() const override;
    void saw_the_end() override;

private:
    struct stay {
        sos_moods moods;
        duration talks{};
    };

    void arrive(const sos_visit& who);
    void arrive(const psap_visit& who);
    void call_in(std::vector<std::string> args, const std::string& caller, duration patience, stay how);

    sos_plan plan_;
    sos_promises promises_;
    sos_outside outside_;
    struct arrived {
        std::string channel;
        number_id called_back;
        panel_id routed;
    };
    std::vector<arrived> arrived_;
    std::map<std::string, stay> stays_;  // by the caller's channel
};

/// As verdict_of_seed of world.hpp.
[[nodiscard]] std::string sos_verdict_of_seed(std::uint64_t seed);

}  // namespace td::sim
