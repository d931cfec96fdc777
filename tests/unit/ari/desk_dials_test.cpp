// A leg that is made first and dialled then: what comes early, late, twice or never on that way.

#include <string>
#include <vector>

#include "ari/desk.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::ari;

namespace {

const call_id one = call_id::of(1, 0, 1);
const leg_ref leg7{one, leg_no{7}};
const std::string channel = channel_name(leg7);
const std::string unheard = "unheard";  // Asterisk has not told its version yet

/// A desk of emergency calls on an Asterisk of this version, with a leg that is to be made.
class script final : public courier {
public:
    explicit script(const std::string& version = "22.10.1")
        : desk_(
              of_sos(), [] { return one; }, counted_, [](level, const std::string&) {}) {
        desk_.send_by(*this);
        desk_.line_up(now);
        for (const exchange& part : std::vector<exchange>(sent_)) {
            if (part.what == errand::see_release && version != unheard) {
                desk_.replied(part, 200, R"({"system":{"version":")" + version + R"("}})", now);
            }
        }
        sent_.clear();
        call::call_out wish;
        wish.leg = leg7;
        wish.way = call::call_way::early;
        wish.target = "112";
        wish.limit = 60s;
        desk_.carry_out(wish, now);
    }

    void submit(exchange request, instant /*now*/) override { sent_.push_back(std::move(request)); }

    /// The oldest request without a reply gets this one; gives the facts and then the requests that follow.
    std::string reply(int status, const std::string& body = "") {
        const exchange about = sent_.at(answered_++);
        desk_.replied(about, status, body, now);
        return rest();
    }
    std::string lose() {
        desk_.lost(sent_.at(answered_++), loss::unheard, now);
        return rest();
    }
    std::string hear(const std::string& message) {
        CHECK_FALSE(desk_.hear(message, now).has_value());
        desk_.advance(now);
        return rest();
    }
    std::string pass(duration length) {
        now += length;
        desk_.advance(now);
        return rest();
    }
    std::string rest() {
        std::string told;
        const auto say = [&](const std::string& more) { told += (told.empty() ? "" : " ") + more; };
        for (const call::fact& news : desk_.take_news()) {
            if (const auto* did = std::get_if<call::pbx_did>(&news)) {
                say("did:" + std::string(call::name_of(did->what)));
            } else if (const auto* refused = std::get_if<call::pbx_refused>(&news)) {
                say("refused:" + std::string(call::name_of(refused->what)) + "/" + std::to_string(refused->status));
            } else {
                say(std::holds_alternative<call::leg_answered>(news)  ? "answered"
                    : std::holds_alternative<call::leg_ended>(news)   ? "ended"
                    : std::holds_alternative<call::leg_ringing>(news) ? "rings"
                                                                      : "other");
            }
        }
        for (; looked_ < sent_.size(); ++looked_) {
            say(std::string(name_of(sent_[looked_].what)));
        }
        return told;
    }
    instant now{};

private:
    static options of_sos() {
        options wanted;
        wanted.app = "td";
        wanted.which = call::line::sos;
        wanted.dial = "PJSIP/{route}@gateway";
        return wanted;
    }

    counters counted_;
    desk desk_;
    std::vector<exchange> sent_;
    std::size_t looked_ = 0;
    std::size_t answered_ = 0;
};

const std::string about = R"({"id":")" + channel + R"(","state":)";
const std::string made = R"({"type":"StasisStart","args":["early"],"channel":)" + about + R"("Down"}})";
const std::string called = R"({"type":"Dial","dialstatus":"","peer":)" + about + R"("Down"}})";
const std::string up = R"({"type":"ChannelStateChange","channel":)" + about + R"("Up"}})";
const std::string rings = R"({"type":"ChannelStateChange","channel":)" + about + R"("Ringing"}})";
const std::string gone = R"({"type":"ChannelDestroyed","cause":16,"channel":)" + about + R"("Down"}})";

/// The reply about a leg that is there already, in this state.
std::string found(const std::string& state, const std::string& argument = "early") {
    return about + '"' + state + R"(","dialplan":{"app_name":"Stasis","app_data":"td,)" + argument + R"("}})";
}

}  // namespace

TEST_CASE("desk dials: a leg is dialled when it is in Stasis, and counts when Asterisk has called", "[ari]") {
    script s;
    CHECK(s.rest() == "create");
    CHECK(s.reply(200).empty());
    CHECK(s.hear(made) == "dial_out");
    SECTION("the reply first") {
        CHECK(s.reply(204).empty());
        CHECK(s.hear(called) == "did:dial");
    }
    SECTION("the event first") {
        CHECK(s.hear(called).empty());
        CHECK(s.reply(204) == "did:dial");
    }
    CHECK(s.hear(called).empty());  // told twice
    CHECK(s.pass(1h).empty());
    CHECK(s.hear(up) == "answered");
}

