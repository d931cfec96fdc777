// Simulated worlds write journals, also over deaths of their worker, and the machines that wrote them say the same
// again. What is changed on purpose is found, and named where it first shows.

#include "call/whose.hpp"
#include "catch.hpp"
#include "world_journals.hpp"

namespace td::test {
namespace {

call::rules changed(call::rules rules) {
    rules.door.ring_limit -= 1s;
    rules.door.push_repeat += 700ms;
    rules.sos.answer_limit += 1s;
    return rules;
}

/// A file as it would be under other rules, but for what was asked for.
strings under_other_rules(strings lines) {
    for (std::string& line : lines) {
        auto read = journal::reader().read(line).value();
        std::string other;
        if (auto* first = std::get_if<journal::header>(&read.what)) {
            first->rules = changed(first->rules);
            journal::write(other, read.at, *first);
        } else if (auto* news = std::get_if<journal::rules_changed>(&read.what)) {
            news->rules = changed(news->rules);
            journal::write(other, read.at, *news, read.retold ? journal::telling::again : journal::telling::first);
        } else {
            continue;
        }
        other.pop_back();
        line = std::move(other);
    }
    return lines;
}

/// Where today's commands of a step first are not the recorded ones, found by reading every line and comparing texts;
/// the number of the fact's line, 0 for nowhere.
std::size_t first_unlike(const strings& lines, const call::rules& rules) {
    call::switchboard board(rules);
    journal::reader reader;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto read = reader.read(lines[i]);
        if (const auto* change = std::get_if<journal::rules_changed>(&read.value().what)) {
            board.follow(change->rules);
        }
        const auto* news = std::get_if<call::fact>(&read.value().what);
        if (news == nullptr) {
            continue;
        }
        call::commands out;
        board.step(read.value().at, *news, out);
        std::string today;
        for (const call::command& each : out) {
            journal::write(today, read.value().at, each);
        }
        std::string recorded;
        for (std::size_t behind = i + 1; behind < lines.size() && is_command(lines[behind]); ++behind) {
            recorded += lines[behind] + '\n';
        }
        if (today != recorded) {
            return i + 1;
        }
    }
    return 0;
}

TEST_CASE("replay: what a world's workers wrote is what their machines say again", "[replay]") {
    const auto [first, last] = seeds_wanted(100);
    std::uint64_t calls = 0;
    std::uint64_t remembered = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        for (const strings& journals : {door_journals(seed), sos_journals(seed)}) {
            for (const std::string& text : journals) {
                const strings lines = lines_of(text);
                const found all = check(lines, rules_of(lines.front()));
                INFO(name_of_seed(seed) << " " << all.heard.words << all.heard.damage);
                REQUIRE(all.counts.different == 0);
                REQUIRE(all.heard.damage.empty());
                REQUIRE(all.counts.begun_before + all.counts.hole + all.counts.damaged == 0);
                calls += all.counts.calls;
                remembered += all.counts.remembered;
            }
        }
    }
    CHECK(calls > last - first);
    CHECK(remembered > (last - first) / 3);
}

TEST_CASE("replay: every file of a run is checked by itself, and nothing behind its head is passed over", "[replay]") {
    const auto [first, last] = seeds_wanted(100);
    std::uint64_t retold = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        random_source dice(seed);
        const std::size_t steps_each = 1 + dice.below(24);
        for (const auto& lives : {door_journals(seed, steps_each), sos_journals(seed, steps_each)}) {
            for (const strings& files : lives) {
                replay::check_counts behind_one_another;
                replay::check_counts alone;
                listener heard;
                replay::checker whole({}, heard);
                whole.begin_run(rules_of(lines_of(files.front()).front()), replay::checker::beginning::at_its_start);
                for (const std::string& text : files) {
                    const strings lines = lines_of(text);
                    for (std::size_t i = behind_head(lines); i < lines.size(); ++i) {
                        whole.take({"world", i + 1}, lines[i]);
                    }
                    const found one = check_alone(lines);
                    INFO(name_of_seed(seed) << " " << steps_each << " steps: " << one.heard.words << one.heard.damage);
                    REQUIRE(one.counts.different == 0);
                    REQUIRE(one.heard.damage.empty());
                    REQUIRE(one.counts.begun_before + one.counts.hole + one.counts.damaged == 0);
                    alone.add(one.counts);
                }
                whole.end_run();
                behind_one_another = whole.counts();
                INFO(name_of_seed(seed) << " " << heard.words << heard.damage);
                REQUIRE(behind_one_another.different == 0);
                REQUIRE(alone.facts == behind_one_another.facts);
                REQUIRE(alone.commands == behind_one_another.commands);
                retold += alone.remembered;
            }
        }
    }
    CHECK(retold > last - first);
}

