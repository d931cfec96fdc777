#include "ari/desk.hpp"

#include "base/overloaded.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::ari;

namespace {

const call_id one = call_id::of(1, 0, 1);
const std::string name = "td." + std::string(one.text());
const leg_ref leg7{one, leg_no{7}};
const channel_id panel("1.0");

std::string number(leg_no leg) {
    return std::to_string(leg.value);
}

std::string words(const call::fact& news) {
    return std::visit(
        overloaded{
            [](const call::panel_arrived& f) { return "arrived:" + f.panel.text() + "/" + f.flat.text(); },
            [](const call::pbx_did& f) { return "did:" + std::string(call::name_of(f.what)) + "/" + number(f.leg); },
            [](const call::pbx_refused& f) {
                return "refused:" + std::string(call::name_of(f.what)) + "/" + number(f.leg) + "/" +
                       std::to_string(f.status);
            },
            [](const call::pbx_seen& f) {
                std::string told = "seen:";
                for (const auto& channel : f.channels) {
                    told += channel.name.text() + "=" + std::to_string(static_cast<int>(channel.state)) + ",";
                }
                return told + std::to_string(f.bridges.size());
            },
            [](const call::pbx_line_lost&) { return std::string("lost"); },
            [](const call::leg_answered& f) { return "answered:" + number(f.leg.leg); },
            [](const call::leg_ended& f) { return "ended:" + number(f.leg.leg); },
            [](const call::panel_left&) { return std::string("left"); },
            [](const call::leg_ringing& f) { return "ringing:" + number(f.leg.leg); },
            // The desk tells no other facts, but for keys, which these scripts do not press.
            [](const auto&) { return std::string("other"); }},
        news);
}

/// A desk whose requests are kept to be answered by the script.
class script final : public courier {
public:
    explicit script(options wanted = {})
        : desk_(
              named(std::move(wanted)), [] { return one; }, counted, [](level, const std::string&) {}) {
        desk_.send_by(*this);
    }

    void submit(exchange request, instant /*now*/) override { sent_.push_back(std::move(request)); }

    /// Requests since the last look.
    std::string sent() {
        std::string told;
        for (; looked_ < sent_.size(); ++looked_) {
            told += (told.empty() ? "" : " ") + std::string(name_of(sent_[looked_].verb)) + ":" +
                    sent_[looked_].target.substr(0, sent_[looked_].target.find('?'));
        }
        return told;
    }
    template <class Wish>
    std::string wants(const Wish& wish) {
        desk_.carry_out(wish, now);
        return sent();
    }
    /// The oldest request without a reply gets this one; gives the facts.
    std::string reply(int status, std::string_view body = "") {
        desk_.replied(next(), status, body, now);
        return news();
    }
    std::string lose(loss why = loss::unheard) {
        desk_.lost(next(), why, now);
        return news();
    }
    std::string hear(const std::string& message) {
        CHECK_FALSE(desk_.hear(message, now).has_value());
        return news();
    }
    std::string news() {
        std::string told;
        for (const call::fact& each : desk_.take_news()) {
            told += (told.empty() ? "" : " ") + words(each);
        }
        return told;
    }
    /// Time passes; gives what is sent then.
    std::string pass(duration how_long) {
        now += how_long;
        desk_.advance(now);
        return sent();
    }
    desk& the_desk() { return desk_; }
    instant now{};
    counters counted;

private:
    static options named(options wanted) {
        wanted.app = "td";
        return wanted;
    }
    exchange next() { return sent_.at(answered_++); }

    desk desk_;
    std::vector<exchange> sent_;
    std::size_t looked_ = 0;
    std::size_t answered_ = 0;
};

const call::dial dial7{leg7, account_id("79001112233"), panel_id("5001"), 45s};
const call::drop_leg drop7{leg7, call::hangup_reason::normal};
const std::string post7 = "POST:channels/" + name + ".07";
const std::string get7 = "GET:channels/" + name + ".07";
const std::string delete7 = "DELETE:channels/" + name + ".07";

}  // namespace

