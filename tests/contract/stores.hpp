#pragma once
// The stores that the contract is held against, each empty at the beginning of a test, and short words for its scripts.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "store/memory_store.hpp"
#include "store/mysql_session.hpp"
#include "store/open_store.hpp"
#include "tests/support/mariadb.hpp"
#include "tests/support/scratch.hpp"

namespace td::test {

using namespace std::chrono_literals;

enum class kind { memory, sqlite, mysql };

inline std::string name_of(kind which) {
    return which == kind::memory ? "memory" : which == kind::sqlite ? "sqlite" : "mariadb";
}

/// One server for the whole program; every test begins with empty tables.
inline mariadb& server() {
    static mariadb one;
    return one;
}

inline store::mysql_place place_of(const std::string& url) {
    return std::get<store::mysql_place>(*store::read_store_url(url));
}

/// The administrator's own connection, past the store.
inline store::mysql_session admin_session() {
    return {place_of(server().url("td_admin")), secret{mariadb::admin_password}, 10s};
}

const city_id chelyabinsk{"7ac1e55c-91f9-4df5-9e9b-6e9a2d20c5d4"};
const city_id kopeysk{"2a4d0b1e-0f25-4d1a-8f53-0d9f9a7c2c11"};
const city_id oblast{"27eb7c10-a234-44da-a59c-8b1f864966de"};

inline instant at(duration since) {
    return instant{std::chrono::hours{24 * 365 * 50}} + since;
}

inline call_id call_no(std::uint64_t number) {
    return call_id::of(1, 0, number);
}

inline number_id num(unsigned number) {
    return number_id{std::to_string(73510000000ULL + number)};
}

class pool_world {
public:
    explicit pool_world(kind which, duration deadline = 30s) : which_(which), deadline_(deadline) {
        if (which == kind::mysql) {
            store::mysql_session session = admin_session();
            for (const char* table : {"sos_city", "sos_number", "sos_lease", "sos_audit", "probe_sweep", "probe_result",
                                      "schema_version"}) {
                session.execute(std::string("DROP TABLE IF EXISTS ") + table);
            }
        }
        admin_ = open("td_admin");
        if (const auto made = admin_->migrate(); !made) {
            FAIL(made.why().text);
        }
        if (which == kind::mysql) {
            server().let_workers_in();
        }
        worker_ = which == kind::memory ? nullptr : open("td_worker");
    }

    /// Another connection to the same pool (there is only one to memory).
    [[nodiscard]] std::unique_ptr<ports::number_store> open(const std::string& user) const {
        if (which_ == kind::memory) {
            return std::make_unique<store::memory_store>(rules, "contract");
        }
        store::store_options options;
        options.url = which_ == kind::sqlite ? "sqlite:" + file() : server().url(user);
        options.password = secret{user == "td_admin" ? mariadb::admin_password : mariadb::worker_password};
        options.rules = rules;
        options.deadline = deadline_;
        options.who = "contract";
        return store::open_store(options).value();
    }
    [[nodiscard]] std::string file() const { return dir_.path() / "pool.db"; }

    /// What workers and nearly all verbs use; `admin` may also delete.
    ports::number_store& store() { return worker_ ? *worker_ : *admin_; }
    ports::number_store& admin() { return *admin_; }

    void city(const city_id& fias, const city_id& parent = {}) {
        REQUIRE(store().put_city({fias, "City", "route", "second", number_id{"73519999999"}, parent}, "op", at(0s)));
    }
    /// Numbers first to last of the city.
    void numbers(const city_id& where, unsigned first, unsigned last) {
        std::vector<pool::new_number> all;
        for (unsigned i = first; i <= last; ++i) {
            all.push_back({num(i), where});
        }
        REQUIRE(store().add_numbers(all, "op", at(0s)));
    }

    pool::lease_answer ask(const char* panel, duration when, const city_id& where = chelyabinsk,
                           std::optional<std::uint64_t> call = std::nullopt) {
        auto answer = store().lease(
            {panel_id{panel}, where, call_no(call.value_or(++calls_)), at(when), "{}", "worker", "sos call"});
        if (!answer) {
            FAIL(answer.why().text);
        }
        return *answer;
    }
    pool::lent lease(const char* panel, duration when, const city_id& where = chelyabinsk) {
        const auto answer = ask(panel, when, where);
        REQUIRE(answer.number);
        return *answer.number;
    }
    void end(const pool::lent& what, duration when) { REQUIRE(store().end(what.token, at(when))); }
    /// The row as it is at the moment.
    pool::number_row row(unsigned number, duration when) {
        const auto stored = store().number(num(number));
        REQUIRE(stored);
        return pool::state_at(*stored, at(when), rules);
    }
    std::string state(unsigned number, duration when) { return std::string(pool::name_of(row(number, when).state)); }
    std::uint64_t new_call() { return ++calls_; }

    pool::lease_rules rules{180min, 60min, 4h};

private:
    kind which_;
    duration deadline_;
    scratch_dir dir_;
    std::unique_ptr<ports::number_store> admin_;
    std::unique_ptr<ports::number_store> worker_;
    std::uint64_t calls_ = 1000;
};

/// Runs the rest of the test once for every store.
inline kind each_store() {
    const auto which = static_cast<kind>(GENERATE(0, 1, 2));
    return which;
}

/// The kind of a failure, or nothing when it is none.
template <class T>
std::optional<failure_kind> kind_of(const result<T>& outcome) {
    return outcome ? std::nullopt : std::optional(outcome.why().kind);
}

}  // namespace td::test
