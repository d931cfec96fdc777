#pragma once
// Calls out of journals: as a worker wrote them, or as a test writes them by hand.

#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call/whose.hpp"
#include "catch.hpp"
#include "journal/codec.hpp"
#include "story/gatherer.hpp"
#include "story/teller.hpp"

namespace td::test {

/// A line with the hand that wrote it.
struct heard {
    journal::entry told;
    story::gatherer::hand from;
};

/// Every line of the runs of one node, a text a run.
inline std::vector<heard> lines_of(const std::vector<std::string>& runs) {
    using hand = story::gatherer::hand;
    std::vector<heard> all;
    for (const std::string& run : runs) {
        journal::reader lines;
        lines.take(run);
        instant memory_until = instant::min();
        while (auto line = lines.next()) {
            INFO("line " << lines.line_number() << ": " << (*line ? "" : line->why().text));
            REQUIRE(*line);
            const auto* news = std::get_if<call::fact>(&(*line)->what);
            if (const auto* first = std::get_if<journal::header>(&(*line)->what)) {
                memory_until = first->recalled.value_or(first->seq != 1) ? instant::min() : first->run;
            } else if (news != nullptr && std::holds_alternative<call::memory_recalled>(*news) && !(*line)->retold) {
                memory_until = instant::min();
            }
            const bool again = (*line)->at <= memory_until;
            all.push_back({std::move(**line), again ? hand::second : hand::first});
        }
    }
    return all;
}

/// The lines of every call that arrives in these runs.
inline std::map<call_id, story::call_lines> calls_of(const std::vector<std::string>& runs) {
    const auto lines = lines_of(runs);
    std::map<call_id, story::gatherer> calls;
    for (const heard& each : lines) {
        if (const auto* news = std::get_if<call::fact>(&each.told.what)) {
            if (const auto call = call::call_begun_by(*news)) {
                calls.try_emplace(*call, *call);
            }
        }
    }
    std::map<call_id, story::call_lines> found;
    for (auto& [call, gatherer] : calls) {
        for (const heard& each : lines) {
            if (const auto* first = std::get_if<journal::header>(&each.told.what)) {
                gatherer.begin_file(first->run);
            }
            gatherer.take(each.told, each.from);
        }
        found.emplace(call, gatherer.finish());
    }
    return found;
}

/// The texts of runs that wrote one file each.
inline std::vector<std::string> whole_runs(const std::vector<std::vector<std::string>>& files) {
    std::vector<std::string> texts;
    for (const std::vector<std::string>& each : files) {
        texts.push_back(each.front());
    }
    return texts;
}

/// For a journal whose every run wrote one file.
inline constexpr std::size_t all_steps = std::numeric_limits<std::size_t>::max();

}  // namespace td::test
