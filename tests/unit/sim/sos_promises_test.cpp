// What the watcher of emergency calls sees: each promise of numbers, routes and pairs is broken here once, on purpose.

#include "sim/sos_promises.hpp"

#include <algorithm>

#include "catch.hpp"

using namespace td;
using namespace td::sim;

namespace {

const call_id the_call = call_id::of(1, 2, 3);
const call_id other_call = call_id::of(1, 2, 4);
const leg_ref the_leg{the_call, leg_no{0}};

/// Panel 5000 has called, and its call has left for the operator.
struct watched_sos {
    watched_sos() {
        plan.start = instant{24h};
        plan.fault.what = mishap::reply_lost;
        now = plan.start;
        hear(call::sos_arrived{the_call, channel_id("1.1"), panel_id("5000"), {}});
        lend(the_call, 7);
        call::call_out wish;
        wish.leg = the_leg;
        wish.caller = "74950000001";
        wish.panel = panel_id("5000");
        wish.limit = 5s;
        step({wish});
        REQUIRE(watching.broken().empty());
    }
    void hear(const call::fact& news) { watching.saw_step(now, &news, {}); }
    void step(const call::commands& out) { watching.saw_step(now, nullptr, out); }
    void lend(const call_id& call, pool::lease_token token) {
        call::number_lent news;
        news.call = call;
        news.token = token;
        news.number = number_id("74950000001");
        hear(news);
    }
    void see(sip_news::kind what, const std::string& channel, const std::string& other = {}) {
        sip_news news;
        news.at = now;
        news.what = what;
        news.channel = channel;
        news.other = other;
        watching.saw_news(news);
    }
    void talk() {
        see(sip_news::kind::talk_begun, "1.1", channel_name(the_leg));
        see(sip_news::kind::phone_answered, channel_name(the_leg));
    }
    void finish(call::ended_by who) {
        call::sos_record record;
        record.call = the_call;
        record.panel = panel_id("5000");
        record.started_at = now;
        record.ended_at = now;
        record.who = who;
        record.number = number_id("74950000001");
        record.lacks = lacks;
        record.attempts.emplace_back();
        record.attempts.back().why = call::leg_why::answered;
        record.attempts.back().ended_ms = 0;
        step({call::finish_sos{record}});
    }
    [[nodiscard]] bool blames(std::string_view words) const {
        return std::any_of(watching.broken().begin(), watching.broken().end(),
                           [&](const std::string& line) { return line.find(words) != std::string::npos; });
    }

    sos_plan plan;
    instant now{};
    std::vector<call::lack> lacks;
    sos_promises watching{plan};
};

}  // namespace

TEST_CASE("sos promises: a number leads to one panel", "[sim]") {
    watched_sos c;
    c.hear(call::sos_arrived{other_call, channel_id("1.2"), panel_id("5000"), {}});
    c.lend(other_call, 8);
    CHECK(c.watching.broken().empty());  // the panel's own number
    const call_id third = call_id::of(1, 2, 5);
    c.hear(call::sos_arrived{third, channel_id("1.3"), panel_id("5001"), {}});
    c.lend(third, 9);
    CHECK(c.blames("is lent to panel 5001, and leads to panel 5000"));
}

TEST_CASE("sos promises: a number goes back once, whoever says it again", "[sim]") {
    watched_sos c;
    const call::return_number back{the_call, 7, number_id("74950000001"), panel_id("5000"), c.now};
    c.hear(call::panel_left{channel_id("1.1")});
    c.step({back});
    c.watching.saw_last_word(c.now, back);
    CHECK(c.watching.broken().empty());
    c.step({back});
    CHECK(c.blames("is returned twice"));
}

TEST_CASE("sos promises: an alert that is said again is one, and a second one is too many", "[sim]") {
    watched_sos c;
    call::sos_alert news;
    news.call = the_call;
    news.lacks = {call::lack::site};
    c.lacks = news.lacks;
    c.step({call::alert{news}});
    c.watching.saw_last_word(c.now, call::alert{news});
    SECTION("again") {
        c.finish(call::ended_by::panel);
        CHECK(c.watching.broken().empty());
    }
    SECTION("a second one") {
        c.step({call::alert{news}});
        c.finish(call::ended_by::panel);
        CHECK(c.blames("2 alerts"));
    }
}

TEST_CASE("sos promises: who talks is not parted", "[sim]") {
    watched_sos c;
    c.talk();
    SECTION("by a hang-up of the callee") {
        c.step({call::drop_leg{the_leg, call::hangup_reason::normal}});
        c.finish(call::ended_by::no_route);
        CHECK(c.blames("a talking pair was parted by us"));
    }
    SECTION("by a hang-up of the caller") {
        c.step({call::drop_panel{the_call, channel_id("1.1"), call::hangup_reason::normal}});
        c.finish(call::ended_by::callee);
        CHECK(c.blames("a talking pair was parted by us"));
    }
    SECTION("by the hang-up of a stray") {
        c.step({call::drop_stray{channel_id(channel_name(the_leg)), call::line::sos}});
        CHECK(c.blames("a talking pair is parted"));
    }
    SECTION("but for the longest call") {
        c.step({call::drop_leg{the_leg, call::hangup_reason::normal}});
        c.finish(call::ended_by::talk_limit);
        CHECK_FALSE(c.blames("parted"));
    }
    SECTION("but for who is gone already") {
        c.see(sip_news::kind::talk_ended, channel_name(the_leg), "1.1");
        c.step({call::drop_panel{the_call, channel_id("1.1"), call::hangup_reason::normal}});
        c.finish(call::ended_by::callee);
        CHECK_FALSE(c.blames("parted"));
    }
}

TEST_CASE("sos promises: what the store and the callback map hold in the end", "[sim]") {
    watched_sos c;
    const pool_truth left_behind{1, {number_id("74950000001")}};
    c.watching.saw_the_end(c.now, fake_asterisk({}, 1), 0, 0, left_behind);
    CHECK(c.blames("the store still has 1 calls with a number"));
    CHECK(c.blames("routed to another panel than the store says"));
    CHECK(c.blames("was never returned"));
    CHECK(c.blames("no record"));
}
