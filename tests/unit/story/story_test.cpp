// Stories written line by line: one for each thing that an engineer wants to be told.

#include "lines.hpp"
#include "story/page.hpp"
#include "story/sentences.hpp"
#include "story/told.hpp"

using namespace td;
using namespace td::story;

namespace {

std::string head_of_file() {
    journal::header first;
    first.node = "w1";
    first.version = "0.1.0";
    first.run = *parse_rfc3339("2026-11-23T09:00:00Z");
    first.seq = 1;
    std::string line;
    journal::write(line, first.run, first);
    return line;
}
const std::string head = head_of_file();
constexpr std::string_view name = "01kc2v9x5m4t8q7w3e6r1y0abc";

/// A line of the call: at second 12 of nine o'clock and so many microseconds, with `{}` for the call's name.
std::string at(std::string_view moment, std::string_view rest) {
    std::string line = R"({"at":"2026-11-23T09:00:)" + std::string(moment) + R"(Z",)";
    for (const char each : rest) {
        if (each == '$') {
            line += R"("call":")" + std::string(name) + '"';
        } else {
            line += each;
        }
    }
    return line + "}\n";
}

const std::string arrival =
    at("10.000000", R"("fact":"panel_arrived",$,"channel":"17.1","panel":"5001","flat":"12","complaint":"")") +
    at("10.000000", R"("do":"find_accounts",$,"panel":"5001","flat":"12")");
const std::string two_accounts = at(
    "10.004000",
    R"("fact":"accounts_found",$,"flat":{"blocked":false,"auto_open":false,"accounts":[{"account":"a1","devices":[{"device":"d1","platform":"ios"}]},{"account":"a2","devices":[{"device":"d2","platform":"android"}]}]},"source":"live","took_ms":4)");
const std::string dials =
    at("10.004000", R"("do":"dial",$,"leg":0,"account":"a1","panel":"5001","limit_us":45000000)") +
    at("10.004000", R"("do":"dial",$,"leg":1,"account":"a2","panel":"5001","limit_us":45000000)");
const std::string pushes = at(
    "10.020000",
    R"("do":"push",$,"kind":"ring","end":"none","panel":"5001","flat":"12","title":"t","deadline":"2026-11-23T09:00:55.004000Z","targets":[{"account":"a1","device":"d1","platform":"ios"},{"account":"a2","device":"d2","platform":"android"}])");

call_story story_of(const std::string& lines) {
    const auto calls = test::calls_of({head + lines});
    REQUIRE(calls.size() == 1);
    return tell(calls.begin()->second);
}

std::string sentence_about(const story::call_story& told, std::size_t phone) {
    for (const paragraph& each : paragraphs_of(told)) {
        if (each.title == "Phones") {
            return each.rows.at(phone).text;
        }
    }
    return {};
}

