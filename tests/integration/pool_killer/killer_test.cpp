// Workers that are killed at any moment. Processes lease and end on one database while they are ended by SIGKILL and
// begun again, their clocks jump, and the server dies and comes back; then the history that the database has kept is
// held against every promise of the pool. The windows last a second, so that numbers change hands all the time.

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "base/random.hpp"
#include "catch.hpp"
#include "store/open_store.hpp"
#include "tests/support/mariadb.hpp"
#include "tests/support/scratch.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

const pool::lease_rules rules{700ms, 300ms, 1500ms};
constexpr unsigned panels = 40;
constexpr unsigned numbers = 60;
const city_id where{"city"};

instant wall() {
    return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

struct run {
    store::store_options options;
    std::filesystem::path diary;  ///< one line a lease that a worker was told of: token, number, panel, call, told at
    duration jump{};              ///< how far clocks are set back and forth
    unsigned workers = 0;
};

/// A worker's life, until it is killed. The diary is written with one write a line, which the kernel keeps whole.
[[noreturn]] void work(const run& what, std::uint64_t seed) {
    random_source dice(seed);
    const auto opened = store::open_store(what.options);
    const int diary = ::open(what.diary.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
    duration off{};
    while (true) {
        if (what.jump > duration{} && dice.once_in(20)) {
            off = duration{dice.below(2 * static_cast<std::uint64_t>(what.jump.count()))} - what.jump;
        }
        const panel_id panel{"panel" + std::to_string(dice.below(panels))};
        const auto now_ms = static_cast<std::uint64_t>(wall().time_since_epoch() / 1ms);
        const call_id call = call_id::of(now_ms, static_cast<std::uint16_t>(dice.next()), dice.next());
        const instant asked_at = wall() + off;
        const auto answer = (*opened)->lease({panel, where, call, asked_at, "{}", "worker", ""});
        if (!answer || !answer->number) {
            ::usleep(2000);
            continue;
        }
        std::ostringstream line;
        line << answer->number->token << ' ' << answer->number->number.text() << ' ' << panel.text() << ' '
             << call.text() << ' ' << (wall() + off).time_since_epoch().count() << '\n';
        const std::string text = line.str();
        if (::write(diary, text.data(), text.size()) < 0) {
            ::_exit(1);
        }
        ::usleep(static_cast<useconds_t>(dice.below(60000)));
        if (!dice.once_in(50)) {
            static_cast<void>((*opened)->end(answer->number->token, wall() + off));
        }
        if (dice.once_in(40)) {
            static_cast<void>((*opened)->expire("cron", wall() + off));
        }
    }
}

class crowd {
public:
    explicit crowd(const run& what) : what_(what) {
        for (unsigned i = 0; i < what_.workers; ++i) {
            workers_.push_back(begin());
        }
    }
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;
    ~crowd() {
        for (const pid_t each : workers_) {
            end(each);
        }
    }
    /// One after the other dies and is begun again, so often, and until so many more leases were told of. How long that
    /// takes is the machine's affair; the limit is for a pool that stands still.
    void suffer(unsigned deaths, std::size_t leases) {
        const std::size_t enough = told() + leases;
        const auto limit = std::chrono::steady_clock::now() + 400s;
        for (unsigned dead = 0; dead < deaths || told() < enough; ++dead) {
            REQUIRE(std::chrono::steady_clock::now() < limit);
            std::this_thread::sleep_for(duration{5000 + dice_.below(30000)});
            pid_t& victim = workers_[dice_.below(workers_.size())];
            end(victim);
            victim = begin();
        }
    }

private:
    [[nodiscard]] std::size_t told() const {
        std::ifstream diary(what_.diary);
        return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(diary), {}, '\n'));
    }
    pid_t begin() {
        const std::uint64_t seed = dice_.next();
        const pid_t pid = ::fork();
        if (pid == 0) {
            work(what_, seed);
        }
        return pid;
    }
    static void end(pid_t pid) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }

    run what_;
    random_source dice_{2026};
    std::vector<pid_t> workers_;
};

void prepare(const store::store_options& options) {
    const auto opened = store::open_store(options);
    REQUIRE((*opened)->put_city({where, "", "route", "", {}, {}}, "op", wall()));
    std::vector<pool::new_number> all;
    for (unsigned i = 0; i < numbers; ++i) {
        all.push_back({number_id{std::to_string(73510000000ULL + i)}, where});
    }
    REQUIRE((*opened)->add_numbers(all, "op", wall()));
}

struct span {
    instant from;
    instant to;
    std::string whose;
};

/// A lease whose worker was told of it.
struct told_lease {
    instant asked;
    instant told;
    instant sure_until;  ///< its number cannot have become free before
    std::string number;
};

/// Leases of one panel that began and were told of while another number was surely the panel's. What was asked before
/// and carried out after the end of a window is none of them: on a busy machine a request waits longer than the windows
/// of this test last.
std::size_t second_numbers(const std::vector<told_lease>& leases) {
    std::size_t found = 0;
    for (const told_lease& first : leases) {
        found += static_cast<std::size_t>(std::ranges::count_if(leases, [&](const told_lease& other) {
            return other.number != first.number && first.told < other.asked && other.told < first.sure_until;
        }));
    }
    return found;
}

/// Pairs of spans of different owners that overlap.
std::size_t overlaps(std::vector<span> spans) {
    std::ranges::sort(spans, {}, &span::from);
    std::size_t found = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        for (std::size_t j = i + 1; j < spans.size() && spans[j].from < spans[i].to; ++j) {
            found += spans[j].whose != spans[i].whose ? 1 : 0;
        }
    }
    return found;
}

