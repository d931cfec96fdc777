#include "store/mysql_store.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "store/mysql_session.hpp"
#include "store/schema.hpp"

namespace td::store {
namespace {

using steady = std::chrono::steady_clock;

constexpr duration longest_migration = std::chrono::minutes{10};

sql_dialect mysql_words() {
    sql_dialect words;
    words.lock = " FOR UPDATE";
    words.lock_idle = " FOR UPDATE SKIP LOCKED";
    words.upsert = "ON DUPLICATE KEY UPDATE";
    words.serial = "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY";
    words.long_text = "TEXT";
    words.table_end = ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
    words.inline_indexes = true;
    return words;
}

int version_of(mysql_session& in) {
    try {
        const int version = read_version(in);
        in.roll_back();
        return version;
    } catch (const trouble& why) {
        if (why.why().kind == failure_kind::broken_data) {
            return 0;  // no such table
        }
        throw;
    }
}

std::int64_t now_microseconds() {
    return std::chrono::duration_cast<duration>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

mysql_store::mysql_store(const mysql_place& where, const store_options& options)
    : table_store(options.rules, options.who, options.rehearsal),
      where_(where),
      password_(options.password),
      deadline_(options.deadline),
      table_(mysql_words(), options.rules),
      random_(static_cast<std::uint64_t>(steady::now().time_since_epoch().count()) ^
              (static_cast<std::uint64_t>(::getpid()) << 32U)) {}

mysql_store::~mysql_store() = default;

mysql_session& mysql_store::connected() {
    if (!session_) {
        auto made = std::make_unique<mysql_session>(where_, password_, deadline_);
        if (auto why = schema_trouble(version_of(*made))) {
            throw trouble(trouble::kind::final, std::move(*why));
        }
        session_ = std::move(made);
    }
    return *session_;
}

void mysql_store::pause(bool lost) {
    std::this_thread::sleep_for(std::chrono::microseconds((lost ? 20000 : 500) + random_.below(lost ? 20000 : 4000)));
}

result<done> mysql_store::transact(const body& inside, manner how) {
    const auto give_up_at = steady::now() + deadline_;
    while (true) {
        bool committing = false;
        try {
            mysql_session& session = connected();
            table_.use(session);
            if (inside(table_) == fate::commit) {
                committing = true;
                session.commit();
            } else {
                session.roll_back();
            }
        } catch (const trouble& why) {
            // A connection that is closed takes its transaction and its lock along. After a commit whose reply was lost
            // nobody knows; an act that is repeated finds its own work then, because the lock of the panel is given to
            // it only when the server is through with the first.
            const bool lost = committing || why.what_kind() == trouble::kind::lost;
            try {
                if (!lost && session_) {
                    session_->roll_back();
                    session_->let_go();
                }
            } catch (const trouble&) {
                session_.reset();
            }
            if (lost) {
                session_.reset();
            }
            if (committing && how == manner::once) {
                return failure{failure_kind::unreachable,
                               why.why().text + "; whether it was done is not known: look before you repeat it"};
            }
            if ((!committing && why.what_kind() == trouble::kind::final) || steady::now() >= give_up_at) {
                return why.why();
            }
            pause(lost);
            continue;
        }
        try {
            session_->let_go();
        } catch (const trouble&) {
            session_.reset();  // what was asked for is done all the same
        }
        return done{};
    }
}

result<int> mysql_store::migrate() {
    try {
        session_.reset();
        mysql_session session(where_, password_, longest_migration);
        if (rehearsal()) {
            return rehearsed_migration(version_of(session));
        }
        session.hold("migrate");  // the second of two that run at once finds everything done
        if (const int before = version_of(session); before > schema_version) {
            return *schema_trouble(before);
        }
        for (const std::string& each : schema_statements(mysql_words())) {
            session.execute(each);
        }
        write_version(session, now_microseconds());
        session.commit();
        const int version = read_version(session);
        session.let_go();
        return version;
    } catch (const trouble& why) {
        return why.why();
    }
}

}  // namespace td::store
