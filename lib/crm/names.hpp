#pragma once
// What a name from outside must look like before it may become a leg, a push or a line in a log.

#include <cstddef>
#include <string>
#include <string_view>

namespace td::crm {

inline constexpr std::size_t longest_name = 128;    ///< bytes of an account or a device
inline constexpr std::size_t longest_text = 256;    ///< bytes of a title, an address, …
inline constexpr std::size_t most_accounts = 1000;  ///< of one flat
inline constexpr std::size_t most_devices = 1000;   ///< of one account

/// Not empty, at most `longest_name` bytes, valid UTF-8, no control character (C0, DEL, C1).
[[nodiscard]] bool usable_name(std::string_view name);

/// A text for people: control characters become spaces, and what is longer than `longest_text` is cut before the
/// character that does not fit. Bytes that are not UTF-8 become '?'.
[[nodiscard]] std::string usable_text(std::string_view text);

}  // namespace td::crm
