#pragma once
// What a worker knows of the pool by heart, as plain values, and as the text of a file.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::pool {

/// A number that was lent to a call of this worker. `row` is the lease as the store has it, or as it shall have it.
struct loan {
    lease_row row;
    bool noted = false;    ///< lent without the store
    lease_token late = 0;  ///< the store's own lease of the same call and number, when it came too late to be used
    bool lost = false;     ///< the store says that the number is another's: it leads to nobody here
    friend bool operator==(const loan&, const loan&) = default;
};

/// A number that the store keeps for this worker alone.
struct kept_number {
    number_id number;
    city_id city;
    lease_token token = 0;
    instant until{};
    bool in_hand = false;           ///< may be lent without asking anybody, the disk included
    bool former = false;            ///< kept under the name that an earlier run had: it is not renewed
    bool listed = false;            ///< stands in a file as one that was not in hand
    std::uint64_t usable_from = 0;  ///< the save that must have reached the disk first
    friend bool operator==(const kept_number&, const kept_number&) = default;
};

/// What must still be told to the store or to the callback map.
struct errand {
    enum class kind : std::uint8_t {
        settle,  ///< `row` was lent from notes
        end,     ///< the call of row.token ended at row.ended_at
        put,     ///< a callback to row.number leads to row.panel until `until`
        remove,  ///< a callback to row.number leads to nobody, as far as row.token goes
    };
    std::uint64_t no = 0;  ///< grows
    kind what = kind::settle;
    instant at{};           ///< when it came up
    instant until = never;  ///< nobody needs it afterwards
    lease_row row;
    friend bool operator==(const errand&, const errand&) = default;
};
[[nodiscard]] std::string_view name_of(errand::kind what);

struct notes {
    struct panel_note {
        city_id city;
        std::uint64_t seen = 0;  ///< grows with every look: the smallest is forgotten first
        friend bool operator==(const panel_note&, const panel_note&) = default;
    };

    std::string holder;   ///< the name under which the store keeps `block`
    bool closed = false;  ///< the run that wrote this ended in order
    std::uint64_t next_no = 1;
    std::map<city_id, city> cities;
    std::map<city_id, instant> served;  ///< when a call of the city was served last
    std::map<panel_id, panel_note> panels;
    std::vector<loan> loans;  ///< in the order in which they were made
    std::vector<kept_number> block;
    std::map<lease_token, instant> used;  ///< reservations that were lent: the store may still call them kept
    std::deque<errand> backlog;           ///< in the order in which it must be told
    friend bool operator==(const notes&, const notes&) = default;
};

/// Lines of JSON: a first that says what it is, a last that says that it is whole.
[[nodiscard]] std::string written(const notes& what);
/// Failure: broken_data, with what is wrong and where, for a file that is torn, foreign or of a later version.
[[nodiscard]] result<notes> read_notes(std::string_view text);

}  // namespace td::pool