TEST_CASE("desk: what succeeds is told where it decides something", "[ari]") {
    script s;
    s.wants(call::make_bridge{one});
    CHECK(s.reply(200) == "did:bridge/0");
    s.wants(call::answer_panel{one, panel});
    CHECK(s.reply(204) == "did:answer/0");
    s.wants(call::join{leg7, panel});
    CHECK(s.reply(204) == "did:join/7");
    s.wants(call::send_keys{one, panel, "1"});
    CHECK(s.reply(204) == "did:send_keys/0");
    s.wants(dial7);
    CHECK(s.reply(200).empty());
    s.wants(drop7);
    CHECK(s.reply(204).empty());
    CHECK(s.counted.failures.empty());
}

TEST_CASE("desk: what Asterisk refuses is told with its status, gone already too", "[ari]") {
    script s;
    s.wants(drop7);
    CHECK(s.reply(404) == "refused:drop_leg/7/404");
    s.wants(call::remove_bridge{one});
    CHECK(s.reply(404) == "refused:remove_bridge/0/404");
    s.wants(call::drop_panel{one, panel, {}});
    CHECK(s.reply(404) == "refused:drop_panel/0/404");
    s.wants(call::answer_panel{one, panel});
    CHECK(s.reply(412) == "refused:answer/0/412");
    s.wants(call::join{leg7, panel});
    CHECK(s.reply(422) == "refused:join/7/422");
    s.wants(dial7);
    CHECK(s.reply(500, R"({"error":"Allocation failed"})") == "refused:dial/7/500");
    CHECK(s.counted.failures == std::map<int, std::uint64_t>{{404, 3}, {412, 1}, {422, 1}, {500, 1}});
}

TEST_CASE("desk: a bridge that is there already is made", "[ari]") {
    script s;
    s.wants(call::make_bridge{one});
    CHECK(s.reply(409, R"({"message":"Bridge with id 'x' already exists"})") == "did:bridge/0");
    s.wants(call::make_bridge{one});
    CHECK(s.reply(500, R"({"message":"Supplying a bridge type when updating a bridge is not allowed."})") ==
          "did:bridge/0");
    s.wants(call::make_bridge{one});
    CHECK(s.reply(500, R"({"error":"Allocation failed"})") == "refused:bridge/0/500");
}

TEST_CASE("desk: a 409 on a dial proves nothing, a look decides", "[ari]") {
    script s;
    s.wants(dial7);
    CHECK(s.reply(409).empty());
    CHECK(s.sent() == get7);
    SECTION("the leg is there") {
        CHECK(s.reply(200).empty());
    }
    SECTION("it is not: the stale 409 hid a failed allocation, and it is not tried again") {
        CHECK(s.reply(404) == "refused:dial/7/500");
    }
    SECTION("nobody answers the look") {
        CHECK(s.lose(loss::overdue) == "refused:dial/7/0");
    }
    CHECK(s.sent().empty());
}

TEST_CASE("desk: a dial without a reply is looked for, and dialled again once", "[ari]") {
    script s;
    s.wants(dial7);
    CHECK(s.lose().empty());
    CHECK(s.sent() == get7);
    SECTION("it was made") {
        CHECK(s.reply(200).empty());
        CHECK(s.sent().empty());
    }
    SECTION("it was not, and the second try succeeds") {
        CHECK(s.reply(404).empty());
        CHECK(s.sent() == post7);
        CHECK(s.reply(200).empty());
    }
    SECTION("the second try is refused because the first came through after all") {
        s.reply(404);
        CHECK(s.sent() == post7);
        CHECK(s.reply(409).empty());
        CHECK(s.sent() == get7);
        CHECK(s.reply(200).empty());
    }
    SECTION("the second try has no reply either: one more look, no third try") {
        s.reply(404);
        CHECK(s.sent() == post7);
        s.lose();
        CHECK(s.sent() == get7);
        CHECK(s.reply(404) == "refused:dial/7/0");
        CHECK(s.sent().empty());
    }
}

TEST_CASE("desk: a hang-up waits until it is known whether its leg was made", "[ari]") {
    script s;
    s.wants(dial7);
    s.lose();
    CHECK(s.sent() == get7);
    CHECK(s.wants(drop7).empty());
    SECTION("made: then it is hung up") {
        CHECK(s.reply(200).empty());
        CHECK(s.sent() == delete7);
    }
    SECTION("not made: then it is not dialled any more") {
        CHECK(s.reply(404) == "refused:dial/7/0");
        CHECK(s.sent() == delete7);
    }
    SECTION("a look without a reply is repeated") {
        CHECK(s.lose().empty());
        CHECK(s.sent() == get7);
        CHECK(s.reply(200).empty());
        CHECK(s.sent() == delete7);
    }
    SECTION("not known: then it is hung up to be sure") {
        CHECK(s.lose(loss::overdue) == "refused:dial/7/0");
        CHECK(s.sent() == delete7);
    }
}

