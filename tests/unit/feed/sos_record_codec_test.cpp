// The records of emergency calls, callbacks and alerts, byte for byte as man/tdctl-feed.5 has them.

#include "feed/sos_record_codec.hpp"

#include "base/json_text.hpp"
#include "catch.hpp"

namespace td::feed {
namespace {

const call_id the_call = *call_id::parse("01jdhzz7mkr8m9v2x4t6w8y0z1");
const instant begun = *parse_rfc3339("2026-11-23T02:34:52.076Z");

call::sos_record answered_call() {
    call::sos_record record;
    record.call = the_call;
    record.panel = panel_id("5001");
    record.started_at = begun;
    record.ended_at = begun + 20s;
    record.how = call::outcome::answered;
    record.who = call::ended_by::callee;
    record.ring_ms = 5000;
    record.talk_ms = 15000;
    record.number = number_id("73511000001");
    record.lent = pool::lent_how::sticky;
    record.lease = 9;
    record.site = {city_id("7ac1e55c"), "Tambov", "Lenina 1", "2", {{55.16, 61.4}}};
    record.source = call::crm_source::live;
    record.crm_ms = 8;
    record.number_ms = 20;
    record.attempts.push_back({"112", call::call_way::early, 30, call::not_reached, 45, 486, 17, call::leg_why::busy});
    record.attempts.push_back({"9112", call::call_way::plain, 45, 340, 20000, 0, 0, call::leg_why::answered});
    record.lacks = {call::lack::callback_map, call::lack::first_try};
    record.note = "callback map: no answer in time";
    return record;
}

template <class Record>
std::string line_of(const Record& record) {
    std::string out;
    append_spool_line(out, record);
    return out;
}

TEST_CASE("sos record codec: an emergency call of two attempts", "[feed]") {
    std::string body;
    append_sos_finished(body, answered_call());
    CHECK(
        body ==
        R"({"call":"01jdhzz7mkr8m9v2x4t6w8y0z1","panel":"5001","started_at":"2026-11-23T02:34:52.076Z",)"
        R"("ended_at":"2026-11-23T02:35:12.076Z","outcome":"answered","ended_by":"callee","ring_ms":5000,"talk_ms":15000,)"
        R"("number":"73511000001","lent":"sticky","lease":9,"number_ms":20,)"
        R"("site":{"fias":"7ac1e55c","city":"Tambov","address":"Lenina 1","entrance":"2","lat":55.16,"lon":61.4},)"
        R"("crm":{"source":"live","ms":8},)"
        R"("attempts":[{"route":"112","way":"early","dialled_ms":30,"ringing_ms":null,"ended_ms":45,"sip":486,"cause":17,)"
        R"("why":"busy"},{"route":"9112","way":"plain","dialled_ms":45,"ringing_ms":340,"ended_ms":20000,"sip":0,)"
        R"("cause":0,"why":"answered"}],"lacks":["callback_map","first_try"],"note":"callback map: no answer in time"})");
}

TEST_CASE("sos record codec: a call of which nothing was known has nulls, and no invented number", "[feed]") {
    std::string body;
    append_sos_finished(body, call::sos_record{});
    CHECK(body.find(R"("panel":null)") != std::string::npos);
    CHECK(body.find(R"("number":null,"lent":null,"lease":0,"number_ms":null)") != std::string::npos);
    CHECK(body.find(R"("site":{"fias":null,"city":null,"address":null,"entrance":null,"lat":null,"lon":null})") !=
          std::string::npos);
    CHECK(body.find(R"("crm":{"source":"none","ms":null},"attempts":[],"lacks":[])") != std::string::npos);
}

TEST_CASE("sos record codec: a callback", "[feed]") {
    call::callback_record record;
    record.call = the_call;
    record.number = number_id("73511000001");
    record.panel = panel_id("5001");
    record.caller = "73512000000";
    record.priority = call::urgency::psap_callback;
    record.started_at = begun;
    record.ended_at = begun + 3s;
    record.how = call::outcome::missed;
    record.who = call::ended_by::everybody_busy;
    record.ring_ms = 3000;
    record.sip = 486;
    record.cause = 17;
    std::string body;
    append_callback_finished(body, record);
    CHECK(body ==
          R"({"call":"01jdhzz7mkr8m9v2x4t6w8y0z1","number":"73511000001","panel":"5001","caller":"73512000000",)"
          R"("priority":"psap_callback","started_at":"2026-11-23T02:34:52.076Z","ended_at":"2026-11-23T02:34:55.076Z",)"
          R"("outcome":"missed","ended_by":"everybody_busy","called":"panel","ring_ms":3000,"talk_ms":0,"sip":486,)"
          R"("cause":17,"note":""})");
}

TEST_CASE("sos record codec: each message has a key and an id of its own", "[feed]") {
    call::callback_record back;
    back.call = the_call;
    call::sos_alert degraded;
    degraded.call = the_call;
    call::sos_alert lost = degraded;
    lost.lacks = {call::lack::first_try, call::lack::every_try};
    const std::string id = R"("message_id":"01jdhzz7mkr8m9v2x4t6w8y0z1.)";
    CHECK(line_of(answered_call()).starts_with(R"({"key":"sos.finished",)" + id + R"(sos.finished","body":{"call":)"));
    CHECK(line_of(back).starts_with(R"({"key":"callback.finished",)" + id + R"(callback.finished","body":{"call":)"));
    CHECK(line_of(degraded).starts_with(R"({"key":"sos.alert",)" + id + R"(sos.alert","body":{"call":)"));
    // A call may alarm twice, and the second word is no double of the first.
    CHECK(line_of(lost).starts_with(R"({"key":"sos.alert",)" + id + R"(sos.alert.every_try","body":{"call":)"));
}

TEST_CASE("sos record codec: hostile text stays within its string and its line", "[feed]") {
    call::sos_record record = answered_call();
    record.site.address = "\"},\"outcome\":\"x\"\n\xff";
    record.attempts.front().route = "\"]\r\n";
    record.note = std::string("\0\x1b", 2);
    const std::string line = line_of(record);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(line.find(R"("address":"\"},\"outcome\":\"x\"\n\ufffd")") != std::string::npos);
    CHECK(line.find(R"("route":"\"]\r\n")") != std::string::npos);
    CHECK(line.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace td::feed
