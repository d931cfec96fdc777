#pragma once
// The pool in MySQL or MariaDB, for an operator with several hosts: any number of workers on one server.

#include <memory>

#include "base/random.hpp"
#include "store/open_store.hpp"
#include "store/sql_table.hpp"
#include "store/store_url.hpp"
#include "store/table_store.hpp"

namespace td::store {

class mysql_session;

class mysql_store final : public table_store {
public:
    mysql_store(const mysql_place& where, const store_options& options);
    ~mysql_store() override;
    result<int> migrate() override;

protected:
    result<done> transact(const body& inside, manner how) override;

private:
    mysql_session& connected();
    void pause(bool lost);

    mysql_place where_;
    secret password_;
    duration deadline_;
    sql_table table_;
    std::unique_ptr<mysql_session> session_;
    random_source random_;  ///< for the pauses between tries, so that two that met once do not meet again
};

}  // namespace td::store
