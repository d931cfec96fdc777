#pragma once
// The pool in one file, for an operator with one host. Writers take turns (BEGIN IMMEDIATE), readers never wait (WAL),
// and what is committed survives a power cut.

#include <memory>

#include "store/open_store.hpp"
#include "store/sql_table.hpp"
#include "store/store_url.hpp"
#include "store/table_store.hpp"

namespace td::store {

class sqlite_session;

class sqlite_store final : public table_store {
public:
    sqlite_store(const sqlite_place& where, const store_options& options);
    ~sqlite_store() override;
    result<int> migrate() override;

protected:
    result<done> transact(const body& inside, manner how) override;

private:
    sqlite_session& connected();
    [[nodiscard]] int version_of_file() const;

    sqlite_place where_;
    duration deadline_;
    sql_table table_;
    std::unique_ptr<sqlite_session> session_;
};

}  // namespace td::store
