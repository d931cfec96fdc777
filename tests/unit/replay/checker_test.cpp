#include "replay/checker.hpp"

#include <algorithm>

#include "catch.hpp"
#include "journal/recollection.hpp"
#include "recorded_worker.hpp"

namespace td::test {
namespace {

using strings = std::vector<std::string>;

/// The place of the first line that has this text.
std::size_t where(const strings& lines, std::string_view text) {
    const auto found =
        std::ranges::find_if(lines, [&](const std::string& each) { return each.find(text) != std::string::npos; });
    REQUIRE(found != lines.end());
    return static_cast<std::size_t>(found - lines.begin());
}

void change(std::string& line, std::string_view from, std::string_view to) {
    const auto at = line.find(from);
    REQUIRE(at != std::string::npos);
    line.replace(at, from.size(), to);
}

/// Two calls one after the other, two at once.
recorded_worker four_calls() {
    recorded_worker worker;
    worker.whole_call(1);
    worker.rings(2);
    worker.rings(3);
    worker.answers(3);
    worker.answers(2);
    worker.ends(2);
    worker.ends(3);
    worker.whole_call(4);
    return worker;
}

TEST_CASE("checker: what a worker wrote is what its machines say again", "[replay]") {
    const recorded_worker worker = four_calls();
    REQUIRE(worker.calls() == 0);
    small_check check(worker.lines);
    CHECK(check.said().empty());
    const replay::check_counts counts = check.check.counts();
    CHECK(counts.calls == 4);
    CHECK(counts.facts + counts.commands == worker.lines.size());
    CHECK(counts.different == 0);
}

TEST_CASE("checker: another value of a field is named with both versions, once for its call", "[replay]") {
    recorded_worker worker = four_calls();
    strings& lines = worker.lines;
    const std::size_t changed = where(lines, R"("reason":"answered_elsewhere")");
    change(lines[changed], "answered_elsewhere", "normal");
    change(lines[where(lines, R"("do":"finish")")], R"("outcome":"answered")", R"("outcome":"missed")");
    small_check check(lines);
    REQUIRE(check.said().size() == 1);
    const std::string said = check.said().front();
    CHECK(said.find("leg_answered drop_leg.reason \"normal\" -> \"answered_elsewhere\"") != std::string::npos);
    CHECK(check.check.counts().different == 1);
}

TEST_CASE("checker: a command more, a command less and another command are named by what stands there", "[replay]") {
    const strings whole = four_calls().lines;
    const std::size_t join = where(whole, R"("do":"join")");
    strings less = whole;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(join));
    CHECK(small_check(less).said().front().find("leg_answered do \"drop_leg\" -> \"join\"") != std::string::npos);
    strings more = whole;
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(where(whole, R"("fact":"leg_ringing")")) + 1, whole[join]);
    CHECK(small_check(more).said().front().find("leg_ringing do \"join\" -> ") != std::string::npos);
}

TEST_CASE("checker: other rules show at the first fact where they matter", "[replay]") {
    recorded_worker worker;
    worker.rings(1);
    worker.hears(call::time_passed{}, 10s);
    worker.hears(call::time_passed{}, 40s);
    call::rules other;
    other.door.ring_limit = 8s;
    small_check check(worker.lines, {}, other);
    CHECK(check.said().size() == 1);
    CHECK(check.said().front().find("dial.limit_us") != std::string::npos);
    replay::check_wishes wanted;
    REQUIRE(wanted.ignored.add("dial.limit_us"));
    REQUIRE(wanted.ignored.add("deadline"));
    small_check ignoring(worker.lines, wanted, other);
    CHECK(ignoring.said().front().find("time_passed do ") != std::string::npos);
}

TEST_CASE("checker: rules that changed count for the calls behind them", "[replay]") {
    recorded_worker worker;
    call::rules other;
    other.door.ring_limit = 8s;
    worker.whole_call(1);
    worker.follows(other);
    worker.whole_call(2);
    CHECK(small_check(worker.lines).said().empty());
}

