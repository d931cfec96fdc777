#pragma once
// A worker among a fake Asterisk, a fake CRM, a fake push server, panels, visitors and phones, in virtual
// time. The same plan gives the same world, so a seed is a test: `broken()` lists the promises that were not kept, and
// the same seed with a trace tells the whole story.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/mortal_world.hpp"
#include "sim/promises.hpp"
#include "sim/world_plan.hpp"

namespace td::sim {

/// What became of one visit.
struct verdict {
    std::size_t records = 0;  ///< of this visit's panel leg
    call::outcome how = call::outcome::failed;
    call::ended_by who = call::ended_by::none;
    account_id answered_by;
    caller_fate visitor;
};

class world : public mortal_world {
public:
    world(world_plan plan, story wanted);

    [[nodiscard]] std::size_t calls() const { return promises_.calls(); }
    [[nodiscard]] std::size_t answered() const { return promises_.answered(); }
    /// In the order of the plan's visits; to be asked at the end.
    [[nodiscard]] std::vector<verdict> verdicts() const;

protected:
    void arrange_people() override;
    void carry_out_beside(const call::command& wish) override;
    void saw_news(const sip_news& news) override;
    [[nodiscard]] watcher& watching() override { return promises_; }
    [[nodiscard]] const watcher& watching() const override { return promises_; }
    [[nodiscard]] instant curfew() const override;
    [[nodiscard]] bool needs_another_look() const override;
    [[nodiscard]] bool over() const override;
    void saw_the_end() override;

private:
    void arrive(const visit& who);
    void ask_crm(const call::find_accounts& question);
    void send_push(const call::push& wish);
    void register_phone(const resident& who);
    [[nodiscard]] const visit* visit_of(const call_id& call) const;

    world_plan plan_;
    promises promises_;
    std::map<std::string, std::size_t> visits_;  // by the panel's channel
};

/// Runs the world of a seed; when a promise is broken, runs it again with a trace. Empty: all is well. Else the broken
/// promises and the story, ready to be printed.
[[nodiscard]] std::string verdict_of_seed(std::uint64_t seed);

}  // namespace td::sim
