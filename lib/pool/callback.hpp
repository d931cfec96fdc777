#pragma once
// The words of the callback map: which panel a callback to a borrowed number leads to, until when, and by whose lease.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::pool {

/// What a callback to `number` shall find. Time is a length and not a point: the map counts it by its own clock, so a
/// clock that jumps on either side moves nothing.
struct callback_route {
    number_id number;
    panel_id panel;
    lease_token token = 0;
    std::string site;       ///< the JSON of td:sos:site:<number>: see pool/site.hpp
    duration expires_in{};  ///< from the moment at which the map takes it
    friend bool operator==(const callback_route&, const callback_route&) = default;
};

/// What the map did with a route or a removal.
enum class map_outcome : std::uint8_t {
    written,     ///< it stands there now, or is gone
    superseded,  ///< a newer lease of the number stands there: nothing was changed
    failed,      ///< it is not known whether it was written; the same once more does no harm
};
[[nodiscard]] std::string_view name_of(map_outcome what);

/// What the map holds of a number. A part that is missing or cannot be read is nothing: `verify` tells it.
struct callback_entry {
    number_id number;
    std::optional<panel_id> panel;         ///< nothing: a removed number, whose `token` still fences
    std::optional<lease_token> token;      ///< the oldest lease that may still write
    std::optional<std::string> site;       ///< as it stands there
    std::optional<duration> expires_in;    ///< of the part that ends first; nothing: none ever ends
    std::optional<duration> expires_last;  ///< of the part that ends last; nothing: a part of it never ends
    friend bool operator==(const callback_entry&, const callback_entry&) = default;
};

}  // namespace td::pool
