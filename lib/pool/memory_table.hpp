#pragma once
// The pool in memory: the reference that every database is held against, and the store of simulations. Transactions
// are the caller's: it copies nothing and undoes what was written since `begin` by its own journal.

#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "pool/table.hpp"

namespace td::pool {

class memory_table final : public table {
public:
    explicit memory_table(const lease_rules& rules) : rules_(rules) {}

    /// A transaction ends with `keep` or with `undo`.
    void keep() { undo_.clear(); }
    void undo();
    /// Simulations of ten million calls need no history: the latest lease of each number, and no audit.
    void forget_history() { keeps_history_ = false; }

    std::optional<city> city_of(const city_id& which) override;
    std::vector<city> cities() override;
    void put_city(const city& what) override;
    void hold_panel(const panel_id&) override {}  // nobody else is here
    std::optional<number_row> row(const number_id& which) override;
    std::vector<number_row> rows_of(const panel_id& panel) override;
    std::vector<number_row> held_by(const std::string& holder, const city_id& where) override;
    std::optional<number_row> longest_rested(const city_id& where, instant at) override;
    std::optional<number_row> nearest_to_free(const city_id& where, instant at) override;
    std::vector<number_row> overdue(instant at, std::size_t limit) override;
    std::vector<number_row> numbers() override;
    void put(const move& what) override;
    void add(const number_row& what) override;
    void remove(const number_id& which) override;
    lease_token add_lease(const lease_row& what) override;
    void put_lease(const lease_row& what) override;
    std::optional<lease_row> lease(lease_token which) override;
    std::optional<lease_row> lease_of(const call_id& call) override;
    std::optional<lease_row> lease_of(const call_id& call, const number_id& number) override;
    void close_leases(const number_id& which, instant ended_at, instant window_until, instant cut) override;
    std::vector<lease_row> leases_of(const number_id& which, instant at, instant oldest) override;
    std::vector<std::pair<lease_row, number_row>> latest_leases() override;
    void note(const audit_row& what) override;
    std::vector<audit_row> audit(const number_id& which, std::size_t limit) override;

private:
    void unlist(const number_row& row);
    void list(const number_row& row);
    void replace(const number_id& which, std::optional<number_row> by);
    void replace_lease(lease_token which, std::optional<lease_row> by);

    lease_rules rules_;
    bool keeps_history_ = true;
    std::map<city_id, city> cities_;
    std::map<number_id, number_row> rows_;
    std::map<lease_token, lease_row> leases_;
    std::vector<audit_row> audit_;
    lease_token last_token_ = 0;
    // The indexes, as a database has them.
    std::set<std::tuple<city_id, instant, number_id>> by_free_at_;
    std::set<std::pair<instant, number_id>> by_until_;
    std::unordered_map<panel_id, std::set<number_id>> by_panel_;
    std::unordered_map<call_id, std::set<lease_token>> by_call_;
    std::unordered_map<number_id, std::set<lease_token>> by_number_;
    std::vector<std::function<void()>> undo_;
};

}  // namespace td::pool
