#pragma once
// A file for the textfile collector of Prometheus's node exporter, which must never see half of one.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace td::cmd {

/// Writes the text beside `path` and renames it there. Failure: not_allowed, with the reason.
[[nodiscard]] result<done> write_metrics_file(const std::string& path, std::string_view text);

}  // namespace td::cmd
