#include "replay/what_if.hpp"

#include "catch.hpp"
#include "tests/unit/replay/recorded_worker.hpp"

using namespace td;
using namespace td::test;

namespace {

std::string words(const replay::ending& end) {
    return std::string(call::name_of(end.how)) + "/" + std::string(call::name_of(end.who));
}

/// Says in words what a supposition comes to.
class supposed final : public replay::what_if_observer {
public:
    supposed(const std::vector<std::string>& lines, const std::function<void(call::rules&)>& change,
             replay::check_wishes wanted = {}, const call::rules& rules = {})
        : what(change, std::move(wanted), *this) {
        what.begin_run(rules);
        take(lines);
    }
    void take(const std::vector<std::string>& lines) {
        for (const std::string& each : lines) {
            what.take({"a.jsonl", ++line_}, each);
        }
    }
    void supposes(const replay::supposition& news) override {
        const std::string would_be =
            news.would_be ? words(*news.would_be) + (news.would_be->talk_ms == news.was.talk_ms
                                                         ? ""
                                                         : " talk " + std::to_string(news.would_be->talk_ms))
                          : std::string(name_of(news.why));
        said_.push_back(std::string(news.call.text().substr(20)) + " " + words(news.was) + " -> " + would_be);
    }
    void finds_damaged(const replay::place& where, std::string_view words) override {
        said_.push_back("line " + std::to_string(where.line) + ": " + std::string(words));
    }
    const std::vector<std::string>& said() {
        what.end_run();
        return said_;
    }
    replay::what_if what;

private:
    std::size_t line_ = 1;
    std::vector<std::string> said_;
};

using strings = std::vector<std::string>;

const auto nothing = [](call::rules&) {};
const std::string one = std::string(call_no(1).text().substr(20));
const std::string two = std::string(call_no(2).text().substr(20));

/// Nobody answers: the ring limit ends it, and the legs' ends are heard.
void rings_in_vain(recorded_worker& worker, std::uint64_t number, duration limit) {
    worker.rings(number);
    worker.hears(call::time_passed{}, limit);
    worker.hears(call::leg_ended{{call_no(number), leg_no{0}}, 16, 0});
    worker.hears(call::leg_ended{{call_no(number), leg_no{1}}, 16, 0});
    worker.hears(call::panel_left{channel_no(number)});
    worker.hears(call::pbx_did{call_no(number), call::act::remove_bridge, {}});
}

void answers_after(recorded_worker& worker, std::uint64_t number, duration pause) {
    worker.rings(number);
    worker.hears(call::time_passed{}, pause);
    worker.answers(number);
}

}  // namespace

TEST_CASE("what-if: under the same rules every call comes out the same", "[replay]") {
    recorded_worker worker;
    worker.whole_call(1);
    rings_in_vain(worker, 2, 45s);
    supposed same(worker.lines, nothing);
    CHECK(same.said() ==
          strings{one + " answered/panel -> answered/panel", two + " missed/ring_limit -> missed/ring_limit"});
    CHECK(same.what.unfinished() == 0);
}

TEST_CASE("what-if: a shorter ring limit misses who answered behind it, and nobody before it", "[replay]") {
    recorded_worker worker;
    answers_after(worker, 1, 31s);
    worker.ends(1);
    answers_after(worker, 2, 29s);
    worker.ends(2);
    supposed shorter(worker.lines, [](call::rules& rules) { rules.door.ring_limit = 30s; });
    CHECK(shorter.said() ==
          strings{one + " answered/panel -> missed/ring_limit", two + " answered/panel -> answered/panel"});
}

TEST_CASE("what-if: what a longer limit would have brought the record cannot tell", "[replay]") {
    recorded_worker worker;
    rings_in_vain(worker, 1, 45s);
    answers_after(worker, 2, 5s);
    worker.ends(2);
    supposed longer(worker.lines, [](call::rules& rules) { rules.door.ring_limit = 60s; });
    CHECK(longer.said() == strings{one + " missed/ring_limit -> cut_short", two + " answered/panel -> answered/panel"});
}

TEST_CASE("what-if: a shorter talk limit ends talks in its own moment", "[replay]") {
    recorded_worker worker;
    answers_after(worker, 1, 1s);
    worker.hears(call::time_passed{}, 80s);
    worker.ends(1);
    supposed shorter(worker.lines, [](call::rules& rules) { rules.door.talk_limit = 60s; });
    CHECK(shorter.said() == strings{one + " answered/panel -> answered/talk_limit talk 60000"});
}

