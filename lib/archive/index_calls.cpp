// The rows of calls: how one is kept, found and listed.

#include <algorithm>
#include <functional>

#include "archive/index_insides.hpp"

namespace td::archive {
namespace {

constexpr unsigned time_bits = 47;
constexpr unsigned spare_bits = 16;
constexpr std::uint64_t most_milliseconds = (std::uint64_t{1} << time_bits) - 1;
constexpr std::int64_t most_neighbours = 256;  // calls of one millisecond that share the spare bits

}  // namespace

std::int64_t number_at(std::uint64_t milliseconds) {
    return static_cast<std::int64_t>(std::min(milliseconds, most_milliseconds) << spare_bits);
}

namespace {

/// FNV-1a; two households of one digest are told apart when they are read.
std::int64_t digest_of(std::string_view text) {
    std::uint64_t sum = 14695981039346656037ULL;
    for (const char each : text) {
        sum = (sum ^ static_cast<unsigned char>(each)) * 1099511628211ULL;
    }
    return static_cast<std::int64_t>(sum);
}

/// The names that a household's digest is made of; lengths keep them apart.
std::string words_of_household(const index_row& row) {
    std::string words;
    const auto add = [&](const std::string& text) { words += std::to_string(text.size()) + ':' + text; };
    add(row.panel.text());
    add(row.flat.text());
    std::vector<account_id> accounts = row.accounts;
    std::sort(accounts.begin(), accounts.end());
    for (const account_id& each : accounts) {
        add(each.text());
    }
    return words;
}

std::int64_t first_number(const call_id& call) {
    std::uint64_t spare = 0;
    for (const char each : call.text().substr(call_id::length - 4)) {
        spare = spare * 31 + static_cast<unsigned char>(each);
    }
    return number_at(call.made_at_milliseconds()) | static_cast<std::int64_t>(spare & 0xff00U);
}

/// The name but for its moment, where the row's number says that.
std::string_view tail_of(const call_id& call) {
    return call.made_at_milliseconds() <= most_milliseconds ? call.text().substr(10) : call.text();
}

call_id name_of_row(std::int64_t no, const std::string& tail) {
    if (tail.size() == call_id::length) {
        return call_id::parse(tail).value_or(call_id{});
    }
    const call_id moment = call_id::of(static_cast<std::uint64_t>(no) >> spare_bits, 0, 0);
    return call_id::parse(std::string(moment.text().substr(0, 10)) + tail).value_or(call_id{});
}

index_row row_of(const sql_run& from) {
    index_row row;
    row.call = name_of_row(from.number(0), from.bytes(1));
    row.kind = static_cast<story::call_kind>(from.number(2));
    row.end = static_cast<story::ending>(from.number(3));
    if (!from.nothing(4)) {
        row.how = static_cast<call::outcome>(from.number(4));
    }
    row.who = static_cast<call::ended_by>(from.number(5));
    row.panel = panel_id(from.bytes(6));
    row.flat = flat_id(from.bytes(7));
    row.number = number_id(from.bytes(8));
    row.started = instant{duration{from.number(9)}};
    row.lasted = duration{from.number(10)};
    row.rang = std::chrono::milliseconds{from.number(11)};
    row.talked = std::chrono::milliseconds{from.number(12)};
    row.node = from.bytes(13);
    row.places = unpacked_places(from.bytes(14));
    return row;
}

constexpr std::string_view row_columns =
    "SELECT call.no, tail, kind, state, outcome, who, household.panel, household.flat, number, started, lasted, rang, "
    "talked, file.node, places FROM call LEFT JOIN household ON household.id = call.household LEFT JOIN file ON "
    "file.no = call.file ";

/// What a wish asks of a row, and the values that it is asked with.
class conditions {
public:
    explicit conditions(const wanted_calls& wanted) {
        if (wanted.since != instant::min()) {
            add("started >= ?", wanted.since.time_since_epoch().count());
        }
        if (wanted.until != never) {
            add("started < ?", wanted.until.time_since_epoch().count());
        }
        add_household(wanted);
        add_text("number = ?", wanted.number);
        if (wanted.kind) {
            add("kind = ?", static_cast<std::int64_t>(*wanted.kind));
        }
        if (wanted.how) {
            add("outcome = ?", static_cast<std::int64_t>(*wanted.how));
        }
        if (wanted.who) {
            add("state = 0 AND who = ?", static_cast<std::int64_t>(*wanted.who));
        }
        if (wanted.end) {
            add("state = ?", static_cast<std::int64_t>(*wanted.end));
        }
        if (wanted.at_least) {
            add("lasted >= ?", wanted.at_least->count());
        }
        if (wanted.at_most) {
            add("lasted <= ?", wanted.at_most->count());
        }
    }

