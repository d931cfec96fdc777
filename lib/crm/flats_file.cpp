#include "crm/flats_file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "base/toml_guard.hpp"
#include "crm/names.hpp"

namespace td::crm {
namespace {

/// What is wrong, and on which line; turned into a failure in read_flats.
struct complaint {
    std::string text;
    toml::source_index line = 0;
};

[[noreturn]] void complain(const toml::node& about, std::string text) {
    throw complaint{std::move(text), about.source().begin.line};
}

std::string in_quotes(std::string_view text) {
    return std::string("\"").append(usable_text(text)).append("\"");
}

void check_keys(const toml::table& in, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : in) {
        if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
            std::string words;
            for (const std::string_view each : known) {
                words.append(words.empty() ? "" : ", ").append(each);
            }
            complain(value, "unknown key " + in_quotes(key.str()) + "; known here: " + words);
        }
    }
}

const toml::table& table_at(const toml::node& node, std::string_view what) {
    if (const auto* table = node.as_table()) {
        return *table;
    }
    complain(node, std::string(what) + " must be a table");
}

std::string text_at(const toml::table& in, std::string_view key) {
    const toml::node* found = in.get(key);
    if (found == nullptr) {
        return {};
    }
    const auto text = found->value_exact<std::string>();
    if (!text || usable_text(*text) != *text) {
        complain(*found, std::string(key) + " must be a text of at most 256 bytes without control characters");
    }
    return *text;
}

bool yes_at(const toml::table& in, std::string_view key) {
    const toml::node* found = in.get(key);
    if (found == nullptr) {
        return false;
    }
    const auto yes = found->value_exact<bool>();
    if (!yes) {
        complain(*found, std::string(key) + " must be true or false");
    }
    return *yes;
}

std::optional<double> degrees_at(const toml::table& in, std::string_view key, double limit) {
    const toml::node* found = in.get(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto degrees = found->value<double>();
    if (!degrees || !(*degrees >= -limit && *degrees <= limit)) {
        complain(*found, std::string(key) + " must be degrees, at most " + std::to_string(static_cast<int>(limit)) +
                             " either way");
    }
    return degrees;
}

std::string name_at(const toml::node& node, std::string_view what) {
    const auto name = node.value_exact<std::string>();
    if (!name || !usable_name(*name)) {
        complain(node, std::string(what) + " must be a text of 1 to 128 bytes without control characters");
    }
    return *name;
}

const toml::node& needed(const toml::table& in, std::string_view key) {
    const toml::node* found = in.get(key);
    if (found == nullptr) {
        complain(in, std::string(key) + " is missing");
    }
    return *found;
}

call::device device_at(const toml::node& node) {
    const toml::table& in = table_at(node, "a device");
    check_keys(in, {"device", "platform"});
    return {device_id{name_at(needed(in, "device"), "device")}, text_at(in, "platform")};
}

const toml::array* array_at(const toml::table& in, std::string_view key, std::size_t most) {
    const toml::node* found = in.get(key);
    if (found == nullptr) {
        return nullptr;
    }
    const toml::array* array = found->as_array();
    if (array == nullptr || array->size() > most) {
        complain(*found, std::string(key) + " must be an array of at most " + std::to_string(most));
    }
    return array;
}

call::account account_at(const toml::node& node) {
    if (node.is_string()) {
        return {account_id{name_at(node, "an account")}, {}};
    }
    const toml::table& in = table_at(node, "an account");
    check_keys(in, {"account", "devices"});
    call::account account{account_id{name_at(needed(in, "account"), "account")}, {}};
    if (const toml::array* devices = array_at(in, "devices", most_devices)) {
        for (const toml::node& each : *devices) {
            account.devices.push_back(device_at(each));
        }
    }
    return account;
}

call::flat_record flat_at(const toml::node& node) {
    const toml::table& in = table_at(node, "a flat");
    check_keys(in, {"blocked", "auto_open", "accounts"});
    call::flat_record flat{yes_at(in, "blocked"), yes_at(in, "auto_open"), {}};
    const toml::array* accounts = array_at(in, "accounts", most_accounts);
    if (accounts == nullptr) {
        return flat;
    }
    for (const toml::node& each : *accounts) {
        call::account account = account_at(each);
        const bool twice = std::any_of(flat.accounts.begin(), flat.accounts.end(),
                                       [&](const call::account& other) { return other.name == account.name; });
        if (twice) {
            complain(each, "account " + in_quotes(account.name.text()) + " stands twice in this flat");
        }
        flat.accounts.push_back(std::move(account));
    }
    return flat;
}

panel_entry panel_at(const toml::node& node) {
    const toml::table& in = table_at(node, "a panel");
    check_keys(in, {"name", "make", "address", "entrance", "http", "lat", "lon", "city", "flats"});
    panel_entry entry;
    entry.panel.name = text_at(in, "name");
    entry.panel.make = text_at(in, "make");
    entry.panel.address = text_at(in, "address");
    entry.panel.entrance = text_at(in, "entrance");
    entry.panel.http = text_at(in, "http");
    const auto latitude = degrees_at(in, "lat", 90);
    const auto longitude = degrees_at(in, "lon", 180);
    if (latitude.has_value() != longitude.has_value()) {
        complain(node, "lat and lon stand together or not at all");
    }
    if (latitude && longitude) {
        entry.panel.place = position{*latitude, *longitude};
    }
    if (const toml::node* where = in.get("city")) {
        const toml::table& city_table = table_at(*where, "city");
        check_keys(city_table, {"fias", "name"});
        entry.panel.where = {text_at(city_table, "fias"), text_at(city_table, "name")};
    }
    if (const toml::node* flats = in.get("flats")) {
        for (const auto& [name, flat] : table_at(*flats, "flats")) {
            entry.flats.emplace(flat_id{std::string(name.str())}, flat_at(flat));
        }
    }
    return entry;
}

flats_file flats_at(const toml::table& root) {
    check_keys(root, {"panels"});
    flats_file read;
    if (const toml::node* panels = root.get("panels")) {
        for (const auto& [name, panel] : table_at(*panels, "panels")) {
            read.emplace(panel_id{std::string(name.str())}, panel_at(panel));
        }
    }
    return read;
}

failure at_line(std::string_view file_name, std::size_t line, std::string_view text) {
    return {failure_kind::bad_input,
            std::string(file_name).append(":").append(std::to_string(line)).append(": ").append(text)};
}

}  // namespace

result<flats_file> read_flats(std::string_view toml, std::string_view file_name) {
    if (const auto danger = danger_in_toml(toml)) {
        return at_line(file_name, danger->line, danger->text);
    }
    // toml++ reports by exceptions, and so do the readers above; they end here.
    try {
        return flats_at(toml::parse(toml, file_name));
    } catch (const toml::parse_error& error) {
        return at_line(file_name, error.source().begin.line, error.description());
    } catch (const complaint& what) {
        return at_line(file_name, what.line, what.text);
    }
}

result<flats_file> load_flats(const std::filesystem::path& path) {
    std::ifstream from(path, std::ios::binary);
    std::ostringstream text;
    // A directory can be opened, but not read: `peek` says so. An empty file makes `text` fail too, and is no problem.
    static_cast<void>(from.peek());
    const bool readable = from.is_open() && !from.bad();
    text << from.rdbuf();
    if (!readable || (text.fail() && !text.str().empty())) {
        return failure{failure_kind::unreachable,
                       path.string() + " cannot be read: check crm.url and the file's rights"};
    }
    return read_flats(text.str(), path.string());
}

}  // namespace td::crm