TEST_CASE("what-if: a decline that ends the call is known, one that would not have is not", "[replay]") {
    call::rules ending;
    ending.door.on_decline = call::decline_rule::end_call;
    for (const bool recorded_ends : {false, true}) {
        recorded_worker worker(recorded_ends ? ending : call::rules{});
        worker.rings(1);
        worker.hears(call::leg_ended{{call_no(1), leg_no{0}}, 21, 603}, 5s);
        if (!recorded_ends) {
            worker.answers(1);
        }
        worker.ends(1);
        supposed other(
            worker.lines,
            [&](call::rules& rules) {
                rules.door.on_decline = recorded_ends ? call::decline_rule::drop_leg : call::decline_rule::end_call;
            },
            {}, recorded_ends ? ending : call::rules{});
        CHECK(other.said() == strings{one + (recorded_ends ? " declined/declined -> cut_short"
                                                           : " answered/panel -> declined/declined")});
    }
}

TEST_CASE("what-if: who would have been turned away is known", "[replay]") {
    recorded_worker worker;
    worker.rings(1);
    worker.whole_call(2);
    worker.answers(1);
    worker.ends(1);
    supposed fewer(worker.lines, [](call::rules& rules) { rules.door.max_calls = 1; });
    CHECK(fewer.said() == strings{two + " answered/panel -> failed/full", one + " answered/panel -> answered/panel"});
}

TEST_CASE("what-if: fewer phones asked is another world", "[replay]") {
    recorded_worker worker;
    worker.whole_call(1);
    supposed fewer(worker.lines, [](call::rules& rules) { rules.door.max_accounts = 1; });
    CHECK(fewer.said() == strings{one + " answered/panel -> asked_other"});
}

TEST_CASE("what-if: what the panel hears meanwhile decides nothing", "[replay]") {
    recorded_worker worker;
    worker.whole_call(1);
    supposed media(worker.lines, [](call::rules& rules) { rules.door.early = call::early_sound::progress; });
    CHECK(media.said() == strings{one + " answered/panel -> answered/panel"});
}

TEST_CASE("what-if: a call whose lines are missing is in doubt, one that has not ended is counted", "[replay]") {
    recorded_worker worker;
    worker.rings(1);
    worker.rings(2);
    supposed holed(worker.lines, nothing);
    const std::size_t before = worker.lines.size();
    worker.answers(1);
    holed.what.miss_lines(nullptr);
    const std::size_t behind = worker.lines.size();
    CHECK(behind > before);
    worker.ends(1);
    holed.take({worker.lines.begin() + static_cast<std::ptrdiff_t>(behind), worker.lines.end()});
    CHECK(holed.said() == strings{one + " answered/panel -> not_whole"});
    CHECK(holed.what.unfinished() == 1);
}

TEST_CASE("what-if: a damaged line is named, and what lived then is in doubt", "[replay]") {
    recorded_worker worker;
    worker.rings(1);
    supposed damaged(worker.lines, nothing);
    const std::size_t before = worker.lines.size();
    damaged.take({"{\"at\":"});
    worker.answers(1);
    worker.ends(1);
    damaged.take({worker.lines.begin() + static_cast<std::ptrdiff_t>(before), worker.lines.end()});
    REQUIRE(damaged.said().size() == 2);
    CHECK(damaged.said()[0].starts_with("line "));
    CHECK(damaged.said()[1] == one + " answered/panel -> not_whole");
}

TEST_CASE("what-if: a record that today's machines would not write is no ground to stand on", "[replay]") {
    recorded_worker worker;
    rings_in_vain(worker, 1, 45s);
    for (std::string& each : worker.lines) {
        if (const auto at = each.find(R"("ended_by":"ring_limit")"); at != std::string::npos) {
            each.replace(at, 23, R"("ended_by":"talk_limit")");
        }
    }
    supposed same(worker.lines, nothing);
    CHECK(same.said() == strings{one + " missed/talk_limit -> other_machine"});
}

TEST_CASE("what-if: only calls of the time that is asked for", "[replay]") {
    recorded_worker worker;
    worker.whole_call(1);
    worker.hears(call::time_passed{}, 1h);
    worker.whole_call(2);
    replay::check_wishes late;
    late.since = noon + 30min;
    supposed second(worker.lines, nothing, late);
    CHECK(second.said() == strings{two + " answered/panel -> answered/panel"});
}
