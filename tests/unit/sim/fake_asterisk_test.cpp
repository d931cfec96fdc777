// The model against what was observed on the real thing: order of events, statuses in the races, loss of the socket.

#include "sim/fake_asterisk.hpp"

#include <string>
#include <utility>

#include "base/overloaded.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::sim;

namespace {

constexpr instant start{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};

std::string channel_of(const event_body& what) {
    return std::visit(overloaded{
                          [](const dialled& e) { return e.peer.id + (e.status.empty() ? "" : "/" + e.status); },
                          [](const bridge_destroyed& e) { return e.bridge.id; },
                          [](const application_replaced&) { return std::string(); },
                          [](const user_event_said& e) { return e.name; },
                          [](const destroyed& e) {
                              return e.channel.id + "/" + std::to_string(e.cause) +
                                     (e.tech_cause == 0 ? "" : "/" + std::to_string(e.tech_cause));
                          },
                          [](const auto& e) { return e.channel.id; },
                      },
                      what);
}

/// Asks, lets time pass and says in one line what came.
class script {
public:
    explicit script(asterisk_traits traits = {}) : model(traits, 7) { socket = model.connect(now, {"td"}); }

    /// What was said until `length` later, ChannelVarset and the SIP side left out: "Event:channel" and "=status".
    std::string after(duration length) {
        std::string words;
        const instant until = now + length;
        while (now < until) {
            now = std::min(until, model.next_deadline());
            model.advance(now);
            for (const said& told : model.take_said()) {
                if (const auto* e = std::get_if<event>(&told);
                    e != nullptr && !std::holds_alternative<variable_set>(e->what)) {
                    words.append(words.empty() ? "" : " ")
                        .append(name_of(e->what))
                        .append(":")
                        .append(channel_of(e->what));
                } else if (const auto* r = std::get_if<reply>(&told)) {
                    words.append(words.empty() ? "=" : " =").append(std::to_string(r->status));
                    last = *r;
                }
            }
        }
        return words;
    }
    /// The status of one request, with all that follows it within a second.
    int status(request what, std::uint32_t connection = 0) {
        model.ask(now, {connection, ++number}, std::move(what));
        after(1s);
        return last.status;
    }
    std::string visitor() {
        const std::string id = model.panel_calls(now, {"5001", "12", "td", {"5001", "12"}});
        after(1ms);
        return id;
    }
    originate leg(const std::string& id, const std::string& user = "77111") {
        return {id, "PJSIP/" + user + "@accounts", "td", "leg", "\"door\" <771>", 30s};
    }
    int originated(const std::string& id, const std::string& user = "77111") { return status(leg(id, user)); }
    void phone_is(phone who) { model.put_default_phone(who); }

    fake_asterisk model;
    instant now = start;
    reply last;
    std::uint32_t socket = 0;
    std::uint64_t number = 0;
};

asterisk_traits old_release() {
    asterisk_traits traits;
    traits.release = asterisk_release::v16;
    return traits;
}

phone ringing_for(duration time) {
    phone p;
    p.acts_after = time;
    return p;
}

}  // namespace

TEST_CASE("fake asterisk: a leg is dialled, rings, is answered and enters Stasis, in that order", "[sim]") {
    script s;
    s.phone_is(ringing_for(2s));
    s.model.ask(s.now, {0, 1}, s.leg("a-01"));
    std::string begun = " " + s.after(1s);
    begun.erase(begun.find(" =200"), 5);  // the reply comes before or after the first event
    const bool either = begun == " Dial:a-01 ChannelStateChange:a-01 Dial:a-01/RINGING" ||
                        begun == " Dial:a-01 Dial:a-01/RINGING ChannelStateChange:a-01";
    CHECK(either);
    CHECK(s.after(2s) == "ChannelStateChange:a-01 Dial:a-01/ANSWER StasisStart:a-01");
}

