#include "ari/variables.hpp"

#include <algorithm>
#include <string_view>

#include "ari/encoding.hpp"
#include "base/json_text.hpp"

namespace td::ari {
namespace {

/// Appends members of {"variables":{…}}.
class variable_list {
public:
    void set(std::string_view name, std::string_view value) {
        body_ += body_.empty() ? R"({"variables":{)" : ",";
        append_json_text(body_, name, broken_utf8::replaced);
        body_ += ':';
        append_json_text(body_, value, broken_utf8::replaced);
    }
    void header(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            set("PJSIP_HEADER(add," + std::string(name) + ")", value);
        }
    }
    [[nodiscard]] std::string take() { return body_.empty() ? body_ : body_ + "}}"; }

private:
    std::string body_;
};

/// Text from the CRM inside a SIP header: no control character gets there, and nothing longer than `most` bytes. No
/// character is cut in two.
std::string one_line(std::string_view text) {
    constexpr std::size_t most = 256;
    const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U; };
    std::size_t length = std::min(text.size(), most);
    while (length < text.size() && length > 0 && continues(length)) {
        --length;
    }
    std::string line(text.substr(0, length));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return line;
}

std::string degrees(double value) {
    std::string text;
    append_json_number(text, value);
    return text;
}

void say_in_headers(const call::call_out& wish, variable_list& to) {
    to.header("X-Td-Panel", dialable(wish.panel.text()) ? wish.panel.text() : std::string());
    to.header("X-Td-City", wish.site.city.text());
    to.header("X-Td-City-Name", one_line(wish.site.city_name));
    to.header("X-Td-Address", one_line(wish.site.address));
    to.header("X-Td-Entrance", one_line(wish.site.entrance));
    if (wish.site.place) {
        to.header("X-Td-Position", degrees(wish.site.place->latitude) + " " + degrees(wish.site.place->longitude));
    }
}

/// A value inside Asterisk's location_info: it is quoted, so a quote or a backslash would end it early; and Asterisk
/// drops an ampersand, which then would join two words. It also carries out what begins with a dollar: ${SHELL(…)} in
/// the CRM's text would be run (seen on 22.10.1).
std::string quoted_value(std::string_view text) {
    std::string value = one_line(text);
    std::replace_if(
        value.begin(), value.end(), [](char c) { return c == '"' || c == '\\' || c == '&' || c == '$'; }, ' ');
    return '"' + value + '"';
}

/// A civic address where there is one, else the point (RFC 5139, RFC 5491).
void say_in_pidf(const call::call_out& wish, variable_list& to) {
    const call::site_record& site = wish.site;
    std::string info;
    if (!site.address.empty() || !site.city_name.empty()) {
        info = "country=RU";
        const auto add = [&](std::string_view element, std::string_view value) {
            if (!value.empty()) {
                info.append(",").append(element).append("=").append(quoted_value(value));
            }
        };
        add("A3", site.city_name);
        add("LOC", site.address);
        add("UNIT", site.entrance);
        to.set("GEOLOC_PROFILE(format)", "civicAddress");
    } else if (site.place) {
        info =
            "shape=Point,crs=2d,pos=\"" + degrees(site.place->latitude) + " " + degrees(site.place->longitude) + "\"";
        to.set("GEOLOC_PROFILE(format)", "GML");
    } else {
        return;
    }
    to.set("GEOLOC_PROFILE(pidf_element)", "device");
    to.set("GEOLOC_PROFILE(location_info)", info);
}

}  // namespace

std::string variables_of(const call::call_out& wish, site_form form) {
    variable_list list;
    if (wish.way == call::call_way::early && dialable(wish.caller)) {
        // A leg that is made first has no caller whose number it could take over.
        list.set("CONNECTEDLINE(num,i)", wish.caller);
        list.set("CALLERID(num)", wish.caller);
    }
    if (wish.how == call::urgency::psap_callback) {
        list.header("Priority", "psap-callback");  // RFC 7090
    }
    if (wish.whom == call::callee::operator_route) {
        switch (form) {
            case site_form::none: break;
            case site_form::header: say_in_headers(wish, list); break;
            case site_form::pidf: say_in_pidf(wish, list); break;
        }
    }
    return list.take();
}

}  // namespace td::ari
