#include "ari/hearing.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::ari;
using enum hearing::answer;
using enum hearing::duty;

namespace {

/// A line that is up, whose Asterisk answers as the script says.
class script {
public:
    script() { hears.begin(now); }

    hearing::duty wait(duration length) {
        now += length;
        return hears.advance(now);
    }
    void replied(hearing::answer what) { hears.answered(hears.word(), what, now); }
    void heard() { hears.heard(now); }
    void heard_itself() { hears.heard_itself(now); }
    /// A new line on which the word is sent and not heard.
    hearing::duty deaf_line() {
        hears.begin(now);
        CHECK(wait(1s) == say);
        replied(said);
        wait(1s);
        return wait(500ms);
    }

    instant now{};
    hearing hears{limits{}};
};

}  // namespace

TEST_CASE("hearing: a word is said after a second of silence, and said again only in the next", "[ari]") {
    script s;
    CHECK(s.wait(999ms) == none);
    CHECK(s.wait(1ms) == say);
    CHECK(s.wait(1s) == none);  // until the reply is there
    s.replied(said);
    s.heard_itself();
    CHECK(s.hears.next_deadline() == s.now + 1s);
    CHECK(s.wait(999ms) == none);
    CHECK(s.wait(1ms) == say);
}

TEST_CASE("hearing: the second begins with the event, not with the next look", "[ari]") {
    script s;
    s.wait(500ms);
    s.heard();
    CHECK(s.wait(999ms) == none);
    CHECK(s.wait(1ms) == say);
}

TEST_CASE("hearing: while events come nothing is said", "[ari]") {
    script s;
    for (int i = 0; i < 5; ++i) {
        s.heard();
        CHECK(s.wait(999ms) == none);
    }
    CHECK(s.wait(1ms) == say);
    s.heard();  // before the reply to the word
    s.replied(said);
    CHECK(s.wait(999ms) == none);
    CHECK(s.wait(1ms) == say);
}

TEST_CASE("hearing: who does not hear the word is deaf", "[ari]") {
    script s;
    s.wait(1s);
    SECTION("within 1.5 s of the reply") {
        s.replied(said);
        CHECK(s.wait(1199ms) == none);
        CHECK(s.wait(300ms) == none);
        CHECK(s.wait(1ms) == deaf);
    }
    SECTION("at once, where nobody holds the application") {
        s.replied(nobody);
        CHECK(s.hears.next_deadline() <= s.now);
        CHECK(s.wait(0s) == deaf);
    }
    CHECK(s.wait(10s) == none);
    CHECK(s.hears.next_deadline() == never);
}

TEST_CASE("hearing: five replies that say nothing of it are told, and after five minutes it is tried again", "[ari]") {
    script s;
    for (int i = 0; i < 5; ++i) {
        CHECK(s.wait(1s) == say);
        s.replied(useless);
    }
    CHECK(s.wait(0s) == unknown);
    CHECK(s.wait(1min) == none);
    CHECK(s.hears.next_deadline() == s.now + 4min);
    CHECK(s.wait(4min) == none);  // a look that comes so late sees its own standstill first
    CHECK(s.wait(1s) == say);
    s.replied(useless);
    CHECK(s.wait(0s) == none);
    CHECK(s.wait(1s) == say);
    s.replied(said);
    s.heard_itself();
}

TEST_CASE("hearing: a reply that never comes leaves no line unwatched", "[ari]") {
    script s;
    s.wait(1s);
    for (int i = 0; i < 6; ++i) {
        s.wait(1s);
    }
    CHECK(s.wait(1s) == say);
}

TEST_CASE("hearing: a reply to an earlier word is none", "[ari]") {
    script s;
    s.wait(1s);
    const unsigned earlier = s.hears.word();
    s.hears.end();
    s.hears.begin(s.now);
    s.hears.answered(earlier, nobody, s.now);
    CHECK(s.wait(1s) == say);
    s.hears.answered(earlier, nobody, s.now);
    CHECK(s.wait(0s) == none);
    s.replied(nobody);
    CHECK(s.wait(0s) == deaf);
}

TEST_CASE("hearing: our own standstill is nobody's silence", "[ari]") {
    script s;
    s.wait(1s);
    s.replied(said);
    CHECK(s.wait(10s) == none);
    CHECK(s.wait(1s) == none);
    CHECK(s.wait(500ms) == deaf);
}

TEST_CASE("hearing: where it never heard itself it makes two lines anew, and then lets five minutes go by", "[ari]") {
    script s;
    CHECK(s.deaf_line() == deaf);
    CHECK(s.deaf_line() == deaf);
    CHECK(s.deaf_line() == unknown);
    CHECK(s.wait(1min) == none);
    CHECK(s.wait(4min) == none);  // a look that comes so late sees its own standstill first
    CHECK(s.wait(1s) == say);
}

TEST_CASE("hearing: where it heard itself once it makes ten", "[ari]") {
    script s;
    s.wait(1s);
    s.replied(said);
    s.heard_itself();
    s.hears.end();
    for (int i = 0; i < 10; ++i) {
        CHECK(s.deaf_line() == deaf);
    }
    CHECK(s.deaf_line() == unknown);
}
