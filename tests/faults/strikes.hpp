#pragma once
// One scenario with one fault at every place: the promises of lib/sim hold, and every call comes to the verdict that it
// comes to without the fault, or to one that judge() gives a reason for.
//
// Places are the steps of the worker (the line is cut or falls silent, the worker is killed), the facts from outside
// (doubled, delayed) and the requests to Asterisk (lost, or their replies). By default the faults of a kind of place
// take turns, so that every place meets one of them; TDCTL_FAULTS=all tries every one at every place.
// TDCTL_SCENARIO=words lives through the scenarios with these words in their names only, TDCTL_STORY=told tells their
// stories.

#include <array>
#include <cstddef>
#include <iostream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "allowed.hpp"
#include "sim/mortal_world.hpp"
#include "sim/world_plan.hpp"

namespace td::test {

[[nodiscard]] std::string_view from_environment(const char* name);

struct tally {
    std::size_t scenarios = 0;
    std::size_t worlds = 0;
    std::size_t broken = 0;
    std::size_t turn = 0;
    std::size_t other_turn = 0;
    std::map<sim::mishap, std::size_t> faults;
    std::map<std::string_view, std::size_t> reasons;
};
/// The numbers of worlds, of faults by kind and of other verdicts by reason.
void print(const tally& sum, std::string_view what);

inline constexpr std::array at_steps{sim::mishap::line_cut, sim::mishap::killed, sim::mishap::line_cut_unseen,
                                     sim::mishap::killed_forgetful};
inline constexpr std::array at_other_steps{sim::mishap::killed_unsent, sim::mishap::silence,
                                           sim::mishap::clock_put_back, sim::mishap::silence_both_ways,
                                           sim::mishap::clock_put_forward};
inline constexpr std::array at_facts{sim::mishap::doubled, sim::mishap::delayed, sim::mishap::doubled_late,
                                     sim::mishap::delayed_long};
inline constexpr std::array at_requests{sim::mishap::request_lost, sim::mishap::reply_lost};

/// Everything that went wrong, and then the whole story where it is wanted.
template <class World, class Plan>
[[nodiscard]] std::string story_of(const std::string& name, const Plan& plan, const std::string& complaint) {
    World again(plan, sim::story::told);
    again.run();
    std::string words = "\n" + name + ": " + std::string(sim::name_of(plan.fault.what)) + " at " +
                        std::to_string(plan.fault.place) + "\n" + complaint;
    for (const std::string& line : again.broken()) {
        words += "BROKEN " + line + "\n";
    }
    return from_environment("TDCTL_STORY") == "told" ? words + again.whole_story() : words;
}

template <class World, class Plan, class Verdict>
void live_through(const std::string& name, Plan plan, const std::vector<Verdict>& calm, sim::fault_at fault,
                  tally& sum) {
    plan.fault = fault;
    World disturbed(plan, sim::story::untold);
    disturbed.run();
    ++sum.worlds;
    ++sum.faults[fault.what];
    std::string complaint;
    const std::vector<Verdict> verdicts = disturbed.verdicts();
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const judgement said = judge(fault.what, calm[i], verdicts[i]);
        if (!said.same) {
            ++sum.reasons[said.reason];
        }
        if (!said.same && said.reason.empty()) {
            complaint += "call " + std::to_string(i) + ": " + words_of(calm[i]) + " -> " + words_of(verdicts[i]) + "\n";
        }
    }
    if (!complaint.empty() || !disturbed.broken().empty()) {
        ++sum.broken;
        std::cerr << story_of<World>(name, plan, complaint);
    }
}

/// The faults of one kind of place take turns, or all of them strike at every place.
template <class World, class Plan, class Verdict>
void strike(const std::string& name, const Plan& plan, const std::vector<Verdict>& calm, std::size_t places,
            std::span<const sim::mishap> kinds, std::size_t& turn, tally& sum) {
    const bool all = from_environment("TDCTL_FAULTS") == "all";
    for (std::size_t place = 1; place <= places; ++place) {
        for (std::size_t i = 0; i < (all ? kinds.size() : 1); ++i) {
            live_through<World>(name, plan, calm, {kinds[all ? i : turn++ % kinds.size()], place}, sum);
        }
    }
}

/// Returns the verdicts of the undisturbed world.
template <class World, class Plan>
auto strike_everywhere(const std::string& name, const Plan& plan, tally& sum) {
    World calm(plan, sim::story::untold);
    calm.run();
    ++sum.scenarios;
    const auto verdicts = calm.verdicts();
    if (!calm.broken().empty() || from_environment("TDCTL_STORY") == "told") {
        sum.broken += calm.broken().empty() ? 0U : 1U;
        std::cerr << story_of<World>(name, plan, "undisturbed\n");
    }
    strike<World>(name, plan, verdicts, calm.steps(), at_steps, sum.turn, sum);
    strike<World>(name, plan, verdicts, calm.steps(), at_other_steps, sum.other_turn, sum);
    strike<World>(name, plan, verdicts, calm.facts(), at_facts, sum.turn, sum);
    strike<World>(name, plan, verdicts, calm.requests(), at_requests, sum.turn, sum);
    return verdicts;
}

}  // namespace td::test