TEST_CASE("replay: other rules are found behind a head that tells the calls again", "[replay]") {
    const auto [first, last] = seeds_wanted(100);
    std::uint64_t differing = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        for (const auto& lives : {door_journals(seed, 5), sos_journals(seed, 5)}) {
            for (const std::string& text : lives.front()) {
                const strings lines = lines_of(text);
                const found all = check_alone(under_other_rules(lines));
                REQUIRE(all.heard.damage.empty());
                differing += all.counts.calls == 0 ? all.counts.different : 0;
            }
        }
    }
    CHECK(differing > (last - first) / 3);
}

TEST_CASE("replay: from any line on, and with any lines missing, calls are left out and none differs", "[replay]") {
    const auto [first, last] = seeds_wanted(100);
    std::uint64_t left_out = 0;
    std::uint64_t compared = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        random_source dice(seed);
        for (const strings& journals : {door_journals(seed), sos_journals(seed)}) {
            for (const std::string& text : journals) {
                strings lines = lines_of(text);
                if (lines.size() < 2) {
                    continue;  // its worker died at once, and nothing reached the disk
                }
                const call::rules rules = rules_of(lines.front());
                INFO(name_of_seed(seed));
                // A file begins with a fact, never within a step.
                std::size_t from = 1 + dice.below(lines.size() - 1);
                while (from < lines.size() && is_command(lines[from])) {
                    ++from;
                }
                const found late = check(lines, rules, from);
                INFO(late.heard.words);
                REQUIRE(late.counts.different == 0);
                left_out += late.counts.begun_before;
                // Whole steps find no room, and a gap says so.
                std::size_t behind = from;
                for (std::size_t steps = 1 + dice.below(8); steps > 0 && behind < lines.size(); --steps) {
                    ++behind;
                    while (behind < lines.size() && is_command(lines[behind])) {
                        ++behind;
                    }
                }
                if (behind < lines.size()) {
                    const instant at = journal::reader().read(lines[behind]).value().at;
                    std::string gap;
                    journal::write(gap, at, journal::gap{behind - from, at});
                    gap.pop_back();
                    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(from),
                                lines.begin() + static_cast<std::ptrdiff_t>(behind));
                    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(from), gap);
                    const found holed = check(lines, rules);
                    INFO(holed.heard.words);
                    REQUIRE(holed.counts.different == 0);
                    left_out += holed.counts.hole;
                    compared += holed.counts.calls - std::min(holed.counts.calls, holed.counts.hole);
                }
                // A crash cuts the last step off.
                lines.resize(from);
                const found cut = check(lines, rules, 1, true);
                INFO(cut.heard.words);
                REQUIRE(cut.counts.different == 0);
            }
        }
    }
    CHECK(left_out > last - first);
    CHECK(compared > last - first);
}

TEST_CASE("replay: other rules are found, and named at the first fact where they show", "[replay]") {
    const auto [first, last] = seeds_wanted(100);
    std::uint64_t differing = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        for (const strings& journals : {door_journals(seed), sos_journals(seed)}) {
            const strings lines = lines_of(journals.front());
            const call::rules other = changed(rules_of(lines.front()));
            const std::size_t unlike = first_unlike(lines, other);
            const found all = check(lines, other);
            INFO(name_of_seed(seed) << " " << all.heard.words);
            REQUIRE(all.heard.line == unlike);
            REQUIRE((all.counts.different > 0) == (unlike > 0));
            differing += unlike > 0 ? 1U : 0U;
        }
    }
    CHECK(differing > (last - first) / 2);
}

TEST_CASE("replay: a command that says something else is found where it stands", "[replay]") {
    const auto [first, last] = seeds_wanted(100);
    std::uint64_t changed = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        random_source dice(seed);
        strings lines = lines_of(door_journals(seed).front());
        if (lines.size() < 2) {
            continue;
        }
        const std::size_t which = 1 + dice.below(lines.size() - 1);
        const auto read = journal::reader().read(lines[which]);
        const auto* wish = std::get_if<call::command>(&read.value().what);
        if (wish == nullptr || !call::call_named_by(*wish)) {
            continue;
        }
        const std::string name(call::call_named_by(*wish)->text());
        // The same command twice: one more than the machines ask for.
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(which), lines[which]);
        std::size_t fact = which;
        while (is_command(lines[fact])) {
            --fact;
        }
        const found all = check(lines, rules_of(lines.front()));
        INFO(name_of_seed(seed) << " " << all.heard.words);
        REQUIRE(all.counts.different == 1);
        REQUIRE(all.heard.line == fact + 1);
        ++changed;
    }
    CHECK(changed > (last - first) / 4);
}

}  // namespace
}  // namespace td::test
