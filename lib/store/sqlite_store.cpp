#include "store/sqlite_store.hpp"

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <unordered_map>
#include <utility>

#include "store/schema.hpp"

namespace td::store {
namespace {

using steady = std::chrono::steady_clock;

sql_dialect sqlite_words() {
    // A writer has the whole file, so there is nothing to lock.
    return {.lock = "",
            .lock_idle = "",
            .upsert = "ON CONFLICT (fias) DO UPDATE SET",
            .serial = "INTEGER PRIMARY KEY AUTOINCREMENT",
            .long_text = "TEXT",
            .table_end = ")",
            .inline_indexes = false};
}

failure_kind kind_of(int code) {
    switch (code & 0xff) {
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_AUTH: return failure_kind::not_allowed;
        case SQLITE_FULL: return failure_kind::full;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return failure_kind::broken_data;
        case SQLITE_CONSTRAINT: return failure_kind::taken;
        default: return failure_kind::unreachable;
    }
}

struct finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

struct closer {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};

std::filesystem::path directory_of(const std::string& file) {
    const std::filesystem::path parent = std::filesystem::path(file).parent_path();
    return parent.empty() ? "." : parent;
}

std::int64_t now_microseconds() {
    return std::chrono::duration_cast<duration>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

class sqlite_session final : public sql_session {
public:
    sqlite_session(std::string file, int flags) : file_(std::move(file)) {
        sqlite3* raw = nullptr;
        const int code = sqlite3_open_v2(file_.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
        connection_.reset(raw);
        if (code == SQLITE_CANTOPEN) {
            throw trouble(trouble::kind::final,
                          {failure_kind::bad_input, file_ + " cannot be opened: create its directory, and the file by "
                                                            "`tdctl sos-pool migrate`"});
        }
        check(code);
        sqlite3_busy_handler(raw, &sqlite_session::wait, this);
        // A power cut must not forget a lease: the number would be lent to another panel.
        execute("PRAGMA synchronous = FULL");
    }

    /// Until when waiting for another writer is worth while.
    void give_up_at(steady::time_point when) { give_up_at_ = when; }

    /// Another file stands in its place, or none: what is written here is seen by nobody else.
    bool moved() {
        int has_moved = 0;
        const int code = sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
        return code == SQLITE_OK && has_moved != 0;
    }

    void execute(const char* sql) { check(sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr)); }

    void roll_back() {
        if (sqlite3_get_autocommit(connection_.get()) == 0) {
            execute("ROLLBACK");
        }
    }

    std::uint64_t run(const std::string& sql, const sql_row& values) override {
        sqlite3_stmt* statement = prepared(sql, values);
        const int code = sqlite3_step(statement);
        sqlite3_reset(statement);
        check(code);
        return static_cast<std::uint64_t>(sqlite3_changes(connection_.get()));
    }

    std::vector<sql_row> rows(const std::string& sql, const sql_row& values) override {
        sqlite3_stmt* statement = prepared(sql, values);
        std::vector<sql_row> found;
        int code = SQLITE_ROW;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            found.push_back(row_of(statement));
        }
        sqlite3_reset(statement);
        check(code);
        return found;
    }

    std::uint64_t last_key() override {
        return static_cast<std::uint64_t>(sqlite3_last_insert_rowid(connection_.get()));
    }

    void hold(const std::string&) override {}  // a writer is alone

private:
    /// SQLite's own waiting grows to 100 ms a step, and the newest come first. Short steps serve everybody.
    static int wait(void* self, int) {
        if (steady::now() >= static_cast<sqlite_session*>(self)->give_up_at_) {
            return 0;
        }
        std::this_thread::sleep_for(std::chrono::microseconds(500));
        return 1;
    }

    void check(int code) {
        if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) {
            return;
        }
        const int primary = code & 0xff;
        const bool busy = primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
        const char* remedy = "";
        if (primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN || primary == SQLITE_PERM) {
            remedy = "; who runs this must be able to write the file and its directory, also to read";
        } else if (primary == SQLITE_IOERR || primary == SQLITE_FULL) {
            remedy = "; is the disk full?";
        }
        throw trouble(
            busy ? trouble::kind::contended : trouble::kind::final,
            {kind_of(code), "sqlite:" + file_ + ": " +
                                (connection_ ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(code)) + remedy});
    }

