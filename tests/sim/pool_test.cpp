// Years of a pool in virtual time, watched by a checker that knows only what was asked and answered.
// TDCTL_POOL_CALLS chooses how many calls (300000), TDCTL_POOL_SEED another life.

#include <chrono>
#include <cstdlib>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>

#include "base/random.hpp"
#include "catch.hpp"
#include "store/memory_store.hpp"

using namespace td;

namespace {

const pool::lease_rules rules{180min, 60min, 4h};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// What the answers promise about one number. It repeats the promise, not the rules: sums of times and no states.
struct promise {
    panel_id panel;
    std::set<pool::lease_token> calls;  ///< whose end was not told
    instant lost_at{};                  ///< when they count as lost, all at once: when the latest of them does
    instant last_end{};
    instant rests_until{};  ///< after an operator has taken it away
    bool disabled = false;

    /// Until when a callback must find the panel, as far as is known now.
    [[nodiscard]] instant leads_until(instant now) const {
        if (panel.empty()) {
            return instant{};
        }
        const instant end = calls.empty() ? last_end : std::max(last_end, std::min(now, lost_at));
        return end + rules.window;
    }
    [[nodiscard]] bool free(instant now) const {
        return !disabled && rests_until <= now && (panel.empty() || leads_until(now) + rules.guard <= now);
    }
};

class checker {
public:
    void add(const number_id& number, const city_id& where) { by_city_[where].push_back(number); }

    void lent(const panel_id& panel, const city_id& where, const std::optional<pool::lent>& what, instant now,
              bool look_at_all) {
        const number_id own = own_number(panel, now);
        if (!own.empty()) {
            expect(what && what->how == pool::lent_how::sticky, "a panel lost its number " + own.text());
        }
        if (!what) {
            expect(!look_at_all || count(where, now, rules.guard) == 0, "dry, though a number was in guard or free");
            return;
        }
        promise& one = promises_[what->number];
        expect(!one.disabled, "a disabled number was lent: " + what->number.text());
        if (one.panel != panel) {
            expect(one.leads_until(now) <= now, "number " + what->number.text() + " leads to two panels");
            expect(what->how == pool::lent_how::guard_spent || one.free(now), "a guard time was spent in silence");
            one = promise{panel, {}, {}, {}, {}, false};
        }
        if (!one.calls.empty() && one.lost_at <= now) {
            one.last_end = std::max(one.last_end, one.lost_at);
            one.calls.clear();
        }
        one.lost_at = now + rules.longest_call;
        one.calls.insert(what->token);
        latest_[panel] = what->number;
        expect(!look_at_all || what->how != pool::lent_how::guard_spent || count(where, now, 0s) == 0,
               "a guard time was spent while a number was free");
    }

    void ended(const pool::lent& what, instant now) {
        promise& one = promises_[what.number];
        if (one.calls.erase(what.token) > 0) {
            one.last_end = std::max(one.last_end, std::min(now, one.lost_at));
        }
    }

    void called_back(const number_id& number, const pool::number_row& row, instant now) {
        const promise& one = promises_[number];
        const bool leads = row.state == pool::number_state::leased || row.state == pool::number_state::window;
        const bool should = !one.disabled && one.leads_until(now) > now;
        expect(leads == should, "a callback to " + number.text() + (should ? " finds nobody" : " finds somebody"));
        expect(!leads || row.panel == one.panel, "a callback to " + number.text() + " finds the wrong panel");
    }

    void taken_away(const pool::number_row& row) {
        promise& one = promises_[row.number];
        one = promise{};
        one.disabled = row.state == pool::number_state::disabled;
        one.rests_until = row.state == pool::number_state::guard ? row.until : instant{};
    }

    [[nodiscard]] const std::string& first_fault() const { return fault_; }
    void parent(const city_id& child, const city_id& of) { parent_[child] = of; }

private:
    void expect(bool held, const std::string& otherwise) {
        if (!held && fault_.empty()) {
            fault_ = otherwise;
        }
    }