TEST_CASE("fake asterisk: the first event overtakes the reply of originate now and then", "[sim]") {
    script s;
    unsigned overtaken = 0;
    for (unsigned i = 0; i < 60; ++i) {
        s.model.ask(s.now, {0, i + 1}, s.leg("leg-" + std::to_string(100 + i)));
        overtaken += s.after(4ms).starts_with("Dial:") ? 1U : 0U;
    }
    CHECK(overtaken > 0);
    CHECK(overtaken < 30);
}

TEST_CASE("fake asterisk: a talk ends with StasisEnd of the panel and no ChannelDestroyed of it", "[sim]") {
    script s;
    s.phone_is(ringing_for(100ms));
    const std::string panel = s.visitor();
    REQUIRE(s.originated("a-01") == 200);
    REQUIRE(s.status(answer{panel}) == 204);
    REQUIRE(s.status(create_bridge{"b", {}}) == 200);
    s.model.ask(s.now, {0, 90}, add_channels{"b", {panel, "a-01"}});
    CHECK(s.after(1ms) == "ChannelEnteredBridge:" + panel +
                              " ChannelEnteredBridge:a-01 ChannelConnectedLine:a-01 "
                              "ChannelConnectedLine:" +
                              panel + " =204");
    CHECK(s.status(add_channels{"b", {panel, "a-01"}}) == 204);
    s.model.panel_hangs_up(s.now, panel);
    CHECK(s.after(1s) == "ChannelHangupRequest:" + panel + " ChannelLeftBridge:" + panel + " StasisEnd:" + panel);
    s.model.ask(s.now, {0, 91}, hang_up{"a-01", {}});
    CHECK(s.after(1s) ==
          "=204 ChannelHangupRequest:a-01 ChannelLeftBridge:a-01 StasisEnd:a-01 ChannelDestroyed:a-01/16");
    s.model.ask(s.now, {0, 92}, delete_bridge{"b"});
    CHECK(s.after(1s) == "BridgeDestroyed:b =204");
    CHECK(s.model.channel_count() == 0);
    CHECK(s.model.bridge_count() == 0);
}

TEST_CASE("fake asterisk: keys are heard from a bridge with dtmf_events, and else where nothing joins below", "[sim]") {
    const bool native = GENERATE(true, false);
    const bool wanted = GENERATE(true, false);
    asterisk_traits traits;
    traits.native_rtp = native;
    script s(traits);
    s.phone_is(ringing_for(100ms));
    const std::string panel = s.visitor();
    REQUIRE(s.originated("a-01") == 200);
    REQUIRE(s.status(answer{panel}) == 204);
    REQUIRE(s.status(create_bridge{"b", {}, wanted}) == 200);
    REQUIRE(s.status(add_channels{"b", {panel, "a-01"}}) == 204);
    s.model.phone_presses(s.now, "a-01", '1');
    CHECK(s.after(1s) == (wanted || !native ? "ChannelDtmfReceived:a-01" : ""));
}

TEST_CASE("fake asterisk: keys that are played end with the panel", "[sim]") {
    script s;
    const std::string panel = s.visitor();
    REQUIRE(s.status(answer{panel}) == 204);
    const auto heard = [&s] {
        std::string keys;
        for (const said& told : s.model.take_said()) {
            const auto* news = std::get_if<sip_news>(&told);
            keys += news != nullptr && news->what == sip_news::kind::heard_keys ? news->other : "";
        }
        return keys;
    };
    s.model.ask(s.now, {0, 90}, send_dtmf{panel, "123", 250ms});
    s.model.advance(s.now += 849ms);
    CHECK(heard().empty());
    s.model.advance(s.now += 1ms);
    CHECK(heard() == "123");
    s.model.ask(s.now, {0, 91}, send_dtmf{panel, "456"});
    s.model.advance(s.now += 500ms);
    s.model.panel_hangs_up(s.now, panel);
    s.model.advance(s.now += 1s);
    CHECK(heard().empty());
}

