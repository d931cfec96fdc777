#include "store/schema.hpp"

#include <utility>

namespace td::store {
namespace {

struct table_text {
    const char* name;
    const char* columns;
    std::vector<std::pair<const char*, const char*>> indexes;  ///< name, columns
};

// Times are microseconds since the Unix epoch, UTC; NULL is never: `FROM_UNIXTIME(leased_at / 1e6)` in MariaDB,
// `datetime(leased_at / 1000000, 'unixepoch')` in SQLite. free_at and led_until follow from the row (pool/rules.hpp)
// and stand here so that a number is found by one step in an index. The checks say of a row what `unsound` says; which
// state may follow which depends on the time, and is the program's to say.
const std::vector<table_text>& tables() {
    static const std::vector<table_text> all{
        {"sos_city",
         R"sql(
  fias VARCHAR(190) NOT NULL PRIMARY KEY,
  name VARCHAR(190) NOT NULL,
  route VARCHAR(190) NOT NULL,
  second_route VARCHAR(190) NOT NULL,
  shared_number VARCHAR(15) NOT NULL,
  parent VARCHAR(190) NOT NULL)sql",
         {}},
        {"sos_number",
         R"sql(
  number VARCHAR(15) NOT NULL PRIMARY KEY,
  city VARCHAR(190) NOT NULL,
  state VARCHAR(8) NOT NULL,
  panel VARCHAR(190) NOT NULL,
  holder VARCHAR(190) NOT NULL,
  lease BIGINT NOT NULL,
  calls INTEGER NOT NULL,
  until BIGINT,
  guard_until BIGINT,
  rested_since BIGINT NOT NULL,
  free_at BIGINT,
  led_until BIGINT,
  CHECK (state IN ('free', 'leased', 'window', 'guard', 'disabled')),
  CHECK (calls >= 0 AND (state = 'leased' OR (calls = 0 AND holder = ''))),
  CHECK (state <> 'free' OR (panel = '' AND until IS NULL AND guard_until IS NULL)),
  CHECK (state <> 'leased' OR ((panel = '') <> (holder = '') AND (panel = '') = (calls = 0) AND
         until IS NOT NULL AND COALESCE(guard_until >= until, 1))),
  CHECK (state <> 'window' OR (panel <> '' AND until IS NOT NULL AND COALESCE(guard_until >= until, 1))),
  CHECK (state <> 'guard' OR (until IS NOT NULL AND guard_until IS NOT NULL AND until = guard_until)),
  CHECK (state <> 'disabled' OR until IS NULL))sql",
         {{"sos_number_choice", "city, free_at, number, led_until"},
          {"sos_number_state", "city, state, rested_since, number"},
          {"sos_number_panel", "panel"},
          {"sos_number_holder", "holder, city"},
          {"sos_number_until", "until"}}},
        {"sos_lease",
         R"sql(
  id {serial},
  number VARCHAR(15) NOT NULL,
  city VARCHAR(190) NOT NULL,
  panel VARCHAR(190) NOT NULL,
  call_id VARCHAR(26),
  how VARCHAR(12) NOT NULL,
  leased_at BIGINT NOT NULL,
  ended_at BIGINT,
  window_until BIGINT,
  site {long_text} NOT NULL,
  UNIQUE (call_id, number))sql",
         {{"sos_lease_number", "number, window_until"}, {"sos_lease_panel", "panel, leased_at"}}},
        {"sos_audit",
         R"sql(
  no {serial},
  at BIGINT NOT NULL,
  who VARCHAR(190) NOT NULL,
  act VARCHAR(16) NOT NULL,
  number VARCHAR(15) NOT NULL,
  panel VARCHAR(190) NOT NULL,
  state_before VARCHAR(8) NOT NULL,
  state_after VARCHAR(8) NOT NULL,
  why VARCHAR(1000) NOT NULL)sql",
         {{"sos_audit_number", "number, no"}}},
        // For handset-probe: a sweep, and what it found out about each handset with its raw evidence as JSON.
        {"probe_sweep",
         R"sql(
  id {serial},
  name VARCHAR(190) NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  planned BIGINT NOT NULL,
  probed BIGINT NOT NULL,
  options {long_text} NOT NULL)sql",
         {{"probe_sweep_started", "started_at"}}},
        {"probe_result",
         R"sql(
  id {serial},
  sweep BIGINT NOT NULL,
  panel VARCHAR(190) NOT NULL,
  flat VARCHAR(190) NOT NULL,
  at BIGINT NOT NULL,
  witness VARCHAR(16) NOT NULL,
  verdict VARCHAR(16) NOT NULL,
  confidence DOUBLE PRECISION NOT NULL,
  level DOUBLE PRECISION,
  evidence {long_text} NOT NULL)sql",
         {{"probe_result_handset", "panel, flat, at"}, {"probe_result_sweep", "sweep, panel, flat"}}},
        {"schema_version",
         R"sql(
  version INTEGER NOT NULL PRIMARY KEY,
  migrated_at BIGINT NOT NULL)sql",
         {}},
    };
    return all;
}

void replace(std::string& in, std::string_view word, const std::string& by) {
    for (std::size_t at = in.find(word); at != std::string::npos; at = in.find(word, at + by.size())) {
        in.replace(at, word.size(), by);
    }
}

}  // namespace

std::vector<std::string> schema_statements(const sql_dialect& dialect) {
    std::vector<std::string> statements;
    for (const table_text& table : tables()) {
        std::string columns = table.columns;
        replace(columns, "{serial}", dialect.serial);
        replace(columns, "{long_text}", dialect.long_text);
        std::vector<std::string> apart;
        for (const auto& [name, on] : table.indexes) {
            if (dialect.inline_indexes) {
                columns.append(",\n  INDEX ").append(name).append(" (").append(on).append(")");
            } else {
                apart.push_back(std::string("CREATE INDEX IF NOT EXISTS ") + name + " ON " + table.name + " (" + on +
                                ")");
            }
        }
        statements.push_back(std::string("CREATE TABLE IF NOT EXISTS ") + table.name + " (" + columns +
                             dialect.table_end);
        statements.insert(statements.end(), apart.begin(), apart.end());
    }
    return statements;
}

std::optional<failure> schema_trouble(int version) {
    if (version == schema_version) {
        return std::nullopt;
    }
    if (version > schema_version) {
        return failure{failure_kind::bad_input, "the database has schema " + std::to_string(version) +
                                                    ", this tdctl knows " + std::to_string(schema_version) +
                                                    ": upgrade tdctl here as where `tdctl sos-pool migrate` was run"};
    }
    return failure{failure_kind::bad_input,
                   (version == 0 ? std::string("the database has no tables of tdctl")
                                 : "the database has schema " + std::to_string(version) + ", this tdctl needs " +
                                       std::to_string(schema_version)) +
                       ": run `tdctl sos-pool migrate`"};
}

result<int> rehearsed_migration(int version) {
    if (version > schema_version) {
        return *schema_trouble(version);
    }
    return schema_version;
}

void write_version(sql_session& in, std::int64_t now_microseconds) {
    in.run(
        "INSERT INTO schema_version (version, migrated_at) SELECT ?, ? FROM (SELECT 1 AS one) AS one_row "
        "WHERE NOT EXISTS (SELECT 1 FROM schema_version WHERE version = ?)",
        {std::int64_t{schema_version}, now_microseconds, std::int64_t{schema_version}});
}

int read_version(sql_session& in) {
    const auto found = in.rows("SELECT COALESCE(MAX(version), 0) FROM schema_version", {});
    return static_cast<int>(std::get<std::int64_t>(found.at(0).at(0)));
}

}  // namespace td::store
