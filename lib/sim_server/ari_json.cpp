#include "sim_server/ari_json.hpp"

#include <type_traits>
#include <variant>
#include <vector>

#include "base/json_text.hpp"
#include "base/overloaded.hpp"

namespace td::sim_server {
namespace {

/// ,"name":"value" — or without the comma for the first of an object.
void append_field(std::string& out, std::string_view prefix, std::string_view value) {
    out.append(prefix);
    append_json_text(out, value, broken_utf8::replaced);
}

void append_party(std::string& out, std::string_view key, const sim::party& who) {
    out.append(key);
    append_field(out, R"({"name":)", who.name);
    append_field(out, R"(,"number":)", who.number);
    out.push_back('}');
}

void append_texts(std::string& out, const std::vector<std::string>& texts) {
    out.push_back('[');
    for (std::size_t i = 0; i < texts.size(); ++i) {
        append_field(out, i == 0 ? "" : ",", texts[i]);
    }
    out.push_back(']');
}

void append_types(std::string& out, const std::vector<std::string>& types) {
    out.push_back('[');
    for (std::size_t i = 0; i < types.size(); ++i) {
        append_field(out, i == 0 ? R"({"type":)" : R"(,{"type":)", types[i]);
        out.push_back('}');
    }
    out.push_back(']');
}

template <class Item>
void append_all(std::string& out, const std::vector<Item>& items, void (*append)(std::string&, const Item&)) {
    out.push_back('[');
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) {
            out.push_back(',');
        }
        append(out, items[i]);
    }
    out.push_back(']');
}

void append_number(std::string& out, std::string_view prefix, std::int64_t number) {
    out.append(prefix);
    append_json_number(out, number);
}

/// "type" and "timestamp", in the place where Asterisk has them in most events.
void begin(std::string& out, const sim::event& news) {
    append_field(out, R"("type":)", name_of(news.what));
    append_field(out, R"(,"timestamp":)", ari_time(news.at));
}

void append_channel_field(std::string& out, const sim::channel_snapshot& channel) {
    out.append(R"(,"channel":)");
    append_channel(out, channel);
}

void append_bridge_field(std::string& out, const sim::bridge_snapshot& bridge) {
    out.append(R"(,"bridge":)");
    append_bridge(out, bridge);
}

/// Appends what is particular to each event; an overload for each, so that a new event does not compile.
struct event_writer {
    std::string& out;
    const sim::event& news;

    void operator()(const sim::stasis_started& what) const {
        begin(out, news);
        out.append(R"(,"args":)");
        append_texts(out, what.args);
        append_channel_field(out, what.channel);
    }
    void operator()(const sim::stasis_ended& what) const { with_channel(what.channel); }
    void operator()(const sim::state_changed& what) const { with_channel(what.channel); }
    void operator()(const sim::line_connected& what) const { with_channel(what.channel); }
    void operator()(const sim::dialled& what) const {
        begin(out, news);
        append_field(out, R"(,"dialstatus":)", what.status);
        append_field(out, R"(,"forward":"","dialstring":)", what.dialstring);
        out.append(R"(,"peer":)");
        append_channel(out, what.peer);
    }
    void operator()(const sim::destroyed& what) const {
        begin(out, news);
        append_number(out, R"(,"cause":)", what.cause);
        append_field(out, R"(,"cause_txt":)", sim::cause_text(what.cause));
        tech_cause(what.tech_cause);
        append_channel_field(out, what.channel);
    }
    void operator()(const sim::hangup_requested& what) const {
        begin(out, news);
        if (what.cause != 0) {
            append_number(out, R"(,"cause":)", what.cause);
        }
        tech_cause(what.tech_cause);
        if (what.soft) {
            out.append(R"(,"soft":true)");
        }
        append_channel_field(out, what.channel);
    }
    void operator()(const sim::dtmf_received& what) const {
        begin(out, news);
        append_field(out, R"(,"digit":)", std::string_view(&what.key, 1));
        append_number(out, R"(,"duration_ms":)",
                      std::chrono::duration_cast<std::chrono::milliseconds>(what.length).count());
        append_channel_field(out, what.channel);
    }
    void operator()(const sim::variable_set& what) const {
        append_field(out, R"("variable":)", what.variable);
        append_field(out, R"(,"value":)", what.value);
        out.push_back(',');
        with_channel(what.channel);
    }
    void operator()(const sim::bridge_entered& what) const { with_both(what.bridge, what.channel); }
    void operator()(const sim::bridge_left& what) const { with_both(what.bridge, what.channel); }
    void operator()(const sim::bridge_destroyed& what) const {
        begin(out, news);
        append_bridge_field(out, what.bridge);
    }
    void operator()(const sim::application_replaced&) const { begin(out, news); }
    void operator()(const sim::user_event_said& what) const {
        begin(out, news);
        append_field(out, R"(,"eventname":)", what.name);
        append_field(out, R"(,"userevent":{"eventname":)", what.name);
        out.push_back('}');
    }

private:
    void with_channel(const sim::channel_snapshot& channel) const {
        begin(out, news);
        append_channel_field(out, channel);
    }
    void with_both(const sim::bridge_snapshot& bridge, const sim::channel_snapshot& channel) const {
        begin(out, news);
        append_bridge_field(out, bridge);
        append_channel_field(out, channel);
    }
    void tech_cause(int status) const {
        if (status != 0) {
            append_number(out, R"(,"tech_cause":)", status);
        }
    }
};

}  // namespace

