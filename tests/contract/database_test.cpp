// What only real databases can do: schemas, connections, rights, two writers at once, servers that fall silent.

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "base/random.hpp"
#include "tests/contract/stores.hpp"

using namespace td;
using namespace td::test;

namespace {

kind each_database() {
    const auto which = static_cast<kind>(GENERATE(1, 2));
    return which;
}

/// False: the database refuses it.
bool runs_sql(const pool_world& w, kind which, const std::string& sql) {
    if (which == kind::mysql) {
        try {
            store::mysql_session session = admin_session();
            session.execute(sql);
            session.commit();
            return true;
        } catch (const store::trouble&) {
            return false;
        }
    }
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(w.file().c_str(), &raw) == SQLITE_OK);
    const bool done = sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(raw);
    return done;
}

void run_sql(const pool_world& w, kind which, const std::string& sql) {
    CHECK(runs_sql(w, which, sql));
}

}  // namespace

TEST_CASE("schema: another version is refused with what to run, and migrate heals the older one") {
    const kind which = each_database();
    pool_world w(which);
    CHECK(*w.admin().migrate() == 1);  // once more changes nothing
    w.city(chelyabinsk);
    SECTION("newer") {
        run_sql(w, which, "UPDATE schema_version SET version = 99");
        const auto refused = w.open("td_worker")->cities();
        CHECK(kind_of(refused) == failure_kind::bad_input);
        CHECK(refused.why().text.find("upgrade tdctl") != std::string::npos);
        CHECK(kind_of(w.open("td_admin")->migrate()) == failure_kind::bad_input);
    }
    SECTION("older") {
        run_sql(w, which, "DELETE FROM schema_version");
        const auto refused = w.open("td_worker")->cities();
        CHECK(kind_of(refused) == failure_kind::bad_input);
        CHECK(refused.why().text.find("tdctl sos-pool migrate") != std::string::npos);
        CHECK(*w.open("td_admin")->migrate() == 1);
        CHECK(w.open("td_worker")->cities()->size() == 1);
    }
    SECTION("none") {
        for (const char* table : {"schema_version", "sos_city", "sos_audit"}) {
            run_sql(w, which, std::string("DROP TABLE ") + table);
        }
        const auto refused = w.open("td_admin")->cities();
        CHECK(kind_of(refused) == failure_kind::bad_input);
        CHECK(refused.why().text.find("tdctl sos-pool migrate") != std::string::npos);
        CHECK(*w.open("td_admin")->migrate() == 1);
        CHECK(w.open("td_admin")->cities()->empty());
    }
}

