#pragma once
// What the acts of the pool ask of a database, inside one transaction: find, lock, write. No rule stands behind it. A
// database that fails throws out of these, past the acts, to the store, which rolls back and tries again.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pool/rules.hpp"
#include "pool/words.hpp"

namespace td::pool {

class table {
public:
    virtual ~table() = default;

    // ---- cities
    virtual std::optional<city> city_of(const city_id& which) = 0;
    virtual std::vector<city> cities() = 0;
    virtual void put_city(const city& what) = 0;

    // ---- numbers: whatever is found is locked until the transaction ends, `numbers` excepted
    /// Nobody else passes here for this panel until the transaction ends: two calls of a panel get one number.
    virtual void hold_panel(const panel_id& panel) = 0;
    virtual std::optional<number_row> row(const number_id& which) = 0;
    virtual std::vector<number_row> rows_of(const panel_id& panel) = 0;
    virtual std::vector<number_row> held_by(const std::string& holder, const city_id& where) = 0;
    /// The number of the city that has been free for the longest time at `at`.
    virtual std::optional<number_row> longest_rested(const city_id& where, instant at) = 0;
    /// The number of the city in its guard time at `at` whose guard time ends first.
    virtual std::optional<number_row> nearest_to_free(const city_id& where, instant at) = 0;
    /// Rows whose written state is over at `at`.
    virtual std::vector<number_row> overdue(instant at, std::size_t limit) = 0;
    virtual std::vector<number_row> numbers() = 0;
    virtual void put(const move& what) = 0;
    virtual void add(const number_row& what) = 0;
    virtual void remove(const number_id& which) = 0;

    // ---- leases: a reservation has neither panel nor call
    virtual lease_token add_lease(const lease_row& what) = 0;
    virtual void put_lease(const lease_row& what) = 0;
    virtual std::optional<lease_row> lease(lease_token which) = 0;
    /// The first of the call. There is a second one, of another number, where the reply to the first never arrived and
    /// the call was lent a number without the store.
    virtual std::optional<lease_row> lease_of(const call_id& call) = 0;
    virtual std::optional<lease_row> lease_of(const call_id& call, const number_id& number) = 0;
    /// The windows of the number's leases end at `window_until`: of those that have none yet, and of those whose window
    /// is open at `cut` and longer. A call without an end ended at `ended_at`.
    virtual void close_leases(const number_id& which, instant ended_at, instant window_until, instant cut) = 0;
    /// Newest first; those that led to a panel at `at`, all with `never`. `oldest`: an open one from before that is
    /// lost.
    virtual std::vector<lease_row> leases_of(const number_id& which, instant at, instant oldest) = 0;
    /// The latest lease of each number that is written as leased to a panel or in its window, with the number.
    virtual std::vector<std::pair<lease_row, number_row>> latest_leases() = 0;

    // ---- audit
    virtual void note(const audit_row& what) = 0;
    virtual std::vector<audit_row> audit(const number_id& which, std::size_t limit) = 0;
};

}  // namespace td::pool
