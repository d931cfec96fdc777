#include "crm/codec.hpp"

#include <array>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

#include "base/json_text.hpp"
#include "crm/json.hpp"
#include "crm/names.hpp"
#include "http/url.hpp"

namespace td::crm {
namespace {

/// Gathers the accounts of one flat; the views are into the parsed document.
class gathering {
public:
    /// False when the account, or one of its devices, has a field of the wrong type.
    bool add(simdjson::dom::object read) {
        fields account(read);
        const auto name = account.text("account");
        const auto devices = account.array("devices");
        if (!name || account.broken()) {
            return false;
        }
        place* where = place_of(*name);
        if (!devices) {
            return true;
        }
        for (const simdjson::dom::element each : *devices) {
            simdjson::dom::object device;
            if (each.get(device) != simdjson::SUCCESS || !add_device(where, device)) {
                return false;
            }
        }
        return true;
    }

    flat_answer answer;

private:
    struct place {
        std::size_t index = 0;
        std::unordered_set<std::string_view> devices;
    };

    /// Nothing for an account that is dropped; its devices are still read, because a wrong type is a wrong type.
    place* place_of(std::string_view name) {
        if (const auto found = places_.find(name); found != places_.end()) {
            return &found->second;
        }
        if (!usable_name(name) || answer.flat.accounts.size() >= most_accounts) {
            ++answer.dropped;
            return nullptr;
        }
        answer.flat.accounts.push_back({account_id{std::string(name)}, {}});
        return &places_.emplace(name, place{answer.flat.accounts.size() - 1, {}}).first->second;
    }

    bool add_device(place* where, simdjson::dom::object read) {
        fields device(read);
        const auto name = device.text("device");
        const auto platform = device.text("platform");
        if (!name || device.broken()) {
            return false;
        }
        if (where == nullptr || where->devices.contains(*name)) {
            return true;
        }
        auto& devices = answer.flat.accounts[where->index].devices;
        if (!usable_name(*name) || devices.size() >= most_devices) {
            ++answer.dropped;
            return true;
        }
        const bool told = platform && usable_name(*platform);
        devices.push_back({device_id{std::string(*name)}, told ? std::string(*platform) : std::string()});
        where->devices.insert(*name);
        return true;
    }

    std::unordered_map<std::string_view, place> places_;
};

template <class Answer>
result<Answer> read_document(std::string_view body, result<Answer> (*read)(simdjson::dom::object)) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    // The parser copies the body into a padded buffer of its own; a body is at most 1 MiB.
    if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) {
        return broken_json();
    }
    return read(object);
}

std::string text_of(fields& from, std::string_view key) {
    return usable_text(from.text(key).value_or(""));
}

/// Appends ,"key":"text" unless there is none.
void append_field(std::string& out, std::string_view key, std::string_view text) {
    if (!text.empty()) {
        out.append(out.ends_with('{') ? "\"" : ",\"").append(key).append("\":");
        append_json_text(out, text, broken_utf8::replaced);
    }
}

void append_degrees(std::string& out, double degrees) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), degrees).ptr;
    out.append(digits.data(), end);
}

}  // namespace

std::string panel_path(const panel_id& panel) {
    return "/panels/" + http::path_segment(panel.text());
}

std::string accounts_path(const panel_id& panel, const flat_id& flat) {
    return panel_path(panel) + "/flats/" + http::path_segment(flat.text()) + "/accounts";
}

result<flat_answer> read_flat(simdjson::dom::object read) {
    fields flat(read);
    gathering gathered;
    gathered.answer.flat.blocked = flat.yes_or_no("blocked").value_or(false);
    gathered.answer.flat.auto_open = flat.yes_or_no("auto_open").value_or(false);
    const auto accounts = flat.array("accounts");
    if (!accounts || flat.broken()) {
        return broken_json();
    }
    for (const simdjson::dom::element each : *accounts) {
        simdjson::dom::object account;
        if (each.get(account) != simdjson::SUCCESS || !gathered.add(account)) {
            return broken_json();
        }
    }
    return std::move(gathered.answer);
}

result<panel_record> read_panel(simdjson::dom::object read) {
    fields panel(read);
    panel_record record;
    record.name = text_of(panel, "name");
    record.make = text_of(panel, "make");
    record.address = text_of(panel, "address");
    record.entrance = text_of(panel, "entrance");
    record.http = text_of(panel, "http");
    const auto latitude = panel.number("lat");
    const auto longitude = panel.number("lon");
    if (latitude && longitude && *latitude >= -90 && *latitude <= 90 && *longitude >= -180 && *longitude <= 180) {
        record.place = position{*latitude, *longitude};
    }
    if (const auto object = panel.object("city")) {
        fields where(*object);
        record.where = {text_of(where, "fias"), text_of(where, "name")};
        if (where.broken()) {
            return broken_json();
        }
    }
    if (panel.broken()) {
        return broken_json();
    }
    return record;
}

result<flat_answer> read_flat(std::string_view body) {
    return read_document<flat_answer>(body, &read_flat);
}

result<panel_record> read_panel(std::string_view body) {
    return read_document<panel_record>(body, &read_panel);
}

void append_flat(std::string& out, const call::flat_record& flat) {
    out.append("{\"blocked\":").append(flat.blocked ? "true" : "false");
    out.append(",\"auto_open\":").append(flat.auto_open ? "true" : "false");
    out.append(",\"accounts\":[");
    for (const call::account& each : flat.accounts) {
        out.append(out.ends_with('[') ? "{" : ",{");
        append_field(out, "account", each.name.text());
        out.append(",\"devices\":[");
        for (const call::device& phone : each.devices) {
            out.append(out.ends_with('[') ? "{" : ",{");
            append_field(out, "device", phone.name.text());
            append_field(out, "platform", phone.platform);
            out.push_back('}');
        }
        out.append("]}");
    }
    out.append("]}");
}

void append_panel(std::string& out, const panel_record& panel) {
    out.push_back('{');
    append_field(out, "name", panel.name);
    append_field(out, "make", panel.make);
    append_field(out, "address", panel.address);
    append_field(out, "entrance", panel.entrance);
    append_field(out, "http", panel.http);
    if (panel.place) {
        out.append(out.ends_with('{') ? "\"lat\":" : ",\"lat\":");
        append_degrees(out, panel.place->latitude);
        out.append(",\"lon\":");
        append_degrees(out, panel.place->longitude);
    }
    if (panel.where != city{}) {
        out.append(out.ends_with('{') ? "\"city\":{" : ",\"city\":{");
        append_field(out, "fias", panel.where.fias);
        append_field(out, "name", panel.where.name);
        out.push_back('}');
    }
    out.push_back('}');
}

}  // namespace td::crm
