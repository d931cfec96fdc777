#include "pool/site.hpp"

#include <simdjson.h>

#include <charconv>
#include <cmath>

#include "base/json_text.hpp"

namespace td::pool {
namespace {

void append_text(std::string& out, std::string_view key, std::string_view text) {
    out.append(key);
    if (text.empty()) {
        out.append("null");
    } else {
        append_json_text(out, text, broken_utf8::replaced);
    }
}

void append_degrees(std::string& out, std::string_view key, const std::optional<double>& degrees) {
    out.append(key);
    char digits[32];
    if (degrees && std::isfinite(*degrees)) {
        const auto written = std::to_chars(digits, digits + sizeof digits, *degrees);
        out.append(digits, written.ptr);
    } else {
        out.append("null");
    }
}

std::string text_at(const simdjson::dom::element& object, std::string_view key) {
    std::string_view found;
    return object[key].get(found) == simdjson::SUCCESS ? std::string(found) : std::string();
}

std::optional<double> degrees_at(const simdjson::dom::element& object, std::string_view key) {
    double found = 0;
    return object[key].get(found) == simdjson::SUCCESS ? std::optional(found) : std::nullopt;
}

}  // namespace

std::string site_text(const site& what) {
    std::string out;
    append_text(out, "{\"panel\":", what.panel.text());
    append_text(out, ",\"address\":", what.address);
    append_text(out, ",\"entrance\":", what.entrance);
    append_degrees(out, ",\"lat\":", what.latitude);
    append_degrees(out, ",\"lon\":", what.longitude);
    append_text(out, ",\"fias\":", what.fias.text());
    out += '}';
    return out;
}

std::optional<site> read_site(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::dom::element object;
    const bool read = parser.parse(simdjson::padded_string(text)).get(object) == simdjson::SUCCESS;
    if (!read || !object.is_object()) {
        return std::nullopt;
    }
    site found;
    found.panel = panel_id{text_at(object, "panel")};
    found.address = text_at(object, "address");
    found.entrance = text_at(object, "entrance");
    found.latitude = degrees_at(object, "lat");
    found.longitude = degrees_at(object, "lon");
    found.fias = city_id{text_at(object, "fias")};
    return found;
}

std::string site_text(std::string_view snapshot, const panel_id& panel, const call_id& call, instant leased_at) {
    site what = read_site(snapshot).value_or(site{});
    what.panel = panel;
    std::string out = site_text(what);
    out.pop_back();
    out.append(",\"call\":\"")
        .append(call.text())
        .append("\",\"leased_at\":\"")
        .append(rfc3339(leased_at))
        .append("\"}");
    return out;
}

}  // namespace td::pool