    [[nodiscard]] std::string words() const { return words_; }
    void bind(sql_run& run) const {
        for (const auto& each : values_) {
            each(run);
        }
    }

private:
    void add(const char* words, std::int64_t value) {
        append(words);
        values_.emplace_back([value](sql_run& run) { run.with(value); });
    }
    void add_text(const char* words, const std::optional<std::string>& text) {
        if (text) {
            append(words);
            values_.emplace_back([value = *text](sql_run& run) { run.with_bytes(value); });
        }
    }
    void append(const char* words) { words_.append(words_.empty() ? "WHERE " : " AND ").append(words); }

    void add_household(const wanted_calls& wanted) {
        if (wanted.panel && wanted.flat) {
            add_text("call.household IN (SELECT id FROM household WHERE panel = ?", wanted.panel);
            add_text("flat = ?)", wanted.flat);
        } else {
            add_text("call.household IN (SELECT id FROM household WHERE panel = ?)", wanted.panel);
            add_text("household.flat = ?", wanted.flat);
        }
        add_text("call.household IN (SELECT household FROM account WHERE account = ?)", wanted.account);
    }

    std::string words_;
    std::vector<std::function<void(sql_run&)>> values_;
};

std::size_t common_length(std::string_view a, std::string_view b) {
    const auto [left, right] =
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin());
    static_cast<void>(right);
    return static_cast<std::size_t>(left - a.begin());
}

std::size_t letters_apart(std::string_view a, std::string_view b) {
    std::size_t apart = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    for (std::size_t at = 0; at < std::min(a.size(), b.size()); ++at) {
        apart += a[at] == b[at] ? 0U : 1U;
    }
    return apart;
}

}  // namespace

std::int64_t index_file::insides::household(const index_row& row) {
    constexpr std::size_t most_remembered = 1'000'000;
    const std::int64_t digest = digest_of(words_of_household(row));
    if (const auto known = households.find(digest); known != households.end()) {
        return known->second;
    }
    std::int64_t id = 0;
    if (auto found = sql.run("SELECT id FROM household WHERE digest = ?"); found.with(digest).step()) {
        id = found.number(0);
    }
    if (id == 0) {
        sql.run("INSERT INTO household (digest, panel, flat) VALUES (?, ?, ?)")
            .with(digest)
            .with_bytes(row.panel.text())
            .with_bytes(row.flat.text())
            .step();
        id = sql.last_row();
        for (const account_id& each : row.accounts) {
            sql.run("INSERT OR IGNORE INTO account (account, household) VALUES (?, ?)")
                .with_bytes(each.text())
                .with(id)
                .step();
        }
    }
    if (households.size() >= most_remembered) {
        households.clear();
    }
    households.emplace(digest, id);
    return id;
}

std::pair<std::int64_t, bool> index_file::insides::number_of(const call_id& call) {
    const std::int64_t first = first_number(call);
    for (std::int64_t no = first; no < first + most_neighbours; ++no) {
        auto found = sql.run("SELECT tail FROM call WHERE no = ?");
        if (!found.with(no).step()) {
            return {no, false};
        }
        if (found.bytes(0) == tail_of(call)) {
            return {no, true};
        }
    }
    throw sql_trouble(SQLITE_FULL, "too many calls of one millisecond");
}