TEST_CASE("schema: two that migrate at once both find it done") {
    const kind which = each_database();
    pool_world w(which);
    for (const char* table :
         {"sos_city", "sos_number", "sos_lease", "sos_audit", "probe_sweep", "probe_result", "schema_version"}) {
        run_sql(w, which, std::string("DROP TABLE ") + table);
    }
    std::array<std::optional<result<int>>, 4> outcomes;
    std::vector<std::thread> threads;
    for (auto& each : outcomes) {
        threads.emplace_back([&] { each = w.open("td_admin")->migrate(); });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    for (const auto& each : outcomes) {
        INFO((each->ok() ? std::string{} : each->why().text));
        CHECK((each->ok() && each->value() == 1));
    }
}

TEST_CASE("stores: whatever the database, a long random life gives the same answers as the specification") {
    const kind which = each_database();
    pool_world w(which);
    pool_world reference(kind::memory);
    for (pool_world* each : {&w, &reference}) {
        each->city(oblast);
        each->city(chelyabinsk, oblast);
        each->numbers(chelyabinsk, 1, 4);
        each->numbers(oblast, 11, 12);
    }
    random_source dice(7);
    std::vector<pool::lent> going;
    duration now = 1min;
    for (int i = 0; i < 400; ++i) {
        now += duration{dice.below(20 * 60 * 1000000ULL)};
        const std::string panel = "p" + std::to_string(dice.below(9));
        const std::uint64_t what = dice.below(10);
        INFO("step " << i << " at " << now.count() << " us, panel " << panel << ", act " << what);
        if (what < 5) {
            const std::vector<pool::number_row> rows = *w.store().numbers();
            std::vector<std::vector<pool::number_row>> pools(2);
            for (const auto& row : rows) {
                pools[row.city == chelyabinsk ? 0 : 1].push_back(row);
            }
            const auto expected = pool::choose(rows, pools, panel_id{panel}, at(now), w.rules);
            const auto got = w.ask(panel.c_str(), now).number;
            const auto same = reference.ask(panel.c_str(), now).number;
            REQUIRE(got.has_value() == expected.has_value());
            REQUIRE(got == same);
            if (got) {
                REQUIRE(got->number == expected->row.number);
                REQUIRE(got->how == expected->how);
                going.push_back(*got);
            }
        } else if (what < 8 && !going.empty()) {
            const std::size_t which_one = dice.below(going.size());
            for (pool_world* each : {&w, &reference}) {
                each->end(going[which_one], now);
            }
            going.erase(going.begin() + static_cast<std::ptrdiff_t>(which_one));
        } else if (what == 8) {
            REQUIRE(w.store().expire("cron", at(now))->size() == reference.store().expire("cron", at(now))->size());
        } else {
            const bool force = dice.once_in(2);
            const number_id one = num(1 + static_cast<unsigned>(dice.below(4)));
            for (pool_world* each : {&w, &reference}) {
                static_cast<void>(each->store().release(one, force, "op", "", at(now)));
            }
        }
        REQUIRE(*w.store().numbers() == *reference.store().numbers());
        REQUIRE(*w.store().open_leases(at(now)) == *reference.store().open_leases(at(now)));
    }
    CHECK(w.store().leases_of(num(1), never)->size() == reference.store().leases_of(num(1), never)->size());
    CHECK(*w.store().audit({}, 10000) == *reference.store().audit({}, 10000));
}

TEST_CASE("stores: calls of many threads at once never share a number, and those of one panel share one") {
    const kind which = each_database();
    pool_world w(which, 100s);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 40);
    std::vector<std::thread> threads;
    std::array<std::vector<std::pair<std::string, number_id>>, 8> lent;
    std::atomic<int> dry = 0;
    for (std::size_t t = 0; t < lent.size(); ++t) {
        threads.emplace_back([&, t] {
            const auto own = w.open("td_worker");
            for (std::uint64_t i = 0; i < 10; ++i) {
                // Every panel's calls come from two threads at about the same time.
                const std::string panel = "p" + std::to_string(t / 2) + "." + std::to_string(i);
                const auto answer =
                    own->lease({panel_id{panel}, chelyabinsk, call_no(t * 100 + i), at(1min), "{}", "t", ""});
                if (answer && answer->number) {
                    lent.at(t).emplace_back(panel, answer->number->number);
                } else {
                    ++dry;
                }
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    CHECK(dry == 0);
    std::set<std::pair<std::string, number_id>> pairs;
    std::set<number_id> numbers;
    for (const auto& each : lent) {
        for (const auto& pair : each) {
            pairs.insert(pair);
            numbers.insert(pair.second);
        }
    }
    CHECK(pairs.size() == 40);
    CHECK(numbers.size() == 40);
}

TEST_CASE("mariadb: a connection that is killed is made again, and nothing is lent twice") {
    pool_world w(kind::mysql);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 3);
    const auto a = w.lease("a", 1min);
    server().run_sql(
        "DELIMITER //\nBEGIN NOT ATOMIC FOR one IN (SELECT id FROM information_schema.processlist WHERE user = "
        "'td_worker') DO KILL one.id; END FOR; END//\n");
    CHECK(w.lease("a", 2min).number == a.number);
    CHECK(w.row(1, 2min).calls == 2);
}

TEST_CASE("mariadb: a server that is restarted is waited for within the deadline") {
    pool_world w(kind::mysql, 150s);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 3);
    const auto a = w.lease("a", 1min);
    server().stop(SIGKILL);
    std::thread restart([] { server().start(); });
    const auto answer = w.store().lease({panel_id{"b"}, chelyabinsk, call_no(2), at(2min), "{}", "worker", ""});
    restart.join();
    INFO((answer ? std::string{} : answer.why().text));
    REQUIRE(answer);
    REQUIRE(answer->number);
    CHECK(answer->number->number == num(2));
    CHECK(answer->number->token > a.token);
    CHECK(w.row(1, 2min).panel == panel_id{"a"});
}

TEST_CASE("mariadb: a server that answers nothing is given up, and named without the password") {
    pool_world w(kind::mysql, 3s);
    w.city(chelyabinsk);
    server().fall_silent();
    const auto outcome = w.store().cities();
    const auto fresh = w.open("td_worker")->cities();
    server().go_on();
    for (const auto& each : {outcome, fresh}) {
        CHECK(kind_of(each) == failure_kind::unreachable);
        CHECK(each.why().text.find("td_worker@127.0.0.1") != std::string::npos);
        CHECK(each.why().text.find("change-me") == std::string::npos);
    }
    CHECK(w.store().cities()->size() == 1);
}

TEST_CASE("mariadb: who is not let in hears so") {
    pool_world w(kind::mysql);
    store::store_options options;
    options.url = server().url("td_worker");
    options.password = secret{"a wrong pass word"};
    auto outcome = (*store::open_store(options))->cities();
    CHECK(kind_of(outcome) == failure_kind::not_allowed);
    CHECK(outcome.why().text.find("a wrong pass word") == std::string::npos);
    CHECK(kind_of(w.store().migrate()) == failure_kind::not_allowed);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    CHECK(kind_of(w.store().remove(num(1), "op", "", at(0s))) == failure_kind::not_allowed);
    options.url.replace(options.url.rfind("/td"), 3, "/nothing");
    options.password = secret{mariadb::worker_password};
    outcome = (*store::open_store(options))->cities();
    CHECK(kind_of(outcome) == failure_kind::not_allowed);
    options.url = "mysql://td_worker@127.0.0.1:" + std::to_string(free_port()) + "/td";
    options.deadline = 100ms;
    CHECK(kind_of((*store::open_store(options))->cities()) == failure_kind::unreachable);
}

TEST_CASE("schema: a row that contradicts itself cannot be written by hand either") {
    const kind which = each_database();
    pool_world w(which);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 4);
    w.end(w.lease("a", 1min), 2min);
    w.lease("b", 1min);
    REQUIRE(w.store().reserve("n1", chelyabinsk, 1, at(0s), at(1h))->size() == 1);
    const auto before = *w.store().numbers();
    const std::string one = " WHERE number = '" + num(1).text() + "'";
    const std::string two = " WHERE number = '" + num(2).text() + "'";
    const std::string three = " WHERE number = '" + num(3).text() + "'";
    const std::string four = " WHERE number = '" + num(4).text() + "'";
    for (const std::string& act :
         {"state = 'free'" + one, "state = 'leased'" + one, "until = NULL" + one, "panel = ''" + one,
          "state = 'borrowed'" + one, "state = 'free'" + two, "state = 'window'" + two, "calls = 0" + two,
          "calls = -1" + two, "holder = 'n1'" + two, "state = 'disabled'" + two, "panel = 'c'" + three,
          "state = 'window'" + three, "state = 'leased'" + four, "state = 'guard'" + four, "panel = 'd'" + four}) {
        INFO(act);
        CHECK(!runs_sql(w, which, "UPDATE sos_number SET " + act));
    }
    CHECK(*w.store().numbers() == before);
}

TEST_CASE("mariadb: what a server says when its time as a server is over leads to a new connection") {
    pool_world w(kind::mysql);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 9);
    // Idle too long (MySQL 8), read only after a change of masters, a cluster without a quorum, a statement forgotten.
    for (const char* number : {"4031", "1290", "1792", "1836", "1047", "1243", "1615"}) {
        INFO(number);
        store::mysql_session latest = admin_session();
        const auto id = std::get<std::int64_t>(latest.rows("SELECT CONNECTION_ID()", {}).at(0).at(0));
        server().run_sql(
            "USE td;\nDELIMITER //\nCREATE OR REPLACE TRIGGER grumble BEFORE INSERT ON sos_lease FOR EACH ROW IF "
            "CONNECTION_ID() < " +
            std::to_string(id) + " THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = " + number + "; END IF//\n");
        const auto answer =
            w.store().lease({panel_id{number}, chelyabinsk, call_no(w.new_call()), at(1min), "{}", "worker", ""});
        INFO((answer ? std::string{} : answer.why().text));
        CHECK(answer);
    }
}

