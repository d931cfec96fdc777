#pragma once
// The parts of a request's target and its credentials, taken apart and decoded (RFC 3986, RFC 7617).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace td::sim_server {

/// %41 becomes A, and '+' a space where `plus_is_space` says so (a query, not a path). A '%' without two hexadecimal
/// digits stays as it is.
enum class plus_sign { stays, is_space };
[[nodiscard]] std::string percent_decoded(std::string_view text, plus_sign plus);

/// The segments of a path, decoded: /panels/5001/flats/12 gives panels, 5001, flats, 12. Empty ones are kept, but a
/// leading slash makes none.
[[nodiscard]] std::vector<std::string> segments_of(std::string_view path);

using parameters = std::vector<std::pair<std::string, std::string>>;
/// The pairs of a query, decoded, in their order. A name without '=' has an empty value.
[[nodiscard]] parameters parameters_of(std::string_view query);
/// The first value by that name; nothing when there is none.
[[nodiscard]] const std::string* find(const parameters& pairs, std::string_view name);

/// The decoded "user:password" of an Authorization header of the Basic scheme; nothing when it is not one.
[[nodiscard]] std::optional<std::string> basic_credentials(std::string_view authorization);

}  // namespace td::sim_server