std::string ari_time(instant at) {
    std::string text = rfc3339(at);
    text.replace(text.size() - 1, 1, "+0000");
    return text;
}

void append_channel(std::string& out, const sim::channel_snapshot& channel) {
    append_field(out, R"({"id":)", channel.id);
    append_field(out, R"(,"name":)", channel.name);
    append_field(out, R"(,"state":)", sim::name_of(channel.state));
    // SIP's Call-ID: the model has no SIP, so the channel's own name stands in.
    append_field(out, R"(,"protocol_id":)", channel.id);
    append_party(out, R"(,"caller":)", channel.caller);
    append_party(out, R"(,"connected":)", channel.connected);
    append_field(out, R"(,"accountcode":"","dialplan":{"context":"from-panels","exten":)", channel.exten);
    append_field(out, R"(,"priority":1,"app_name":)", channel.app_name);
    append_field(out, R"(,"app_data":)", channel.app_data);
    append_field(out, R"(},"creationtime":)", ari_time(channel.created));
    out.append(R"(,"language":"en"})");
}

void append_bridge(std::string& out, const sim::bridge_snapshot& bridge) {
    append_field(out, R"({"id":)", bridge.id);
    append_field(out, R"(,"technology":"simple_bridge","bridge_type":)", bridge.type);
    append_field(out, R"(,"bridge_class":"stasis","creator":"Stasis","name":)", bridge.name);
    out.append(R"(,"channels":)");
    append_texts(out, bridge.channels);
    append_field(out, R"(,"creationtime":)", ari_time(bridge.created));
    out.append(R"(,"video_mode":"talker"})");
}

void append_application(std::string& out, const sim::application_snapshot& application) {
    append_field(out, R"({"name":)", application.name);
    out.append(R"(,"events_allowed":)");
    append_types(out, application.filter.allowed);
    out.append(R"(,"events_disallowed":)");
    append_types(out, application.filter.disallowed);
    out.append(R"(,"channel_ids":)");
    append_texts(out, application.channels);
    out.append(R"(,"bridge_ids":)");
    append_texts(out, application.bridges);
    out.append(R"(,"endpoint_ids":[],"device_names":[]})");
}

void event_text(std::string& out, const sim::event& news) {
    out.assign("{");
    std::visit(event_writer{out, news}, news.what);
    append_field(out, R"(,"asterisk_id":)", asterisk_id);
    append_field(out, R"(,"application":)", news.application);
    out.push_back('}');
}

std::string message_text(std::string_view message) {
    std::string out;
    append_field(out, R"({"message":)", message);
    out.push_back('}');
    return out;
}

std::string body_text(const sim::reply& reply) {
    std::string out;
    if (!reply.error.empty()) {
        append_field(out, R"({"error":)", reply.error);
        out.push_back('}');
        return out;
    }
    if (!reply.message.empty()) {
        return message_text(reply.message);
    }
    std::visit(overloaded{
                   [](std::monostate) {},
                   [&out](const sim::channel_snapshot& one) { append_channel(out, one); },
                   [&out](const std::vector<sim::channel_snapshot>& all) { append_all(out, all, append_channel); },
                   [&out](const sim::bridge_snapshot& one) { append_bridge(out, one); },
                   [&out](const std::vector<sim::bridge_snapshot>& all) { append_all(out, all, append_bridge); },
                   [&out](const sim::application_snapshot& one) { append_application(out, one); },
               },
               reply.body);
    return out;
}

}  // namespace td::sim_server