TEST_CASE("fake asterisk: a loser is told answered_elsewhere and has no StasisEnd", "[sim]") {
    script s;
    s.phone_is(ringing_for(1h));
    s.originated("a-01");
    s.model.ask(s.now, {0, 90}, hang_up{"a-01", "answered_elsewhere"});
    CHECK(s.after(1s) == "=204 ChannelHangupRequest:a-01 Dial:a-01/NOANSWER ChannelDestroyed:a-01/26");
    CHECK(s.status(hang_up{"a-01", {}}) == 404);
    CHECK(s.last.message == "Channel not found");
}

TEST_CASE("fake asterisk: what a phone refuses has its SIP status on 22 and none on 16", "[sim]") {
    for (const auto& [traits, end] : {std::pair{asterisk_traits{}, "ChannelDestroyed:a-01/21/603"},
                                      std::pair{old_release(), "ChannelDestroyed:a-01/21"}}) {
        script s(traits);
        phone p = ringing_for(1s);
        p.habit = phone_habit::declines;
        s.phone_is(p);
        s.model.ask(s.now, {0, 1}, s.leg("a-01"));
        CHECK(s.after(3s).ends_with(end));
    }
}

TEST_CASE("fake asterisk: a time-out tells of ChannelDestroyed only, cause 19 on 22 and 0 on 16", "[sim]") {
    for (const auto& [traits, end] : {std::pair{asterisk_traits{}, "ChannelDestroyed:a-01/19"},
                                      std::pair{old_release(), "ChannelDestroyed:a-01/0"}}) {
        script s(traits);
        phone p;
        p.habit = phone_habit::never_answers;
        s.phone_is(p);
        s.originated("a-01");
        CHECK(s.after(40s) == end);
    }
}

TEST_CASE("fake asterisk: an id must be no prefix of a living one on 22, and never differs by case only", "[sim]") {
    script s;
    s.phone_is(ringing_for(1h));
    CHECK(s.originated("pfx-10") == 200);
    CHECK(s.originated("pfx-1") == 409);
    CHECK(s.originated("PFX-10") == 409);
    CHECK(s.originated("pfx-105") == 200);
    CHECK(s.status(show_channel{"pfx-1"}) == 404);
    CHECK(s.status(show_channel{"PFX-10"}) == 200);
    script old(old_release());
    old.phone_is(ringing_for(1h));
    CHECK(old.originated("pfx-10") == 200);
    CHECK(old.originated("pfx-1") == 200);
    CHECK(old.originated("PFX-10") == 409);
    CHECK(old.status(show_channel{"PFX-10"}) == 404);
}

TEST_CASE("fake asterisk: after a true 409 a failed allocation on that connection looks like one", "[sim]") {
    script s;
    s.phone_is(ringing_for(1h));
    phone nowhere;
    nowhere.habit = phone_habit::no_contact;
    s.model.put_phone(s.now, "PJSIP/none@accounts", nowhere);
    CHECK(s.originated("a-02", "none") == 500);
    CHECK(s.last.error == "Allocation failed");
    s.originated("a-01");
    CHECK(s.originated("a-01") == 409);
    CHECK(s.originated("a-02", "none") == 409);
    CHECK(s.status(s.leg("a-02", "none"), 1) == 500);
    s.model.connection_closed(0);
    CHECK(s.originated("a-02", "none") == 500);
}

TEST_CASE("fake asterisk: malformed originates are refused before anything is made", "[sim]") {
    script s;
    CHECK(s.status(originate{"a-01", "", "td", "", "", 30s}) == 400);
    CHECK(s.last.message == "Endpoint must be specified");
    CHECK(s.status(originate{"a-01", "PJSIP", "td", "", "", 30s}) == 400);
    CHECK(s.status(originate{"a-01", "PJSIP/1@a", "", "", "", 30s}) == 400);
    CHECK(s.status(originate{"a-01", "NOPE/1@a", "td", "", "", 30s}) == 500);
    CHECK(s.model.channel_count() == 0);
}

