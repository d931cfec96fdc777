#include "push/codec.hpp"

#include <simdjson.h>

#include <unordered_set>

#include "base/json_text.hpp"

namespace td::push {
namespace {

constexpr std::size_t longest_reason = 64;

void append_field(std::string& out, std::string_view key, std::string_view text) {
    out.append(out.ends_with('{') ? "\"" : ",\"").append(key).append("\":");
    append_json_text(out, text, broken_utf8::replaced);
}

/// A reason goes into records and logs: printable ASCII, everything else becomes '?'.
std::string safe_reason(std::string_view text) {
    std::string reason(text.substr(0, longest_reason));
    for (char& each : reason) {
        if (each < ' ' || each > '~') {
            each = '?';
        }
    }
    return reason.empty() ? "unknown" : reason;
}

/// One entry of `rejected`; nothing when it names no device.
void add_rejection(rejections& to, simdjson::dom::element each, std::unordered_set<std::string_view>& asked) {
    std::string_view device;
    std::string_view reason;
    if (each["device"].get(device) != simdjson::SUCCESS) {
        return;
    }
    if (each["reason"].get(reason) != simdjson::SUCCESS) {
        reason = "unknown";
    }
    // Taken out, so that a device rejected twice is one rejection and the answer is no longer than the question.
    if (asked.erase(device) > 0) {
        to.push_back({device_id{std::string(device)}, safe_reason(reason)});
    }
}

}  // namespace

std::string body_of(const call::push& wish, instant now) {
    std::string out = "{";
    append_field(out, "call", wish.call.text());
    append_field(out, "kind", name_of(wish.kind));
    if (wish.kind == call::push_kind::ended) {
        append_field(out, "reason", name_of(wish.end));
    }
    append_field(out, "panel", wish.panel.text());
    append_field(out, "flat", wish.flat.text());
    append_field(out, "title", wish.title);
    append_field(out, "sent_at", rfc3339(now));
    append_field(out, "deadline", rfc3339(wish.deadline));
    out.append(",\"ttl_ms\":");
    append_json_number(out, milliseconds_between(now, wish.deadline));
    out.append(",\"devices\":[");
    for (const call::push::target& each : wish.targets) {
        out.append(out.ends_with('[') ? "{" : ",{");
        append_field(out, "account", each.account.text());
        append_field(out, "device", each.device.text());
        append_field(out, "platform", each.platform);
        out.push_back('}');
    }
    out.append("]}");
    return out;
}

result<rejections> read_reply(int status, std::string_view body, const call::push& wish) {
    if (status < 200 || status > 299) {
        return failure{failure_kind::refused, "status_" + std::to_string(status)};
    }
    rejections rejected;
    simdjson::dom::parser parser;
    simdjson::dom::array listed;
    if (parser.parse(body.data(), body.size())["rejected"].get(listed) != simdjson::SUCCESS) {
        return rejected;
    }
    std::unordered_set<std::string_view> asked;
    for (const call::push::target& each : wish.targets) {
        asked.insert(each.device.text());
    }
    for (const simdjson::dom::element each : listed) {
        add_rejection(rejected, each, asked);
    }
    return rejected;
}

}  // namespace td::push