    number_id own_number(const panel_id& panel, instant now) {
        const auto there = latest_.find(panel);
        if (there == latest_.end()) {
            return {};
        }
        const promise& one = promises_[there->second];
        return one.panel == panel && !one.disabled && one.leads_until(now) > now ? there->second : number_id{};
    }

    /// Numbers for the city that lead to nobody; `guard` of their guard time may be left.
    std::size_t count(city_id where, instant now, duration guard) {
        std::size_t sum = 0;
        for (; !where.empty(); where = parent_[where]) {
            for (const number_id& each : by_city_[where]) {
                const promise& one = promises_[each];
                const bool led = one.leads_until(now) + rules.guard - guard > now && !one.panel.empty();
                sum += one.disabled || led || one.rests_until - guard > now ? 0 : 1;
            }
        }
        return sum;
    }

    std::unordered_map<number_id, promise> promises_;
    std::unordered_map<panel_id, number_id> latest_;
    std::map<city_id, std::vector<number_id>> by_city_;
    std::map<city_id, city_id> parent_;
    std::string fault_;
};

class world {
public:
    world(std::uint64_t seed, std::uint64_t calls) : dice_(seed), calls_(calls) {
        store_.forget_history();
        city_id parent;
        for (unsigned c = 0; c < 4; ++c) {
            const city_id where{"city" + std::to_string(c)};
            REQUIRE(store_.put_city({where, "", "route", "", {}, parent}, "sim", now_));
            watch_.parent(where, parent);
            std::vector<pool::new_number> numbers;
            for (unsigned i = 0; i < 250; ++i) {
                numbers.push_back({number_id{std::to_string(73510000000ULL + c * 1000 + i)}, where});
                watch_.add(numbers.back().number, where);
                numbers_.push_back(numbers.back().number);
            }
            REQUIRE(store_.add_numbers(numbers, "sim", now_));
            cities_.push_back(where);
            parent = c == 0 ? where : parent;  // the first helps the others
        }
    }

    void run() {
        for (std::uint64_t i = 0; i < calls_ && watch_.first_fault().empty(); ++i) {
            // A call every 22 s keeps 1000 numbers busy; every tenth day is twice as bad, and runs dry.
            const bool bad_day = now_.time_since_epoch() / 24h % 10 == 9;
            now_ += duration{dice_.below(bad_day ? 22000000 : 44000000)};
            tell_ends();
            call(i);
            if (dice_.once_in(3)) {
                call_back();
            }
            if (dice_.once_in(500)) {
                operate();
            }
            if (dice_.once_in(2000)) {
                REQUIRE(store_.expire("sim", now_));
            }
        }
        INFO("after " << rfc3339(now_) << "; dry " << dry_ << ", guard spent " << spent_ << ", sticky " << sticky_);
        REQUIRE(watch_.first_fault() == "");
        CHECK(dry_ > 0);
        CHECK(spent_ > 0);
        CHECK(sticky_ > 0);
        finish();
    }

private:
    struct ending {
        instant at;
        pool::lent what;
        bool operator>(const ending& other) const { return at > other.at; }
    };

    void tell_ends() {
        while (!endings_.empty() && endings_.top().at <= now_) {
            const ending next = endings_.top();
            endings_.pop();
            REQUIRE(store_.end(next.what.token, next.at));
            watch_.ended(next.what, next.at);
        }
    }

    void call(std::uint64_t no) {
        // A few panels call again and again; the others once in a while.
        const panel_id panel{std::to_string(dice_.once_in(5) ? dice_.below(40) : dice_.below(22000))};
        const city_id& where = cities_[std::hash<panel_id>{}(panel) % cities_.size()];
        const auto answer = store_.lease({panel, where, call_id::of(1, 0, no + 1), now_, "", "sim", ""});
        REQUIRE(answer);
        watch_.lent(panel, where, answer->number, now_, dice_.once_in(100));
        dry_ += answer->number ? 0 : 1;
        if (answer->number) {
            spent_ += answer->number->how == pool::lent_how::guard_spent ? 1 : 0;
            sticky_ += answer->number->how == pool::lent_how::sticky ? 1 : 0;
            if (!dice_.once_in(300)) {  // the others' worker has died
                endings_.push({now_ + duration{1 + dice_.below(600000000)}, *answer->number});
            }
        }
    }

