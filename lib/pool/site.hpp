#pragma once
// The site of an emergency call: where the door is, as it was known at the time of the call. It stands in the lease
// for ever and in td:sos:site:<number> while a callback can come.

#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "pool/words.hpp"

namespace td::pool {

/// Empty texts and a missing place are written as null: "not known" and "not asked" look alike to a reader.
struct site {
    panel_id panel;
    std::string address;
    std::string entrance;
    std::optional<double> latitude;   ///< WGS 84, degrees
    std::optional<double> longitude;  ///< the same
    city_id fias;
    friend bool operator==(const site&, const site&) = default;
};

/// {"panel":…,"address":…,"entrance":…,"lat":…,"lon":…,"fias":…}: what a lease keeps. Always valid JSON in one line,
/// whatever bytes the texts hold.
[[nodiscard]] std::string site_text(const site& what);

/// Nothing when it is not a JSON object. Fields of another type count as not known.
[[nodiscard]] std::optional<site> read_site(std::string_view text);

/// The same with ,"call":…,"leased_at":…: what td:sos:site:<number> holds, of the snapshot that the lease kept. One
/// that cannot be read (somebody edited the database) becomes one with the panel only.
[[nodiscard]] std::string site_text(std::string_view snapshot, const panel_id& panel, const call_id& call,
                                    instant leased_at);

}  // namespace td::pool
