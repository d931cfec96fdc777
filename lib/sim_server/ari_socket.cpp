// The WebSocket side of the simulated Asterisk: events out, REST requests in.

#include <simdjson.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json_text.hpp"
#include "sim_server/ari_json.hpp"
#include "sim_server/ari_server.hpp"

namespace td::sim_server {
namespace {

http_reply refusal(unsigned status, std::string_view message) {
    http_reply reply;
    reply.status = status;
    reply.body = message_text(message);
    return reply;
}

std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (comma > 0) {
            names.emplace_back(list.substr(0, comma));
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return names;
}

std::string text_in(const simdjson::dom::element& object, std::string_view key) {
    std::string_view text;
    return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

/// "query_strings":[{"name":"type","value":"mixing"}]
void append_pairs(parameters& pairs, const simdjson::dom::element& document) {
    simdjson::dom::array list;
    if (document["query_strings"].get(list) != simdjson::SUCCESS) {
        return;
    }
    for (const simdjson::dom::element each : list) {
        pairs.emplace_back(text_in(each, "name"), text_in(each, "value"));
    }
}

}  // namespace

std::optional<http_reply> ari_server::turn_away(const http_request& request) {
    if (request.path != "/ari/events") {
        return refusal(404, "Resource not found");
    }
    if (right_of(request) == right::none) {
        return refusal(401, "Authentication required");
    }
    const parameters query = parameters_of(request.query);
    const std::string* apps = find(query, "app");
    if (apps == nullptr || names_in(*apps).empty()) {
        return refusal(400, "HTTP request is missing param: [app]");
    }
    return std::nullopt;
}

void ari_server::opened(socket_no number, const http_request& request) {
    const parameters query = parameters_of(request.query);
    const std::vector<std::string> apps = names_in(*find(query, "app"));
    socket& fresh = sockets_[number];
    fresh.application = apps.front();
    fresh.may = right_of(request);
    fresh.at_model = model_.connect(on_.now(), apps);
    by_model_[fresh.at_model] = number;
}

void ari_server::closed(socket_no connection) {
    model_.connection_closed(static_cast<std::uint32_t>(connection));
    const auto found = sockets_.find(connection);
    if (found == sockets_.end()) {
        return;
    }
    const std::uint32_t at_model = found->second.at_model;
    sockets_.erase(found);
    by_model_.erase(at_model);
    model_.disconnect(on_.now(), at_model);
}

void ari_server::say(const sim::event& news) {
    const auto to = by_model_.find(news.socket);
    if (to == by_model_.end()) {
        return;
    }
    event_text(text_, news);
    ++counts_.events;
    counts_.event_bytes += text_.size();
    server_.send(to->second, text_);
}

void ari_server::heard(socket_no number, std::string_view message) {
    const auto found = sockets_.find(number);
    if (found == sockets_.end() || options_.release == sim::asterisk_release::v16) {
        return;  // 16 has no REST over WebSocket and never answers such a message
    }
    if (found->second.waiting.size() >= options_.queued_requests) {
        server_.close(number);
        return;
    }
    found->second.waiting.push_back({std::string(message), {}, {}, {}, {}});
    if (found->second.waiting.size() == 1) {
        serve_next(number);
    }
}

void ari_server::serve_next(socket_no number) {
    // Requests of one socket are done one after another, and so are their replies: the front is the one being answered.
    for (;;) {
        const auto found = sockets_.find(number);
        if (found == sockets_.end() || found->second.waiting.empty()) {
            return;
        }
        const std::optional<http_reply> known = ask_over_socket(number, found->second.waiting.front());
        if (!known) {
            return;  // the model's reply goes on from here
        }
        answer_over_socket(number, *known);
    }
}

std::optional<http_reply> ari_server::ask_over_socket(socket_no number, socket_request& next) {
    ++counts_.socket_requests;
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    if (parser.parse(next.text).get(document) != simdjson::SUCCESS || !document.is_object()) {
        next.reason = "Failed to parse request message JSON";
        return http_reply{.status = 400};
    }
    next.transaction_id = text_in(document, "transaction_id");
    next.request_id = text_in(document, "request_id");
    next.uri = text_in(document, "uri");
    const std::string method = text_in(document, "method");
    if (text_in(document, "type") != "RESTRequest") {
        return refusal(400, "Unknown request type.");
    }
    if (next.uri.empty()) {
        return refusal(400, "Empty or missing 'uri' property.");
    }
    if (method != "GET" && method != "POST" && method != "PUT" && method != "DELETE") {
        return refusal(400, "Unknown or missing 'method' property.");
    }
    if (sockets_.at(number).may == right::read && method != "GET") {
        return refusal(403, "Write access denied");
    }
    const std::string type = text_in(document, "content_type");
    const std::string body = text_in(document, "message_body");
    const std::string_view uri = next.uri;
    const std::size_t mark = std::min(uri.find('?'), uri.size());
    ari_request asked{method, uri.substr(0, mark), parameters_of(uri.substr(std::min(mark + 1, uri.size()))), type,
                      body};
    append_pairs(asked.query, document);
    return ask(number, true, asked);
}

void ari_server::answer_over_socket(socket_no number, const http_reply& given) {
    const auto found = sockets_.find(number);
    if (found == sockets_.end() || found->second.waiting.empty()) {
        return;  // the client has gone
    }
    const socket_request asked = std::move(found->second.waiting.front());
    found->second.waiting.pop_front();

    std::string text = R"({"type":"RESTResponse")";
    const auto field = [&text](std::string_view key, std::string_view value) {
        text.append(key);
        append_json_text(text, value, broken_utf8::replaced);
    };
    field(R"(,"transaction_id":)", asked.transaction_id);
    field(R"(,"request_id":)", asked.request_id);
    text.append(R"(,"status_code":)");
    append_json_number(text, given.status);
    field(R"(,"reason_phrase":)", asked.reason.empty() ? reason_of(given.status) : std::string_view(asked.reason));
    field(R"(,"uri":)", asked.uri);
    if (!given.body.empty()) {
        field(R"(,"content_type":)", given.content_type);
        field(R"(,"message_body":)", given.body);
    }
    field(R"(,"application":)", found->second.application);
    field(R"(,"timestamp":)", ari_time(on_.now()));
    field(R"(,"asterisk_id":)", asterisk_id);
    text.push_back('}');
    server_.send(number, text);
}

void ari_server::cut_sockets() {
    for (const auto& [number, each] : std::map<socket_no, socket>(sockets_)) {
        server_.cut(number);
    }
    pump();
}

void ari_server::silence_sockets() {
    for (const auto& [number, each] : sockets_) {
        server_.silence(number);
    }
}

void ari_server::restart() {
    open_.clear();
    variables_.clear();
    variables_order_.clear();
    model_.restart(on_.now());
    server_.cut_all();
    pump();
}

}  // namespace td::sim_server
