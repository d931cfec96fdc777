#pragma once
// One connection by MySQL Connector/C++ 1.1.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "store/sql_session.hpp"
#include "store/store_url.hpp"

namespace td::store {

class mysql_session final : public sql_session {
public:
    /// Connects, or throws. `limit`: the longest time for one statement.
    mysql_session(const mysql_place& where, const secret& password, duration limit);
    ~mysql_session() override;

    std::uint64_t run(const std::string& sql, const sql_row& values) override;
    std::vector<sql_row> rows(const std::string& sql, const sql_row& values) override;
    std::uint64_t last_key() override;
    void hold(const std::string& name) override;

    void commit();
    void roll_back();
    /// What `hold` has held; after the end of the transaction.
    void let_go();
    /// Runs a statement that cannot be prepared.
    void execute(const std::string& sql);

private:
    struct connection;  // keeps the connector out of this header

    std::string place_;     ///< for messages
    std::string database_;  ///< locks are known to the whole server, so its name is part of theirs
    std::int64_t limit_seconds_;
    std::string held_;
    std::unique_ptr<connection> to_;
};

}  // namespace td::store
