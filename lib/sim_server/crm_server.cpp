#include "sim_server/crm_server.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "sim_server/url_text.hpp"

namespace td::sim_server {
namespace {

using json = nlohmann::ordered_json;

/// Names may hold any bytes; what is not UTF-8 is replaced.
http_reply ok(const json& body) {
    return {.body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

json accounts_of(const call::flat_record& record) {
    json accounts = json::array();
    for (const call::account& account : record.accounts) {
        json devices = json::array();
        for (const call::device& device : account.devices) {
            devices.push_back({{"device", device.name.text()}, {"platform", device.platform}});
        }
        accounts.push_back({{"account", account.name.text()}, {"devices", std::move(devices)}});
    }
    return accounts;
}

}  // namespace

crm_server::crm_server(loop& on, crm_options options)
    : options_(std::move(options)), server_(on, *this, options_.limits) {}

void crm_server::put(const panel_id& panel, crm_panel entry) {
    panels_[panel] = std::move(entry);
}

void crm_server::put(const panel_id& panel, const flat_id& flat, call::flat_record entry) {
    panels_[panel].flats[flat] = std::move(entry);
}

void crm_server::feel(const panel_id& panel, const flat_id& flat, mood one) {
    if (one == mood::well) {
        moods_.erase({panel, flat});
    } else {
        moods_[{panel, flat}] = one;
    }
}

http_reply crm_server::answer(const http_request& request) {
    if (!options_.token.empty() && request.authorization != "Bearer " + options_.token) {
        ++counts_.unauthorized;
        return {.status = 401, .body = R"({"message":"a bearer token is wanted"})"};
    }
    mood feeling = mood_;
    http_reply right = right_answer(request, feeling);
    right.delay = options_.latency;
    return in_mood(feeling, std::move(right), options_.slowness);
}

http_reply crm_server::right_answer(const http_request& request, mood& feeling) {
    if (request.method != "GET") {
        return {.status = 405, .body = R"({"message":"only GET is served"})", .headers = "Allow: GET\r\n"};
    }
    const std::vector<std::string> parts = segments_of(request.path);
    if (parts.front() != "panels") {
        return not_found("resource");
    }
    if (parts.size() == 1) {
        return list(request);
    }
    if (parts.size() == 2) {
        return panel(panel_id(parts[1]));
    }
    if (parts.size() != 5 || parts[2] != "flats" || parts[4] != "accounts") {
        return not_found("resource");
    }
    const panel_id at(parts[1]);
    const flat_id behind(parts[3]);
    if (const auto own = moods_.find({at, behind}); own != moods_.end()) {
        feeling = own->second;
    }
    return flat(at, behind);
}

http_reply crm_server::panel(const panel_id& name) {
    ++counts_.panels;
    const auto found = panels_.find(name);
    if (found == panels_.end()) {
        return not_found("panel");
    }
    const crm_panel& entry = found->second;
    return ok({{"panel", name.text()},
               {"name", entry.name},
               {"make", entry.make},
               {"city", {{"fias", entry.city_fias}, {"name", entry.city_name}}},
               {"address", entry.address},
               {"entrance", entry.entrance},
               {"lat", entry.latitude},
               {"lon", entry.longitude},
               {"http", entry.http}});
}

http_reply crm_server::flat(const panel_id& panel, const flat_id& name) {
    ++counts_.flats;
    const auto found = panels_.find(panel);
    if (found == panels_.end()) {
        return not_found("panel");
    }
    const auto entry = found->second.flats.find(name);
    if (entry == found->second.flats.end()) {
        return not_found("flat");
    }
    return ok({{"flat", name.text()},
               {"blocked", entry->second.blocked},
               {"auto_open", entry->second.auto_open},
               {"accounts", accounts_of(entry->second)}});
}

http_reply crm_server::list(const http_request& request) {
    ++counts_.lists;
    const parameters asked = parameters_of(request.query);
    const std::string* after = find(asked, "after");
    const std::string* limit = find(asked, "limit");
    std::size_t most = 1000;
    if (limit != nullptr &&
        std::from_chars(limit->data(), limit->data() + limit->size(), most).ptr != limit->data() + limit->size()) {
        return {.status = 400, .body = R"({"message":"limit is no number"})"};
    }
    most = std::clamp<std::size_t>(most, 1, 10000);
    json panels = json::array();
    auto each = after == nullptr ? panels_.begin() : panels_.upper_bound(panel_id(*after));
    std::string last;
    for (; each != panels_.end() && panels.size() < most; ++each) {
        json flats = json::array();
        for (const auto& [flat, record] : each->second.flats) {
            flats.push_back(flat.text());
        }
        panels.push_back({{"panel", each->first.text()}, {"make", each->second.make}, {"flats", std::move(flats)}});
        last = each->first.text();
    }
    json body{{"panels", std::move(panels)}};
    if (each != panels_.end()) {
        body["next"] = last;
    }
    return ok(body);
}

http_reply crm_server::not_found(std::string_view what) {
    ++counts_.not_found;
    return {.status = 404, .body = json{{"message", "no such " + std::string(what)}}.dump()};
}

}  // namespace td::sim_server
