#pragma once
// SQLite for the index: statements that are prepared once, and trouble as an exception that the index turns into a
// failure.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.hpp"

namespace td::archive {

class sql_trouble : public std::runtime_error {
public:
    sql_trouble(int code, const std::string& words) : std::runtime_error(words), code_(code) {}
    [[nodiscard]] failure_kind kind() const {
        switch (code_ & 0xff) {
            case SQLITE_PERM:
            case SQLITE_READONLY:
            case SQLITE_CANTOPEN:
            case SQLITE_AUTH: return failure_kind::not_allowed;
            case SQLITE_FULL: return failure_kind::full;
            case SQLITE_BUSY:
            case SQLITE_LOCKED: return failure_kind::taken;
            case SQLITE_CORRUPT:
            case SQLITE_NOTADB: return failure_kind::broken_data;
            default: return failure_kind::unreachable;
        }
    }

private:
    int code_;
};

/// One run of a statement; reset when it goes.
class sql_run {
public:
    sql_run(sqlite3* connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}
    sql_run(const sql_run&) = delete;
    sql_run& operator=(const sql_run&) = delete;
    ~sql_run() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }

    sql_run& with(std::int64_t number) { return bound(sqlite3_bind_int64(statement_, ++place_, number)); }
    sql_run& with(std::string_view text) {
        return bound(sqlite3_bind_text(statement_, ++place_, text.data(), static_cast<int>(text.size()),
                                       SQLITE_TRANSIENT));  // NOLINT(performance-no-int-to-ptr)
        // SQLite's own word for "copy it".
    }
    sql_run& with_bytes(std::string_view bytes) {
        return bound(sqlite3_bind_blob(statement_, ++place_, bytes.data(), static_cast<int>(bytes.size()),
                                       SQLITE_TRANSIENT));  // NOLINT(performance-no-int-to-ptr)
        // As above.
    }
    sql_run& with_nothing() { return bound(sqlite3_bind_null(statement_, ++place_)); }

    /// True for a row.
    bool step() {
        const int code = sqlite3_step(statement_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) {
            throw sql_trouble(code, sqlite3_errmsg(connection_));
        }
        return code == SQLITE_ROW;
    }

    [[nodiscard]] std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
    [[nodiscard]] bool nothing(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    /// Of texts and blobs.
    [[nodiscard]] std::string bytes(int column) const {
        const void* from = sqlite3_column_blob(statement_, column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
        return from == nullptr ? std::string() : std::string(static_cast<const char*>(from), size);
    }

private:
    sql_run& bound(int code) {
        if (code != SQLITE_OK) {
            throw sql_trouble(code, sqlite3_errmsg(connection_));
        }
        return *this;
    }
    sqlite3* connection_;
    sqlite3_stmt* statement_;
    int place_ = 0;
};

class sql_file {
public:
    explicit sql_file(const std::string& file) {
        sqlite3* raw = nullptr;
        const int code = sqlite3_open_v2(file.c_str(), &raw,
                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
        connection_.reset(raw);
        if (code != SQLITE_OK) {
            throw sql_trouble(code, raw == nullptr ? "no memory" : sqlite3_errmsg(raw));
        }
        sqlite3_busy_timeout(raw, 30'000);
    }

    void execute(const std::string& sql) {
        const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) {
            throw sql_trouble(code, sqlite3_errmsg(connection_.get()));
        }
    }

    /// Prepared once for the same words.
    [[nodiscard]] sql_run run(const std::string& sql) {
        auto& known = statements_[sql];
        if (!known) {
            sqlite3_stmt* raw = nullptr;
            const int code = sqlite3_prepare_v2(connection_.get(), sql.c_str(), -1, &raw, nullptr);
            if (code != SQLITE_OK) {
                throw sql_trouble(code, sqlite3_errmsg(connection_.get()));
            }
            known.reset(raw);
        }
        return {connection_.get(), known.get()};
    }

    [[nodiscard]] std::int64_t last_row() const { return sqlite3_last_insert_rowid(connection_.get()); }
    [[nodiscard]] bool within() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

private:
    struct close {
        void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
    };
    struct finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3, close> connection_;
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, finalize>> statements_;
};

}  // namespace td::archive
