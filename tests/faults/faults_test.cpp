// One fault at every place of every scenario of the corpus: the promises of lib/sim hold, and every visit comes to the
// verdict that it comes to without the fault, or to one that allowed.cpp allows and gives the reason for.
//
// Places are the steps of the worker (the line is cut, the worker is killed), the facts from outside (doubled, delayed)
// and the requests to Asterisk (lost, or their replies). By default the faults of a kind of place take turns, so that
// every place meets one of them; TDCTL_FAULTS=all tries every one at every place. TDCTL_SCENARIO=words lives through
// the scenarios with these words in their names only.

#include <cstdlib>
#include <initializer_list>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "allowed.hpp"
#include "catch.hpp"
#include "scenario.hpp"
#include "sim/world.hpp"

using namespace td;
using namespace td::test;

namespace {

std::string_view from_environment(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::string_view() : std::string_view(text);
}

std::vector<scenario> corpus() {
    std::vector<scenario> all = scripted_scenarios();
    for (auto* more : {&seeded_scenarios, &recorded_scenarios, &later_scenarios}) {
        for (scenario& each : (*more)()) {
            all.push_back(std::move(each));
        }
    }
    const std::string_view wanted = from_environment("TDCTL_SCENARIO");
    std::erase_if(all, [&](const scenario& one) { return one.name.find(wanted) == std::string::npos; });
    return all;
}

std::string words_of(const sim::verdict& v) {
    std::string words = std::to_string(v.records) + " records, " + std::string(call::name_of(v.how)) + "/" +
                        std::string(call::name_of(v.who)) + " by " + v.answered_by.text();
    words += v.talked ? ", talked" : "";
    words += v.turned_away ? ", turned away" : "";
    words += v.answered_in_vain ? ", answered in vain" : "";
    return words + (v.visitor_left ? ", visitor left" : "");
}

struct tally {
    std::size_t worlds = 0;
    std::size_t broken = 0;
    std::map<sim::mishap, std::size_t> faults;
    std::map<std::string_view, std::size_t> reasons;
};

/// Everything that went wrong, and then the whole story.
std::string story_of(const scenario& one, const sim::world_plan& plan, const std::string& complaint) {
    sim::world again(plan, sim::story::told);
    again.run();
    std::string words = "\n" + one.name + ": " + std::string(name_of(plan.fault.what)) + " at " +
                        std::to_string(plan.fault.place) + "\n" + complaint;
    for (const std::string& line : again.broken()) {
        words += "BROKEN " + line + "\n";
    }
    if (from_environment("TDCTL_STORY") == "told") {
        for (const std::string& line : again.trace()) {
            words += line + "\n";
        }
    }
    return words;
}

void live_through(const scenario& one, const std::vector<sim::verdict>& calm, sim::fault_at fault, tally& sum) {
    sim::world_plan plan = one.plan;
    plan.fault = fault;
    sim::world disturbed(plan, sim::story::untold);
    disturbed.run();
    ++sum.worlds;
    ++sum.faults[fault.what];
    std::string complaint;
    const std::vector<sim::verdict> verdicts = disturbed.verdicts();
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const judgement said = judge(fault.what, calm[i], verdicts[i]);
        if (!said.same) {
            ++sum.reasons[said.reason];
        }
        if (!said.same && said.reason.empty()) {
            complaint +=
                "visit " + std::to_string(i) + ": " + words_of(calm[i]) + " -> " + words_of(verdicts[i]) + "\n";
        }
    }
    if (!complaint.empty() || !disturbed.broken().empty()) {
        ++sum.broken;
        std::cerr << story_of(one, plan, complaint);
    }
}

/// The undisturbed course is the recorded one, or the one that the seed was chosen for.
void check_course(const scenario& one, const std::vector<sim::verdict>& calm) {
    INFO(one.name << ": " << words_of(calm.front()));
    if (one.recorded) {
        CHECK(calm.front().how == one.recorded->how);
        CHECK(calm.front().who == one.recorded->who);
        CHECK(calm.front().answered_by == one.recorded->answered_by);
    }
    std::set<std::string> endings;
    for (const sim::verdict& v : calm) {
        endings.insert(std::string(call::name_of(v.how)) + "/" + std::string(call::name_of(v.who)) +
                       (v.talked ? "/talked" : ""));
    }
    std::string reached;
    for (const std::string& ending : endings) {
        reached += (reached.empty() ? "" : " ") + ending;
    }
    if (!one.reaches.empty()) {
        CHECK(reached == one.reaches);
    }
}

/// The faults of one kind of place take turns, or all of them strike at every place.
void strike_everywhere(const scenario& one, const std::vector<sim::verdict>& calm, std::size_t places,
                       std::initializer_list<sim::mishap> kinds, std::size_t& turn, tally& sum) {
    const bool all = from_environment("TDCTL_FAULTS") == "all";
    for (std::size_t place = 1; place <= places; ++place) {
        if (all) {
            for (const sim::mishap kind : kinds) {
                live_through(one, calm, {kind, place}, sum);
            }
        } else {
            live_through(one, calm, {*(kinds.begin() + static_cast<std::ptrdiff_t>(turn++ % kinds.size())), place},
                         sum);
        }
    }
}

}  // namespace

TEST_CASE("faults: one at every place of every scenario changes no verdict that it must not", "[faults]") {
    using sim::mishap;
    tally sum;
    std::size_t turn = 0;
    std::size_t scenarios = 0;
    for (const scenario& one : corpus()) {
        sim::world calm(one.plan, sim::story::untold);
        calm.run();
        ++scenarios;
        const std::vector<sim::verdict> verdicts = calm.verdicts();
        if (!calm.broken().empty()) {
            ++sum.broken;
            std::cerr << story_of(one, one.plan, "undisturbed\n");
        }
        check_course(one, verdicts);
        if (from_environment("TDCTL_STORY") == "told") {
            std::cerr << story_of(one, one.plan, words_of(verdicts.front()));
        }
        strike_everywhere(one, verdicts, calm.steps(),
                          {mishap::line_cut, mishap::killed, mishap::line_cut_unseen, mishap::killed_forgetful}, turn,
                          sum);
        strike_everywhere(one, verdicts, calm.facts(),
                          {mishap::doubled, mishap::delayed, mishap::doubled_late, mishap::delayed_long}, turn, sum);
        strike_everywhere(one, verdicts, calm.requests(), {mishap::request_lost, mishap::reply_lost}, turn, sum);
    }
    std::cout << scenarios << " scenarios, " << sum.worlds << " worlds with a fault:";
    for (const auto& [what, count] : sum.faults) {
        std::cout << " " << name_of(what) << " " << count;
    }
    std::cout << "\n";
    for (const auto& [reason, count] : sum.reasons) {
        std::cout << "  " << count << " other verdicts: " << (reason.empty() ? "NOT ALLOWED" : reason) << "\n";
    }
    CHECK(sum.broken == 0);
    if (from_environment("TDCTL_SCENARIO").empty()) {
        CHECK(scenarios >= 200);
        for (const std::string_view reason : reasons()) {
            INFO("no world needs the excuse: " << reason);
            CHECK(sum.reasons.count(reason) == 1);
        }
    }
}
