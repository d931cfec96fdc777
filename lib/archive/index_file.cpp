#include "archive/index_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "archive/index_insides.hpp"

namespace td::archive {
namespace {

namespace fs = std::filesystem;

/// "TdIx". Another number of the schema makes the index anew: it holds nothing that the journal does not.
constexpr std::int64_t application = 0x54644978;
constexpr std::int64_t schema = 2;

constexpr const char* tables = R"(
CREATE TABLE file (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, node TEXT NOT NULL, run TEXT NOT NULL,
  begun INTEGER NOT NULL, seq INTEGER NOT NULL, compressed INTEGER NOT NULL, stamp INTEGER NOT NULL,
  whole INTEGER NOT NULL, went_on INTEGER NOT NULL, head_until INTEGER NOT NULL, memory_until INTEGER NOT NULL,
  still_head INTEGER, still_goes_on INTEGER NOT NULL, still_says_all INTEGER NOT NULL, still_until INTEGER NOT NULL,
  rules BLOB NOT NULL, last INTEGER NOT NULL, unreadable INTEGER NOT NULL, texts BLOB NOT NULL, packed BLOB NOT NULL,
  last_call INTEGER NOT NULL);
CREATE TABLE household (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE, panel BLOB NOT NULL, flat BLOB NOT NULL);
CREATE INDEX household_panel ON household (panel);
CREATE TABLE account (account BLOB NOT NULL, household INTEGER NOT NULL, PRIMARY KEY (account, household)) WITHOUT ROWID;
CREATE TABLE call (no INTEGER PRIMARY KEY, tail BLOB NOT NULL, kind INTEGER NOT NULL, state INTEGER NOT NULL,
  outcome INTEGER, who INTEGER NOT NULL, household INTEGER NOT NULL, number BLOB, started INTEGER NOT NULL,
  lasted INTEGER NOT NULL, rang INTEGER NOT NULL, talked INTEGER NOT NULL, file INTEGER NOT NULL, places BLOB NOT NULL);
CREATE INDEX call_household ON call (household);
CREATE INDEX call_number ON call (number) WHERE number IS NOT NULL;
CREATE TABLE living (node TEXT NOT NULL, no INTEGER NOT NULL, channel BLOB NOT NULL, last INTEGER NOT NULL,
  from_memory INTEGER NOT NULL, remembered INTEGER NOT NULL, PRIMARY KEY (node, no)) WITHOUT ROWID;
)";

}  // namespace

index_file::index_file(std::unique_ptr<insides> in) : in_(std::move(in)) {}
index_file::index_file(index_file&&) noexcept = default;
index_file& index_file::operator=(index_file&&) noexcept = default;
index_file::~index_file() = default;

// ---- opening

result<index_file> index_file::open(const fs::path& file, std::string& anew) {
    const auto attempt = [&]() -> result<index_file> {
        const mode_t before = ::umask(077);  // it holds what the journal holds: account names, flats, numbers
        try {
            auto in = std::make_unique<insides>(file.string());
            ::umask(before);
            sql_file& sql = in->sql;
            auto number = [&](const char* pragma) {
                auto asked = sql.run(pragma);
                return asked.step() ? asked.number(0) : 0;
            };
            const std::int64_t is = number("PRAGMA application_id");
            const std::int64_t has = number("PRAGMA user_version");
            const std::int64_t any = number("SELECT count(*) FROM sqlite_master");
            if (any != 0 && (is != application || has != schema)) {
                return failure{failure_kind::broken_data, "it is of another tdctl"};
            }
            // What a power cut takes is read from the journal again; a damage is noticed.
            sql.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536");
            if (any == 0) {
                sql.execute("BEGIN IMMEDIATE");
                if (number("SELECT count(*) FROM sqlite_schema") == 0) {
                    sql.execute(tables);
                    sql.execute("PRAGMA application_id = " + std::to_string(application));
                    sql.execute("PRAGMA user_version = " + std::to_string(schema));
                }
                sql.execute("COMMIT");
            }
            return index_file(std::move(in));
        } catch (const sql_trouble& why) {
            ::umask(before);
            return as_failure(why, file.string());
        }
    };
    auto opened = attempt();
    if (!opened && opened.why().kind == failure_kind::broken_data) {
        anew = opened.why().text;
        std::error_code ignored;  // what cannot be removed cannot be opened either, and that is told
        for (const char* end : {"", "-wal", "-shm", "-journal"}) {
            fs::remove(file.string() + end, ignored);
        }
        return attempt();
    }
    return opened;
}

result<done> index_file::begin() {
    return in_->guarded([&] {
        in_->sql.execute("BEGIN IMMEDIATE");
        return done{};
    });
}

