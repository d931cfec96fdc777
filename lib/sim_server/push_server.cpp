#include "sim_server/push_server.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace td::sim_server {
namespace {

using json = nlohmann::json;

bool wakes_nobody(mood feeling) {
    switch (feeling) {
        case mood::well:
        case mood::slow:
        case mood::broken_json:
        case mood::torn: return false;
        case mood::hangs:
        case mood::fails:
        case mood::denies:
        case mood::cut: return true;
    }
    return false;
}

/// The text by that name; empty when it is missing or no text.
std::string text_in(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

failure broken(std::string_view what) {
    return {failure_kind::broken_data, std::string("the push has ").append(what)};
}

}  // namespace

result<pushed> push_of(std::string_view body) {
    const json document = json::parse(body, nullptr, false);
    if (!document.is_object()) {
        return broken("no JSON object as its body");
    }
    pushed news;
    news.call = text_in(document, "call");
    news.kind = text_in(document, "kind");
    news.reason = text_in(document, "reason");
    news.panel = panel_id(text_in(document, "panel"));
    news.flat = flat_id(text_in(document, "flat"));
    news.title = text_in(document, "title");
    news.deadline = text_in(document, "deadline");
    if (news.call.empty() || news.panel.empty() || news.flat.empty()) {
        return broken("no call, panel or flat");
    }
    constexpr std::array reasons{"answered_elsewhere", "missed", "declined", "cancelled"};
    if (news.kind == "ended" ? std::find(reasons.begin(), reasons.end(), news.reason) == reasons.end()
                             : news.kind != "ring") {
        return broken("an unknown kind or reason");
    }
    if (!parse_rfc3339(news.deadline) || !parse_rfc3339(text_in(document, "sent_at"))) {
        return broken("no deadline or sent_at in RFC 3339");
    }
    const auto ttl = document.find("ttl_ms");
    if (ttl == document.end() || !ttl->is_number_integer() || ttl->get<std::int64_t>() < 0) {
        return broken("no ttl_ms");
    }
    const auto devices = document.find("devices");
    if (devices == document.end() || !devices->is_array()) {
        return broken("no devices");
    }
    for (const json& each : *devices) {
        if (!each.is_object() || text_in(each, "account").empty() || text_in(each, "device").empty()) {
            return broken("a device without a name or an account");
        }
        news.accepted.push_back(
            {account_id(text_in(each, "account")), device_id(text_in(each, "device")), text_in(each, "platform")});
    }
    return news;
}

push_server::push_server(loop& on, push_options options, std::function<void(const pushed&)> told)
    : on_(on), options_(std::move(options)), told_(std::move(told)), server_(on, *this, options_.limits) {}

http_reply push_server::answer(const http_request& request) {
    ++counts_.requests;
    if (!options_.token.empty() && request.authorization != "Bearer " + options_.token) {
        ++counts_.unauthorized;
        return {.status = 401, .body = R"({"message":"a bearer token is wanted"})"};
    }
    if (request.path != "/push") {
        return {.status = 404, .body = R"({"message":"only /push is served"})"};
    }
    if (request.method != "POST") {
        return {.status = 405, .body = R"({"message":"only POST is served"})", .headers = "Allow: POST\r\n"};
    }
    http_reply right = wakes_nobody(mood_) ? http_reply{} : take(request.body);
    right.delay = options_.latency;
    return in_mood(mood_, std::move(right), options_.slowness);
}

http_reply push_server::take(std::string_view body) {
    result<pushed> read = push_of(body);
    if (!read) {
        ++counts_.unreadable;
        return {.status = 400, .body = json{{"message", read.why().text}}.dump()};
    }
    pushed& news = *read;
    news.at = on_.now();
    const auto sound =
        std::stable_partition(news.accepted.begin(), news.accepted.end(),
                              [this](const pushed::target& one) { return !broken_tokens_.contains(one.device); });
    news.rejected.assign(std::make_move_iterator(sound), std::make_move_iterator(news.accepted.end()));
    news.accepted.erase(sound, news.accepted.end());
    counts_.accepted += news.accepted.size();
    counts_.rejected += news.rejected.size();

    json rejected = json::array();
    for (const pushed::target& one : news.rejected) {
        rejected.push_back({{"device", one.device.text()}, {"reason", "broken_token"}});
    }
    const json body_back{{"accepted", news.accepted.size()}, {"rejected", std::move(rejected)}};
    told_(news);
    remembered_.push_back(std::move(news));
    if (remembered_.size() > options_.remembered) {
        remembered_.pop_front();
    }
    return {.status = 202, .body = body_back.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace td::sim_server
