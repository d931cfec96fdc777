#include "sim_server/ari_server.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>
#include <vector>

#include "base/json_text.hpp"
#include "base/overloaded.hpp"
#include "sim_server/ari_json.hpp"

namespace td::sim_server {
namespace {

std::string_view version_of(sim::asterisk_release release) {
    switch (release) {
        case sim::asterisk_release::v16: return "16.28.0";
        case sim::asterisk_release::v22: return "22.10.1";
    }
    return {};
}

http_reply refusal(unsigned status, std::string_view message) {
    http_reply reply;
    reply.status = status;
    reply.body = message_text(message);
    return reply;
}

/// What a user who may only read is not refused.
bool only_reads(std::string_view method) {
    return method == "GET" || method == "OPTIONS";
}

http_limits limits_of(const ari_options& options) {
    http_limits limits = options.limits;
    limits.name = fmt::format("Asterisk/{}", version_of(options.release));
    return limits;
}

}  // namespace

ari_server::ari_server(loop& on, sim::fake_asterisk& model, ari_options options, witness seen, neighbour other)
    : on_(on),
      model_(model),
      options_(std::move(options)),
      seen_(std::move(seen)),
      other_(std::move(other)),
      server_(on, *this, limits_of(options_)) {}

ari_server::~ari_server() = default;

result<std::uint16_t> ari_server::listen(std::string_view address) {
    return server_.listen(address);
}

ari_server::right ari_server::right_of(const http_request& request) const {
    const parameters query = parameters_of(request.query);
    const std::string* key = find(query, "api_key");
    const auto is = [&](const std::string& user) {
        const std::string credentials = user + ":" + options_.password;
        return (key != nullptr && *key == credentials) || basic_credentials(request.authorization) == credentials;
    };
    return is(options_.user) ? right::act : is(options_.reader) ? right::read : right::none;
}

http_reply ari_server::answer(const http_request& request) {
    const bool inside = request.path == "/ari" || request.path.starts_with("/ari/");
    if (!inside) {
        std::optional<http_reply> given = other_ ? other_(request) : std::nullopt;
        return given ? *std::move(given) : refusal(404, "Resource not found");
    }
    ++counts_.http_requests;
    const right may = right_of(request);
    if (may == right::none) {
        http_reply reply = refusal(401, "Authentication required");
        reply.headers = "WWW-Authenticate: Basic realm=\"Asterisk REST Interface\"\r\n";
        return reply;
    }
    if (may == right::read && !only_reads(request.method)) {
        return refusal(403, "Write access denied");
    }
    if (request.path.starts_with("/ari/api-docs/")) {
        return document(request);
    }
    if (request.path == "/ari/events" && request.method == "GET") {
        http_reply reply = refusal(426, "Upgrade Required");
        reply.headers = "Upgrade: WebSocket\r\n";
        return reply;
    }
    const ari_request asked{request.method, request.path.substr(4), parameters_of(request.query), request.content_type,
                            request.body};
    if (std::optional<http_reply> known = ask(request.connection, false, asked)) {
        return *std::move(known);
    }
    http_reply reply;
    reply.end = http_reply::fate::later;
    return reply;
}

http_reply ari_server::document(const http_request& request) const {
    const std::string base = fmt::format("http://{}/ari", request.host);
    std::optional<std::string> text =
        api_document(request.path.substr(std::string_view("/ari/api-docs/").size()), base);
    if (request.method != "GET" || !text) {
        return refusal(404, "Resource not found");
    }
    http_reply reply;
    reply.body = *std::move(text);
    return reply;
}

std::optional<http_reply> ari_server::ask(socket_no from, bool over_socket, const ari_request& request) {
    ari_reading read = read_ari(request);
    std::optional<http_reply> known;
    std::visit(
        overloaded{
            [&](http_reply& refused) { known = std::move(refused); },
            [&](ari_fixed what) { known = fixed_reply(what); },
            [&](ari_question& question) {
                const std::uint64_t number = ++last_question_;
                open_.emplace(number, open_question{from, over_socket, question.extra, std::move(question.variables)});
                model_.ask(on_.now(), {static_cast<std::uint32_t>(from), number}, std::move(question.request));
            },
        },
        read);
    if (known && known->status >= 400) {
        ++counts_.refused;
    }
    return known;
}

http_reply ari_server::fixed_reply(ari_fixed what) const {
    http_reply reply;
    switch (what) {
        case ari_fixed::info:
            reply.body = fmt::format(
                R"({{"system":{{"version":"{}","entity_id":"{}"}},"config":{{"name":"","default_language":"en"}}}})",
                version_of(options_.release), asterisk_id);
            break;
        case ari_fixed::ping:
            reply.body = fmt::format(R"({{"asterisk_id":"{}","ping":"pong","timestamp":"{}"}})", asterisk_id,
                                     ari_time(on_.now()));
            break;
    }
    return reply;
}

void ari_server::pump() {
    if (pumping_) {
        return;  // what is said meanwhile is taken by the round below
    }
    pumping_ = true;
    model_.advance(on_.now());
    for (std::vector<sim::said> news = model_.take_said(); !news.empty(); news = model_.take_said()) {
        for (const sim::said& each : news) {
            std::visit(overloaded{
                           [this](const sim::reply& reply) { say(reply); },
                           [this](const sim::event& event) { say(event); },
                           [this](const sim::sip_news& seen) {
                               if (seen_) {
                                   seen_(seen);
                               }
                           },
                       },
                       each);
        }
    }
    pumping_ = false;
    wake_at(model_.next_deadline());
}

void ari_server::wake_at(instant when) {
    if (when >= armed_) {
        return;  // an earlier wake-up looks again; one that has nothing to do is harmless
    }
    armed_ = when;
    on_.at(when, [this, life = std::weak_ptr<char>(alive_), when] {
        if (life.expired()) {
            return;
        }
        if (armed_ == when) {
            armed_ = never;
        }
        pump();
    });
}

void ari_server::say(const sim::reply& reply) {
    const auto found = open_.find(reply.to.number);
    if (found == open_.end()) {
        return;  // asked before a restart
    }
    const open_question asked = std::move(found->second);
    open_.erase(found);
    http_reply given = reply_of(reply, asked);
    counts_.refused += given.status >= 400 ? 1 : 0;
    if (!asked.over_socket) {
        server_.reply(asked.from, std::move(given));
        return;
    }
    answer_over_socket(asked.from, given);
    serve_next(asked.from);
}

http_reply ari_server::reply_of(const sim::reply& reply, const open_question& asked) {
    http_reply given;
    given.status = static_cast<unsigned>(reply.status);
    given.body = body_text(reply);
    const auto* channel = std::get_if<sim::channel_snapshot>(&reply.body);
    if (channel == nullptr) {
        return given;
    }
    switch (asked.extra) {
        case ari_extra::none: break;
        case ari_extra::keep_variables: keep(channel->id, asked.variables); break;
        case ari_extra::read_variable: {
            const auto own = variables_.find(channel->id);
            const std::string& name = asked.variables.front().first;
            if (own == variables_.end() || !own->second.contains(name)) {
                return refusal(404, "Provided variable was not found");
            }
            given.body = R"({"value":)";
            append_json_text(given.body, own->second.at(name), broken_utf8::replaced);
            given.body.push_back('}');
            break;
        }
        case ari_extra::write_variable:
            if (channel->app_name != "Stasis") {
                return refusal(409, "Channel not in Stasis application");
            }
            keep(channel->id, asked.variables);
            given.status = 204;
            given.body.clear();
            break;
    }
    return given;
}

void ari_server::keep(const std::string& channel, const parameters& variables) {
    if (!variables_.contains(channel)) {
        variables_order_.push_back(channel);
    }
    for (const auto& [name, value] : variables) {
        variables_[channel][name] = value;
    }
    while (variables_order_.size() > options_.channels_with_variables) {
        variables_.erase(variables_order_.front());
        variables_order_.pop_front();
    }
}

}  // namespace td::sim_server
