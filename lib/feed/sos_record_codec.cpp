#include "feed/sos_record_codec.hpp"

#include <algorithm>

#include "feed/object_writer.hpp"

namespace td::feed {
namespace {

std::string id_of(const call_id& call, std::string_view kind) {
    return std::string(call.text()).append(".").append(kind);
}

void append_part(std::string& out, const call::attempt_record& attempt) {
    object_writer part(out);
    part.text("route", attempt.route);
    part.text("way", name_of(attempt.way));
    part.moment("dialled_ms", attempt.dialled_ms);
    part.moment("ringing_ms", attempt.ringing_ms);
    part.moment("ended_ms", attempt.ended_ms);
    part.number("sip", attempt.sip);
    part.number("cause", attempt.cause);
    part.text("why", name_of(attempt.why));
}

void append_site(std::string& out, const call::site_record& site) {
    object_writer part(out);
    part.name("fias", site.city.text());
    part.name("city", site.city_name);
    part.name("address", site.address);
    part.name("entrance", site.entrance);
    if (site.place) {
        part.fraction("lat", site.place->latitude);
        part.fraction("lon", site.place->longitude);
    } else {
        part.nothing("lat");
        part.nothing("lon");
    }
}

void append_lacks(std::string& out, const std::vector<call::lack>& lacks) {
    out += '[';
    for (std::size_t i = 0; i < lacks.size(); ++i) {
        out += i > 0 ? "," : "";
        append_json_text(out, name_of(lacks[i]), broken_utf8::replaced);
    }
    out += ']';
}

}  // namespace

void append_sos_finished(std::string& out, const call::sos_record& record) {
    object_writer body(out);
    body.text("call", record.call.text());
    body.name("panel", record.panel.text());
    body.text("started_at", rfc3339(record.started_at));
    body.text("ended_at", rfc3339(record.ended_at));
    body.text("outcome", name_of(record.how));
    body.text("ended_by", name_of(record.who));
    body.moment("ring_ms", record.ring_ms);
    body.moment("talk_ms", record.talk_ms);
    body.name("number", record.number.text());
    body.name("lent", record.lent ? pool::name_of(*record.lent) : std::string_view{});
    body.number("lease", static_cast<std::int64_t>(record.lease));
    body.moment("number_ms", record.number_ms);
    body.key("site");
    append_site(out, record.site);
    body.key("crm");
    {
        object_writer crm(out);
        crm.text("source", name_of(record.source));
        crm.moment("ms", record.crm_ms);
    }
    body.key("attempts");
    append_parts(out, record.attempts, append_part);
    body.key("lacks");
    append_lacks(out, record.lacks);
    body.text("note", record.note);
}

void append_callback_finished(std::string& out, const call::callback_record& record) {
    object_writer body(out);
    body.text("call", record.call.text());
    body.name("number", record.number.text());
    body.name("panel", record.panel.text());
    body.name("caller", record.caller);
    body.text("priority", name_of(record.priority));
    body.text("started_at", rfc3339(record.started_at));
    body.text("ended_at", rfc3339(record.ended_at));
    body.text("outcome", name_of(record.how));
    body.text("ended_by", name_of(record.who));
    body.text("called", name_of(record.whom));
    body.moment("ring_ms", record.ring_ms);
    body.moment("talk_ms", record.talk_ms);
    body.number("sip", record.sip);
    body.number("cause", record.cause);
    body.text("note", record.note);
}

void append_sos_alert(std::string& out, const call::sos_alert& news) {
    object_writer body(out);
    body.text("call", news.call.text());
    body.name("panel", news.panel.text());
    body.text("at", rfc3339(news.at));
    body.name("number", news.number.text());
    body.name("route", news.route);
    body.key("lacks");
    append_lacks(out, news.lacks);
    body.text("note", news.note);
}

std::string message_id(const call::sos_record& record) {
    return id_of(record.call, sos_finished);
}

std::string message_id(const call::callback_record& record) {
    return id_of(record.call, callback_finished);
}

std::string message_id(const call::sos_alert& news) {
    const bool last = std::find(news.lacks.begin(), news.lacks.end(), call::lack::every_try) != news.lacks.end();
    return id_of(news.call, sos_alerted).append(last ? every_try_suffix : std::string_view());
}

void append_spool_line(std::string& out, const call::sos_record& record) {
    append_message(out, sos_finished, message_id(record), [&] { append_sos_finished(out, record); });
}

void append_spool_line(std::string& out, const call::callback_record& record) {
    append_message(out, callback_finished, message_id(record), [&] { append_callback_finished(out, record); });
}

void append_spool_line(std::string& out, const call::sos_alert& news) {
    append_message(out, sos_alerted, message_id(news), [&] { append_sos_alert(out, news); });
}

}  // namespace td::feed