    sqlite3_stmt* prepared(const std::string& sql, const sql_row& values) {
        auto& slot = statements_[sql];
        if (!slot) {
            sqlite3_stmt* raw = nullptr;
            check(sqlite3_prepare_v3(connection_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                     SQLITE_PREPARE_PERSISTENT, &raw, nullptr));
            slot.reset(raw);
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
            bind(slot.get(), static_cast<int>(i) + 1, values[i]);
        }
        return slot.get();
    }

    void bind(sqlite3_stmt* statement, int place, const sql_value& value) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            check(sqlite3_bind_int64(statement, place, *number));
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            check(sqlite3_bind_text(statement, place, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT));
        } else {
            check(sqlite3_bind_null(statement, place));
        }
    }

    static sql_row row_of(sqlite3_stmt* statement) {
        sql_row row;
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            switch (sqlite3_column_type(statement, i)) {
                case SQLITE_NULL: row.emplace_back(); break;
                case SQLITE_INTEGER: row.emplace_back(std::int64_t{sqlite3_column_int64(statement, i)}); break;
                default: {
                    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
                    row.emplace_back(std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, i))));
                }
            }
        }
        return row;
    }

    std::string file_;
    std::unique_ptr<sqlite3, closer> connection_;
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, finalizer>> statements_;
    steady::time_point give_up_at_{};
};

namespace {

int version_of(sqlite_session& in) {
    const auto there =
        in.rows("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'", {});
    const bool empty = std::get<std::int64_t>(there.at(0).at(0)) == 0;
    return empty ? 0 : read_version(in);
}

}  // namespace

sqlite_store::sqlite_store(const sqlite_place& where, const store_options& options)
    : table_store(options.rules, options.who, options.rehearsal),
      where_(where),
      deadline_(options.deadline),
      table_(sqlite_words(), options.rules) {}

sqlite_store::~sqlite_store() = default;

sqlite_session& sqlite_store::connected() {
    if (session_ && session_->moved()) {
        session_.reset();
    }
    if (!session_) {
        auto made = std::make_unique<sqlite_session>(where_.file, SQLITE_OPEN_READWRITE);
        made->give_up_at(steady::now() + deadline_);
        if (auto why = schema_trouble(version_of(*made))) {
            throw trouble(trouble::kind::final, std::move(*why));
        }
        session_ = std::move(made);
    }
    return *session_;
}

result<done> sqlite_store::transact(const body& inside, manner how) {
    const auto give_up_at = steady::now() + deadline_;
    while (true) {
        try {
            sqlite_session& session = connected();
            session.give_up_at(give_up_at);
            session.execute(how == manner::reads ? "BEGIN" : "BEGIN IMMEDIATE");
            table_.use(session);
            session.execute(inside(table_) == fate::commit ? "COMMIT" : "ROLLBACK");
            return done{};
        } catch (const trouble& why) {
            // What the file itself refuses may heal with a new connection: a disk that was full, a file put back.
            try {
                if (session_) {
                    session_->roll_back();
                }
            } catch (const trouble&) {
                session_.reset();
            }
            if (why.what_kind() == trouble::kind::final) {
                session_.reset();
                return why.why();
            }
            if (steady::now() >= give_up_at) {
                return why.why();
            }
        }
    }
}

int sqlite_store::version_of_file() const {
    if (!std::filesystem::exists(where_.file) && std::filesystem::is_directory(directory_of(where_.file))) {
        return 0;  // the migration would make it
    }
    sqlite_session session(where_.file, SQLITE_OPEN_READWRITE);
    session.give_up_at(steady::now() + deadline_);
    return version_of(session);
}

result<int> sqlite_store::migrate() {
    try {
        session_.reset();
        if (rehearsal()) {
            return rehearsed_migration(version_of_file());
        }
        sqlite_session session(where_.file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        session.give_up_at(steady::now() + std::max<duration>(deadline_, std::chrono::seconds{10}));
        session.execute("PRAGMA journal_mode = WAL");  // stays with the file
        session.execute("BEGIN IMMEDIATE");            // the second of two that run at once finds everything done
        for (const std::string& each : schema_statements(sqlite_words())) {
            session.execute(each.c_str());
        }
        write_version(session, now_microseconds());
        const int version = read_version(session);
        if (auto why = schema_trouble(version)) {
            session.roll_back();
            return std::move(*why);
        }
        session.execute("COMMIT");
        return version;
    } catch (const trouble& why) {
        return why.why();
    }
}

}  // namespace td::store
