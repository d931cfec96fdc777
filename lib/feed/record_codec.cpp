#include "feed/record_codec.hpp"

#include "feed/object_writer.hpp"

namespace td::feed {
namespace {

void append_part(std::string& out, const call::leg_record& leg) {
    object_writer part(out);
    part.name("account", leg.account.text());
    part.name("device", leg.device.text());
    part.moment("dialled_ms", leg.dialled_ms);
    part.moment("ringing_ms", leg.ringing_ms);
    part.moment("ended_ms", leg.ended_ms);
    part.number("sip", leg.sip);
    part.number("cause", leg.cause);
    part.text("why", name_of(leg.why));
    part.number("attempts", leg.attempts);
}

void append_part(std::string& out, const call::push_record& push) {
    object_writer part(out);
    part.text("device", push.device.text());
    part.yes_or_no("accepted", push.accepted);
    part.name("reason", push.reason);
}

}  // namespace

void append_door_finished(std::string& out, const call::door_record& record) {
    object_writer body(out);
    body.text("call", record.call.text());
    body.text("panel", record.panel.text());
    body.text("flat", record.flat.text());
    body.text("started_at", rfc3339(record.started_at));
    body.text("ended_at", rfc3339(record.ended_at));
    body.text("outcome", name_of(record.how));
    body.name("answered_by", record.answered_by.text());
    body.moment("ring_ms", record.ring_ms);
    body.moment("talk_ms", record.talk_ms);
    body.text("ended_by", name_of(record.who));
    body.yes_or_no("opened_door", record.opened_door);
    body.key("legs");
    append_parts<call::leg_record>(out, record.legs, append_part);
    body.key("push");
    append_parts<call::push_record>(out, record.pushes, append_part);
    body.key("crm");
    {
        object_writer crm(out);
        crm.text("source", name_of(record.source));
        crm.moment("ms", record.crm_ms);
    }
    body.text("note", record.note);
}

std::string message_id(const call::door_record& record) {
    return std::string(record.call.text()).append(".").append(door_finished);
}

void append_spool_line(std::string& out, const call::door_record& record) {
    append_message(out, door_finished, message_id(record), [&] { append_door_finished(out, record); });
}

}  // namespace td::feed