TEST_CASE("checker: calls that began before the first file are left out and counted", "[replay]") {
    const strings whole = four_calls().lines;
    // From the middle of the two calls that live at once.
    const auto begin =
        whole.begin() +
        static_cast<std::ptrdiff_t>(where(whole, R"("do":"join","call":")" + std::string(call_no(3).text()))) - 2;
    small_check check({begin, whole.end()}, {}, {}, replay::checker::beginning::within);
    CHECK(check.said().size() == 2);
    CHECK(check.check.counts().begun_before == 2);
    CHECK(check.check.counts().calls == 1);
    CHECK(check.check.counts().different == 0);
}

TEST_CASE("checker: where calls are missing, the record says whether the worker was full or draining", "[replay]") {
    call::rules narrow;
    narrow.door.max_calls = 1;
    recorded_worker worker(narrow);
    worker.rings(1);
    worker.hears(call::drain_begun{});
    const std::size_t cut = worker.lines.size();
    worker.arrives(2);  // the drain gives it back
    worker.hears(call::panel_left{channel_no(2)});
    worker.hears(call::memory_recalled{});
    worker.arrives(3);  // the first call still lives
    worker.hears(call::panel_left{channel_no(3)});
    worker.hears(call::panel_left{channel_no(1)});
    const strings behind(worker.lines.begin() + static_cast<std::ptrdiff_t>(cut), worker.lines.end());
    small_check check(behind, {}, narrow, replay::checker::beginning::within);
    CHECK(check.said().size() == 1);
    CHECK(check.check.counts().begun_before == 1);
    CHECK(check.check.counts().calls + check.check.counts().remembered == 2);
    CHECK(check.check.counts().different == 0);
}

TEST_CASE("checker: a gap leaves out the calls that lived, and what follows is compared", "[replay]") {
    recorded_worker worker = four_calls();
    strings& lines = worker.lines;
    const std::size_t hole = where(lines, R"("fact":"leg_answered","call":")" + std::string(call_no(3).text()));
    std::string gap;
    journal::write(gap, worker.now(), journal::gap{3, noon});
    do {  // a step is dropped as a whole
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(hole));
    } while (lines[hole].find("\"do\"") != std::string::npos);
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(hole), gap);
    small_check check(lines);
    CHECK(check.said().size() == 2);
    CHECK(check.check.counts().hole == 2);
    CHECK(check.check.counts().calls == 4);
    CHECK(check.check.counts().different == 0);
}

