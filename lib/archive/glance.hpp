#pragma once
// A quick look at a line of a journal: what it is, and of which call. It knows the shape that the writer gives a line,
// and says so where a line has another; then the whole reader is asked.

#include <cstdint>
#include <string_view>

namespace td::archive {

struct glance {
    enum class kind : std::uint8_t {
        unknown,  ///< not the writer's shape
        header,
        rules,
        gap,
        of_call,     ///< names one call: `call`
        arrival,     ///< the same, and begins it
        accounts,    ///< the same: accounts_found
        record,      ///< the same, and is its last
        panel_left,  ///< `key` is the channel, as JSON has it
        registered,  ///< `key` is the account, as JSON has it
        recalled,    ///< memory_recalled
        general,     ///< concerns every call that lives
        nobody,      ///< concerns no call
    };
    kind what = kind::unknown;
    std::string_view moment;  ///< RFC 3339; of a header none
    std::string_view call;
    std::string_view key;
    bool retold = false;  ///< it bears the mark of a line that was told before
};

[[nodiscard]] glance look_at(std::string_view line);

}  // namespace td::archive
