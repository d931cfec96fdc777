#pragma once
// Which record of which call a message is: what a spool remembers of it, to refuse a second one.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/id.hpp"

namespace td::feed {

enum class record_kind : std::uint8_t {
    finished,    ///< the one record of a call that is over, whatever kind of call it was
    alert,       ///< an emergency call left without something
    last_alert,  ///< no route took it
};

struct record_name {
    call_id call;
    record_kind kind = record_kind::finished;
    friend bool operator==(const record_name&, const record_name&) = default;
};

/// From a message_id; nothing when it is none of ours.
[[nodiscard]] std::optional<record_name> name_of_message(std::string_view message_id);

}  // namespace td::feed

template <>
struct std::hash<td::feed::record_name> {
    std::size_t operator()(const td::feed::record_name& name) const noexcept {
        return std::hash<td::call_id>{}(name.call) ^ static_cast<std::size_t>(name.kind);
    }
};
