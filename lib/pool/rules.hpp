#pragma once
// What may become of a number, as functions from row to row. Every store writes only what these make, so the rules
// stand here once, whatever the database.
//
//   free -> leased -> window -> guard -> free        by lease, the end of the call, and time
//   window -> leased                                 the same panel calls again
//   guard -> leased                                  nothing else was free
//   anything -> disabled -> free or guard            by an operator

#include <optional>
#include <vector>

#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::pool {

// ---- time

/// The row as it is at `now`: a lease past `until` counts as ended then, its window and guard time run from there (of
/// two calls at once the lost one lasts as long as the other could have: the row knows how many, not which). A
/// reservation past `until` leads to nobody, but rests as long as if it had been used at its last moment: its holder
/// may be cut off from the store and tell of the call later.
[[nodiscard]] number_row state_at(const number_row& stored, instant now, const lease_rules& rules);
/// From when on the row is free if nothing more happens to it; never for a disabled one.
[[nodiscard]] instant free_at(const number_row& row);
/// Until when it leads to a panel, or may do so: what a holder lent at the last moment of a reservation has a window
/// that the store has not heard of. Never for a disabled one.
[[nodiscard]] instant led_until(const number_row& row, const lease_rules& rules);
/// Whether the row, as of `at`, is in a guard time that a call may cut short when nothing is free.
[[nodiscard]] bool may_be_spent(const number_row& row, instant at, const lease_rules& rules);

// ---- acts: `row` is as of `at` (state_at), and in a state that allows the act

/// One more call of the panel.
[[nodiscard]] number_row after_lease(number_row row, const panel_id& panel, lease_token token, instant at,
                                     const lease_rules& rules);
/// One call less; with the last one the window begins.
[[nodiscard]] number_row after_end(number_row row, instant at, const lease_rules& rules);
[[nodiscard]] number_row after_reserve(number_row row, const std::string& holder, lease_token token, instant until,
                                       const lease_rules& rules);
[[nodiscard]] number_row after_release(number_row row, instant at, const lease_rules& rules);
[[nodiscard]] number_row after_disable(number_row row, instant at, const lease_rules& rules);
[[nodiscard]] number_row after_enable(number_row row, instant at);

// ---- what may be written

/// Whether an act may take a number from one state to the other.
[[nodiscard]] bool legal(number_state from, number_state to);
/// Why the row contradicts itself; empty when it does not.
[[nodiscard]] std::string_view unsound(const number_row& row);

/// A change of a row that has been found legal. There is no other way to make one, and a table writes nothing else.
class move {
public:
    /// What an act at `at` made of the stored row.
    static result<move> by_act(const number_row& stored, const number_row& after, instant at, const lease_rules& rules);
    /// What time has made of it.
    static move by_time(const number_row& stored, instant at, const lease_rules& rules);

    [[nodiscard]] const number_row& before() const { return before_; }  ///< as it is stored
    [[nodiscard]] const number_row& after() const { return after_; }
    [[nodiscard]] number_state was() const { return was_; }  ///< the state that the act met

private:
    move(number_row before, number_row after, number_state was)
        : before_(std::move(before)), after_(std::move(after)), was_(was) {}

    number_row before_;
    number_row after_;
    number_state was_;
};

// ---- the choice

struct choice {
    number_row row;  ///< as of the moment of the choice
    lent_how how = lent_how::rested;
};

/// The panel's own number among `rows`: leased or in its window, the latest lease when there are several.
[[nodiscard]] std::optional<choice> own_number(const std::vector<number_row>& rows, const panel_id& panel, instant at,
                                               const lease_rules& rules);
/// Which number a call gets, as a specification: stores find it by their indexes, and tests hold them against this.
/// `own`: rows with the panel's name, of any city. `pools`: the rows of the panel's city, then of its parents in order.
[[nodiscard]] std::optional<choice> choose(const std::vector<number_row>& own,
                                           const std::vector<std::vector<number_row>>& pools, const panel_id& panel,
                                           instant at, const lease_rules& rules);

}  // namespace td::pool
