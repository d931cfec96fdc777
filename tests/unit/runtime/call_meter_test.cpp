// What the worker counts of emergency calls and callbacks: each once, and how soon the first INVITE left.

#include "runtime/call_meter.hpp"

#include <string>

#include "catch.hpp"

namespace td::runtime {
namespace {

const call_id the_call = *call_id::parse("01jdhzz7mkr8m9v2x4t6w8y0z1");
constexpr instant begun{};

struct metered {
    metrics all{{"0.1.0", "gcc", "w1"}};
    call_meter meter{all};

    void arrives(const call::fact& news) { meter.saw(begun, news, {}); }
    void does(duration after, const call::command& wish) {
        call::commands wishes;
        wishes.push_back(wish);
        meter.saw(begun + after, call::time_passed{}, wishes);
    }
    void calls_out(duration after, call::callee whom) {
        call::call_out wish;
        wish.leg = {the_call, leg_no{0}};
        wish.whom = whom;
        does(after, wish);
    }
    bool says(const std::string& line) { return ("\n" + all.scrape()).find("\n" + line + "\n") != std::string::npos; }
};

call::sos_arrived alarm_call() {
    return {the_call, channel_id("PJSIP/k-1"), panel_id("5001"), ""};
}

TEST_CASE("call meter: an emergency call is counted once, with what it lacked", "[runtime]") {
    metered m;
    m.arrives(alarm_call());
    CHECK(m.says(R"(tdctl_calls_started_total{kind="sos"} 1)"));
    call::finish_sos end;
    end.record.call = the_call;
    end.record.how = call::outcome::cancelled;
    end.record.lacks = {call::lack::store, call::lack::callback_map};
    m.does(5s, end);
    CHECK(m.says(R"(tdctl_calls_finished_total{kind="sos",outcome="cancelled"} 1)"));
    CHECK(m.says(R"(tdctl_calls_finished_total{kind="door",outcome="cancelled"} 0)"));
    CHECK(m.says(R"(tdctl_sos_degraded_total{lack="store"} 1)"));
    CHECK(m.says(R"(tdctl_sos_degraded_total{lack="callback_map"} 1)"));
    CHECK(m.says(R"(tdctl_sos_degraded_total{lack="site"} 0)"));
}

TEST_CASE("call meter: only the first call to the service is timed", "[runtime]") {
    metered m;
    m.arrives(alarm_call());
    m.calls_out(30ms, call::callee::operator_route);
    m.calls_out(12s, call::callee::operator_route);
    CHECK(m.says("tdctl_sos_start_to_invite_seconds_count 1"));
    CHECK(m.says(R"(tdctl_sos_start_to_invite_seconds_bucket{le="0.025"} 0)"));
    CHECK(m.says(R"(tdctl_sos_start_to_invite_seconds_bucket{le="0.05"} 1)"));
}

TEST_CASE("call meter: a callback is counted as one, and is no emergency INVITE", "[runtime]") {
    metered m;
    m.arrives(call::callback_arrived{the_call, channel_id("PJSIP/k-1"), panel_id("5001"), number_id("73511000001"),
                                     "112", call::urgency::normal, ""});
    m.calls_out(30ms, call::callee::panel);
    call::finish_callback end;
    end.record.call = the_call;
    end.record.how = call::outcome::blocked;
    m.does(5s, end);
    CHECK(m.says(R"(tdctl_calls_started_total{kind="callback"} 1)"));
    CHECK(m.says(R"(tdctl_calls_finished_total{kind="callback",outcome="blocked"} 1)"));
    CHECK(m.says("tdctl_sos_start_to_invite_seconds_count 0"));
}

}  // namespace
}  // namespace td::runtime