result<done> index_file::commit() {
    return in_->guarded([&] {
        in_->sql.execute("COMMIT");
        return done{};
    });
}

void index_file::roll_back() {
    in_->households.clear();  // some of them are not there any more
    static_cast<void>(in_->guarded([&] {
        if (in_->sql.within()) {
            in_->sql.execute("ROLLBACK");
        }
        return done{};
    }));
}

// ---- files

namespace {

constexpr const char* file_columns =
    "no, name, node, run, begun, seq, compressed, stamp, whole, went_on, head_until, memory_until, still_head, "
    "still_goes_on, still_says_all, still_until, rules, last, unreadable, texts, packed, last_call";

instant moment(const sql_run& row, int column) {
    return instant{duration{row.number(column)}};
}

indexed_file file_of(const sql_run& row) {
    const auto size = [&](int column) { return static_cast<std::uint64_t>(row.number(column)); };
    indexed_file file;
    file.no = row.number(0);
    file.name = row.bytes(1);
    file.node = row.bytes(2);
    file.run = row.bytes(3);
    file.begun = moment(row, 4);
    file.seq = static_cast<std::uint32_t>(row.number(5));
    file.compressed = row.number(6) != 0;
    file.stamp = row.number(7);
    file.whole = row.number(8) != 0;
    file.went_on = row.number(9) != 0;
    file.head_until = size(10);
    file.memory_until = size(11);
    file.still.head = retold_head(row.nothing(12) ? std::nullopt : std::optional(size(12)));
    file.still.goes_on = row.number(13) != 0;
    file.still.says_all = row.number(14) != 0;
    file.still.memory_until = moment(row, 15);
    file.rules = unpacked_numbers(row.bytes(16));
    file.last = moment(row, 17);
    file.unreadable = size(18);
    file.table = {unpacked_numbers(row.bytes(19)), unpacked_numbers(row.bytes(20))};
    file.last_call = row.number(21);
    return file;
}

}  // namespace

const indexed_file* file_before(const indexed_file& file, const std::vector<indexed_file>& all) {
    const auto found = std::ranges::find_if(all, [&](const indexed_file& each) {
        return each.seq + 1 == file.seq && each.begun == file.begun && each.run == file.run && each.node == file.node;
    });
    return found == all.end() || !found->whole ? nullptr : &*found;
}

result<std::vector<indexed_file>> index_file::files() {
    return in_->guarded([&] {
        std::vector<indexed_file> all;
        auto rows = in_->sql.run(std::string("SELECT ") + file_columns + " FROM file ORDER BY name");
        while (rows.step()) {
            all.push_back(file_of(rows));
        }
        return all;
    });
}

result<done> index_file::put(indexed_file& file) {
    return in_->guarded([&] {
        auto into = in_->sql.run(std::string("INSERT OR REPLACE INTO file (") + file_columns +
                                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        const auto size = [&](std::uint64_t of) { into.with(static_cast<std::int64_t>(of)); };
        const auto moment = [&](instant at) { into.with(at.time_since_epoch().count()); };
        file.no == 0 ? into.with_nothing() : into.with(file.no);
        into.with(std::string_view(file.name)).with(std::string_view(file.node)).with(std::string_view(file.run));
        moment(file.begun);
        into.with(std::int64_t{file.seq}).with(std::int64_t{file.compressed}).with(file.stamp);
        into.with(std::int64_t{file.whole}).with(std::int64_t{file.went_on});
        size(file.head_until);
        size(file.memory_until);
        const auto left = file.still.head.left();
        left ? into.with(static_cast<std::int64_t>(*left)) : into.with_nothing();
        into.with(std::int64_t{file.still.goes_on}).with(std::int64_t{file.still.says_all});
        moment(file.still.memory_until);
        into.with_bytes(packed_numbers(file.rules));
        moment(file.last);
        size(file.unreadable);
        into.with_bytes(packed_numbers(file.table.texts)).with_bytes(packed_numbers(file.table.packed));
        into.with(std::max(file.last_call, in_->last_numbers[file.no]));
        into.step();
        file.no = file.no == 0 ? in_->sql.last_row() : file.no;
        return done{};
    });
}

/// Files grow old in the order of their calls, so only the oldest rows are looked at.
result<done> index_file::remove(const indexed_file& file) {
    return in_->guarded([&] {
        in_->sql.run("DELETE FROM call WHERE file = ? AND no <= (SELECT last_call FROM file WHERE no = ?)")
            .with(file.no)
            .with(file.no)
            .step();
        in_->sql.run("DELETE FROM file WHERE no = ?").with(file.no).step();
        return done{};
    });
}

}  // namespace td::archive
