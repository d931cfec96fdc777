// Calls that are cut out of a world's journal are served alone as they were among the others.

#include <algorithm>
#include <set>

#include "call/whose.hpp"
#include "catch.hpp"
#include "replay/cutter.hpp"
#include "world_journals.hpp"

namespace td::test {
namespace {

std::set<call_id> calls_in(const strings& lines) {
    std::set<call_id> calls;
    journal::reader reader;
    for (const std::string& line : lines) {
        const auto read = reader.read(line);
        const auto* news = std::get_if<call::fact>(&read.value().what);
        if (const auto begun = news == nullptr ? std::nullopt : call::call_begun_by(*news)) {
            calls.insert(*begun);
        }
    }
    return calls;
}

std::string cut_out(const strings& lines, replay::cutter& cut) {
    auto first = journal::reader().read(lines.front()).value();
    cut.begin_run(first.at, std::get<journal::header>(first.what));
    for (std::size_t i = 1; i < lines.size(); ++i) {
        cut.take(lines[i]);
    }
    return cut.end_run();
}

}  // namespace

TEST_CASE("replay: every call that is cut out replays by itself, and so do two", "[replay]") {
    const auto [first, last] = seeds_wanted(100);
    std::uint64_t calls = 0;
    replay::check_wishes wishes;  // which of two whose deadlines are one moment comes first hangs on the others' seats
    REQUIRE(wishes.ignored.add("order"));
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        for (const strings& journals : {door_journals(seed), sos_journals(seed)}) {
            for (const std::string& text : journals) {
                const strings lines = lines_of(text);
                std::set<call_id> wanted;  // the one before, too
                for (const call_id& call : calls_in(lines)) {
                    wanted.insert(call);
                    replay::cutter cut(wanted);
                    const strings small = lines_of(cut_out(lines, cut));
                    const found all = check(small, rules_of(small.front()), 1, false, wishes);
                    INFO(name_of_seed(seed) << " " << call.text() << " " << all.heard.words << all.heard.damage);
                    REQUIRE(cut.broken().empty());
                    REQUIRE(cut.met() == wanted);
                    REQUIRE((all.counts.different == 0 || !cut.entangled().empty()));
                    REQUIRE(all.heard.damage.empty());
                    REQUIRE(all.counts.calls + all.counts.remembered == wanted.size());
                    calls += wanted.size();
                    wanted = {call};
                }
            }
        }
    }
    CHECK(calls > 2 * (last - first));
}

TEST_CASE("replay: what was asked for stands in a cut as it was recorded, and nothing of others does", "[replay]") {
    std::uint64_t commands = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const strings lines = lines_of(door_journals(seed).front());
        for (const call_id& call : calls_in(lines)) {
            replay::cutter cut({call});
            strings asked;
            for (const std::string& line : lines_of(cut_out(lines, cut))) {
                if (is_command(line)) {
                    asked.push_back(line);
                } else if (line.find("\"call\":\"") != std::string::npos) {
                    CHECK(line.find(call.text()) != std::string::npos);
                }
            }
            strings recorded;
            for (const std::string& line : lines) {
                const bool of_it =
                    is_command(line) && line.find(std::string("\"call\":\"").append(call.text())) != std::string::npos;
                if (of_it) {
                    recorded.push_back(line);
                }
            }
            CHECK(asked == recorded);
            commands += asked.size();
        }
    }
    CHECK(commands > 100);
}

TEST_CASE("replay: a call of which lines are missing is named", "[replay]") {
    const strings lines = lines_of(door_journals(1).front());
    const std::set<call_id> calls = calls_in(lines);
    REQUIRE(!calls.empty());
    replay::cutter cut(calls);
    auto first = journal::reader().read(lines.front()).value();
    cut.begin_run(first.at, std::get<journal::header>(first.what));
    for (std::size_t i = 1; i < lines.size() / 2; ++i) {
        cut.take(lines[i]);
    }
    cut.miss_lines();
    CHECK_FALSE(cut.broken().empty());
    CHECK(std::ranges::includes(calls, cut.broken()));
    cut.take(R"({"at":)");
    static_cast<void>(cut.end_run());
    CHECK(cut.met().size() < calls.size());
}

}  // namespace td::test
