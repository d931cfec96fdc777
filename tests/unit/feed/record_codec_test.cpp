#include "feed/record_codec.hpp"

#include "catch.hpp"

namespace td::feed {
namespace {

call::door_record answered_call() {
    call::door_record record;
    record.call = *call_id::parse("01jdhzz7mkr8m9v2x4t6w8y0z1");
    record.panel = panel_id("5001");
    record.flat = flat_id("12");
    record.started_at = *parse_rfc3339("2026-11-23T02:34:52.076Z");
    record.ended_at = record.started_at + 20s;
    record.how = call::outcome::answered;
    record.answered_by = account_id("79001112233");
    record.ring_ms = 5000;
    record.talk_ms = 15000;
    record.who = call::ended_by::panel;
    record.opened_door = true;
    record.legs.push_back(
        {account_id("79001112233"), device_id("d1"), 12, 340, 20000, 200, 16, call::leg_why::answered, 1});
    record.pushes.push_back({device_id("d1"), false, "broken_token"});
    record.source = call::crm_source::live;
    record.crm_ms = 8;
    return record;
}

std::string body_of(const call::door_record& record) {
    std::string out;
    append_door_finished(out, record);
    return out;
}

TEST_CASE("record codec: an answered call", "[feed]") {
    CHECK(
        body_of(answered_call()) ==
        R"({"call":"01jdhzz7mkr8m9v2x4t6w8y0z1","panel":"5001","flat":"12","started_at":"2026-11-23T02:34:52.076Z",)"
        R"("ended_at":"2026-11-23T02:35:12.076Z","outcome":"answered","answered_by":"79001112233","ring_ms":5000,)"
        R"("talk_ms":15000,"ended_by":"panel","opened_door":true,)"
        R"("legs":[{"account":"79001112233","device":"d1","dialled_ms":12,"ringing_ms":340,"ended_ms":20000,"sip":200,)"
        R"("cause":16,"why":"answered","attempts":1}],)"
        R"("push":[{"device":"d1","accepted":false,"reason":"broken_token"}],"crm":{"source":"live","ms":8},"note":""})");
}

TEST_CASE("record codec: what never came is null", "[feed]") {
    call::door_record record;
    record.legs.push_back({});
    const std::string body = body_of(record);
    CHECK(body.find(R"("answered_by":null)") != std::string::npos);
    CHECK(body.find(R"({"account":null,"device":null,"dialled_ms":null,"ringing_ms":null,"ended_ms":null)") !=
          std::string::npos);
    CHECK(body.find(R"("crm":{"source":"none","ms":null})") != std::string::npos);
}

TEST_CASE("record codec: hostile text stays within its string", "[feed]") {
    call::door_record record;
    record.note = "\",\"outcome\":\"answered\"}\n\xff";
    const std::string body = body_of(record);
    CHECK(body.find('\n') == std::string::npos);
    CHECK(body.ends_with(R"("note":"\",\"outcome\":\"answered\"}\n\ufffd"})"));
}

TEST_CASE("record codec: the spool's line names its message", "[feed]") {
    std::string line;
    append_spool_line(line, answered_call());
    CHECK(line.starts_with(
        R"({"key":"door.finished","message_id":"01jdhzz7mkr8m9v2x4t6w8y0z1.door.finished","body":{"call":"01jdh)"));
    CHECK(line.ends_with("\"note\":\"\"}}\n"));
    CHECK(message_id(answered_call()) == "01jdhzz7mkr8m9v2x4t6w8y0z1.door.finished");
}

}  // namespace
}  // namespace td::feed
