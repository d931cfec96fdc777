#pragma once
// The words of a request that failed (client.hpp lists them).

#include <string>

#include "base/result.hpp"

namespace td::http {

[[nodiscard]] failure trouble(failure_kind kind, std::string reason);

/// libcurl's CURLcode (libcurl-errors(3)) in our words. `os_error` is the errno of a connection that could not be made,
/// else 0.
[[nodiscard]] failure translated(int code, long os_error);

}  // namespace td::http
