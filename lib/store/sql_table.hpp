#pragma once
// pool::table in SQL. The statements are the same for both databases but for the words of `sql_dialect`.

#include <optional>
#include <string>
#include <vector>

#include "pool/table.hpp"
#include "store/sql_session.hpp"

namespace td::store {

class sql_table final : public pool::table {
public:
    sql_table(const sql_dialect& dialect, const pool::lease_rules& rules);

    /// The connection that the next transaction runs on; it is only remembered.
    void use(sql_session& session) { session_ = &session; }

    std::optional<pool::city> city_of(const city_id& which) override;
    std::vector<pool::city> cities() override;
    void put_city(const pool::city& what) override;
    void hold_panel(const panel_id& panel) override;
    std::optional<pool::number_row> row(const number_id& which) override;
    std::vector<pool::number_row> rows_of(const panel_id& panel) override;
    std::vector<pool::number_row> held_by(const std::string& holder, const city_id& where) override;
    std::optional<pool::number_row> longest_rested(const city_id& where, instant at) override;
    std::optional<pool::number_row> nearest_to_free(const city_id& where, instant at) override;
    std::vector<pool::number_row> overdue(instant at, std::size_t limit) override;
    std::vector<pool::number_row> numbers() override;
    void put(const pool::move& what) override;
    void add(const pool::number_row& what) override;
    void remove(const number_id& which) override;
    pool::lease_token add_lease(const pool::lease_row& what) override;
    void put_lease(const pool::lease_row& what) override;
    std::optional<pool::lease_row> lease(pool::lease_token which) override;
    std::optional<pool::lease_row> lease_of(const call_id& call) override;
    std::optional<pool::lease_row> lease_of(const call_id& call, const number_id& number) override;
    void close_leases(const number_id& which, instant ended_at, instant window_until, instant cut) override;
    std::vector<pool::lease_row> leases_of(const number_id& which, instant at, instant oldest) override;
    std::vector<std::pair<pool::lease_row, pool::number_row>> latest_leases() override;
    void note(const pool::audit_row& what) override;
    std::vector<pool::audit_row> audit(const number_id& which, std::size_t limit) override;

private:
    std::vector<pool::number_row> number_rows(const std::string& sql, const sql_row& values);
    std::optional<pool::number_row> one_row(const std::string& sql, const sql_row& values);

    pool::lease_rules rules_;
    sql_session* session_ = nullptr;
    std::string by_number_, by_panel_, by_holder_, rested_idle_, rested_, free_, overdue_;
    std::string put_city_;
};

}  // namespace td::store
