#pragma once
// The ways in which a server of somebody else lets one down, to be switched on and off while it runs.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/instant.hpp"
#include "sim_server/http_server.hpp"

namespace td::sim_server {

enum class mood : std::uint8_t {
    well,
    slow,         ///< answers after the server's `slowness`
    hangs,        ///< never answers, and keeps the connection open
    fails,        ///< 500
    denies,       ///< 404
    broken_json,  ///< 200 with half of a document
    torn,         ///< closes the connection in mid-body
    cut,          ///< closes the connection without a byte
};
[[nodiscard]] std::string_view name_of(mood which);
[[nodiscard]] std::optional<mood> mood_of(std::string_view name);

/// What a server in that mood makes of its right answer.
[[nodiscard]] http_reply in_mood(mood which, http_reply right, duration slowness);

}  // namespace td::sim_server