TEST_CASE("fake asterisk: the statuses of the races", "[sim]") {
    script s;
    s.phone_is(ringing_for(1h));
    const std::string panel = s.visitor();
    s.originated("a-01");
    CHECK(s.status(create_bridge{"b", {}}) == 200);
    CHECK(s.status(create_bridge{"b", {}}) == 409);
    CHECK(s.status(answer{"a-01"}) == 409);
    CHECK(s.status(ring{"a-01"}) == 409);
    CHECK(s.status(answer{"gone"}) == 404);
    CHECK(s.status(add_channels{"b", {"a-01"}}) == 422);
    CHECK(s.status(add_channels{"b", {panel, "gone"}}) == 400);
    CHECK(s.model.bridges().at(0).channels.empty());  // all or nothing
    CHECK(s.status(add_channels{"none", {panel}}) == 404);
    CHECK(s.status(delete_bridge{"none"}) == 404);
    CHECK(s.status(hang_up{"a-01", "nonsense"}) == 400);
    CHECK(s.status(ring{panel}) == 204);
    CHECK(s.status(answer{panel}) == 204);
    CHECK(s.status(answer{panel}) == 204);
    CHECK(s.status(add_channels{"b", {panel}}) == 204);
    CHECK(s.status(delete_bridge{"b"}) == 204);
    CHECK(s.status(show_channel{panel}) == 200);  // the channel stays, up, in Stasis
    s.model.panel_hangs_up(s.now, panel);
    s.model.ask(s.now, {0, 99}, answer{panel});
    CHECK(s.after(1us).find("=404") != std::string::npos);

    script old(old_release());
    old.status(create_bridge{"b", {}});
    CHECK(old.status(create_bridge{"b", {}}) == 500);
    CHECK(old.status(progress{"x"}) == 404);
}

TEST_CASE("fake asterisk: a DELETE on the answer still brings StasisStart, then the end", "[sim]") {
    script s;
    s.phone_is(ringing_for(1h));
    s.originated("a-01");
    s.model.phone_answers(s.now, "a-01");
    s.model.ask(s.now, {0, 90}, hang_up{"a-01", {}});
    const std::string story = s.after(1s);
    const auto begun = story.find("StasisStart:a-01");
    const auto left = story.find("StasisEnd:a-01");
    CHECK(story.find("=204") < begun);
    CHECK(begun < left);
    CHECK(story.ends_with("ChannelDestroyed:a-01/16"));
}

TEST_CASE("fake asterisk: without a socket channels live on, answers are hung up and visitors turned away", "[sim]") {
    script s;
    s.phone_is(ringing_for(1h));
    const std::string panel = s.visitor();
    s.originated("a-01");
    s.originated("a-02");
    s.model.disconnect(s.now, s.socket);
    CHECK(s.originated("a-03") == 200);
    s.model.phone_answers(s.now, "a-01");
    s.model.panel_calls(s.now, {"5002", "1", "td", {}});
    CHECK(s.after(1s).empty());
    CHECK(s.model.channel_count() == 3);  // the panel and two that ring
    s.model.connect(s.now, {"td"});
    CHECK(s.after(1s).empty());  // nothing is replayed
    s.model.phone_answers(s.now, "a-02");
    CHECK(s.after(1s).ends_with("StasisStart:a-02"));
    CHECK(s.status(show_application{"td"}) == 200);
    CHECK(std::get<application_snapshot>(s.last.body).channels.size() == 3);
}

TEST_CASE("fake asterisk: a second socket replaces the first, which stays silent for good", "[sim]") {
    script s;
    const std::uint32_t second = s.model.connect(s.now, {"td"});
    CHECK(s.after(1ms) == "ApplicationReplaced:");
    s.model.panel_calls(s.now, {"5001", "12", "td", {}});
    const auto told = s.model.take_said();
    REQUIRE(told.size() == 2);
    CHECK(std::get<event>(told.back()).socket == second);
    s.model.restart(s.now);
    CHECK(s.status(show_application{"td"}) == 404);
}

