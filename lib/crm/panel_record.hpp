#pragma once
// What the CRM knows of a panel: its title for pushes, and the site data of an emergency call.

#include <optional>
#include <string>

#include "base/id.hpp"
#include "call/words.hpp"

namespace td::crm {

struct city {
    std::string fias;  ///< the city's code in the Russian address register, a UUID; empty when not told
    std::string name;
    friend bool operator==(const city&, const city&) = default;
};

using call::position;

/// Texts are UTF-8, at most 256 bytes, without control characters; empty when not told.
struct panel_record {
    std::string name;  ///< what residents read: "Lenina 1, entrance 2"
    std::string make;  ///< beward, hikvision, qtech, sokol, …
    city where;
    std::string address;
    std::string entrance;
    std::string http;  ///< the panel's own web interface
    std::optional<position> place;
    friend bool operator==(const panel_record&, const panel_record&) = default;
};

}  // namespace td::crm