void index_file::insides::put(const index_row& row) {
    const std::int64_t no = number_of(row.call).first;
    auto into = sql.run(
        "INSERT OR REPLACE INTO call (no, tail, kind, state, outcome, who, household, number, started, lasted, rang, "
        "talked, file, places) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    into.with(no).with_bytes(tail_of(row.call));
    into.with(static_cast<std::int64_t>(row.kind)).with(static_cast<std::int64_t>(row.end));
    row.how ? into.with(static_cast<std::int64_t>(*row.how)) : into.with_nothing();
    into.with(static_cast<std::int64_t>(row.who)).with(household(row));
    row.number.empty() ? into.with_nothing() : into.with_bytes(row.number.text());
    into.with(row.started.time_since_epoch().count()).with(row.lasted.count());
    into.with(row.rang / 1ms).with(row.talked / 1ms);
    into.with(row.places.empty() ? 0 : row.places.back().file).with_bytes(packed_places(row.places));
    into.step();
    std::int64_t& last = last_numbers[row.places.empty() ? 0 : row.places.back().file];
    last = std::max(last, no);
}

// ---- calls

result<done> index_file::put(const index_row& row) {
    return in_->guarded([&] {
        in_->put(row);
        return done{};
    });
}

bool index_file::knows(const call_id& call) {
    const auto found = in_->guarded([&] { return in_->number_of(call).second; });
    return found && *found;
}

result<std::optional<index_row>> index_file::find(const call_id& call) {
    return in_->guarded([&]() -> std::optional<index_row> {
        const auto [no, there] = in_->number_of(call);
        auto row = in_->sql.run(std::string(row_columns) + "WHERE call.no = ?");
        return there && row.with(no).step() ? std::optional(row_of(row)) : std::nullopt;
    });
}

result<std::vector<living_call>> index_file::living(const std::string& node) {
    return in_->guarded([&] {
        std::vector<std::pair<std::int64_t, living_call>> found;
        {
            auto rows = in_->sql.run("SELECT no, channel, last, from_memory, remembered FROM living WHERE node = ?");
            rows.with(std::string_view(node));
            while (rows.step()) {
                living_call one;
                one.channel = rows.bytes(1);
                one.last = instant{duration{rows.number(2)}};
                one.from_memory = rows.number(3) != 0;
                one.remembered = rows.number(4) != 0;
                found.emplace_back(rows.number(0), std::move(one));
            }
        }
        std::vector<living_call> all;
        for (auto& [no, one] : found) {
            auto row = in_->sql.run(std::string(row_columns) + "WHERE call.no = ?");
            if (!row.with(no).step()) {
                continue;
            }
            one.row = row_of(row);
            auto accounts =
                in_->sql.run("SELECT account FROM account WHERE household = (SELECT household FROM call WHERE no = ?)");
            accounts.with(no);
            while (accounts.step()) {
                one.row.accounts.emplace_back(accounts.bytes(0));
            }
            all.push_back(std::move(one));
        }
        return all;
    });
}

result<done> index_file::put_living(const std::string& node, const std::vector<living_call>& living) {
    return in_->guarded([&] {
        in_->sql.run("DELETE FROM living WHERE node = ?").with(std::string_view(node)).step();
        for (const living_call& each : living) {
            in_->put(each.row);
            in_->sql
                .run("INSERT INTO living (node, no, channel, last, from_memory, remembered) VALUES (?, ?, ?, ?, ?, ?)")
                .with(std::string_view(node))
                .with(in_->number_of(each.row.call).first)
                .with_bytes(each.channel)
                .with(each.last.time_since_epoch().count())
                .with(std::int64_t{each.from_memory})
                .with(std::int64_t{each.remembered})
                .step();
        }
        return done{};
    });
}

result<std::uint64_t> index_file::calls() {
    return in_->guarded([&] {
        auto rows = in_->sql.run("SELECT count(*) FROM call");
        return rows.step() ? static_cast<std::uint64_t>(rows.number(0)) : std::uint64_t{0};
    });
}

result<done> index_file::list(const wanted_calls& wanted, const std::function<void(const index_row&)>& take) {
    return in_->guarded([&] {
        const conditions asked(wanted);
        std::string sql = std::string(row_columns) + asked.words();
        sql += wanted.latest_first ? " ORDER BY call.no DESC" : " ORDER BY call.no";
        sql += wanted.limit == 0 ? "" : " LIMIT " + std::to_string(wanted.limit);
        auto rows = in_->sql.run(sql);
        asked.bind(rows);
        while (rows.step()) {
            take(row_of(rows));
        }
        return done{};
    });
}

/// A name that was cut short, or in which a letter is wrong: those that stand beside it, and among them the most alike.
result<std::vector<call_id>> index_file::nearest(std::string_view name, std::size_t count) {
    return in_->guarded([&] {
        constexpr int around = 200;
        std::string whole(name.substr(0, call_id::length));
        whole.resize(call_id::length, '0');
        const auto like = call_id::parse(whole);
        const std::int64_t at = number_at(like ? like->made_at_milliseconds() : 0);
        std::vector<call_id> found;
        for (const char* side : {"no < ? ORDER BY no DESC", "no >= ? ORDER BY no"}) {
            auto rows = in_->sql.run(std::string("SELECT no, tail FROM call WHERE ") + side + " LIMIT " +
                                     std::to_string(around));
            rows.with(at);
            while (rows.step()) {
                found.push_back(name_of_row(rows.number(0), rows.bytes(1)));
            }
        }
        std::stable_sort(found.begin(), found.end(), [&](const call_id& a, const call_id& b) {
            const auto worth = [&](const call_id& each) {
                return std::pair(letters_apart(each.text().substr(0, name.size()), name),
                                 call_id::length - common_length(each.text(), name));
            };
            return worth(a) < worth(b);
        });
        found.resize(std::min(found.size(), count));
        return found;
    });
}

}  // namespace td::archive
