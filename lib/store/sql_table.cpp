#include "store/sql_table.hpp"

#include "pool/acts.hpp"

namespace td::store {
namespace {

using pool::lease_row;
using pool::number_row;

const std::string city_columns = "SELECT fias, name, route, second_route, shared_number, parent FROM sos_city";
const std::string number_columns =
    "SELECT number, city, state, panel, holder, lease, calls, until, guard_until, rested_since FROM sos_number";
const std::string lease_columns =
    "SELECT id, number, city, panel, call_id, how, leased_at, ended_at, window_until, site FROM sos_lease";
const std::string audit_columns =
    "SELECT no, at, who, act, number, panel, state_before, state_after, why FROM sos_audit";

/// A bounded loop: with more workers than this on one last number somebody may be told to come again.
constexpr int most_tries_for_a_guard = 16;

sql_value at(instant when) {
    return when == never ? sql_value{} : sql_value{std::int64_t{when.time_since_epoch().count()}};
}

std::int64_t number_in(const sql_value& value) {
    return std::get<std::int64_t>(value);
}

instant time_in(const sql_value& value) {
    return std::holds_alternative<std::monostate>(value) ? never : instant{duration{number_in(value)}};
}

const std::string& text_in(const sql_value& value) {
    return std::get<std::string>(value);
}

std::string name(pool::number_state what) {
    return std::string(pool::name_of(what));
}

[[noreturn]] void broken(const std::string& what) {
    throw trouble(trouble::kind::final, {failure_kind::broken_data, what + ": somebody else has written there"});
}

pool::number_state state_in(const sql_value& value) {
    const auto state = pool::number_state_named(text_in(value));
    if (!state) {
        broken("sos_number has the state '" + text_in(value) + "'");
    }
    return *state;
}

pool::city city_in(const sql_row& row) {
    return {city_id{text_in(row[0])},   text_in(row[1]),         text_in(row[2]), text_in(row[3]),
            number_id{text_in(row[4])}, city_id{text_in(row[5])}};
}

number_row number_row_in(const sql_row& row, std::size_t from = 0) {
    number_row read;
    read.number = number_id{text_in(row[from])};
    read.city = city_id{text_in(row[from + 1])};
    read.state = state_in(row[from + 2]);
    read.panel = panel_id{text_in(row[from + 3])};
    read.holder = text_in(row[from + 4]);
    read.lease = static_cast<pool::lease_token>(number_in(row[from + 5]));
    read.calls = static_cast<unsigned>(number_in(row[from + 6]));
    read.until = time_in(row[from + 7]);
    read.guard_until = time_in(row[from + 8]);
    read.rested_since = time_in(row[from + 9]);
    return read;
}

lease_row lease_row_in(const sql_row& row) {
    lease_row read;
    read.token = static_cast<pool::lease_token>(number_in(row[0]));
    read.number = number_id{text_in(row[1])};
    read.city = city_id{text_in(row[2])};
    read.panel = panel_id{text_in(row[3])};
    if (const auto* call = std::get_if<std::string>(&row[4])) {
        const auto parsed = call_id::parse(*call);
        if (!parsed) {
            broken("sos_lease has the call '" + *call + "'");
        }
        read.call = *parsed;
    }
    const auto how = pool::lent_how_named(text_in(row[5]));
    if (!how) {
        broken("sos_lease says how='" + text_in(row[5]) + "'");
    }
    read.how = *how;
    read.leased_at = time_in(row[6]);
    read.ended_at = time_in(row[7]);
    read.window_until = time_in(row[8]);
    read.site = text_in(row[9]);
    return read;
}

sql_value call_value(const call_id& call) {
    return call == call_id{} ? sql_value{} : sql_value{std::string(call.text())};
}

sql_value token_value(pool::lease_token token) {
    return static_cast<std::int64_t>(token);
}

std::vector<lease_row> lease_rows(const std::vector<sql_row>& rows) {
    std::vector<lease_row> read;
    read.reserve(rows.size());
    for (const sql_row& row : rows) {
        read.push_back(lease_row_in(row));
    }
    return read;
}

}  // namespace

sql_table::sql_table(const sql_dialect& dialect, const pool::lease_rules& rules) : rules_(rules) {
    by_number_ = number_columns + " WHERE number = ?" + dialect.lock;
    by_panel_ = number_columns + " WHERE panel = ?" + dialect.lock;
    by_holder_ = number_columns + " WHERE holder = ? AND city = ? ORDER BY number" + dialect.lock;
    const std::string rested = number_columns + " WHERE city = ? AND free_at <= ? ORDER BY free_at, number LIMIT 1";
    rested_idle_ = rested + dialect.lock_idle;
    rested_ = rested + dialect.lock;
    free_ = number_columns + " WHERE city = ? AND state = 'free' ORDER BY rested_since, number LIMIT 1" + dialect.lock;
    overdue_ = number_columns + " WHERE until <= ? ORDER BY until LIMIT ?" + dialect.lock_idle;
    put_city_ =
        "INSERT INTO sos_city (name, route, second_route, shared_number, parent, fias) VALUES (?, ?, ?, ?, ?, ?) " +
        dialect.upsert + " name = ?, route = ?, second_route = ?, shared_number = ?, parent = ?";
}

std::vector<number_row> sql_table::number_rows(const std::string& sql, const sql_row& values) {
    std::vector<number_row> read;
    for (const sql_row& row : session_->rows(sql, values)) {
        read.push_back(number_row_in(row));
    }
    return read;
}

std::optional<number_row> sql_table::one_row(const std::string& sql, const sql_row& values) {
    auto read = number_rows(sql, values);
    return read.empty() ? std::nullopt : std::optional(std::move(read.front()));
}

std::optional<pool::city> sql_table::city_of(const city_id& which) {
    static const std::string sql = city_columns + " WHERE fias = ?";
    const auto found = session_->rows(sql, {which.text()});
    // MySQL's collations ignore blanks at the end, ids do not.
    return found.empty() || text_in(found[0][0]) != which.text() ? std::nullopt : std::optional(city_in(found[0]));
}

std::vector<pool::city> sql_table::cities() {
    static const std::string sql = city_columns + " ORDER BY fias";
    std::vector<pool::city> all;
    for (const sql_row& row : session_->rows(sql, {})) {
        all.push_back(city_in(row));
    }
    return all;
}

void sql_table::put_city(const pool::city& what) {
    session_->run(put_city_, {what.name, what.route, what.second_route, what.shared_number.text(), what.parent.text(),
                              what.fias.text(), what.name, what.route, what.second_route, what.shared_number.text(),
                              what.parent.text()});
}

void sql_table::hold_panel(const panel_id& panel) {
    session_->hold(panel.text());
}

std::optional<number_row> sql_table::row(const number_id& which) {
    return one_row(by_number_, {which.text()});
}

std::vector<number_row> sql_table::rows_of(const panel_id& panel) {
    return number_rows(by_panel_, {panel.text()});
}

std::vector<number_row> sql_table::held_by(const std::string& holder, const city_id& where) {
    return number_rows(by_holder_, {holder, where.text()});
}

std::optional<number_row> sql_table::longest_rested(const city_id& where, instant now) {
    const sql_row values{where.text(), at(now)};
    if (auto idle = one_row(rested_idle_, values)) {
        return idle;
    }
    // Nothing, or nothing that is not in somebody's hands this moment: the difference is worth waiting for.
    if (auto waited = one_row(rested_, values)) {
        return waited;
    }
    // A clock that was set back sees numbers that were given back in its future: they are free all the same.
    return one_row(free_, {where.text()});
}

std::optional<number_row> sql_table::nearest_to_free(const city_id& where, instant now) {
    // Looking locks nothing, because it passes over all that are in a window; the one that is found is locked and
    // looked at again.
    static const std::string sql =
        "SELECT number FROM sos_number WHERE city = ? AND free_at > ? AND led_until <= ? ORDER BY free_at, number "
        "LIMIT 1";
    for (int i = 0; i < most_tries_for_a_guard; ++i) {
        const auto found = session_->rows(sql, {where.text(), at(now), at(now)});
        if (found.empty()) {
            return std::nullopt;
        }
        const auto locked = row(number_id{text_in(found[0][0])});
        if (locked && pool::may_be_spent(pool::state_at(*locked, now, rules_), now, rules_)) {
            return locked;
        }
    }
    throw trouble(trouble::kind::contended, {failure_kind::unreachable, "too many workers want the last numbers"});
}

std::vector<number_row> sql_table::overdue(instant now, std::size_t limit) {
    return number_rows(overdue_, {at(now), static_cast<std::int64_t>(limit)});
}

std::vector<number_row> sql_table::numbers() {
    static const std::string sql = number_columns + " ORDER BY number";
    return number_rows(sql, {});
}

void sql_table::put(const pool::move& what) {
    static const std::string sql =
        "UPDATE sos_number SET state = ?, panel = ?, holder = ?, lease = ?, calls = ?, until = ?, guard_until = ?, "
        "rested_since = ?, free_at = ?, led_until = ? WHERE number = ? AND state = ? AND lease = ?";
    const number_row& row = what.after();
    const std::uint64_t changed =
        session_->run(sql, {name(row.state), row.panel.text(), row.holder, token_value(row.lease),
                            std::int64_t{row.calls}, at(row.until), at(row.guard_until), at(row.rested_since),
                            at(pool::free_at(row)), at(pool::led_until(row, rules_)), row.number.text(),
                            name(what.before().state), token_value(what.before().lease)});
    if (changed == 0 && what.before() != row) {  // a database does not count what is as it was
        throw trouble(trouble::kind::contended,
                      {failure_kind::unreachable, "number " + row.number.text() + " was changed by somebody else"});
    }
}

void sql_table::add(const number_row& row) {
    static const std::string sql =
        "INSERT INTO sos_number (number, city, state, panel, holder, lease, calls, until, guard_until, rested_since, "
        "free_at, led_until) VALUES (?, ?, ?, '', '', 0, 0, NULL, NULL, ?, ?, ?)";
    session_->run(sql, {row.number.text(), row.city.text(), name(row.state), at(row.rested_since),
                        at(pool::free_at(row)), at(pool::led_until(row, rules_))});
}

void sql_table::remove(const number_id& which) {
    session_->run("DELETE FROM sos_number WHERE number = ?", {which.text()});
}

pool::lease_token sql_table::add_lease(const lease_row& what) {
    static const std::string sql =
        "INSERT INTO sos_lease (number, city, panel, call_id, how, leased_at, ended_at, window_until, site) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    session_->run(sql, {what.number.text(), what.city.text(), what.panel.text(), call_value(what.call),
                        std::string(pool::name_of(what.how)), at(what.leased_at), at(what.ended_at),
                        at(what.window_until), what.site});
    return session_->last_key();
}

