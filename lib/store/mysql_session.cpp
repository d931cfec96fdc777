#include "store/mysql_session.hpp"

#include <cppconn/connection.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace td::store {
namespace {

/// Numbers of errors: MySQL's error reference, MariaDB's for 1927 and 1969.
struct meaning {
    int error;
    trouble::kind kind;
    failure_kind failure;
};
constexpr std::array meanings{
    meaning{1020, trouble::kind::contended, failure_kind::unreachable},  // changed since it was read
    meaning{1062, trouble::kind::contended, failure_kind::taken},        // the key is there: the next try finds it
    meaning{1205, trouble::kind::contended, failure_kind::unreachable},  // waited too long for a lock
    meaning{1213, trouble::kind::contended, failure_kind::unreachable},  // deadlock
    meaning{1969, trouble::kind::contended, failure_kind::unreachable},  // max_statement_time
    meaning{3024, trouble::kind::contended, failure_kind::unreachable},  // max_execution_time
    meaning{1040, trouble::kind::lost, failure_kind::unreachable},       // too many connections
    meaning{1053, trouble::kind::lost, failure_kind::unreachable},       // the server shuts down
    meaning{1152, trouble::kind::lost, failure_kind::unreachable},       // aborted
    meaning{1158, trouble::kind::lost, failure_kind::unreachable},       // reading failed
    meaning{1159, trouble::kind::lost, failure_kind::unreachable},       // reading took too long
    meaning{1160, trouble::kind::lost, failure_kind::unreachable},       // writing failed
    meaning{1161, trouble::kind::lost, failure_kind::unreachable},       // writing took too long
    meaning{1317, trouble::kind::lost, failure_kind::unreachable},       // killed
    meaning{4031, trouble::kind::lost, failure_kind::unreachable},       // MySQL 8: idle for longer than wait_timeout
    // What another server behind the same address would take: one that became a replica, or lost its cluster.
    meaning{1047, trouble::kind::lost, failure_kind::unreachable},   // no node of a cluster that has a quorum
    meaning{1290, trouble::kind::lost, failure_kind::unreachable},   // read_only
    meaning{1792, trouble::kind::lost, failure_kind::unreachable},   // a transaction that may only read
    meaning{1836, trouble::kind::lost, failure_kind::unreachable},   // the same of the whole server
    meaning{1243, trouble::kind::lost, failure_kind::unreachable},   // a proxy has changed servers: no such statement
    meaning{1615, trouble::kind::lost, failure_kind::unreachable},   // a statement to be prepared anew
    meaning{1927, trouble::kind::lost, failure_kind::unreachable},   // the connection was killed
    meaning{1044, trouble::kind::final, failure_kind::not_allowed},  // no right to the database
    meaning{1045, trouble::kind::final, failure_kind::not_allowed},  // wrong user or password
    meaning{1142, trouble::kind::final, failure_kind::not_allowed},  // no right to the table
    meaning{1143, trouble::kind::final, failure_kind::not_allowed},  // no right to the column
    meaning{1227, trouble::kind::final, failure_kind::not_allowed},  // a right of the server is missing
    meaning{1698, trouble::kind::final, failure_kind::not_allowed},  // no password accepted for this user
    meaning{1049, trouble::kind::final, failure_kind::bad_input},    // no such database
    meaning{1114, trouble::kind::final, failure_kind::full},         // the table is full
    meaning{1146, trouble::kind::final,
            failure_kind::broken_data},                            // no such table: unlike a row, no answer to anybody
    meaning{1366, trouble::kind::final, failure_kind::bad_input},  // not a text of the column's kind
    meaning{1406, trouble::kind::final, failure_kind::bad_input},  // too long
};

trouble trouble_of(const sql::SQLException& error, const std::string& place) {
    const int code = error.getErrorCode();
    std::string text = place + ": " + error.what() + " (" + std::to_string(code) + ")";
    for (const meaning& each : meanings) {
        if (each.error == code) {
            return {each.kind, {each.failure, std::move(text)}};
        }
    }
    // 2000 to 2999 are the client's own: the line is cut, or was never there. 0 is the connector's: it noticed first.
    const bool lost = code == 0 || (code >= 2000 && code < 3000);
    return {lost ? trouble::kind::lost : trouble::kind::final, {failure_kind::unreachable, std::move(text)}};
}

/// FNV-1a: names of locks have at most 64 characters, names of panels any number. Two panels with one name wait for
/// each other now and then, and no more.
std::string lock_name(const std::string& database, const std::string& name) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const std::string* part : {&database, &name}) {
        for (const char c : *part) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        }
        hash *= 0x100000001b3U;
    }
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
    return std::string("tdctl.").append(digits.data(), 16);
}

std::int64_t whole_seconds(duration limit) {
    return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(limit).count());
}

struct prepared {
    std::unique_ptr<sql::PreparedStatement> statement;
    std::vector<bool> is_text;  ///< of the columns that it gives
};

bool holds_text(int type) {
    return type == sql::DataType::CHAR || type == sql::DataType::VARCHAR || type == sql::DataType::LONGVARCHAR ||
           type == sql::DataType::VARBINARY || type == sql::DataType::LONGVARBINARY;
}

void bind(sql::PreparedStatement& statement, const sql_row& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto place = static_cast<unsigned>(i + 1);
        if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
            statement.setInt64(place, *number);
        } else if (const auto* text = std::get_if<std::string>(&values[i])) {
            statement.setString(place, *text);
        } else {
            statement.setNull(place, sql::DataType::BIGINT);
        }
    }
}

}  // namespace

