#pragma once
// The lines of one call out of the blocks that the index names.

#include "archive/index.hpp"
#include "base/result.hpp"
#include "story/gatherer.hpp"

namespace td::archive {

/// What a story is made of. Failures: not_found, not_allowed, broken_data.
[[nodiscard]] result<story::call_lines> lines_of(const index& from, const index_row& row);

}  // namespace td::archive
