#pragma once
// The journals of simulated worlds, and what a check says of them.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "journal/codec.hpp"
#include "replay/checker.hpp"
#include "sim/sos_world.hpp"
#include "sim/world.hpp"
#include "tests/sim/seeds.hpp"

namespace td::test {

using strings = std::vector<std::string>;

class listener final : public replay::check_observer {
public:
    void differs(const replay::difference& news) override {
        if (differences++ == 0) {
            line = news.where.line;
            words = "line " + std::to_string(line) + " " + std::string(news.fact) + " " + news.field + ": " +
                    news.recorded + " -> " + news.today;
        }
    }
    void leaves_out(const call_id& /*call*/, replay::left_out /*why*/, const replay::place& /*where*/) override {}
    void finds_damaged(const replay::place& where, std::string_view wrong) override {
        damage = "line " + std::to_string(where.line) + " " + std::string(wrong);
    }
    void arrives(const call_id& /*call*/) override {}

    std::size_t differences = 0;
    std::size_t line = 0;  ///< of the first
    std::string words;
    std::string damage;
};

inline strings lines_of(const std::string& text) {
    strings lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

inline call::rules rules_of(const std::string& header) {
    return std::get<journal::header>(journal::reader().read(header).value().what).rules;
}

inline bool is_command(const std::string& line) {
    return line.find("\",\"do\":") == 34;
}

/// The place of the first line that says something new.
inline std::size_t behind_head(const strings& lines) {
    const auto first = std::get<journal::header>(journal::reader().read(lines.front()).value().what);
    return 1 + static_cast<std::size_t>(first.retold.value_or(0));
}

/// What a check says of lines that a header stands before; numbers are those of the lines.
struct found {
    listener heard{};
    replay::check_counts counts{};
};
inline found check(const strings& lines, const call::rules& rules, std::size_t from = 1, bool torn = false,
                   const replay::check_wishes& wanted = {}) {
    found all;
    replay::checker checker(wanted, all.heard);
    using beginning = replay::checker::beginning;
    checker.begin_run(rules, from == 1 ? beginning::at_its_start : beginning::within);
    for (std::size_t i = from; i < lines.size(); ++i) {
        checker.take({"world", i + 1}, lines[i]);
    }
    if (torn) {
        checker.tear();
    }
    checker.end_run();
    all.counts = checker.counts();
    return all;
}

/// What a check says of one file alone.
inline found check_alone(const strings& lines) {
    const auto first = std::get<journal::header>(journal::reader().read(lines.front()).value().what);
    found all;
    replay::checker checker({}, all.heard);
    using beginning = replay::checker::beginning;
    checker.begin_run(first.rules, first.seq == 1 ? beginning::at_its_start : beginning::within);
    if (first.seq > 1) {
        checker.begin_head({"world", 1}, first);
    }
    for (std::size_t i = 1; i < lines.size(); ++i) {
        checker.take({"world", i + 1}, lines[i]);
    }
    checker.end_run();
    all.counts = checker.counts();
    return all;
}

/// The journals of a world, with deaths of its worker in every second seed: the files of every life.
template <class World, class Plan>
inline std::vector<strings> journals_of(Plan plan, std::uint64_t seed, std::size_t steps_each) {
    if (seed % 2 == 0) {
        World undisturbed(plan, sim::story::untold);
        undisturbed.run();
        plan.deaths = deaths_by_dice(seed, undisturbed.steps());
    }
    World mortal(plan, sim::story::untold);
    mortal.keep_journals();
    mortal.run();
    return mortal.journals(steps_each);
}

inline std::vector<strings> door_journals(std::uint64_t seed, std::size_t steps_each) {
    return journals_of<sim::world>(sim::plan_of(seed), seed, steps_each);
}

inline std::vector<strings> sos_journals(std::uint64_t seed, std::size_t steps_each) {
    return journals_of<sim::sos_world>(sim::sos_plan_of(seed), seed, steps_each);
}

/// Of lives that wrote one file each.
inline strings whole_lives(const std::vector<strings>& lives) {
    strings texts;
    for (const strings& files : lives) {
        texts.push_back(files.front());
    }
    return texts;
}

inline strings door_journals(std::uint64_t seed) {
    return whole_lives(door_journals(seed, std::numeric_limits<std::size_t>::max()));
}

inline strings sos_journals(std::uint64_t seed) {
    return whole_lives(sos_journals(seed, std::numeric_limits<std::size_t>::max()));
}

inline std::string name_of_seed(std::uint64_t seed) {
    return "TDCTL_SEEDS=" + std::to_string(seed) + "-" + std::to_string(seed);
}

}  // namespace td::test