TEST_CASE("desk: a dial that never left is refused without a look", "[ari]") {
    script s;
    CHECK(s.wants(dial7) == post7);
    CHECK(s.lose(loss::unsent) == "refused:dial/7/0");
    CHECK(s.sent().empty());
}

TEST_CASE("desk: what is safe to repeat is repeated, keys are not", "[ari]") {
    script s;
    CHECK(s.wants(call::answer_panel{one, panel}) == "POST:channels/1.0/answer");
    CHECK(s.lose().empty());
    CHECK(s.sent() == "POST:channels/1.0/answer");
    CHECK(s.reply(204) == "did:answer/0");
    s.wants(call::send_keys{one, panel, "1"});
    CHECK(s.lose() == "refused:send_keys/0/0");
    s.wants(call::give_back{one, panel});
    s.sent();
    CHECK(s.lose() == "refused:give_back/0/0");
    CHECK(s.sent().empty());
}

TEST_CASE("desk: repeating ends", "[ari]") {
    script s;
    s.wants(drop7);
    std::string told;
    for (int i = 0; i < 20 && told.empty(); ++i) {
        told = s.lose();
    }
    CHECK(told == "refused:drop_leg/7/0");
    s.sent();
    s.wants(drop7);
    CHECK(s.lose(loss::overdue) == "refused:drop_leg/7/0");
}

TEST_CASE("desk: what cannot be asked safely is refused with 400, what is too much with 503", "[ari]") {
    options narrow;
    narrow.limit.queue = 1;
    script s(narrow);
    CHECK(s.wants(call::dial{leg7, account_id("1@evil"), panel_id("5001"), 45s}).empty());
    CHECK(s.news() == "refused:dial/7/400");
    s.wants(dial7);
    CHECK(s.wants(call::answer_panel{one, panel}).empty());
    CHECK(s.news() == "refused:answer/0/503");
    s.reply(200);
    CHECK(s.wants(call::answer_panel{one, panel}) == "POST:channels/1.0/answer");
}

TEST_CASE("desk: a stray for which our own queue has no room is dropped when it has", "[ari]") {
    options narrow;
    narrow.limit.queue = 1;
    script s(narrow);
    s.wants(call::answer_panel{one, panel});
    CHECK(s.wants(call::drop_stray{channel_id(name + ".07")}).empty());
    CHECK(s.wants(call::remove_stray_bridge{one}).empty());
    CHECK(s.news().empty());
    CHECK(s.pass(2s).empty());  // still no room
    s.reply(204);
    s.now = s.the_desk().next_deadline();
    CHECK(s.pass(0s) == delete7);
    s.reply(204);
    s.now = s.the_desk().next_deadline();
    CHECK(s.pass(0s) == "DELETE:bridges/" + name);
    s.reply(204);
    CHECK(s.the_desk().next_deadline() == never);
}

TEST_CASE("desk: an Asterisk without early media rings instead, and that is remembered", "[ari]") {
    script s;
    const call::sound progress{one, panel, call::early_sound::progress};
    CHECK(s.wants(progress) == "POST:channels/1.0/progress");
    CHECK(s.reply(404, R"({"message":"Channel not found"})") == "refused:sound/0/404");
    CHECK(s.wants(progress) == "POST:channels/1.0/progress");
    CHECK(s.reply(404, R"({"message":"Resource not found"})").empty());
    CHECK(s.sent() == "POST:channels/1.0/ring");
    CHECK(s.reply(204).empty());
    CHECK(s.wants(progress) == "POST:channels/1.0/ring");
}

TEST_CASE("desk: after a connect the filter is set and everything is looked at", "[ari]") {
    script s;
    s.the_desk().line_up(s.now);
    CHECK(s.sent() == "PUT:applications/td/eventFilter GET:applications/td GET:channels GET:bridges");
    s.reply(200);
    s.reply(200, R"({"channel_ids":["1.0","2.0",")" + name + R"(.07"]})");
    s.reply(200,
            R"([{"id":"1.0","state":"Ring"},{"id":"3.0","state":"Up"},{"id":")" + name + R"(.07","state":"Ringing"}])");
    CHECK_FALSE(s.the_desk().in_the_picture());
    CHECK(s.reply(200, R"([{"id":")" + name + R"(","name":"td"},{"id":"other","name":"td"}])") ==
          "seen:1.0=0," + name + ".07=1,1");
    CHECK(s.the_desk().in_the_picture());
    s.the_desk().line_lost();
    CHECK(s.news() == "lost");
    CHECK_FALSE(s.the_desk().in_the_picture());
}

