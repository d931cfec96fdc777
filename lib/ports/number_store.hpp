#pragma once
// The pool of numbers in a database. Every act is one transaction that two workers can never both win, and blocks its
// caller until the database has answered or `deadline` (given when it was opened) has passed: a worker calls it from a
// thread of its own, one thread a store. Failures: unreachable (try again), bad_input (also a schema that is older or
// newer: the text says what to run), not_found (no such number, city, lease), taken (another's, or not in a state that
// allows the act; the text says until when), not_allowed (the database refuses its user), broken_data, full.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "pool/words.hpp"

namespace td::ports {

class number_store {
public:
    virtual ~number_store() = default;

    // ---- what a worker does

    /// The rules of pool/rules.hpp in one transaction, audited. An unknown city and a dry pool are answers, not
    /// failures.
    virtual result<pool::lease_answer> lease(const pool::lease_wish& wish) = 0;
    /// The call of this lease is over: its window begins at `at` unless another call with the number goes on. Told
    /// twice is told once.
    virtual result<done> end(pool::lease_token lease, instant at) = 0;
    /// Puts free numbers of the city (longest rested first) under the name of `holder` until `until`, so that it has at
    /// least `count`; returns all that it holds there, each with a token of its own. Also renews those it held.
    virtual result<std::vector<pool::lent>> reserve(const std::string& holder, const city_id& city, std::size_t count,
                                                    instant at, instant until) = 0;
    /// What was lent without the store: `row.token` names the reservation (or the panel's own earlier lease) that was
    /// used. Writes the lease as it happened. `taken` when the number has meanwhile become another panel's: then
    /// nothing is changed but the audit.
    virtual result<done> settle(const pool::lease_row& row, const std::string& who) = 0;
    /// All cities; a worker keeps them in memory.
    virtual result<std::vector<pool::city>> cities() = 0;

    // ---- what an operator does

    virtual result<done> put_city(const pool::city& what, const std::string& who, instant at) = 0;
    /// All or nothing, each free or disabled: `taken` names every number that exists already, not_found every city that
    /// does not.
    virtual result<done> add_numbers(const std::vector<pool::new_number>& numbers, const std::string& who,
                                     instant at) = 0;
    virtual result<std::vector<pool::number_row>> numbers() = 0;  ///< sorted by number
    virtual result<pool::number_row> number(const number_id& which) = 0;
    /// Ends call and window at once. `taken` while leased or in its window unless `force`; afterwards it is in guard
    /// (without force: from guard) or free when it was only reserved.
    virtual result<pool::number_row> release(const number_id& which, bool force, const std::string& who,
                                             const std::string& why, instant at) = 0;
    /// A number that is leased or in its window is disabled when that is over only with `force` at once; else `taken`.
    virtual result<pool::number_row> disable(const number_id& which, bool force, const std::string& who,
                                             const std::string& why, instant at) = 0;
    virtual result<pool::number_row> enable(const number_id& which, const std::string& who, const std::string& why,
                                            instant at) = 0;
    /// Only a free or disabled one; its leases and audit stay.
    virtual result<pool::number_row> remove(const number_id& which, const std::string& who, const std::string& why,
                                            instant at) = 0;
    /// Writes down what time has done: window over, guard over, lost calls ended. Returns the rows it changed.
    virtual result<std::vector<pool::number_row>> expire(const std::string& who, instant at) = 0;
    /// Leases of a number that led to a panel at `at` (from leased_at to window_until), and, at `never`, all, newest
    /// first.
    virtual result<std::vector<pool::lease_row>> leases_of(const number_id& which, instant at) = 0;
    /// Leases whose callback leads to their panel at `at`: what the callback map has to say.
    virtual result<std::vector<pool::lease_row>> open_leases(instant at) = 0;
    /// Newest first, at most `limit`; of one number when it is not empty.
    virtual result<std::vector<pool::audit_row>> audit(const number_id& which, std::size_t limit) = 0;

    // ---- the schema

    /// Creates or upgrades it; returns the version that it has now. Everything else refuses another version.
    virtual result<int> migrate() = 0;
};

}  // namespace td::ports
