#pragma once
// One connection to a database, as narrow as the pool needs it: prepared statements with numbers and texts in, rows of
// them out. Whatever goes wrong is thrown as `trouble`, which knows what may be done about it.

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace td::store {

/// NULL, a number, or a text.
using sql_value = std::variant<std::monostate, std::int64_t, std::string>;
using sql_row = std::vector<sql_value>;

/// Why a statement failed.
class trouble final : public std::exception {
public:
    enum class kind : std::uint8_t {
        contended,  ///< rolled back in favour of another transaction, or waited too long for it: try again
        lost,       ///< the connection is gone, and the transaction with it unless it was committing
        final,      ///< trying again would fail again
    };

    trouble(kind what, failure why) : kind_(what), why_(std::move(why)) {}
    [[nodiscard]] kind what_kind() const { return kind_; }
    [[nodiscard]] const failure& why() const { return why_; }
    [[nodiscard]] const char* what() const noexcept override { return why_.text.c_str(); }

private:
    kind kind_;
    failure why_;
};

class sql_session {
public:
    virtual ~sql_session() = default;
    /// Runs a statement that gives no rows; how many rows it has changed.
    virtual std::uint64_t run(const std::string& sql, const sql_row& values) = 0;
    virtual std::vector<sql_row> rows(const std::string& sql, const sql_row& values) = 0;
    /// The key that the latest INSERT was given.
    virtual std::uint64_t last_key() = 0;
    /// Nobody else passes here with this name until the transaction has ended.
    virtual void hold(const std::string& name) = 0;
};

/// The words in which the databases differ.
struct sql_dialect {
    std::string lock;       ///< after a SELECT: nobody else may change these rows
    std::string lock_idle;  ///< the same, passing over rows that somebody else has locked
    std::string upsert;     ///< between VALUES and the assignments: what happens when the key is there
    std::string serial;     ///< the type of a key that counts by itself
    std::string long_text;
    std::string table_end;        ///< closes CREATE TABLE
    bool inline_indexes = false;  ///< INDEX stands inside CREATE TABLE
};

}  // namespace td::store
