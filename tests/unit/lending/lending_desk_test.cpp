#include "lending/lending_desk.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "base/overloaded.hpp"
#include "catch.hpp"
#include "pool/memory_table.hpp"
#include "store/open_store.hpp"
#include "store/table_store.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scratch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

using namespace td;
using test::loop_until;

namespace {

constexpr pool::lease_rules rules{180min, 60min, 4h};
const city_id chelyabinsk{"a376e68d-724a-4472-be7c-891bdb09ae32"};
const instant morning{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

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
    explicit moody_store(std::shared_ptr<town> of) : table_store(::rules, "test", false), town_(std::move(of)) {}
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

store::store_options sqlite(const std::string& url) {
    store::store_options options;
    options.url = url;
    options.rules = rules;
    return options;
}

call_id call_no(unsigned number) {
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
        options.timeout = 400ms;
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

std::shared_ptr<town> town_of(unsigned numbers) {
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

std::optional<pool::lease_row> lease_of(town& in, unsigned call) {
    const std::lock_guard held(in.lock);
    return in.table.lease_of(call_no(call));
}

}  // namespace

TEST_CASE("lending desk: lent, mapped, ended, and all of it stands in the store", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
    CHECK(s.map_it(1, "p1") == "mapped");
    CHECK(s.check(2, "73510000001") == "leads to p1");
    CHECK(s.check(3, "73510000002") == "leads to ");
    s.end(1, "p1");
    REQUIRE(s.written());
    CHECK(lease_of(*s.place, 1)->ended_at == morning + 1min);
    CHECK(s.map.said == std::vector<std::string>{"put 73510000001=p1", "put 73510000001=p1"});
    CHECK(s.alarms.empty());
}

TEST_CASE("lending desk: a store that hangs costs nothing but its numbers, and what it says late goes back",
          "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
    REQUIRE(s.keeps(2));
    s.place->how = mood::hangs;
    const unsigned before = s.place->asked;
    s.desk->lend({call_no(2), panel_id{"p2"}, script::site()});
    REQUIRE(loop_until(s.loop, [&] { return s.place->asked > before; }));
    CHECK(s.from_notes(2, "p2") == "lent 73510000002 reserved by route-c");
    CHECK(s.from_notes(3, "p1") == "lent 73510000001 sticky by route-c");
    CHECK(s.lend(4, "p4") == "refused store by ");  // at once: the notes are ahead of the store
    CHECK(s.from_notes(4, "p4") == "lent 73510000003 reserved by route-c");
    CHECK(s.from_notes(5, "p5") == "refused store by route-c");
    CHECK(s.check(6, "73510000003") == "leads to p4");
    REQUIRE(loop_until(s.loop, [&] { return s.alarms.find("+pool_store") != std::string::npos; }));
    s.place->how = mood::works;
    REQUIRE(loop_until(s.loop, [&] { return s.desk->counts().late_answers == 1; }));
    REQUIRE(s.written());
    const std::lock_guard held(s.place->lock);
    REQUIRE(s.place->table.lease_of(call_no(2), number_id{"73510000002"}));
    CHECK(s.place->table.lease_of(call_no(2), number_id{"73510000002"})->ended_at == never);
    CHECK(s.place->table.row(number_id{"73510000002"})->panel == panel_id{"p2"});
    CHECK(s.place->table.lease_of(call_no(4))->number == number_id{"73510000003"});
    CHECK(s.place->table.row(number_id{"73510000001"})->calls == 2);
}

TEST_CASE("lending desk: the store is not asked for calls that have left without it", "[lending]") {
    script s(town_of(9), {}, true, 0);
    REQUIRE(s.comes_up());
    s.place->how = mood::hangs;
    for (unsigned i = 1; i <= 6; ++i) {
        s.desk->lend({call_no(i), panel_id{"p" + std::to_string(i)}, script::site()});
    }
    for (unsigned i = 1; i <= 6; ++i) {
        CHECK(s.from_notes(i, "p" + std::to_string(i)).starts_with("refused store"));
    }
    s.place->how = mood::works;
    REQUIRE(s.written());
    CHECK(s.lend(7, "p7").starts_with("lent"));  // behind all of them
    for (unsigned i = 4; i <= 6; ++i) {          // three threads may have had the first three
        CHECK_FALSE(lease_of(*s.place, i));
    }
}

TEST_CASE("lending desk: threads that hang are replaced, up to a bound, and come back", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    s.place->how = mood::hangs;
    for (unsigned i = 1; i <= 12; ++i) {
        s.desk->lend({call_no(i), panel_id{"p" + std::to_string(i)}, script::site()});
    }
    // Nobody asks the notes here: every wish is answered by its own limit, whatever hangs before it.
    REQUIRE(loop_until(s.loop, [&] { return s.told.size() == 12; }));
    CHECK(s.told.back() == "refused store by ");
    CHECK(s.desk->counts().hung_threads <= 8);
    CHECK(s.lend(20, "p20") == "refused store by ");
    s.place->how = mood::works;
    REQUIRE(s.written());
    REQUIRE(loop_until(s.loop, [&] { return s.desk->counts().hung_threads == 0; }));
    CHECK(s.lend(21, "p21").starts_with("lent"));
}

TEST_CASE("lending desk: a store that fails is known to fail, and used again when it is back", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    s.place->how = mood::fails;
    CHECK(s.lend(1, "p1") == "refused store by ");
    CHECK(s.alarms.find("+pool_store") != std::string::npos);
    const unsigned asked = s.place->asked;
    CHECK(s.lend(2, "p2") == "refused store by ");
    CHECK(s.from_notes(2, "p2") == "refused store by route-c");
    CHECK(s.check(3, "73510000001") == "check failed: the pool's store is out of reach");
    CHECK(s.place->asked >= asked);
    s.place->how = mood::works;
    REQUIRE(s.comes_up());
    CHECK(s.alarms.find("-pool_store") != std::string::npos);
    CHECK(s.lend(4, "p4") == "lent 73510000001 rested by route-c");
}

TEST_CASE("lending desk: a dry pool is helped out by what the worker keeps", "[lending]") {
    script s(town_of(3));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
    REQUIRE(s.keeps(2));
    CHECK(s.lend(2, "p2") == "lent 73510000002 reserved by route-c");
    REQUIRE(s.written());
    CHECK(s.lend(3, "p3") == "lent 73510000003 reserved by route-c");
    REQUIRE(s.written());
    CHECK(s.lend(4, "p4") == "refused dry by route-c");
}

TEST_CASE("lending desk: a callback map that fails is told, and written when it is back", "[lending]") {
    script s(town_of(9));
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    s.map.good = false;
    CHECK(s.map_it(1, "p1") == "map failed: no map");
    CHECK_FALSE(s.desk->counts().map_up);
    CHECK(s.desk->counts().backlog == 1);
    s.map.good = true;
    REQUIRE(s.written());
    CHECK(s.desk->counts().map_up);
    CHECK(s.map.said.size() > 1);
}

TEST_CASE("lending desk: where the pool is the map, a number is mapped as soon as its lease is written", "[lending]") {
    script s(town_of(9), {}, false);
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    CHECK(s.map_it(1, "p1") == "mapped");
    s.place->how = mood::fails;
    CHECK(s.from_notes(2, "p1") == "lent 73510000001 sticky by route-c");
    CHECK(s.map_it(2, "p1") == "map failed: the pool's store has not heard of it yet");
}

TEST_CASE("lending desk: what could not be written is written by the next run", "[lending]") {
    const scratch_dir dir;
    const auto place = town_of(9);
    {
        script s(place, dir.path() / "notes");
        REQUIRE(s.comes_up());
        CHECK(s.lend(1, "p1").starts_with("lent"));
        REQUIRE(s.keeps(2));
        place->how = mood::fails;
        CHECK(s.from_notes(2, "p2") == "lent 73510000002 reserved by route-c");
        s.end(2, "p2");
        s.desk->close(std::chrono::seconds{10});
    }
    CHECK_FALSE(lease_of(*place, 2));
    script s(place, dir.path() / "notes");
    CHECK(s.from_notes(3, "p1") == "lent 73510000001 sticky by route-c");
    CHECK(s.from_notes(4, "p4") == "refused store by route-c");  // the disk has not said yet that the block is in use
    REQUIRE(s.keeps(1));
    CHECK(s.from_notes(5, "p5") == "lent 73510000003 reserved by route-c");
    place->how = mood::works;
    REQUIRE(s.written());
    REQUIRE(lease_of(*place, 2));
    CHECK(lease_of(*place, 2)->ended_at == morning + 1min);
    CHECK(lease_of(*place, 5)->number == number_id{"73510000003"});
}

TEST_CASE("lending desk: a file that is torn or cannot be written is an alarm, and calls go on", "[lending]") {
    const scratch_dir dir;
    write_file(dir.path() / "notes", "{\"type\":\"tdctl-pool-notes\",\"sch");
    script s(town_of(9), dir.path() / "notes");
    CHECK(s.alarms == "+pool_notes ");
    CHECK(text_of_file(dir.path() / "notes.broken") == "{\"type\":\"tdctl-pool-notes\",\"sch");
    REQUIRE(s.comes_up());
    CHECK(s.lend(1, "p1").starts_with("lent"));
    REQUIRE(loop_until(s.loop, [&] { return s.alarms == "+pool_notes -pool_notes "; }));
    CHECK(pool::read_notes(text_of_file(dir.path() / "notes")).ok());

    std::filesystem::create_directory(dir.path() / "wall");
    std::filesystem::create_directory(dir.path() / "wall" / "notes.new");
    script t(town_of(9), dir.path() / "wall" / "notes");
    REQUIRE(t.comes_up());
    CHECK(t.lend(1, "p1").starts_with("lent"));
    REQUIRE(t.keeps(2));
    CHECK(t.from_notes(2, "p2").starts_with("lent"));
    CHECK(loop_until(t.loop, [&] { return t.alarms.find("+pool_notes") != std::string::npos; }));
}

TEST_CASE("lending desk: the second worker with one file of notes leaves it alone", "[lending]") {
    const scratch_dir dir;
    const auto place = town_of(9);
    script first(place, dir.path() / "notes");
    REQUIRE(first.comes_up());
    CHECK(first.lend(1, "p1").starts_with("lent"));
    REQUIRE(first.keeps(2));
    REQUIRE(loop_until(first.loop, [&] { return std::filesystem::exists(dir.path() / "notes"); }));
    script second(place, dir.path() / "notes");
    CHECK(second.alarms == "+pool_notes ");
    CHECK(second.from_notes(2, "p1") == "refused store by ");  // it knows nothing of the first one's calls
    CHECK(second.comes_up());
    CHECK(second.lend(3, "p3").starts_with("lent"));
    second.desk->close(std::chrono::seconds{10});
    first.desk->close(std::chrono::seconds{10});
    const auto left = pool::read_notes(text_of_file(dir.path() / "notes"));
    REQUIRE(left);
    CHECK(left->holder.starts_with("serve-ari@w1/"));
    CHECK(left->loans.size() == 1);
}

TEST_CASE("lending desk: a desk may end while the store hangs", "[lending]") {
    const auto place = town_of(9);
    {
        script s(place);
        REQUIRE(s.comes_up());
        place->how = mood::hangs;
        const unsigned before = place->asked;
        s.desk->lend({call_no(1), panel_id{"p1"}, script::site()});
        REQUIRE(loop_until(s.loop, [&] { return place->asked > before; }));
        s.desk->close(std::chrono::milliseconds{20});
    }
    place->how = mood::works;
    REQUIRE(comes_true([&] { return lease_of(*place, 1).has_value(); }));  // the thread comes back to nobody
}

namespace {

/// A pool of five numbers in a file, as its administrator sees it.
std::unique_ptr<ports::number_store> five_numbers(const std::string& url) {
    auto admin = store::open_store(sqlite(url));
    REQUIRE(admin);
    const auto version = (*admin)->migrate();
    REQUIRE((version ? "" : version.why().text) == std::string());
    REQUIRE((*admin)->put_city({chelyabinsk, "Chelyabinsk", "route-c", "", {}, {}}, "test", morning));
    std::vector<pool::new_number> numbers;
    for (unsigned i = 1; i <= 5; ++i) {
        numbers.push_back({number_id{std::to_string(73510000000 + i)}, chelyabinsk});
    }
    REQUIRE((*admin)->add_numbers(numbers, "test", morning));
    return std::move(*admin);
}

}  // namespace

TEST_CASE("lending desk: a callback finds the panel also when the clock was set back", "[lending]") {
    const scratch_dir dir;
    const std::string url = "sqlite:" + (dir.path() / "pool.db").string();
    const auto admin = five_numbers(url);
    {
        script s(url, dir.path() / "notes", 1h);
        REQUIRE(s.comes_up());
        CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
        s.desk->close(std::chrono::seconds{10});
    }
    script s(url, dir.path() / "other notes");
    REQUIRE(s.comes_up());
    CHECK(s.check(2, "73510000001") == "leads to p1");
    CHECK(s.check(3, "73510000005") == "leads to ");
    CHECK(s.check(4, "73519999999") == "leads to ");
}

TEST_CASE("lending desk: over the real SQLite store, a restart included", "[lending]") {
    const scratch_dir dir;
    const std::string url = "sqlite:" + (dir.path() / "pool.db").string();
    const auto admin = five_numbers(url);
    {
        script s(url, dir.path() / "notes");
        REQUIRE(s.comes_up());
        CHECK(s.lend(1, "p1") == "lent 73510000001 rested by route-c");
        CHECK(s.map_it(1, "p1") == "mapped");
        REQUIRE(s.keeps(2));
        s.end(1, "p1");
        s.desk->close(std::chrono::seconds{10});
    }
    script s(url, dir.path() / "notes");
    REQUIRE(s.comes_up());
    CHECK(s.lend(2, "p1") == "lent 73510000001 sticky by route-c");
    CHECK(s.check(3, "73510000001") == "leads to p1");
    REQUIRE(s.keeps(2));
    CHECK(s.from_notes(4, "p4") == "lent 73510000002 reserved by route-c");
    REQUIRE(s.written());
    const auto row = admin->number(number_id{"73510000002"});
    REQUIRE(row);
    CHECK(row->panel == panel_id{"p4"});
    const auto history = admin->leases_of(number_id{"73510000001"}, never);
    REQUIRE(history);
    REQUIRE(history->size() == 2);
    CHECK(history->back().ended_at == morning + 1min);
}