    void call_back() {
        const number_id& number = numbers_[dice_.below(numbers_.size())];
        const auto row = store_.number(number);
        REQUIRE(row);
        watch_.called_back(number, pool::state_at(*row, now_, rules), now_);
    }

    void operate() {
        const number_id& number = numbers_[dice_.below(numbers_.size())];
        auto row =
            dice_.once_in(2) ? store_.release(number, true, "sim", "", now_) : store_.enable(number, "sim", "", now_);
        if (!row && dice_.once_in(4)) {
            row = store_.disable(number, true, "sim", "", now_);
        }
        if (row) {
            watch_.taken_away(*row);
        }
    }

    /// No number is lost or stuck: when all is over they are free, or disabled as somebody wanted.
    void finish() {
        now_ += 24h;
        tell_ends();
        REQUIRE(store_.expire("sim", now_));
        const auto rows = store_.numbers();
        CHECK(rows->size() == numbers_.size());
        for (const pool::number_row& row : *rows) {
            const bool at_rest = row.state == pool::number_state::free || row.state == pool::number_state::disabled;
            REQUIRE(at_rest);
            REQUIRE(pool::unsound(row) == "");
        }
    }

    store::memory_store store_{rules};
    checker watch_;
    random_source dice_;
    std::uint64_t calls_;
    instant now_{std::chrono::hours{24 * 365 * 50}};
    std::vector<city_id> cities_;
    std::vector<number_id> numbers_;
    std::priority_queue<ending, std::vector<ending>, std::greater<>> endings_;
    std::uint64_t dry_ = 0;
    std::uint64_t spent_ = 0;
    std::uint64_t sticky_ = 0;
};

}  // namespace

TEST_CASE("pool: years of calls in virtual time keep every promise", "[pool]") {
    const std::uint64_t calls = from_environment("TDCTL_POOL_CALLS", 300000);
    const std::uint64_t seed = from_environment("TDCTL_POOL_SEED", 112);
    INFO("again: TDCTL_POOL_CALLS=" << calls << " TDCTL_POOL_SEED=" << seed << " tests/sim '[pool]'");
    world(seed, calls).run();
}

TEST_CASE("pool: the checker sees what it is there for", "[pool]") {
    const city_id where{"c"};
    const number_id one{"73510000001"};
    const instant start{std::chrono::hours{1000}};
    const auto lent = [&](pool::lease_token token, pool::lent_how how) {
        return pool::lent{token, one, where, how, start};
    };
    checker watch;
    watch.add(one, where);
    watch.lent(panel_id{"a"}, where, lent(1, pool::lent_how::rested), start, true);
    CHECK(watch.first_fault() == "");
    SECTION("a number with two panels") {
        watch.lent(panel_id{"b"}, where, lent(2, pool::lent_how::rested), start + 5min, true);
        CHECK(watch.first_fault() == "number 73510000001 leads to two panels");
    }
    SECTION("a callback to nobody") {
        watch.called_back(one, {}, start + 10min);
        CHECK(watch.first_fault() == "a callback to 73510000001 finds nobody");
    }
    SECTION("a panel whose number is forgotten") {
        watch.lent(panel_id{"a"}, where, std::nullopt, start + 10min, false);
        CHECK(watch.first_fault() == "a panel lost its number 73510000001");
    }
    SECTION("a pool that is not dry") {
        watch.ended(lent(1, pool::lent_how::rested), start + 1min);
        watch.lent(panel_id{"b"}, where, std::nullopt, start + 200min, true);
        CHECK(watch.first_fault() == "dry, though a number was in guard or free");
    }
}