TEST_CASE("desk: legs and bridges of another worker on the same Asterisk are not in the picture", "[ari]") {
    script s;
    s.the_desk().line_up(s.now);
    s.reply(200);
    s.reply(200, R"({"channel_ids":[]})");
    s.reply(200, R"([{"id":")" + name + R"(.07","state":"Up"}])");
    CHECK(s.reply(200, R"([{"id":")" + name + R"(","name":"td-standby"}])") == "seen:0");
}

TEST_CASE("desk: what happens while the picture is taken is in it", "[ari]") {
    script s;
    s.wants(dial7);  // its reply is still out
    s.the_desk().line_up(s.now);
    CHECK(s.hear(R"({"type":"StasisStart","args":["5001","12"],"channel":{"id":"9.0"}})") == "arrived:5001/12");
    CHECK(s.hear(R"({"type":"StasisEnd","channel":{"id":"1.0"}})") == "left");
    s.reply(200);
    s.reply(200);
    s.reply(200, R"({"channel_ids":["1.0"]})");
    s.reply(200, R"([{"id":"1.0","state":"Ring"}])");
    CHECK(s.reply(200, "[]") == "seen:9.0=0," + name + ".07=0,0");
}

TEST_CASE("desk: callers that wait in our application are told again, those of others and those that left are not",
          "[ari]") {
    const auto channel = [](const std::string& id, const std::string& state, const std::string& app_data) {
        return R"({"id":")" + id + R"(","state":")" + state + R"(","dialplan":{"app_name":"Stasis","app_data":")" +
               app_data + R"("}})";
    };
    script s;
    s.the_desk().line_up(s.now);
    CHECK(s.hear(R"({"type":"StasisEnd","channel":{"id":"4.0"}})") == "left");
    s.reply(200);
    s.reply(200, R"({"channel_ids":["1.0","2.0","3.0","4.0","6.0","7.0"]})");
    s.reply(200, "[" + channel("1.0", "Ring", "td,5001,12") + "," + channel("2.0", "Up", "td,5002,13") + "," +
                     channel("3.0", "Ring", "td2,5003,14") + "," + channel("4.0", "Ring", "td,5004,15") + "," +
                     channel("5.0", "Ring", "td,5005,16") + "," + channel("6.0", "Ring", "td") + "," +
                     R"({"id":"7.0","state":"Ring"}])");
    // 1.0 is served; 2.0 talks and nothing is known of it; 6.0 has no arguments. 3.0 was given to another application,
    // 4.0 has left, 5.0 is not held by ours, and of 7.0 an old Asterisk does not say what it waits for.
    CHECK(s.reply(200, "[]") == "seen:1.0=0,2.0=2,3.0=0,6.0=0,7.0=0,0 arrived:5001/12 arrived:/ arrived:/");
    CHECK(s.counted.events == 1);
}

TEST_CASE("desk: a call that is offered is claimed after the pause that its load asks for", "[ari]") {
    script s;
    const std::string offer = R"({"type":"CallBroadcast","channel":{"id":"9.0"}})";
    s.hear(offer);
    CHECK(s.pass(0s).empty());  // who does not know yet what Asterisk holds leaves it to others
    s.the_desk().line_up(s.now);
    for (const char* body : {"", R"({"channel_ids":[]})", "[]", "[]"}) {
        s.reply(200, body);
    }
    s.sent();
    s.hear(offer);
    CHECK(s.the_desk().next_deadline() <= s.now);
    CHECK(s.pass(0s) == "POST:events/claim");
    CHECK(s.reply(204).empty());
    CHECK(s.counted.claimed == 1);

    s.the_desk().claim_by([] { return std::optional<duration>(20ms); });
    s.hear(offer);
    CHECK(s.pass(0s).empty());
    CHECK(s.the_desk().next_deadline() == s.now + 20ms);
    CHECK(s.pass(20ms) == "POST:events/claim");
    CHECK(s.reply(409).empty());  // another worker was quicker: nothing happened here
    CHECK(s.counted.claimed == 1);
    CHECK(s.counted.offered == 3);
    CHECK(s.counted.failures.empty());

    s.the_desk().claim_by([] { return std::optional<duration>(); });
    s.hear(offer);
    CHECK(s.pass(0s).empty());
    s.the_desk().claim_by({});
    s.hear(offer);
    s.the_desk().line_lost();
    s.news();
    CHECK(s.pass(0s).empty());
}