void sql_table::put_lease(const lease_row& what) {
    static const std::string sql =
        "UPDATE sos_lease SET panel = ?, call_id = ?, how = ?, leased_at = ?, ended_at = ?, window_until = ?, site = ? "
        "WHERE id = ?";
    session_->run(sql,
                  {what.panel.text(), call_value(what.call), std::string(pool::name_of(what.how)), at(what.leased_at),
                   at(what.ended_at), at(what.window_until), what.site, token_value(what.token)});
}

std::optional<lease_row> sql_table::lease(pool::lease_token which) {
    static const std::string sql = lease_columns + " WHERE id = ?";
    auto found = lease_rows(session_->rows(sql, {token_value(which)}));
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::optional<lease_row> sql_table::lease_of(const call_id& call) {
    static const std::string sql = lease_columns + " WHERE call_id = ? ORDER BY id LIMIT 1";
    auto found = lease_rows(session_->rows(sql, {std::string(call.text())}));
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::optional<lease_row> sql_table::lease_of(const call_id& call, const number_id& number) {
    static const std::string sql = lease_columns + " WHERE call_id = ? AND number = ?";
    auto found = lease_rows(session_->rows(sql, {std::string(call.text()), number.text()}));
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

void sql_table::close_leases(const number_id& which, instant ended_at, instant window_until, instant cut) {
    static const std::string sql =
        "UPDATE sos_lease SET ended_at = COALESCE(ended_at, ?), window_until = ? WHERE number = ? AND panel <> '' AND "
        "(window_until IS NULL OR window_until > ?)";
    session_->run(sql, {at(ended_at), at(window_until), which.text(), at(cut)});
}

std::vector<lease_row> sql_table::leases_of(const number_id& which, instant now, instant oldest) {
    static const std::string all = lease_columns + " WHERE number = ? AND panel <> '' ORDER BY id DESC";
    static const std::string led = lease_columns +
                                   " WHERE number = ? AND panel <> '' AND leased_at <= ? AND (window_until > ? OR "
                                   "(window_until IS NULL AND leased_at > ?)) ORDER BY id DESC";
    return now == never ? lease_rows(session_->rows(all, {which.text()}))
                        : lease_rows(session_->rows(led, {which.text(), at(now), at(now), at(oldest)}));
}

std::vector<std::pair<lease_row, number_row>> sql_table::latest_leases() {
    static const std::string sql =
        "SELECT l.id, l.number, l.city, l.panel, l.call_id, l.how, l.leased_at, l.ended_at, l.window_until, l.site, "
        "n.number, n.city, n.state, n.panel, n.holder, n.lease, n.calls, n.until, n.guard_until, n.rested_since "
        "FROM sos_number n JOIN sos_lease l ON l.id = n.lease "
        "WHERE n.state IN ('leased', 'window') AND n.panel <> '' ORDER BY n.number";
    std::vector<std::pair<lease_row, number_row>> found;
    for (const sql_row& row : session_->rows(sql, {})) {
        found.emplace_back(lease_row_in(row), number_row_in(row, 10));
    }
    return found;
}

void sql_table::note(const pool::audit_row& what) {
    static const std::string sql =
        "INSERT INTO sos_audit (at, who, act, number, panel, state_before, state_after, why) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    session_->run(sql, {at(what.at), what.who, what.act, what.number.text(), what.panel.text(), name(what.before),
                        name(what.after), what.why});
}

std::vector<pool::audit_row> sql_table::audit(const number_id& which, std::size_t limit) {
    static const std::string all = audit_columns + " ORDER BY no DESC LIMIT ?";
    static const std::string one = audit_columns + " WHERE number = ? ORDER BY no DESC LIMIT ?";
    sql_row values;
    if (!which.empty()) {
        values.emplace_back(which.text());
    }
    values.emplace_back(static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30U)));
    std::vector<pool::audit_row> read;
    for (const sql_row& row : session_->rows(which.empty() ? all : one, values)) {
        read.push_back({static_cast<std::uint64_t>(number_in(row[0])), time_in(row[1]), text_in(row[2]),
                        text_in(row[3]), number_id{text_in(row[4])}, panel_id{text_in(row[5])}, state_in(row[6]),
                        state_in(row[7]), text_in(row[8])});
    }
    return read;
}

}  // namespace td::store
