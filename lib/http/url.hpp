#pragma once
// Putting hostile names into a URL.

#include <string>
#include <string_view>

namespace td::http {

/// `name` as one segment of a path: everything but RFC 3986's unreserved characters is percent-encoded byte by byte.
/// The segments "." and ".." have their dots encoded too: left bare, section 5.2.4 has them removed with what stands
/// before.
[[nodiscard]] std::string path_segment(std::string_view name);

/// `base` without the slashes at its end, so that a path can be appended whatever the configuration says.
[[nodiscard]] std::string_view without_last_slash(std::string_view base);

}  // namespace td::http
