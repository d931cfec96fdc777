#include "feed/record_codec.hpp"

#include "base/json_text.hpp"

namespace td::feed {
namespace {

/// Appends members with commas between them.
class object_writer {
public:
    explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
    object_writer(const object_writer&) = delete;
    object_writer& operator=(const object_writer&) = delete;
    ~object_writer() { out_ += '}'; }

    void text(std::string_view name, std::string_view value) {
        key(name);
        append_json_text(out_, value, broken_utf8::replaced);
    }
    /// An empty name is null: nobody answered, no single device.
    void name(std::string_view name, std::string_view value) {
        if (value.empty()) {
            key(name);
            out_ += "null";
        } else {
            text(name, value);
        }
    }
    void number(std::string_view name, std::int64_t value) {
        key(name);
        append_json_number(out_, value);
    }
    void moment(std::string_view name, call::call_ms value) {
        if (value == call::not_reached) {
            key(name);
            out_ += "null";
        } else {
            number(name, value);
        }
    }
    void yes_or_no(std::string_view name, bool value) {
        key(name);
        out_ += value ? "true" : "false";
    }
    void key(std::string_view name) {
        out_ += first_ ? "\"" : ",\"";
        first_ = false;
        out_.append(name);
        out_ += "\":";
    }

private:
    std::string& out_;
    bool first_ = true;
};

void append_part(std::string& out, const call::leg_record& leg) {
    object_writer part(out);
    part.text("account", leg.account.text());
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

template <class Part>
void append_parts(std::string& out, const std::vector<Part>& parts) {
    out += '[';
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) {
            out += ',';
        }
        append_part(out, parts[i]);
    }
    out += ']';
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
    append_parts(out, record.legs);
    body.key("push");
    append_parts(out, record.pushes);
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
    {
        object_writer message(out);
        message.text("key", door_finished);
        message.text("message_id", message_id(record));
        message.key("body");
        append_door_finished(out, record);
    }
    out += '\n';
}

}  // namespace td::feed