TEST_CASE("desk dials: a leg that is in Stasis before the reply is dialled with it", "[ari]") {
    script s;
    CHECK(s.rest() == "create");
    CHECK(s.hear(made).empty());
    CHECK(s.reply(200) == "dial_out");
}

TEST_CASE("desk dials: a StasisStart that never comes is not waited for, and its answer is heard", "[ari]") {
    script s;
    s.rest();
    CHECK(s.reply(200).empty());
    CHECK(s.pass(99ms).empty());
    CHECK(s.pass(1ms) == "dial_out");
    CHECK(s.reply(204).empty());
    CHECK(s.hear(called) == "did:dial");
    CHECK(s.hear(up) == "answered");
}

TEST_CASE("desk dials: a leg that is not in Stasis yet is asked again, and not for ever", "[ari]") {
    script s;
    s.rest();
    s.reply(200);
    CHECK(s.hear(made) == "dial_out");
    for (int again = 0; again < 10; ++again) {
        CHECK(s.reply(409).empty());
        CHECK(s.pass(9ms).empty());
        CHECK(s.pass(1ms) == "dial_out");
    }
    CHECK(s.reply(409) == "refused:dial/409");
}

TEST_CASE("desk dials: a dial that is confirmed and never done is refused", "[ari]") {
    script s;
    s.rest();
    s.reply(200);
    s.hear(made);
    CHECK(s.reply(204).empty());
    CHECK(s.pass(119ms).empty());
    CHECK(s.pass(1ms) == "refused:dial/500");
    CHECK(s.hear(called).empty());  // too late: its owner has dropped it
}

TEST_CASE("desk dials: what Asterisk refuses or does not answer is refused at once", "[ari]") {
    script refused;
    refused.rest();
    CHECK(refused.reply(500) == "refused:dial/500");
    script lost;
    lost.rest();
    CHECK(lost.lose() == "refused:dial/0");
    script half;
    half.rest();
    half.reply(200);
    half.hear(made);
    CHECK(half.lose() == "refused:dial/0");  // twice would be two INVITEs
    CHECK(half.pass(1h).empty());
}

TEST_CASE("desk dials: a leg that is gone is not dialled", "[ari]") {
    script s;
    s.rest();
    s.reply(200);
    CHECK(s.hear(gone) == "ended");
    CHECK(s.pass(1h).empty());
    CHECK(s.hear(up).empty());
}

TEST_CASE("desk dials: an Asterisk that is slow at it is not asked", "[ari]") {
    const auto version = GENERATE("16.28.0", "20.9.3", "21.4.0", "GIT-master-1234", "");
    INFO(version);
    script s{version};
    CHECK(s.rest() == "refused:dial/501");
}

TEST_CASE("desk dials: a leg whose name is taken was made by a process that died, and is neither dialled nor dropped",
          "[ari]") {
    script s;
    CHECK(s.rest() == "create");
    CHECK(s.reply(409) == "check_dial");
    SECTION("it rings") {
        CHECK(s.reply(200, found("Ringing")) == "did:dial rings");
        CHECK(s.hear(up) == "answered");
    }
    SECTION("it is answered") {
        CHECK(s.reply(200, found("Up")) == "did:dial answered");
    }
    SECTION("it is silent, and rings soon") {
        CHECK(s.reply(200, found("Down")).empty());
        CHECK(s.pass(1900ms).empty());
        CHECK(s.hear(rings) == "did:dial rings");
    }
    SECTION("it is silent, and answered without a ring") {
        CHECK(s.reply(200, found("Down")).empty());
        CHECK(s.hear(up) == "did:dial answered");
    }
    CHECK(s.pass(1h).empty());
}

TEST_CASE("desk dials: a leg that is there and was never dialled is refused soon", "[ari]") {
    script s;
    s.rest();
    s.reply(409);
    CHECK(s.reply(200, found("Down")).empty());
    CHECK(s.pass(1999ms).empty());
    CHECK(s.pass(1ms) == "refused:dial/500");
}

TEST_CASE("desk dials: a 409 without a leg is Asterisk's stale error number", "[ari]") {
    script s;
    s.rest();
    CHECK(s.reply(409) == "check_dial");
    CHECK(s.reply(404) == "refused:dial/500");
}

TEST_CASE("desk dials: before Asterisk has told its version a leg is dialled at once, and one that is there is found",
          "[ari]") {
    script s{unheard};
    CHECK(s.rest() == "dial");
    SECTION("there is none") {
        CHECK(s.reply(200).empty());
    }
    SECTION("it was made first and rings") {
        CHECK(s.reply(409) == "check_dial");
        CHECK(s.reply(200, found("Ringing")) == "did:dial rings");
        CHECK(s.hear(up) == "answered");
    }
    SECTION("it was dialled at once: Asterisk's events tell") {
        CHECK(s.reply(409) == "check_dial");
        CHECK(s.reply(200, found("Down", "leg")).empty());
    }
    CHECK(s.pass(1h).empty());
}