TEST_CASE("fake asterisk: a filter lets through what it names, and dies with an idle application", "[sim]") {
    script s;
    s.status(filter_events{"td", {{"StasisStart"}, {}}});
    s.phone_is(ringing_for(100ms));
    s.model.ask(s.now, {0, 90}, s.leg("a-01"));
    CHECK(s.after(1s) == "=200 StasisStart:a-01");
    s.model.disconnect(s.now, s.socket);
    s.socket = s.model.connect(s.now, {"td"});
    s.status(show_application{"td"});
    CHECK(std::get<application_snapshot>(s.last.body).filter.allowed.size() == 1);
    s.status(hang_up{"a-01", {}});
    s.model.disconnect(s.now, s.socket);
    s.model.connect(s.now, {"td"});
    s.status(show_application{"td"});
    CHECK(std::get<application_snapshot>(s.last.body).filter.allowed.empty());
}

TEST_CASE("fake asterisk: a user event is heard by who holds the application, unless its filter is against it",
          "[sim]") {
    script s;
    const auto say = [&](const std::string& app) {
        s.model.ask(s.now, {0, 90}, say_user_event{"hello", app});
        return s.after(1ms);
    };
    CHECK(say("td") == "ChannelUserevent:hello =204");
    CHECK(say("nobody") == "=404");
    s.status(filter_events{"td", {{"StasisStart"}, {}}});
    CHECK(say("td") == "=204");
    s.model.disconnect(s.now, s.socket);
    CHECK(say("td") == "=404");
}

TEST_CASE("fake asterisk: 16 waits for the channel's thread, 22 does not", "[sim]") {
    script s(old_release());
    const std::string panel = s.visitor();
    s.model.ask(s.now, {0, 1}, answer{panel});
    CHECK(s.after(1ms).empty());
    CHECK(s.after(200ms) == "ChannelStateChange:" + panel + " =204");
}

TEST_CASE("fake asterisk: create and dial enters Stasis first", "[sim]") {
    script s;
    s.phone_is(ringing_for(1s));
    const std::string panel = s.visitor();
    CHECK(s.status(create{"a-01", "PJSIP/77111@accounts", "td", "leg", panel}) == 200);
    CHECK(s.status(create_bridge{"b", {}}) == 200);
    CHECK(s.status(add_channels{"b", {"a-01"}}) == 204);
    CHECK(s.status(dial_created{"a-01", panel, 30s}) == 204);
    CHECK(s.after(1s).find("Dial:a-01/ANSWER") != std::string::npos);
    s.model.panel_hangs_up(s.now, panel);
    CHECK(s.after(1s).ends_with("ChannelDestroyed:" + panel + "/16"));  // with an originator its end is told
}

TEST_CASE("fake asterisk: a phone that sleeps is refused, or held until it registers", "[sim]") {
    script s;
    phone p = ringing_for(1s);
    p.sleep = phone_sleep::refused_480;
    s.model.put_phone(s.now, "PJSIP/asleep@accounts", p);
    p.sleep = phone_sleep::held;
    s.model.put_phone(s.now, "PJSIP/held@accounts", p);
    s.model.ask(s.now, {0, 1}, s.leg("a-01", "asleep"));
    CHECK(s.after(1s).ends_with("ChannelDestroyed:a-01/19/480"));
    s.originated("a-02", "held");
    CHECK(s.after(5s).empty());
    s.model.wakes(s.now, "PJSIP/held@accounts");
    CHECK(s.after(2s).ends_with("StasisStart:a-02"));
}

TEST_CASE("fake asterisk: a panel that is given back leaves Stasis", "[sim]") {
    script s;
    const std::string panel = s.visitor();
    s.model.ask(s.now, {0, 1}, go_on{panel});
    CHECK(s.after(1s) == "StasisEnd:" + panel + " =204");
    CHECK(s.model.channel_count() == 0);
}

TEST_CASE("fake asterisk: the same seed tells the same story", "[sim]") {
    const auto story = [] {
        script s(old_release());
        s.visitor();
        s.model.ask(s.now, {0, 1}, s.leg("a-01"));
        s.model.ask(s.now, {0, 2}, s.leg("a-02"));
        return s.after(10s);
    };
    CHECK(story() == story());
}