struct mysql_session::connection {
    std::unique_ptr<sql::Connection> line;
    std::unordered_map<std::string, prepared> statements;  ///< after the line, so that they go first

    prepared& prepare(const std::string& text) {
        auto& slot = statements[text];
        if (!slot.statement) {
            slot.statement.reset(line->prepareStatement(text));
        }
        return slot;
    }
};

mysql_session::mysql_session(const mysql_place& where, const secret& password, duration limit)
    : place_("mysql://" + where.user + "@" + where.host + ":" + std::to_string(where.port) + "/" + where.database),
      database_(where.database),
      limit_seconds_(whole_seconds(limit)),
      to_(std::make_unique<connection>()) {
    try {
        const std::string host = where.host.find(':') == std::string::npos ? where.host : "[" + where.host + "]";
        sql::ConnectOptionsMap options;
        options["hostName"] = sql::SQLString("tcp://" + host + ":" + std::to_string(where.port));
        options["userName"] = sql::SQLString(where.user);
        options["password"] = sql::SQLString(password.reveal());
        options["schema"] = sql::SQLString(where.database);
        options["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
        const int seconds = static_cast<int>(limit_seconds_);
        options["OPT_CONNECT_TIMEOUT"] = seconds;
        options["OPT_READ_TIMEOUT"] = seconds;
        options["OPT_WRITE_TIMEOUT"] = seconds;
        to_->line.reset(sql::mysql::get_mysql_driver_instance()->connect(options));
        execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
        execute(
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', "
            "innodb_lock_wait_timeout = " +
            std::to_string(limit_seconds_));
        const auto version = rows("SELECT VERSION()", {});
        if (std::get<std::string>(version.at(0).at(0)).find("MariaDB") != std::string::npos) {
            execute("SET SESSION max_statement_time = " + std::to_string(limit.count() / 1000000) + "." +
                    std::to_string(1000000 + limit.count() % 1000000).substr(1));
            // A host that loses its power in a transaction says nothing, and its locks would stay for hours.
            execute("SET SESSION idle_transaction_timeout = " + std::to_string(limit_seconds_));
        }
        execute("SET autocommit = 0");  // a transaction begins by itself, which spares a question each
    } catch (const sql::SQLException& error) {
        throw trouble_of(error, place_);
    }
}

mysql_session::~mysql_session() = default;

std::uint64_t mysql_session::run(const std::string& sql, const sql_row& values) {
    try {
        prepared& one = to_->prepare(sql);
        bind(*one.statement, values);
        return static_cast<std::uint64_t>(one.statement->executeUpdate());
    } catch (const sql::SQLException& error) {
        throw trouble_of(error, place_);
    }
}

std::vector<sql_row> mysql_session::rows(const std::string& sql, const sql_row& values) {
    try {
        prepared& one = to_->prepare(sql);
        bind(*one.statement, values);
        const std::unique_ptr<sql::ResultSet> answer(one.statement->executeQuery());
        if (one.is_text.empty()) {
            sql::ResultSetMetaData* columns = answer->getMetaData();
            for (unsigned i = 1; i <= columns->getColumnCount(); ++i) {
                one.is_text.push_back(holds_text(columns->getColumnType(i)));
            }
        }
        std::vector<sql_row> found;
        while (answer->next()) {
            sql_row row;
            for (unsigned i = 1; i <= one.is_text.size(); ++i) {
                if (answer->isNull(i)) {
                    row.emplace_back();
                } else if (one.is_text[i - 1]) {
                    row.emplace_back(answer->getString(i).asStdString());
                } else {
                    row.emplace_back(std::int64_t{answer->getInt64(i)});
                }
            }
            found.push_back(std::move(row));
        }
        return found;
    } catch (const sql::SQLException& error) {
        throw trouble_of(error, place_);
    }
}

std::uint64_t mysql_session::last_key() {
    return static_cast<std::uint64_t>(std::get<std::int64_t>(rows("SELECT LAST_INSERT_ID()", {}).at(0).at(0)));
}

void mysql_session::hold(const std::string& name) {
    // Two calls of one panel that come at once would both find nothing of its own, and nothing that they could lock.
    std::string lock = lock_name(database_, name);
    const auto answer = rows("SELECT GET_LOCK(?, ?)", {lock, limit_seconds_});
    const auto* got = std::get_if<std::int64_t>(&answer.at(0).at(0));
    if (got == nullptr || *got != 1) {
        throw trouble(trouble::kind::contended,
                      {failure_kind::unreachable, place_ + ": another call of the panel takes too long"});
    }
    held_ = std::move(lock);
}

void mysql_session::let_go() {
    if (!held_.empty()) {
        rows("SELECT RELEASE_LOCK(?)", {held_});
        held_.clear();
    }
}

// The connector's own commit(), rollback() and setAutoCommit() do not tell when the server could not: a lease that the
// server had lost with its connection would pass as lent. A statement throws.
void mysql_session::commit() {
    execute("COMMIT");
}

void mysql_session::roll_back() {
    execute("ROLLBACK");
}

void mysql_session::execute(const std::string& sql) {
    try {
        const std::unique_ptr<sql::Statement> statement(to_->line->createStatement());
        statement->execute(sql);
    } catch (const sql::SQLException& error) {
        throw trouble_of(error, place_);
    }
}

}  // namespace td::store