bool has(const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("story: a phone that was pushed and never registered is told apart from one that no push reached",
          "[story]") {
    const call_story told = story_of(
        arrival + two_accounts + dials + pushes +
        at("10.030000",
           R"("fact":"push_answered",$,"kind":"ring","rejected":[{"device":"d2","reason":"broken_token"}],"asked":["d1","d2"])") +
        at("10.100000", R"("fact":"leg_ended",$,"leg":0,"cause":20,"sip":480)") +
        at("10.110000", R"("fact":"leg_ended",$,"leg":1,"cause":20,"sip":480)") +
        at("11.100000", R"("do":"dial",$,"leg":2,"account":"a1","panel":"5001","limit_us":45000000)") +
        at("11.200000", R"("fact":"leg_ended",$,"leg":2,"cause":20,"sip":480)") +
        at("20.000000", R"("fact":"panel_left","channel":"17.1")"));
    REQUIRE(told.phones.size() == 2);
    CHECK(told.phones[0].why_silent == silence::not_registered);
    CHECK(told.phones[1].why_silent == silence::push_rejected);
    CHECK(sentence_about(told, 0) ==
          "a1 did not ring: it never registered (SIP 480 Temporarily Unavailable), dialled 2 times, although the push "
          "was accepted at +0.030 s.");
    CHECK(sentence_about(told, 1) ==
          "a2 did not ring: it was not registered (SIP 480 Temporarily Unavailable), and the push server accepted none "
          "of its devices: broken_token.");
}

TEST_CASE("story: a phone that registers too late, one that is busy, one without a codec", "[story]") {
    const call_story late = story_of(arrival + two_accounts + dials + pushes +
                                     at("10.100000", R"("fact":"leg_ended",$,"leg":0,"cause":20,"sip":480)") +
                                     at("10.110000", R"("fact":"leg_ended",$,"leg":1,"cause":58,"sip":488)") +
                                     at("19.000000", R"("fact":"account_registered","account":"a1")") +
                                     at("20.000000", R"("fact":"panel_left","channel":"17.1")"));
    CHECK(late.phones[0].why_silent == silence::woke_late);
    CHECK(sentence_about(late, 0) ==
          "a1 did not ring: it woke late: it registered at +9.000 s, 1.00 s before the end.");
    CHECK(late.phones[1].why_silent == silence::no_codec);
    const call_story busy = story_of(arrival + two_accounts + dials +
                                     at("10.100000", R"("fact":"leg_ended",$,"leg":0,"cause":17,"sip":486)") +
                                     at("10.200000", R"("fact":"pbx_refused",$,"act":"dial","leg":1,"status":400)"));
    CHECK(busy.phones[0].why_silent == silence::busy);
    CHECK(busy.phones[1].why_silent == silence::asterisk_refused);
    CHECK(busy.end == ending::living);
    CHECK(verdict_of(busy) == "It lives where the journal ends.");
}

TEST_CASE("story: who answered, what the others were told, and the time in between", "[story]") {
    const call_story told =
        story_of(arrival + two_accounts + dials + at("10.500000", R"("fact":"leg_ringing",$,"leg":0)") +
                 at("13.000000", R"("fact":"leg_answered",$,"leg":0)") +
                 at("13.000000", R"("do":"answer_panel",$,"channel":"17.1")") +
                 at("13.000000", R"("do":"join",$,"leg":0,"channel":"17.1")") +
                 at("13.000000", R"("do":"drop_leg",$,"leg":1,"reason":"answered_elsewhere")") +
                 at("13.001000", R"("fact":"pbx_did",$,"act":"answer","leg":0)") +
                 at("13.002000", R"("fact":"pbx_did",$,"act":"join","leg":0)") +
                 at("15.000000", R"("fact":"key_pressed",$,"leg":0,"key":"1")") +
                 at("23.002000", R"("fact":"panel_left","channel":"17.1")"));
    REQUIRE(told.answered_by);
    CHECK(*told.answered_by == 0);
    CHECK(told.phones[1].why_silent == silence::answered_elsewhere);
    std::string times;
    for (const hop& each : told.hops) {
        times += std::string(each.name) + ' ' + std::to_string(each.took.count()) + ' ';
    }
    CHECK(times == "crm 4000 dial 0 wake 496000 ring 2500000 join 2000 talk 10000000 ");
    CHECK(told.whole() == 13'002'000us);
}

TEST_CASE("story: a call whose beginning is missing says so, and so does one with a hole", "[story]") {
    gatherer without(*call_id::parse(name));
    journal::reader lines;
    lines.take(head + dials + at("12.000000", R"("gap":17,"since":"2026-11-23T09:00:11.000000Z")"));
    while (auto line = lines.next()) {
        REQUIRE(*line);
        without.take(std::move(**line), gatherer::hand::first);
    }
    const call_story told = tell(without.finish());
    CHECK(told.beginning_missing);
    const std::string words = story::told(told);
    CHECK(has(words, "Its beginning is missing: the first line of it is of 09:00:10.004."));
    CHECK(has(words, "17 lines are missing since 09:00:11.000"));
}

TEST_CASE("story: hostile names neither move the cursor of a terminal nor become markup", "[story]") {
    const call_story told = story_of(
        at("10.000000",
           R"("fact":"panel_arrived",$,"channel":"17.1","panel":"\u001b[2J<script>","flat":"1&\"2'","complaint":"")") +
        at("10.001000", R"("fact":"crm_failed",$,"reason":"<img src=x onerror=a>","took_ms":1)"));
    const std::string words = story::told(told);
    CHECK(!has(words, "\x1b"));
    CHECK(has(words, "\\x1b[2J<script>"));
    const std::string html = page(told);
    CHECK(!has(html, "<script"));
    CHECK(!has(html, "<img"));
    CHECK(has(html, "&lt;img src=x onerror=a&gt;"));
    CHECK(has(html, "1&amp;&quot;2&#39;"));
    CHECK(!has(html, "http://"));
    CHECK(!has(html, "https://"));
    CHECK(!has(html, "url("));
}