TEST_CASE("checker: a damaged line costs the call that it names, and no other", "[replay]") {
    strings lines = four_calls().lines;
    std::string& fact = lines[where(lines, R"("fact":"leg_answered","call":")" + std::string(call_no(3).text()))];
    change(fact, R"("leg":1)", R"("leg":x)");
    small_check check(lines);
    CHECK(check.said().size() == 2);
    CHECK(check.said().back().find("left out") != std::string::npos);
    CHECK(check.check.counts().damaged == 1);
    CHECK(check.check.counts().damaged_lines == 1);
}

TEST_CASE("checker: a damaged line that names nobody costs every call that lives", "[replay]") {
    strings lines = four_calls().lines;
    lines[where(lines, R"("fact":"leg_answered","call":")" + std::string(call_no(3).text()))] = "{\"at\":";
    small_check check(lines);
    CHECK(check.check.counts().damaged == 2);
    check.said();
    CHECK(check.check.counts().calls == 4);
    CHECK(check.check.counts().different == 0);
}

TEST_CASE("checker: a moment that cannot be costs its call and does not end the others", "[replay]") {
    for (const auto* year : {"2036", "2016"}) {
        strings lines = four_calls().lines;
        std::string& fact = lines[where(lines, R"("fact":"leg_answered","call":")" + std::string(call_no(3).text()))];
        change(fact, "2026", year);
        small_check check(lines);
        CHECK(check.said().size() == 2);
        CHECK(check.check.counts().damaged == 1);
        CHECK(check.check.counts().different == 0);
    }
}

TEST_CASE("checker: what a crash tore off at the end is no difference, what is missing otherwise is one", "[replay]") {
    recorded_worker worker;
    worker.rings(1);
    worker.hears(call::leg_answered{{call_no(1), leg_no{1}}});
    strings lines = worker.lines;
    lines.pop_back();
    CHECK(small_check(lines).said().size() == 1);
    small_check torn(lines);
    torn.check.tear();
    CHECK(torn.said().empty());
}

TEST_CASE("checker: what a run remembers is compared, and its predecessor's last words are nobody's", "[replay]") {
    recorded_worker worker;
    std::string words;
    call::finish former;
    former.record.call = call_no(9);
    journal::write(words, noon, call::command{former});
    words.pop_back();
    worker.rings(1);
    worker.hears(call::pbx_line_lost{});
    worker.follows({});
    worker.lines.push_back(words);
    worker.hears(call::memory_recalled{}, 2s);
    // The next run remembers that the one before it had remembered the call already.
    worker.hears(call::pbx_line_lost{});
    worker.follows({});
    worker.lines.push_back(words);
    worker.hears(call::memory_recalled{}, 2s);
    worker.hears(call::panel_left{channel_no(1)});
    worker.hears(call::leg_ended{{call_no(1), leg_no{0}}, 16, 0});
    worker.hears(call::leg_ended{{call_no(1), leg_no{1}}, 16, 0});
    SECTION("as older writers told it") {}
    SECTION("the end of the former memory is marked") {
        change(worker.lines[where(worker.lines, "memory_recalled")], R"(","fact")", R"(","retold":true,"fact")");
    }
    small_check check(worker.lines);
    CHECK(check.said().empty());
    CHECK(check.check.counts().facts == 11);
    CHECK(check.check.counts().remembered == 1);
    CHECK(check.check.counts().calls == 0);
}

TEST_CASE("checker: commands behind no fact are named, and cost their call", "[replay]") {
    recorded_worker worker;
    call::rules rules;
    worker.follows(rules);
    worker.whole_call(1);
    strings lines = worker.lines;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(where(lines, "panel_arrived")));
    small_check check(lines);
    REQUIRE(!check.said().empty());
    CHECK(check.said().front().find("is a command behind no fact") != std::string::npos);
    CHECK(check.check.counts().damaged == 1);
}

TEST_CASE("checker: only the calls that were asked for, by name or by the time of their arrival", "[replay]") {
    recorded_worker worker = four_calls();
    strings& lines = worker.lines;
    for (std::string& each : lines) {
        if (each.find("\"outcome\"") != std::string::npos) {
            change(each, R"("outcome":"answered")", R"("outcome":"missed")");
        }
    }
    CHECK(small_check(lines).said().size() == 4);
    replay::check_wishes named;
    named.only = {call_no(2)};
    small_check only(lines, named);
    CHECK(only.said().size() == 1);
    CHECK(only.check.counts().calls == 1);
    CHECK(only.heard.arrived.size() == 4);
    replay::check_wishes timed;
    timed.since = noon + 1500us;  // when the first is over
    timed.until = noon + 4000us;
    small_check window(lines, timed);
    CHECK(window.said().size() == 2);
    CHECK(window.check.over());
}

TEST_CASE("checker: commands of different calls in another order are a difference that can be ignored", "[replay]") {
    recorded_worker worker;
    worker.rings(1);
    worker.rings(2);
    worker.hears(call::drain_begun{});
    worker.hears(call::drain_over{});
    strings lines = worker.lines;
    // What one call asks for goes behind what the other does.
    const std::size_t begin = where(lines, "drain_over") + 1;
    std::stable_partition(lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end(),
                          [](const std::string& each) { return each.find(call_no(2).text()) != std::string::npos; });
    REQUIRE(lines != worker.lines);
    small_check check(lines);
    REQUIRE(check.said().size() == 1);
    CHECK(check.said().front().find("drain_over order") != std::string::npos);
    replay::check_wishes wanted;
    REQUIRE(wanted.ignored.add("order"));
    CHECK(small_check(lines, wanted).said().empty());
}

TEST_CASE("ignored fields: names of fields and commands, and nothing else", "[replay]") {
    replay::ignored_fields some;
    CHECK(some.add("drop_leg.reason"));
    CHECK(some.add("finish.legs"));
    CHECK(some.add("title"));
    CHECK(some.add("push"));
    CHECK_FALSE(some.add("drop_leg.reasons"));
    CHECK_FALSE(some.add(""));
    CHECK_FALSE(some.add("fini"));
    CHECK(some.covers("drop_leg", "reason"));
    CHECK_FALSE(some.covers("drop_panel", "reason"));
    CHECK(some.covers("finish", "legs.why"));
    CHECK_FALSE(some.covers("finish", "pushes.reason"));
    CHECK(some.covers("call_out", "title"));
    CHECK(some.whole_command("push"));
    CHECK_FALSE(some.whole_command("finish"));
    CHECK_FALSE(some.order());
}

/// Two calls ring; one ends in lines that are missing, and the head behind them tells the other again.
struct holed_run {
    strings before;
    strings head;
    strings behind;

    holed_run() {
        recorded_worker worker;
        worker.rings(1);
        worker.rings(2);
        before = worker.lines;
        worker.answers(2);
        worker.ends(2);
        journal::recollector living;
        living.take({noon, journal::rules_changed{}});
        for (const std::string& line : worker.lines) {
            living.take(journal::reader().read(line).value());
        }
        std::string retold;
        const std::uint64_t count = living.retell(retold);
        while (!retold.empty()) {
            const auto end = retold.find('\n');
            head.push_back(retold.substr(0, end));
            retold.erase(0, end + 1);
        }
        REQUIRE(head.size() == count);
        worker.lines.clear();
        worker.answers(1);
        worker.ends(1);
        worker.whole_call(3);
        behind = worker.lines;
    }
    /// With so many retold lines promised.
    [[nodiscard]] strings said(std::uint64_t promised, replay::check_counts& counts) const {
        small_check check(before);
        journal::header first;
        first.retold = promised;
        check.check.begin_head({"b.jsonl", 1}, first);
        std::size_t line = 1;
        for (const strings* part : {&head, &behind}) {
            for (const std::string& each : *part) {
                check.check.take({"b.jsonl", ++line}, each);
            }
        }
        strings all = check.said();
        counts = check.check.counts();
        return all;
    }
};

TEST_CASE("checker: who is told again behind a hole is compared on, and who is not has ended in it", "[replay]") {
    holed_run run;
    replay::check_counts counts;
    const strings said = run.said(run.head.size(), counts);
    CAPTURE(said);
    REQUIRE(said.size() == 1);
    CHECK(said.front().find("left out at line 1: hole") != std::string::npos);
    CHECK(counts.hole == 1);
    CHECK(counts.calls == 3);
    CHECK(counts.remembered == 0);
    CHECK(counts.different == 0);
    change(run.behind[where(run.behind, R"("do":"finish")")], R"("outcome":"answered")", R"("outcome":"missed")");
    CHECK(run.said(run.head.size(), counts).size() == 2);
    CHECK(counts.different == 1);
}

TEST_CASE("checker: behind a head that is not whole calls are left out, and none differs", "[replay]") {
    const holed_run whole;
    for (std::size_t lost = 0; lost < whole.head.size(); ++lost) {
        replay::check_counts counts;
        holed_run run = whole;
        run.head.erase(run.head.begin() + static_cast<std::ptrdiff_t>(lost));
        static_cast<void>(run.said(whole.head.size(), counts));
        CHECK(counts.different == 0);
        CHECK(counts.hole + counts.damaged >= 2);
        run = whole;
        change(run.head[lost], R"("at":")", R"("at":"x)");
        static_cast<void>(run.said(whole.head.size(), counts));
        CHECK(counts.different == 0);
        CHECK(counts.damaged_lines == 1);
    }
}

TEST_CASE("checker: lines that are told again are passed over where what they tell was read", "[replay]") {
    const holed_run run;
    strings lines = run.before;
    lines.insert(lines.end(), run.head.begin(), run.head.end());
    small_check check(lines);
    CHECK(check.said().empty());
    CHECK(check.check.counts().calls == 2);
    CHECK(check.check.counts().remembered == 0);
}

}  // namespace
}  // namespace td::test
