#pragma once
// A lending desk with its loop, over a pool whose moods a test chooses.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/overloaded.hpp"
#include "catch.hpp"
#include "lending/lending_desk.hpp"
#include "pool/memory_table.hpp"
#include "store/open_store.hpp"
#include "store/table_store.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scratch.hpp"

namespace td::test {

inline constexpr pool::lease_rules rules{180min, 60min, 4h};
inline const city_id chelyabinsk{"a376e68d-724a-4472-be7c-891bdb09ae32"};
inline const instant morning{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

enum class mood : std::uint8_t { works, fails, hangs };

/// One pool in memory, for all threads, with moods.
struct town {
    std::mutex lock;
    pool::memory_table table{rules};
    std::atomic<mood> how{mood::works};
    std::atomic<unsigned> asked{0};
};

class moody_store final : public store::table_store {
public:
    explicit moody_store(std::shared_ptr<town> of) : table_store(test::rules, "test", false), town_(std::move(of)) {}
    result<int> migrate() override { return 1; }

protected:
    result<done> transact(const body& inside, store::manner) override {
        ++town_->asked;
        while (town_->how == mood::hangs) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        if (town_->how == mood::fails) {
            return failure{failure_kind::unreachable, "the town is dark"};
        }
        const std::lock_guard held(town_->lock);
        if (inside(town_->table) == fate::commit) {
            town_->table.keep();
        } else {
            town_->table.undo();
        }
        return done{};
    }

private:
    std::shared_ptr<town> town_;
};

/// A callback map that answers on the loop, well or badly.
class moody_map final : public ports::callback_map {
public:
    explicit moody_map(boost::asio::io_context& loop) : loop_(loop) {}
    void put(const call_id& call, const pool::callback_route& route) override {
        said.push_back("put " + route.number.text() + "=" + route.panel.text());
        answer(call, route.number, route.token);
    }
    void remove(const call_id& call, const number_id& number, pool::lease_token token) override {
        said.push_back("remove " + number.text());
        answer(call, number, token);
    }
    [[nodiscard]] bool up() const override { return good; }

    std::vector<std::string> said;
    bool good = true;
    ports::callback_sink sink;

private:
    void answer(const call_id& call, const number_id& number, pool::lease_token token) {
        ports::callback_answer told{call,
                                    number,
                                    token,
                                    good ? pool::map_outcome::written : pool::map_outcome::failed,
                                    {failure_kind::unreachable, "no map"},
                                    {}};
        boost::asio::post(loop_, [this, told] { sink(told); });
    }
    boost::asio::io_context& loop_;
};

inline store::store_options sqlite(const std::string& url) {
    store::store_options options;
    options.url = url;
    options.rules = rules;
    return options;
}

inline call_id call_no(unsigned number) {
    return call_id::of(number, 0, 0);
}

/// A desk with its loop. What comes is told in words: "1 lent 73510000001 rested", "2 refused store", "1 mapped".
struct script {
    explicit script(std::shared_ptr<town> of, std::filesystem::path notes = {}, bool with_map = true,
                    std::size_t reserve = 2)
        : place(std::move(of)), map(loop) {
        lending::lending_options options;
        options.node = "w1";
        options.run = "run" + std::to_string(++runs);
        options.rules = rules;
        options.notes = std::move(notes);
        options.reserve = reserve;
        options.timeout = 2s;
        options.least_pause = 2ms;
        options.reserve_again = 2ms;
        options.longest_pause = 20ms;
        options.open = [of = place]() -> result<std::unique_ptr<ports::number_store>> {
            return std::unique_ptr<ports::number_store>(std::make_unique<moody_store>(of));
        };
        begin(std::move(options), with_map);
    }
    /// Over another store, and however slow the disk is; with a clock that is `early` ahead of the others'.
    script(const std::string& url, std::filesystem::path notes, duration early = {}) : ahead(early), map(loop) {
        lending::lending_options options;
        options.node = "w1";
        options.run = "run" + std::to_string(++runs);
        options.rules = rules;
        options.notes = std::move(notes);
        options.timeout = 30s;
        options.reserve_again = 2ms;
        options.open = [url] { return store::open_store(sqlite(url)); };
        begin(std::move(options), false);
    }

    void begin(lending::lending_options options, bool with_map) {
        const auto start = std::chrono::steady_clock::now();
        options.log = [this](const std::string& line) { told.push_back("log: " + line); };
        desk = std::make_unique<lending::lending_desk>(
            loop, std::move(options),
            [start, from = morning + ahead] {
                return from + std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - start);
            },
            [this](const call::fact& what) { told.push_back(words(what)); },
            [this](const td::alarm& what) {
                alarms += (what.state == alarm_state::raised ? "+" : "-") + what.name + " ";
            });
        map.sink = [this](const ports::callback_answer& answer) { desk->map_answered(answer); };
        desk->begin(with_map ? &map : nullptr);
    }

    static std::string words(const call::fact& what) {
        if (const auto* lent = std::get_if<call::number_lent>(&what)) {
            last_lent = *lent;
            return "lent " + lent->number.text() + " " + std::string(name_of(lent->how)) + " by " + lent->routes.first;
        }
        if (const auto* refused = std::get_if<call::number_refused>(&what)) {
            return "refused " + std::string(name_of(refused->reason)) + " by " + refused->routes.first;
        }
        if (const auto* failed = std::get_if<call::map_failed>(&what)) {
            return "map failed: " + failed->reason;
        }
        if (const auto* checked = std::get_if<call::number_checked>(&what)) {
            return "leads to " + checked->panel.text();
        }
        if (const auto* failed = std::get_if<call::check_failed>(&what)) {
            return "check failed: " + failed->reason;
        }
        return std::holds_alternative<call::number_mapped>(what) ? "mapped" : "?";
    }

    static call::site_record site() {
        call::site_record where;
        where.city = chelyabinsk;
        where.address = "Lenina 1";
        return where;
    }
    std::string next() {
        const std::size_t had = told.size();
        return loop_until(loop, [&] { return told.size() > had; }) ? told[had] : "nothing";
    }
    std::string lend(unsigned call, const std::string& panel) {
        const std::size_t had = told.size();
        desk->lend({call_no(call), panel_id{panel}, site()});
        return loop_until(loop, [&] { return told.size() > had; }) ? told[had] : "nothing";
    }
    std::string from_notes(unsigned call, const std::string& panel) {
        const std::size_t had = told.size();
        desk->lend_from_notes({call_no(call), panel_id{panel}, site()});
        return told.size() == had + 1 ? told.back() : "nothing within the act";
    }
    std::string map_it(unsigned call, const std::string& panel) {
        const std::size_t had = told.size();
        desk->map({call_no(call), last_lent.token, last_lent.number, panel_id{panel}, site()});
        return loop_until(loop, [&] { return told.size() > had; }) ? told[had] : "nothing";
    }
    void end(unsigned call, const std::string& panel) {
        desk->give_back({call_no(call), last_lent.token, last_lent.number, panel_id{panel}, morning + 1min});
    }
    std::string check(unsigned call, const std::string& number) {
        const std::size_t had = told.size();
        desk->check({call_no(call), number_id{number}});
        return loop_until(loop, [&] { return told.size() > had; }) ? told[had] : "nothing";
    }
    bool comes_up() {
        return loop_until(loop, [&] { return desk->counts().store_up; });
    }
    bool keeps(std::size_t numbers) {
        return loop_until(loop, [&] { return desk->counts().ready == numbers; });
    }
    bool written() {
        return loop_until(loop, [&] { return desk->counts().backlog == 0 && desk->counts().store_up; });
    }

    static inline unsigned runs = 0;
    duration ahead{};
    static inline call::number_lent last_lent;
    std::shared_ptr<town> place;
    boost::asio::io_context loop;
    std::vector<std::string> told;
    std::string alarms;
    moody_map map;
    std::unique_ptr<lending::lending_desk> desk;
};

inline std::shared_ptr<town> town_of(unsigned numbers) {
    auto made = std::make_shared<town>();
    const pool::city city{chelyabinsk, "Chelyabinsk", "route-c", "", number_id{"73519999999"}, {}};
    REQUIRE(pool::put_city(made->table, city, {"test", "", morning}));
    std::vector<pool::new_number> all;
    for (unsigned i = 1; i <= numbers; ++i) {
        all.push_back({number_id{std::to_string(73510000000 + i)}, chelyabinsk});
    }
    REQUIRE(pool::add_numbers(made->table, all, {"test", "", morning}));
    made->table.keep();
    return made;
}

inline std::optional<pool::lease_row> lease_of(town& in, unsigned call) {
    const std::lock_guard held(in.lock);
    return in.table.lease_of(call_no(call));
}

}  // namespace td::test
