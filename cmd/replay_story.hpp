#pragma once
// A story as one line of JSON.

#include <string>

#include "story/story.hpp"

namespace td::cmd::replay_calls {

/// {"type":"call_story","schema":1,…} without its line end. Lengths are whole microseconds in names that end in _us.
[[nodiscard]] std::string as_json(const story::call_story& told);

}  // namespace td::cmd::replay_calls
