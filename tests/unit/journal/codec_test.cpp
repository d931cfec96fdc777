#include "journal/codec.hpp"

#include "catch.hpp"
#include "journal/entry_shapes.hpp"
#include "random_entry.hpp"

namespace td::journal {
namespace {

const call_id call = *call_id::parse("01jdhzz7mkr8m9v2x4t6w8y0z1");
const instant at = *parse_rfc3339("2026-11-23T02:34:52.076123Z");

template <class What>
std::string text_of(const What& what, instant moment = at) {
    std::string out;
    write(out, moment, what);
    return out;
}

std::string fact_text(call::fact news) {
    return text_of(news);
}
std::string command_text(call::command wish) {
    return text_of(wish);
}

/// The line without its beginning, which is the same in all of them.
std::string rest(std::string line) {
    constexpr std::string_view start = R"({"at":"2026-11-23T02:34:52.076123Z",)";
    CHECK(line.starts_with(start));
    CHECK(line.ends_with("}\n"));
    return line.substr(start.size(), line.size() - start.size() - 2);
}

std::string why(std::string_view line, failure_kind kind = failure_kind::broken_data) {
    reader lines;
    const auto read = lines.read(line);
    if (read.ok()) {
        return "read";
    }
    CHECK(read.why().kind == kind);
    return read.why().text;
}

entry read_good(std::string_view line) {
    reader lines;
    auto read = lines.read(line);
    INFO((read.ok() ? std::string() : read.why().text));
    REQUIRE(read.ok());
    return std::move(read).value();
}

template <class What>
std::string rewritten(const entry& read) {
    return text_of(std::get<What>(read.what), read.at);
}

TEST_CASE("journal codec: a line that is told again says so before its kind", "[journal]") {
    std::string line;
    write(line, at, call::fact{call::leg_ringing{{call, {2}}}}, telling::again);
    CHECK(rest(line) == R"("retold":true,"fact":"leg_ringing","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":2)");
    CHECK(read_good(line).retold);
    CHECK_FALSE(read_good(text_of(call::fact{call::leg_ringing{{call, {2}}}})).retold);
    std::string rules;
    write(rules, at, rules_changed{}, telling::again);
    CHECK(read_good(rules).retold);
    CHECK(rewritten<rules_changed>(read_good(rules)) == text_of(rules_changed{}));

    const std::string start = R"({"at":"2026-11-23T02:34:52.076123Z",)";
    CHECK(why(start + R"("retold":true})").find("no kind behind") != std::string::npos);
    CHECK(why(start + R"("retold":false,"fact":"time_passed"})").find("no kind behind") != std::string::npos);
    CHECK(why(start + R"("retold":7,"fact":"time_passed"})").find("retold cannot be read") != std::string::npos);
    // What went out is never told again.
    CHECK(why(start + R"("retold":true,"do":"dial"})").find("where its kind should stand") != std::string::npos);
}

TEST_CASE("journal codec: the lines of facts are these", "[journal]") {
    CHECK(
        rest(fact_text(call::panel_arrived{call, channel_id("PJSIP/k-1"), panel_id("5001"), flat_id("12"), ""})) ==
        R"("fact":"panel_arrived","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","channel":"PJSIP/k-1","panel":"5001","flat":"12","complaint":"")");
    CHECK(rest(fact_text(call::leg_ringing{{call, {2}}})) ==
          R"("fact":"leg_ringing","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":2)");
    CHECK(rest(fact_text(call::leg_ended{{call, {2}}, 16, 200})) ==
          R"("fact":"leg_ended","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":2,"cause":16,"sip":200)");
    CHECK(rest(fact_text(call::key_pressed{{call, {0}}, '#'})) ==
          R"("fact":"key_pressed","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":0,"key":"#")");
    CHECK(rest(fact_text(call::pbx_refused{call, call::act::join, {3}, 409})) ==
          R"("fact":"pbx_refused","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","act":"join","leg":3,"status":409)");
    CHECK(
        rest(fact_text(call::pbx_seen{{{channel_id("c"), call::pbx_seen::condition::up, true}}, {call}})) ==
        R"("fact":"pbx_seen","line":"door","channels":[{"channel":"c","state":"up","joined":true}],"bridges":["01jdhzz7mkr8m9v2x4t6w8y0z1"])");
    CHECK(
        rest(fact_text(call::accounts_found{call,
                                            {false, true, {{account_id("79001112233"), {{device_id("d1"), "ios"}}}}},
                                            call::crm_source::stale,
                                            8})) ==
        R"("fact":"accounts_found","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","flat":{"blocked":false,"auto_open":true,)"
        R"("accounts":[{"account":"79001112233","devices":[{"device":"d1","platform":"ios"}]}]},"source":"stale","took_ms":8)");
    CHECK(
        rest(fact_text(call::push_failed{call, call::push_kind::ring, "timeout", {device_id("d1")}})) ==
        R"("fact":"push_failed","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","kind":"ring","reason":"timeout","asked":["d1"])");
    CHECK(rest(fact_text(call::drain_begun{})) == R"("fact":"drain_begun")");
}

TEST_CASE("journal codec: a field that older journals lack keeps its default", "[journal]") {
    const entry read = read_good(
        R"({"at":1,"fact":"push_failed","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","kind":"ring","reason":"timeout"})");
    CHECK(std::get<call::push_failed>(std::get<call::fact>(read.what)).asked.empty());
}

TEST_CASE("journal codec: the lines of commands are these", "[journal]") {
    CHECK(
        rest(command_text(call::dial{{call, {1}}, account_id("79001112233"), panel_id("5001"), 45s})) ==
        R"("do":"dial","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":1,"account":"79001112233","panel":"5001","limit_us":45000000)");
    CHECK(rest(command_text(call::drop_leg{{call, {1}}, call::hangup_reason::answered_elsewhere})) ==
          R"("do":"drop_leg","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":1,"reason":"answered_elsewhere")");
    call::door_record record;
    record.call = call;
    record.panel = panel_id("5001");
    record.flat = flat_id("12");
    record.started_at = at;
    record.ended_at = at + 12s;
    record.legs.push_back(
        {account_id("a"), device_id("d"), 10, 200, call::not_reached, 486, 17, call::leg_why::busy, 1});
    CHECK(rest(command_text(call::finish{record})) ==
          R"("do":"finish","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","panel":"5001","flat":"12",)"
          R"("started_at":"2026-11-23T02:34:52.076123Z","ended_at":"2026-11-23T02:35:04.076123Z","outcome":"failed",)"
          R"("answered_by":"","ring_ms":0,"talk_ms":0,"ended_by":"none","opened_door":false,)"
          R"("legs":[{"account":"a","device":"d","dialled_ms":10,"ringing_ms":200,"ended_ms":-1,"sip":486,"cause":17,)"
          R"("why":"busy","attempts":1}],"pushes":[],"source":"none","crm_ms":-1,"note":"")");
}

TEST_CASE("journal codec: the lines of an emergency call are these", "[journal]") {
    const call::site_record site{city_id("7ac1"), "Tambov", "Lenina 1", "2", {{55.16, 61.4}}};
    const std::string placed =
        R"("site":{"city":"7ac1","city_name":"Tambov","address":"Lenina 1","entrance":"2","place":{"latitude":55.16,"longitude":61.4}})";
    CHECK(
        rest(fact_text(call::sos_arrived{call, channel_id("PJSIP/k-1"), panel_id("5001"), ""})) ==
        R"("fact":"sos_arrived","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","channel":"PJSIP/k-1","panel":"5001","complaint":"")");
    CHECK(rest(fact_text(call::callback_arrived{call, channel_id("PJSIP/k-1"), panel_id("5001"), number_id("7351"),
                                                "112", call::urgency::psap_callback, ""})) ==
          R"("fact":"callback_arrived","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","channel":"PJSIP/k-1","panel":"5001",)"
          R"("number":"7351","caller":"112","priority":"psap_callback","complaint":"")");
    CHECK(rest(fact_text(call::number_lent{
              call, 9, number_id("7351"), pool::lent_how::sticky, {"112", "9112", number_id("7399")}})) ==
          R"("fact":"number_lent","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","lease":9,"number":"7351","how":"sticky",)"
          R"("routes":{"route":"112","second_route":"9112","shared_number":"7399"})");
    call::call_out wish;
    wish.leg = {call, {1}};
    wish.target = "112";
    wish.caller = "7351";
    wish.panel = panel_id("5001");
    wish.site = site;
    wish.limit = 60s;
    CHECK(rest(command_text(wish)) ==
          R"("do":"call_out","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":1,"whom":"operator","way":"early",)"
          R"("target":"112","caller":"7351","panel":"5001",)" +
              placed + R"(,"priority":"normal","limit_us":60000000)");
    CHECK(
        rest(command_text(call::return_number{call, 9, number_id("7351"), panel_id("5001"), at})) ==
        R"("do":"return_number","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","lease":9,"number":"7351","panel":"5001","ended_at":"2026-11-23T02:34:52.076123Z")");
    CHECK(rest(command_text(call::alert{{call,
                                         panel_id("5001"),
                                         at,
                                         number_id("7351"),
                                         "112",
                                         {call::lack::store, call::lack::callback_map},
                                         "pool: no answer in time"}})) ==
          R"("do":"alert","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","panel":"5001","told_at":"2026-11-23T02:34:52.076123Z",)"
          R"("number":"7351","route":"112","lacks":["store","callback_map"],"note":"pool: no answer in time")");
}

TEST_CASE("journal codec: a header, new rules and a gap", "[journal]") {
    header first;
    first.node = "w1";
    first.version = "0.1.0";
    first.run = at - 1h;
    first.seq = 3;
    first.rules.door.ring_limit = 30s;
    const std::string line = text_of(first);
    CHECK(line.starts_with(R"({"journal":"tdctl","schema":1,"node":"w1","version":"0.1.0",)"
                           R"("opened_at":"2026-11-23T02:34:52.076123Z","run":"2026-11-23T01:34:52.076123Z","seq":3,)"
                           R"("rules":{"door":{"ring_limit_us":30000000,)"));
    const entry read = read_good(line);
    CHECK(read.at == at);
    CHECK(std::get<header>(read.what).rules.door.ring_limit == 30s);
    CHECK(rewritten<header>(read) == line);
    CHECK(line.ends_with("\"oldest\":null,\"clock\":null,\"recalled\":null,\"retold\":null,\"holed\":null}\n"));
    first.oldest = at - 7s;
    CHECK(std::get<header>(read_good(text_of(first)).what).oldest == at - 7s);
    std::string older = line;  // as a tdctl wrote it that knew nothing of it
    older.erase(older.find(",\"oldest\""), std::string_view(",\"oldest\":null").size());
    CHECK_FALSE(std::get<header>(read_good(older).what).oldest);
    older.erase(older.find(",\"clock\""), std::string_view(",\"clock\":null").size());
    CHECK_FALSE(std::get<header>(read_good(older).what).clock);
    older.erase(older.find(",\"recalled\""), std::string_view(",\"recalled\":null").size());
    CHECK_FALSE(std::get<header>(read_good(older).what).recalled);
    older.erase(older.find(",\"retold\""), std::string_view(",\"retold\":null").size());
    CHECK_FALSE(std::get<header>(read_good(older).what).retold);
    older.erase(older.find(",\"holed\""), std::string_view(",\"holed\":null").size());
    CHECK_FALSE(std::get<header>(read_good(older).what).holed);
    first.recalled = true;
    first.retold = 7;
    first.holed = {{call}};
    first.clock = clock_origin{"0f0c", at - 9h};
    const std::string clocked = text_of(first);
    CHECK(clocked.ends_with(
        R"("clock":{"boot_id":"0f0c","zero":"2026-11-22T17:34:52.076123Z"},"recalled":true,"retold":7,"holed":["01jdhzz7mkr8m9v2x4t6w8y0z1"]})"
        "\n"));
    CHECK(rewritten<header>(read_good(clocked)) == clocked);
    std::string half = clocked;  // a clock is whole or missing
    half.erase(half.find(",\"zero\""), half.rfind("},") - half.find(",\"zero\""));
    CHECK_FALSE(reader().read(half).ok());

    rules_changed news;
    news.rules.door.open_dtmf = "#";
    news.rules.door.on_decline = call::decline_rule::end_call;
    CHECK(rewritten<rules_changed>(read_good(text_of(news))) == text_of(news));

    CHECK(rest(text_of(gap{17, at - 5s, {{call}}, true})) ==
          R"("gap":17,"since":"2026-11-23T02:34:47.076123Z","living":["01jdhzz7mkr8m9v2x4t6w8y0z1"],"draining":true)");
    CHECK(std::get<gap>(read_good(text_of(gap{17, at - 5s, {}, {}})).what).lines == 17);
}

TEST_CASE("journal codec: every fact and command comes back as it was, by seed", "[journal]") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        random_source random(seed);
        for (const call::fact& news : one_of_each<call::fact>(random)) {
            const std::string line = text_of(news);
            INFO("seed " << seed << ": " << line);
            const entry read = read_good(line);
            CHECK(std::get<call::fact>(read.what).index() == news.index());
            CHECK(rewritten<call::fact>(read) == line);
        }
        for (const call::command& wish : one_of_each<call::command>(random)) {
            const std::string line = text_of(wish);
            INFO("seed " << seed << ": " << line);
            const entry read = read_good(line);
            CHECK(std::get<call::command>(read.what).index() == wish.index());
            CHECK(rewritten<call::command>(read) == line);
        }
    }
}

TEST_CASE("journal codec: hostile text comes back byte for byte", "[journal]") {
    const std::string hostile("a\"b\\c\n\0\x1b[2J\xff\xee\xbe\x80\xed\xa0\x80\xd0", 19);
    const std::string line = fact_text(call::panel_left{channel_id(hostile)});
    CHECK(line.find('\n') == line.size() - 1);
    const entry read = read_good(line);
    CHECK(std::get<call::panel_left>(std::get<call::fact>(read.what)).channel.text() == hostile);
}

TEST_CASE("journal codec: moments that RFC 3339 cannot say are numbers", "[journal]") {
    for (const instant moment : {never, instant::min(), instant{}, at, instant{duration{-1}}}) {
        const std::string line = text_of(call::fact{call::drain_over{}}, moment);
        CHECK(read_good(line).at == moment);
    }
    CHECK(text_of(call::fact{call::drain_over{}}, never) == "{\"at\":9223372036854775807,\"fact\":\"drain_over\"}\n");
    CHECK(read_good(R"({"at":"2026-11-23T05:34:52.076+03:00","fact":"drain_over"})").at == at - 123us);
}

TEST_CASE("journal codec: unknown fields are ignored, and the order of the others is free", "[journal]") {
    const entry read = read_good(
        R"({"at":"2026-11-23T02:34:52.076123Z","fact":"leg_ended","new":{"a":[1,{"b":2}]},"sip":486,"cause":17,)"
        R"("leg":4,"sip":487,"call":"01jdhzz7mkr8m9v2x4t6w8y0z1"})");
    const auto& ended = std::get<call::leg_ended>(std::get<call::fact>(read.what));
    CHECK(ended.leg == leg_ref{call, {4}});
    CHECK(ended.cause == 17);
    CHECK(ended.sip == 487);
    const entry twice = read_good(
        R"({"at":1,"fact":"pbx_seen","line":"door","channels":[],"bridges":["01jdhzz7mkr8m9v2x4t6w8y0z1"],"bridges":[]})");
    CHECK(std::get<call::pbx_seen>(std::get<call::fact>(twice.what)).bridges.empty());
    const entry older =
        read_good(R"({"at":1,"fact":"pbx_seen","line":"door","channels":[{"channel":"c","state":"up"}],"bridges":[]})");
    CHECK_FALSE(std::get<call::pbx_seen>(std::get<call::fact>(older.what)).channels.at(0).joined);
}

TEST_CASE("journal codec: a line that cannot be read says what is wrong", "[journal]") {
    CHECK(why(R"({"at":1,"fact":"moon_rose"})") ==
          "line 1 names the unknown fact \"moon_rose\": a newer tdctl may have written it");
    CHECK(why(R"({"at":1,"do":"dance"})") ==
          "line 1 names the unknown command \"dance\": a newer tdctl may have written it");
    CHECK(why(R"({"at":1,"fact":"leg_ringing","call":"01jdhzz7mkr8m9v2x4t6w8y0z1"})") == "line 1 lacks the field leg");
    CHECK(why(R"({"at":1,"fact":"leg_ringing","call":"short","leg":1})") == "line 1 call is no call id");
    CHECK(why(R"({"at":1,"fact":"leg_ringing","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":100})") ==
          "line 1 leg is no leg number, 0 to 99");
    CHECK(why(R"({"at":1,"fact":"leg_ringing","call":"01jdhzz7mkr8m9v2x4t6w8y0z1","leg":300})") ==
          "line 1 leg does not fit: 300");
    CHECK(why(R"({"at":1,"fact":"pbx_seen","channels":[{"channel":"c","state":"asleep"}],"bridges":[]})") ==
          "line 1 channels.state has the unknown word \"asleep\"");
    CHECK(why(R"({"at":"yesterday","fact":"drain_over"})") == "line 1 at is no RFC 3339 time");
    CHECK(why(R"({"at":"2026-13-23T02:34:52.076123Z","fact":"drain_over"})") == "line 1 at is no RFC 3339 time");
    CHECK(why(R"({"at":"2026-11-23T02:3x:52.076123Z","fact":"drain_over"})") == "line 1 at is no RFC 3339 time");
    CHECK(why(R"({"at":1,"fact":"drain_over"} {})") == "line 1 goes on after its object");
    CHECK(why(R"({"at":1,"note":"x"})") == "line 1 has \"note\" where its kind should stand");
    CHECK(why(R"({"at":1})") == "line 1 says nothing after \"at\"");
    CHECK(why(R"({"fact":"drain_over","at":1})") == "line 1 begins with neither \"at\" nor \"journal\"");
    CHECK(why("{}") == "line 1 begins with neither \"at\" nor \"journal\"");
    CHECK(why(R"({"journal":"other"})") == "line 1 is not of a journal of tdctl");
    CHECK(why(R"({"at":1,"gap":"many","since":1})").starts_with("line 1 gap cannot be read: "));
    for (const std::string_view bad :
         {"", " ", "[]", "17", "null", "{", "}", "{\"at\":1,\"fact\":\"drain_over\"",
          "{\"at\":1,\"fact\":\"drain_over}", "\xff\xfe", "{\"at\":1 \"fact\":\"drain_over\"}",
          "{\"at\":01,\"fact\":\"drain_over\"}", "{\"at\":1.5,\"fact\":\"drain_over\"}"}) {
        INFO(bad);
        CHECK(why(bad) != "read");
    }
}

TEST_CASE("journal codec: a schema of the future is refused with the remedy", "[journal]") {
    std::string line = text_of(header{});
    line.replace(line.find("\"schema\":1"), 10, "\"schema\":2");
    const std::string words = "line 1 has schema 2, this tdctl reads up to 1: use a newer one";
    CHECK(why(line, failure_kind::refused) == words);
    // It may lack what ours has.
    CHECK(why(R"({"journal":"tdctl","schema":2})", failure_kind::refused) == words);
    line.replace(line.find("\"schema\":2"), 10, "\"schema\":0");
    CHECK(why(line) != "read");
}

TEST_CASE("journal codec: a text of lines is read to its end, and a torn last line is recognised", "[journal]") {
    reader lines;
    const std::string good = fact_text(call::drain_begun{});
    lines.take(good + "\n{broken\n" + good + R"({"at":1,"fact":"dra)");
    REQUIRE(lines.next()->ok());
    CHECK(lines.line_number() == 1);
    const auto broken = lines.next();
    REQUIRE(broken);
    CHECK_FALSE(broken->ok());
    CHECK(broken->why().text.starts_with("line 3 "));
    REQUIRE(lines.next()->ok());
    CHECK(lines.torn() == 0);
    CHECK_FALSE(lines.next());
    CHECK(lines.torn() == 19);

    lines.take(good);
    REQUIRE(lines.next()->ok());
    CHECK_FALSE(lines.next());
    CHECK(lines.torn() == 0);
    CHECK(lines.line_number() == 1);
}

TEST_CASE("journal codec: every line cut short or with one byte changed is read or refused, never worse", "[journal]") {
    random_source random(7);
    reader lines;
    for (const call::command& wish : one_of_each<call::command>(random)) {
        const std::string line = text_of(wish);
        for (std::size_t length = 0; length + 2 < line.size(); ++length) {
            INFO(line.substr(0, length));
            CHECK_FALSE(lines.read(line.substr(0, length)).ok());
        }
        for (int times = 0; times < 300; ++times) {
            std::string changed = line;
            changed[random.below(changed.size())] = static_cast<char>(random.below(256));
            const auto read = lines.read(changed);
            CHECK((read.ok() || read.why().text.starts_with("line 1 ")));
        }
    }
}

TEST_CASE("journal codec: the names of the lines are the names of the types", "[journal]") {
    CHECK(name_of(call::fact{call::leg_ringing{}}) == "leg_ringing");
    CHECK(name_of(call::command{call::finish{}}) == "finish");
}

}  // namespace
}  // namespace td::journal
