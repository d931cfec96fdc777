#pragma once
// Small words of a story: lengths of time, counts, what a SIP status means, when something was.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "call/words.hpp"
#include "pool/words.hpp"

namespace td::story {

/// 820 µs, 34 ms, 1.23 s, 45.0 s, 2 min 05 s, 3 h 10 min.
[[nodiscard]] std::string length_text(duration length);
/// Exact to the microsecond, in seconds: 12.345678.
[[nodiscard]] std::string seconds_text(duration length);
/// 12:34:56.789, in UTC.
[[nodiscard]] std::string clock_text(instant at);

/// 1 phone, 2 phones.
[[nodiscard]] std::string count_text(std::size_t count, std::string_view one, std::string_view many);

/// SIP 486 Busy Here; cause 17 (user busy) where there is no status; nothing for neither.
[[nodiscard]] std::string end_text(int cause, int sip);

[[nodiscard]] std::string_view words_of(call::ended_by who);
[[nodiscard]] std::string_view words_of(call::lack what);
[[nodiscard]] std::string_view words_of(pool::lent_how how);
[[nodiscard]] std::string_view words_of(call::crm_source source);
[[nodiscard]] std::string_view words_of(call::hangup_reason reason);

/// The names between commas, and "and" before the last.
template <class Things, class Name>
[[nodiscard]] std::string list_text(const Things& things, const Name& name) {
    std::string all;
    std::size_t place = 0;
    for (const auto& each : things) {
        all += place == 0 ? "" : place + 1 == things.size() ? " and " : ", ";
        all += name(each);
        ++place;
    }
    return all;
}

}  // namespace td::story