TEST_CASE("desk: a claim whose reply is lost is not sent again", "[ari]") {
    script s;
    s.the_desk().line_up(s.now);
    for (const char* body : {"", R"({"channel_ids":[]})", "[]", "[]"}) {
        s.reply(200, body);
    }
    s.sent();
    s.hear(R"({"type":"CallBroadcast","channel":{"id":"9.0"}})");
    CHECK(s.pass(0s) == "POST:events/claim");
    CHECK(s.lose().empty());
    CHECK(s.sent().empty());
    CHECK(s.hear(R"({"type":"StasisStart","args":["5001","12"],"channel":{"id":"9.0"}})") == "arrived:5001/12");
}

TEST_CASE("desk: a picture that fails is taken again, an old one does not count", "[ari]") {
    script s;
    s.the_desk().line_up(s.now);
    s.sent();
    s.reply(200);
    CHECK(s.reply(404, R"({"message":"Application not found"})").empty());
    CHECK(s.the_desk().take_deafness() == "Asterisk does not know its application");
    CHECK(s.reply(200, "[]").empty());
    CHECK(s.reply(200, "[]").empty());
    CHECK(s.the_desk().next_deadline() == s.now + 500ms);
    CHECK(s.pass(500ms) == "PUT:applications/td/eventFilter GET:applications/td GET:channels GET:bridges");
    s.reply(200);
    s.reply(200, R"({"channel_ids":[]})");
    s.reply(200, "not json");
    CHECK(s.the_desk().next_deadline() == s.now + 500ms);
}

TEST_CASE("desk: a read-only user and a lost application are fatal", "[ari]") {
    script s;
    s.the_desk().line_up(s.now);
    s.reply(403);
    const auto read_only = s.the_desk().take_fatal();
    REQUIRE(read_only);
    CHECK(read_only->kind == failure_kind::not_allowed);
    CHECK(s.hear(R"({"type":"ApplicationReplaced","application":"td"})").empty());
    const auto replaced = s.the_desk().take_fatal();
    REQUIRE(replaced);
    CHECK(replaced->kind == failure_kind::taken);
    CHECK_FALSE(s.the_desk().take_fatal());
}

TEST_CASE("desk: a quiet line says a word to its own application, and a deaf one is told of once", "[ari]") {
    script s;
    s.the_desk().line_up(s.now);
    s.reply(200);
    s.reply(200, R"({"channel_ids":[]})");
    s.reply(200, "[]");
    CHECK(s.reply(200, "[]") == "seen:0");
    s.sent();
    CHECK(s.the_desk().next_deadline() == s.now + 1s);
    CHECK(s.pass(1s) == "POST:events/user/tdctl.hears");
    s.reply(204);
    CHECK(s.hear(R"({"type":"ChannelUserevent","eventname":"tdctl.hears","userevent":{}})").empty());
    CHECK(s.counted.events == 0);
    CHECK(s.pass(0s).empty());
    CHECK(s.pass(1s) == "POST:events/user/tdctl.hears");
    s.reply(404, R"({"message":"Application not found"})");
    CHECK(s.the_desk().take_deafness().empty());
    CHECK(s.counted.failures[404] == 1);
    s.pass(0s);
    CHECK(s.the_desk().take_deafness() == "Asterisk tells it nothing of its application any more");
}

TEST_CASE("desk: events are counted by what could be made of them", "[ari]") {
    script s;
    s.hear("{");
    s.hear(R"({"type":"New"})");
    s.hear(R"({"type":"BridgeCreated"})");
    CHECK(s.counted.events == 2);
    CHECK(s.counted.unknown_events == 1);
    CHECK(s.counted.broken_messages == 1);
    CHECK(s.the_desk().hear(R"({"type":"RESTResponse","request_id":"5","status_code":204})", s.now)->number == 5);
}
