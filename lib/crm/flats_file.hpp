#pragma once
// The flats of a small installation as a TOML file, in place of a CRM:
//
//     [panels.5001]
//     name = "Lenina 1, entrance 2"
//     make = "beward"
//     address = "Lenina 1"
//     entrance = "2"
//     http = "http://10.0.0.5"
//     lat = 55.16
//     lon = 61.40
//     city = { fias = "a376e68d-724a-4472-be7c-891bdb09ae32", name = "Chelyabinsk" }
//
//     [panels.5001.flats.12]
//     blocked = false
//     auto_open = false
//     accounts = [
//         "79001112244",                                       # an account whose phones need no push
//         { account = "79001112233", devices = [{ device = "d1", platform = "ios" }] },
//     ]
//
// Everything but the names is optional. A key that is not known is an error: it is a key misspelt.

#include <filesystem>
#include <string_view>
#include <unordered_map>

#include "base/id.hpp"
#include "base/result.hpp"
#include "call/words.hpp"
#include "crm/panel_record.hpp"

namespace td::crm {

struct panel_entry {
    panel_record panel;
    std::unordered_map<flat_id, call::flat_record> flats;
};
using flats_file = std::unordered_map<panel_id, panel_entry>;

/// The failure names the file, the line, what is wrong there and how it would be right. Only the first problem is told.
[[nodiscard]] result<flats_file> read_flats(std::string_view toml, std::string_view file_name);
/// Waits for the disk.
[[nodiscard]] result<flats_file> load_flats(const std::filesystem::path& path);

}  // namespace td::crm