TEST_CASE("mariadb: who falls silent within a transaction does not keep a panel from its number") {
    pool_world w(kind::mysql);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    store::mysql_session silent(place_of(server().url("td_worker")), secret{mariadb::worker_password}, 1s);
    silent.hold("a");
    CHECK(silent.rows("SELECT number FROM sos_number FOR UPDATE", {}).size() == 1);
    // Its host has lost its power: the server hears nothing of that.
    CHECK(w.lease("a", 1min).number == num(1));
}

TEST_CASE("sqlite: a file that was put in the place of another is found") {
    pool_world w(kind::sqlite);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    w.lease("a", 1min);
    for (const char* tail : {"", "-wal", "-shm"}) {
        std::filesystem::remove(w.file() + tail);
    }
    const auto gone = w.store().cities();
    CHECK(kind_of(gone) == failure_kind::bad_input);
    REQUIRE(w.open("td_admin")->migrate());
    const auto fresh = w.store().cities();
    REQUIRE(fresh);
    CHECK(fresh->empty());
}

TEST_CASE("sqlite: a file that is none is named, and one that is missing is to be made by migrate") {
    const scratch_dir dir;
    store::store_options options;
    options.url = "sqlite:" + (dir.path() / "pool.db").string();
    const auto missing = (*store::open_store(options))->cities();
    CHECK(kind_of(missing) == failure_kind::bad_input);
    CHECK(missing.why().text.find("sos-pool migrate") != std::string::npos);
    write_file(dir.path() / "pool.db", std::string(8192, 'x'));
    CHECK(kind_of((*store::open_store(options))->cities()) == failure_kind::broken_data);
    CHECK(kind_of((*store::open_store(options))->migrate()) == failure_kind::broken_data);
}

TEST_CASE("sqlite: a writer that does not let go is waited for until the deadline, readers pass") {
    pool_world w(kind::sqlite, 3s);
    w.city(chelyabinsk);
    w.numbers(chelyabinsk, 1, 1);
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(w.file().c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(kind_of(w.store().lease({panel_id{"a"}, chelyabinsk, call_no(1), at(0s), "", "w", ""})) ==
          failure_kind::unreachable);
    CHECK(w.store().numbers()->size() == 1);
    REQUIRE(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(other);
    CHECK(w.lease("a", 1min).number == num(1));
}
