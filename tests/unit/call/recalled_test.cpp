// A process died, and another goes on with its calls: what has no answer is asked again, and nothing else happens.

#include "call_script.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::test;
using call::act;
using seen = call::pbx_seen;

namespace {

/// Both lines are lost with the process; `gap` later the next one remembers.
std::string dies(call_script& s, duration gap, call::line which = call::line::door) {
    s.feed(call::pbx_line_lost{which});
    // Nobody serves deadlines meanwhile.
    s.skip(gap);
    return s.feed(call::memory_recalled{});
}

std::string sees(call_script& s, std::vector<seen::channel> channels, call::line which = call::line::door) {
    return s.after(50ms, seen{std::move(channels), {the_call}, which});
}

seen::channel there(unsigned number, seen::condition state) {
    return {channel_id{channel_name(leg(number))}, state};
}

const seen::channel panel_waits{the_panel, seen::condition::waiting};
const seen::channel panel_talks{the_panel, seen::condition::up};

call_script ringing_at_two() {
    call_script s;
    s.start();
    s.feed(described());
    s.feed(accounts(2));
    s.after(1s, ringing(0));
    s.feed(ringing(1));
    s.feed(did(act::bridge));
    return s;
}

call_script answered_by_first() {
    call_script s = ringing_at_two();
    s.after(1s, answered(0));
    s.feed(ended(1, 26));
    return s;
}

}  // namespace

TEST_CASE("recalled: who was looking up asks the CRM again and has the whole time for it", "[call]") {
    call_script s;
    s.start();
    CHECK(dies(s, 10s) == "taken find:12");
    CHECK(s.pass(1900ms).empty());
    CHECK(sees(s, {panel_waits}).empty());
    CHECK(s.feed(accounts(2)) == "dial:00=a1 dial:01=a2");
}

TEST_CASE("recalled: legs that were dialled in a forgotten moment go on ringing, and one too many is dropped",
          "[call]") {
    call_script s;
    s.start();
    dies(s, 1s);
    CHECK(sees(s, {panel_waits, there(0, seen::condition::ringing), there(1, seen::condition::ringing),
                   there(2, seen::condition::ringing)})
              .empty());
    // Asked for again, the first two are found there.
    CHECK(s.feed(accounts(2)) == "dial:00=a1 dial:01=a2 drop:02/normal");
}

TEST_CASE("recalled: whoever was dialled and answered in forgotten moments gets the panel once the flat is known",
          "[call]") {
    call_script s;
    s.start();
    s.feed(described());
    dies(s, 1s);
    SECTION("the picture has shown it") {
        sees(s, {panel_talks, there(0, seen::condition::ringing), there(1, seen::condition::up)});
    }
    SECTION("an event has told it, before the picture and after a ringing") {
        CHECK(s.feed(ringing(1)).empty());
        CHECK(s.feed(answered(1)).empty());
        sees(s, {panel_talks, there(0, seen::condition::ringing), there(1, seen::condition::ringing)});
    }
    SECTION("an event has told it after the picture") {
        sees(s, {panel_waits, there(0, seen::condition::ringing), there(1, seen::condition::ringing)});
        CHECK(s.feed(answered(1)).empty());
    }
    CHECK(s.feed(accounts(2)) == "dial:00=a1 dial:01=a2 answer join:01 drop:00/answered_elsewhere");
    s.feed(did(act::answer));
    s.feed(did(act::join, 1));
    s.feed(ended(0, 26));
    s.pass(100s);
    CHECK(s.feed(panel_gone()) == "drop:01/normal");
    s.feed(ended(1));
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/panel");
    CHECK(s.record().answered_by == account_id{"a2"});
}

