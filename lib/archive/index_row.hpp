#pragma once
// What the index keeps of a call: enough to list it, and where its lines stand.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "call/words.hpp"
#include "story/story.hpp"

namespace td::archive {

using file_no = std::int64_t;

/// A block that holds lines of the call.
struct place {
    file_no file = 0;
    std::uint32_t block = 0;
    friend bool operator==(const place&, const place&) = default;
};

struct index_row {
    call_id call;
    story::call_kind kind = story::call_kind::unknown;
    story::ending end = story::ending::living;
    std::optional<call::outcome> how;
    call::ended_by who = call::ended_by::none;
    panel_id panel;
    flat_id flat;
    number_id number;
    std::vector<account_id> accounts;
    instant started{};
    duration lasted{};  ///< until it was over, or until the last line
    duration rang{};
    duration talked{};
    std::string node;           ///< when it is read
    std::vector<place> places;  ///< in the order of the lines
};

/// Places in few bytes: a file's number, how many blocks, each block's distance to the one before.
[[nodiscard]] std::string packed_places(const std::vector<place>& places);
[[nodiscard]] std::vector<place> unpacked_places(std::string_view packed);

/// Numbers that rise, in few bytes.
[[nodiscard]] std::string packed_numbers(const std::vector<std::uint64_t>& rising);
[[nodiscard]] std::vector<std::uint64_t> unpacked_numbers(std::string_view packed);

}  // namespace td::archive