TEST_CASE("killer: the test of the history sees an overlap") {
    const auto at = [](int s) { return instant{std::chrono::seconds{s}}; };
    CHECK(overlaps({{at(1), at(5), "a"}, {at(5), at(9), "b"}, {at(6), at(7), "b"}}) == 0);
    CHECK(overlaps({{at(6), at(7), "b"}, {at(1), at(9), "a"}}) == 1);
    CHECK(second_numbers({{at(1), at(2), at(5), "a"}, {at(3), at(4), at(8), "b"}}) == 1);
    CHECK(second_numbers({{at(1), at(2), at(5), "a"}, {at(3), at(4), at(8), "a"}, {at(3), at(6), at(9), "b"}}) == 0);
}

/// Every promise, by what the database has kept and what the workers were told.
void check_history(const run& what, bool clocks_agreed) {
    const auto opened = store::open_store(what.options);
    REQUIRE((*opened)->expire("cron", wall() + what.jump + 1h));
    REQUIRE((*opened)->expire("cron", wall() + what.jump + 2h));
    const auto rows = (*opened)->numbers();
    REQUIRE(rows);
    CHECK(rows->size() == numbers);
    std::map<pool::lease_token, pool::lease_row> history;
    std::size_t two_panels = 0;
    std::size_t short_windows = 0;
    std::size_t open = 0;
    std::set<std::string> calls;
    std::size_t doubled_calls = 0;
    for (const pool::number_row& row : *rows) {
        CHECK(row.state == pool::number_state::free);  // none is lost or stuck
        const auto leases = (*opened)->leases_of(row.number, never);
        REQUIRE(leases);
        std::vector<span> spans;
        for (const pool::lease_row& each : *leases) {
            history[each.token] = each;
            open += each.ended_at == never || each.window_until == never ? 1 : 0;
            short_windows += each.window_until < each.ended_at + rules.window ? 1 : 0;
            doubled_calls += calls.insert(std::string(each.call.text())).second ? 0 : 1;
            spans.push_back({each.leased_at, each.window_until, each.panel.text()});
        }
        two_panels += overlaps(spans);
    }
    CHECK(two_panels == 0);
    CHECK(short_windows == 0);
    CHECK(open == 0);
    CHECK(doubled_calls == 0);
    std::ifstream diary(what.diary);
    std::map<std::string, std::vector<told_lease>> of_panel;
    std::size_t told = 0;
    std::size_t forgotten = 0;
    std::int64_t told_at = 0;
    for (std::string token, number, panel, call; diary >> token >> number >> panel >> call >> told_at; ++told) {
        const auto kept = history.find(std::stoull(token));
        forgotten += kept == history.end() || kept->second.number.text() != number ||
                             kept->second.panel.text() != panel || kept->second.call.text() != call
                         ? 1
                         : 0;
        if (kept != history.end()) {
            const pool::lease_row& row = kept->second;
            of_panel[panel].push_back({row.leased_at, instant{duration{told_at}},
                                       std::min(row.window_until, row.leased_at + rules.longest_call), number});
        }
    }
    CHECK(forgotten == 0);  // whatever a worker was told of was kept
    std::size_t two_numbers = 0;
    for (const auto& each : of_panel) {
        two_numbers += second_numbers(each.second);
    }
    if (clocks_agreed) {
        CHECK(two_numbers == 0);
    }
    CHECK(history.size() >= told);
    const auto audit = (*opened)->audit({}, 1000000);
    REQUIRE(audit);
    const auto noted = std::ranges::count(*audit, std::string("lease"), &pool::audit_row::act);
    CHECK(static_cast<std::size_t>(noted) == history.size());
    WARN(told << " leases told, " << history.size() << " kept");
}

}  // namespace

TEST_CASE("killer: 64 workers on MariaDB, killed at random, with jumping clocks and a server that dies once") {
    // As an operator runs it: what is committed has reached the disk.
    test::mariadb server({"--innodb-flush-log-at-trx-commit=1"});
    run what;
    what.options.url = server.url("td_admin");
    what.options.password = secret{test::mariadb::admin_password};
    what.options.rules = rules;
    what.options.deadline = 20s;
    REQUIRE((*store::open_store(what.options))->migrate());
    server.let_workers_in();
    what.options.url = server.url("td_worker");
    what.options.password = secret{test::mariadb::worker_password};
    prepare(what.options);
    const scratch_dir dir;
    what.diary = dir.path() / "diary";
    what.workers = 64;
    SECTION("with clocks that jump, and a restart") {
        what.jump = 3s;
        {
            crowd workers(what);
            workers.suffer(100, 500);
            server.stop(SIGKILL);
            server.start();
            workers.suffer(100, 500);
        }
        REQUIRE(server.is_left_alone());
        check_history(what, false);
    }
    SECTION("with clocks that agree: a panel never has two numbers") {
        {
            crowd workers(what);
            workers.suffer(100, 1000);
        }
        REQUIRE(server.is_left_alone());
        check_history(what, true);
    }
}

TEST_CASE("killer: 12 workers on SQLite, killed at random") {
    const scratch_dir dir;
    run what;
    what.options.url = "sqlite:" + (dir.path() / "pool.db").string();
    what.options.rules = rules;
    what.options.deadline = 10s;
    what.diary = dir.path() / "diary";
    what.workers = 12;
    REQUIRE((*store::open_store(what.options))->migrate());
    prepare(what.options);
    SECTION("with clocks that agree") {
        {
            crowd workers(what);
            workers.suffer(60, 150);
        }
        check_history(what, true);
    }
    SECTION("with clocks that jump") {
        what.jump = 3s;
        {
            crowd workers(what);
            workers.suffer(60, 150);
        }
        check_history(what, false);
    }
}