TEST_CASE("recalled: whoever answered in forgotten moments gets the panel where the CRM has no word, too", "[call]") {
    call_script s;
    s.start();
    dies(s, 1s);
    sees(s, {panel_talks, there(0, seen::condition::ringing), there(1, seen::condition::up)});
    SECTION("it says so") {
        CHECK(s.feed(call::crm_failed{the_call, "503", 20}) == "answer join:01 drop:00/answered_elsewhere");
    }
    SECTION("it is silent") {
        CHECK(s.pass(1900ms).empty());
        CHECK(s.pass(100ms) == "answer join:01 drop:00/answered_elsewhere");
    }
    s.feed(did(act::bridge));
    s.feed(did(act::answer));
    s.feed(did(act::join, 1));
    s.feed(ended(0, 26));
    s.pass(99s);
    CHECK(s.feed(panel_gone()) == "drop:01/normal");
    CHECK(s.feed(ended(1)) == "unbridge");
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:answered/panel");
    CHECK(s.record().answered_by.empty());
    CHECK(s.record().talk_ms == 99'000);
    CHECK(s.record().legs.size() == 2);
    CHECK(s.record().legs.at(1).why == call::leg_why::answered);
    CHECK(s.record().note.find("somebody had answered before anybody remembered who") != std::string::npos);
}

TEST_CASE("recalled: an answered phone that is gone before the CRM fails leaves nobody to give the panel to",
          "[call]") {
    call_script s;
    s.start();
    dies(s, 1s);
    SECTION("before it failed") {
        sees(s, {panel_waits, there(0, seen::condition::ringing), there(1, seen::condition::up)});
        s.feed(ended(1));
        CHECK(s.feed(call::crm_failed{the_call, "503", 20}) == "panel:congestion drop:00/normal");
    }
    SECTION("the picture tells after it failed") {
        s.feed(answered(1));
        CHECK(s.feed(call::crm_failed{the_call, "503", 20}) == "bridge answer join:01");
        CHECK(sees(s, {panel_waits}).find("panel:congestion") == 0);
    }
}

TEST_CASE("recalled: whoever answered in a forgotten moment and is gone before the flat is known is rung again",
          "[call]") {
    call_script s;
    s.start();
    dies(s, 1s);
    sees(s, {panel_waits, there(0, seen::condition::up)});
    s.feed(ended(0));
    CHECK(s.feed(accounts(2)) == "dial:00=a1 dial:01=a2");
    CHECK(s.feed(ringing(0)).find("answer") == std::string::npos);
}

TEST_CASE("recalled: who was up in one picture and is in the next no more does not get the panel", "[call]") {
    call_script s;
    s.start();
    dies(s, 1s);
    sees(s, {panel_waits, there(0, seen::condition::up)});
    s.feed(call::pbx_line_lost{});
    sees(s, {panel_waits});
    CHECK(s.feed(accounts(2)) == "dial:00=a1 dial:01=a2");
}

TEST_CASE("recalled: forgotten legs of a flat that nobody is to be rung of are dropped", "[call]") {
    call_script s;
    s.start();
    dies(s, 1s);
    sees(s, {panel_waits, there(0, seen::condition::ringing)});
    CHECK(s.feed(flat_that(true, false)) == "panel:busy drop:00/normal");
}

TEST_CASE("recalled: who rings goes on ringing until the same moment, and can be answered", "[call]") {
    call_script s = ringing_at_two();
    CHECK(dies(s, 3s).find("dial") == std::string::npos);
    CHECK(sees(s, {panel_waits, there(0, seen::condition::ringing), there(1, seen::condition::ringing)}).empty());
    SECTION("answered") {
        CHECK(s.after(1s, answered(1)) ==
              "answer join:01 drop:00/answered_elsewhere push:ended/answered_elsewhere(d1)");
    }
    SECTION("not answered: 45 s after the dial, not after the new start") {
        CHECK(s.pass(40s).find("panel:") == std::string::npos);
        CHECK(s.pass(1s).find("panel:no_answer") != std::string::npos);
    }
}

TEST_CASE("recalled: the ring limit that was reached while nobody was there is served at once after the picture",
          "[call]") {
    call_script s = ringing_at_two();
    CHECK(dies(s, 60s) == "taken");
    SECTION("nobody has answered") {
        CHECK(sees(s, {panel_waits, there(0, seen::condition::ringing), there(1, seen::condition::ringing)}) ==
              "panel:no_answer drop:00/normal drop:01/normal push:ended/missed(d1,d2)");
    }
    SECTION("Asterisk shows nothing: neither is anybody called, nor is it waited for ever") {
        CHECK(s.pass(4900ms).empty());
        CHECK(s.pass(100ms).find("panel:no_answer drop:00/normal drop:01/normal") != std::string::npos);
    }
}

TEST_CASE("recalled: who answered in a forgotten moment talks, however long nobody was there", "[call]") {
    call_script s = ringing_at_two();
    CHECK(dies(s, 60s) == "taken");
    SECTION("the picture tells") {
        CHECK(sees(s, {panel_talks, there(0, seen::condition::up)}) ==
              "answer join:00 drop:01/answered_elsewhere push:ended/answered_elsewhere(d2)");
    }
    SECTION("an event tells before the picture") {
        CHECK(s.after(20ms, answered(0)) ==
              "answer join:00 drop:01/answered_elsewhere push:ended/answered_elsewhere(d2)");
        CHECK(sees(s, {panel_talks, there(0, seen::condition::up)}) == "drop:01/answered_elsewhere");
    }
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    CHECK(s.after(100s, panel_gone()).find("drop:00/normal") != std::string::npos);
}

TEST_CASE("recalled: a ring limit that is reached just before the picture waits for it", "[call]") {
    call_script s = ringing_at_two();
    CHECK(dies(s, 43'990ms) == "taken");
    SECTION("somebody has answered") {
        CHECK(sees(s, {panel_talks, there(1, seen::condition::up)}) ==
              "answer join:01 push:ended/answered_elsewhere(d1)");
    }
    SECTION("nobody has") {
        CHECK(sees(s, {panel_waits, there(1, seen::condition::ringing)}).find("panel:no_answer") != std::string::npos);
    }
}

TEST_CASE("recalled: a second death within the wait for the picture waits anew", "[call]") {
    call_script s = ringing_at_two();
    CHECK(dies(s, 60s) == "taken");
    s.pass(3s);
    CHECK(dies(s, 60s) == "taken");
    CHECK(sees(s, {panel_talks, there(0, seen::condition::up)}) ==
          "answer join:00 drop:01/answered_elsewhere push:ended/answered_elsewhere(d2)");
}

TEST_CASE("recalled: a panel that was answered in a forgotten moment is not rung for again", "[call]") {
    call_script s = ringing_at_two();
    dies(s, 1s);
    SECTION("whoever answered is there: the two are joined") {
        CHECK(sees(s, {panel_talks, there(0, seen::condition::up), there(1, seen::condition::ringing)}) ==
              "answer join:00 drop:01/answered_elsewhere push:ended/answered_elsewhere(d2)");
    }
    SECTION("nobody is there any more") {
        call_script one_rang;
        one_rang.start();
        one_rang.feed(described());
        one_rang.feed(accounts(2));
        one_rang.after(500ms, ringing(0));
        one_rang.feed(did(act::bridge));
        dies(one_rang, 1s);
        s = std::move(one_rang);
        CHECK(sees(s, {panel_talks}) == "panel:normal push:ended/missed(d1,d2)");
        s.feed(panel_gone());
        CHECK(s.feed(did(act::remove_bridge)) == "freed record:failed/lost");
        CHECK(s.record().note == "somebody had answered, and was gone before anybody remembered who");
    }
}

TEST_CASE("recalled: a loser that still rings is told once more to go", "[call]") {
    call_script s = ringing_at_two();
    s.after(1s, answered(0));
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    CHECK(dies(s, 1s) == "taken");
    CHECK(sees(s, {panel_talks, there(0, seen::condition::up), there(1, seen::condition::ringing)}) ==
          "drop:01/answered_elsewhere");
}

TEST_CASE("recalled: a bridge that was asked for and never confirmed is asked for again", "[call]") {
    call_script s;
    s.start();
    s.feed(described());
    s.feed(accounts(1));
    s.after(1s, ringing(0));
    CHECK(dies(s, 1s) == "taken bridge");
}

TEST_CASE("recalled: an answer that was being joined is joined once more, however long nobody was there", "[call]") {
    call_script s = answered_by_first();
    CHECK(dies(s, 20s) == "taken answer join:00");
    CHECK(sees(s, {panel_talks, there(0, seen::condition::up)}).empty());
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    CHECK(s.after(5s, panel_gone()).find("drop:00/normal") != std::string::npos);
}

TEST_CASE("recalled: who talks goes on talking until the talk limit", "[call]") {
    call_script s = answered_by_first();
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    CHECK(dies(s, 20s) == "taken");
    CHECK(sees(s, {panel_talks, there(0, seen::condition::up)}).empty());
    CHECK(s.pass(99s).empty());
    CHECK(s.pass(1s) == "panel:normal drop:00/normal");
}

TEST_CASE("recalled: a door that was being opened is opened", "[call]") {
    call_script s;
    s.start();
    s.feed(flat_that(false, true));
    CHECK(dies(s, 10s) == "taken answer");
    CHECK(s.feed(did(act::answer)) == "keys:1");
}

TEST_CASE("recalled: what was told to hang up is told once more, and there is one record", "[call]") {
    call_script s = ringing_at_two();
    s.feed(call::drain_begun{});
    s.feed(call::drain_over{});
    CHECK(dies(s, 60s) == "taken drop:00/normal drop:01/normal panel:normal");
    CHECK(sees(s, {}) == "unbridge");
    CHECK(s.feed(did(act::remove_bridge)) == "freed record:failed/drain");
    CHECK(s.records() == 1);
    CHECK_FALSE(s.board().draining());
}

TEST_CASE("recalled: a panel that was given back and is still in Stasis is given back again", "[call]") {
    call_script s;
    s.feed(call::drain_begun{});
    CHECK(s.start() == "give_back");
    SECTION("still there") {
        CHECK(dies(s, 1s).empty());
        CHECK(sees(s, {panel_waits}) == "give_back");
    }
    SECTION("in the dialplan: it is not touched") {
        CHECK(dies(s, 1s).empty());
        CHECK(s.after(50ms, seen{{}, {}, call::line::door}) == "record:failed/drain");
    }
}

TEST_CASE("recalled: an emergency call asks again for what it waited for", "[call]") {
    call_script s(with_tries(3));
    s.start_sos();
    const auto line = call::line::sos;
    SECTION("the site") {
        CHECK(dies(s, 5s, line) == "taken site?");
    }
    SECTION("a number") {
        s.feed(site());
        CHECK(dies(s, 5s, line) == "taken lend");
        CHECK(s.feed(lent()) == "map:74950000001");
    }
    SECTION("the way back") {
        s.feed(site());
        s.feed(lent());
        CHECK(dies(s, 5s, line) == "taken map:74950000001");
        CHECK(s.feed(mapped()) == "call:00=r1/74950000001");
    }
    SECTION("the operator: it may have rung while nobody listened") {
        s.feed(site());
        s.feed(lent());
        s.feed(mapped());
        CHECK(dies(s, 30s, line) == "taken");
        CHECK(sees(s, {panel_waits, there(0, seen::condition::ringing)}, line).empty());
        CHECK(s.after(1s, answered(0)) == "join:00 answer");
    }
}

TEST_CASE("recalled: an operator who answered in a forgotten moment talks, however long nobody was there", "[call]") {
    const auto line = call::line::sos;
    call_script s(with_tries(3));
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    if (GENERATE(false, true)) {
        s.after(1s, ringing(0));
    }
    CHECK(dies(s, 90s, line) == "taken");
    SECTION("the operator is there") {
        CHECK(sees(s, {panel_talks, there(0, seen::condition::up)}, line) == "join:00 answer");
        s.feed(did(act::join, 0));
        CHECK(s.feed(did(act::answer)).empty());
        CHECK(s.pass(1h).empty());
    }
    SECTION("it still rings, and has had its time") {
        CHECK(sees(s, {panel_waits, there(0, seen::condition::ringing)}, line) ==
              "drop:00/normal call:01=r2/74950000001 alert(first_try)");
    }
    SECTION("no picture comes") {
        CHECK(s.pass(4900ms).empty());
        CHECK(s.pass(100ms) == "drop:00/normal call:01=r2/74950000001 alert(first_try)");
    }
}

TEST_CASE("recalled: an operator's leg that may never have been dialled is silent for two seconds, not for twelve",
          "[call]") {
    const auto line = call::line::sos;
    call_script s(with_tries(3));
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    const std::string another = "drop:00/normal call:01=r2/74950000001 alert(first_try)";
    s.pass(1ms);
    const auto silent = [&] { return sees(s, {panel_waits, there(0, seen::condition::waiting)}, line); };
    SECTION("it was not dialled") {
        dies(s, 1s, line);
        CHECK(silent().empty());
        CHECK(s.pass(1900ms).empty());
        CHECK(s.pass(100ms) == another);
    }
    SECTION("it was, and rings") {
        dies(s, 1s, line);
        CHECK(silent().empty());
        CHECK(s.after(1s, ringing(0)).empty());
        CHECK(s.pass(30s).empty());
    }
    SECTION("it is remembered that it was dialled") {
        s.feed(did(act::dial, 0));
        s.feed(did(act::bridge));
        s.feed(did(act::join, 0));
        dies(s, 1s, line);
        CHECK(silent().empty());
        CHECK(s.pass(11'900ms).empty());
        CHECK(s.pass(100ms) == another);
    }
}

TEST_CASE("recalled: a panel that answered a callback in a forgotten moment talks, however long nobody was there",
          "[call]") {
    const auto line = call::line::sos;
    call_script s(with_tries(3));
    s.start_callback();
    s.feed(leads_to("5001"));
    s.after(1s, ringing(0));
    CHECK(dies(s, 90s, line) == "taken");
    SECTION("it is there") {
        CHECK(sees(s, {panel_talks, there(0, seen::condition::up)}, line) == "join:00 answer");
        s.feed(did(act::join, 0));
        CHECK(s.feed(did(act::answer)).empty());
        CHECK(s.pass(1h).empty());
    }
    SECTION("nobody answered") {
        CHECK(sees(s, {panel_waits, there(0, seen::condition::ringing)}, line) == "drop:00/normal panel:no_answer");
    }
    SECTION("no picture comes") {
        CHECK(s.pass(4900ms).empty());
        CHECK(s.pass(100ms) == "drop:00/normal panel:no_answer");
    }
}

TEST_CASE("recalled: an emergency talk goes on, and its number goes back at its end", "[call]") {
    call_script s(with_tries(3));
    s.start_sos();
    s.feed(site());
    s.feed(lent());
    s.feed(mapped());
    s.after(1s, answered(0));
    CHECK(dies(s, 30s, call::line::sos) == "taken bridge join:00 answer");
    CHECK(sees(s, {panel_talks, there(0, seen::condition::up)}, call::line::sos).empty());
    s.feed(did(act::bridge));
    s.feed(did(act::answer));
    s.feed(did(act::join, 0));
    CHECK(s.after(60s, panel_gone()).find("return:74950000001") != std::string::npos);
}

TEST_CASE("recalled: a callback asks again whom its number leads to", "[call]") {
    call_script s(with_tries(3));
    s.start_callback();
    CHECK(dies(s, 5s, call::line::sos) == "check:74950000001");
    CHECK(s.feed(leads_to("5001")) == "taken call:00=5001/112/plain");
}

TEST_CASE("recalled: an arrival of a panel that is served is told before", "[call]") {
    call_script s;
    s.start();
    const auto other = call_id::of(2, 2, 2);
    CHECK(s.board().told_before(call::panel_arrived{other, the_panel, panel_id{"5001"}, flat_id{"12"}, ""}));
    CHECK(s.board().told_before(call::sos_arrived{other, the_panel, panel_id{"5001"}, ""}));
    CHECK_FALSE(
        s.board().told_before(call::panel_arrived{other, channel_id{"2.0"}, panel_id{"5001"}, flat_id{"12"}, ""}));
    CHECK_FALSE(s.board().told_before(panel_gone()));
}
