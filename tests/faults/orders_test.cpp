// Every order in which up to four phones answer, decline, time out, are told to go and answer all the same, with the
// panel leaving and the ring limit passing at any moment between: enumerated, not drawn. The machine is the real one.
//
// That nothing is left out is shown by counting the orders once more, by another way: `counted` knows neither the
// machine nor the phones apart, only how many of them are in which condition, and what the promises say of who is told
// to go when. TDCTL_FAULTS=all enumerates the larger spaces too, in some minutes.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "catch.hpp"
#include "order.hpp"

using namespace td;
using namespace td::test;

namespace {

bool every_fault_wanted() {
    const char* const wanted = std::getenv("TDCTL_FAULTS");
    return wanted != nullptr && std::string_view(wanted) == "all";
}

struct tally {
    std::uint64_t orders = 0;
    std::uint64_t moments = 0;
    std::map<call::outcome, std::uint64_t> outcomes;
    std::string complaint;
};

void walk(const order& now, tally& sum) {
    if (!sum.complaint.empty()) {
        return;
    }
    ++sum.moments;
    const auto next = now.moves();
    const std::string complaint = next.empty() ? now.complaint_at_the_end() : now.complaint();
    if (!complaint.empty()) {
        sum.complaint = now.told() + ": " + complaint;
        return;
    }
    if (next.empty()) {
        ++sum.orders;
        ++sum.outcomes[now.outcome()];
        return;
    }
    for (const move& each : next) {
        order then = now;
        then.make(each);
        walk(then, sum);
    }
}

// ---- the second count

/// How many phones are in which condition. Phones told to go are counted apart: those that rang may answer yet.
struct crowd {
    std::uint64_t dialled = 0, ringing = 0, told_silent = 0, told_ringing = 0, late = 0, winner = 0;
    enum class phase : std::uint8_t { ringing, won, over } now = phase::ringing;
    bool panel = true;
    std::uint64_t replies = 0;  ///< under way
    bool bridge = false;        ///< asked for

    [[nodiscard]] auto key() const {
        return std::tuple(dialled, ringing, told_silent, told_ringing, late, winner, now, panel, replies, bridge);
    }
    void tell_all() {
        told_silent += std::exchange(dialled, 0);
        told_ringing += std::exchange(ringing, 0);
    }
    void end() {
        tell_all();
        now = phase::over;
    }
    [[nodiscard]] std::uint64_t living() const {
        return dialled + ringing + told_silent + told_ringing + late + winner;
    }
};

class counter {
public:
    explicit counter(const freedom& free) : free_(free) {}

    std::uint64_t orders() {
        crowd all;
        all.dialled = free_.phones;
        if (!free_.rings) {
            all.ringing = std::exchange(all.dialled, 0);
            all.bridge = true;
            all.replies = free_.replies ? 1 : 0;
        }
        return from(all);
    }

private:
    std::uint64_t from(const crowd& now) {
        const auto known = known_.find(now.key());
        if (known != known_.end()) {
            return known->second;
        }
        std::uint64_t sum = people(now) + legs_ending(now);
        if (now.panel) {
            sum += then(now, 1, [](crowd& c) {
                c.panel = false;
                c.end();
            });
        }
        if (now.now == crowd::phase::ringing) {
            sum += then(now, 1, [](crowd& c) { c.end(); });  // the ring limit
        }
        if (now.replies > 0) {
            sum += then(now, 1, [](crowd& c) { --c.replies; });
        }
        if (sum == 0) {
            sum = 1;
        }
        return known_[now.key()] = sum;
    }

    std::uint64_t people(const crowd& now) {
        return then(now, now.dialled,
                    [this](crowd& c) {
                        --c.dialled;
                        ++c.ringing;
                        if (!c.bridge) {
                            c.bridge = true;
                            c.replies += free_.replies ? 1 : 0;
                        }
                    }) +
               then(now, now.ringing,
                    [this](crowd& c) {
                        --c.ringing;
                        ++c.winner;
                        c.tell_all();
                        c.now = crowd::phase::won;
                        c.replies += free_.replies ? 2 : 1;
                    }) +
               then(now, now.ringing,
                    [](crowd& c) {  // times out
                        --c.ringing;
                    }) +
               then(now, now.ringing,
                    [this](crowd& c) {  // declines
                        --c.ringing;
                        if (free_.on_decline == call::decline_rule::end_call) {
                            c.end();
                        }
                    }) +
               then(now, now.told_ringing, [](crowd& c) {
                   --c.told_ringing;
                   ++c.late;
               });
    }

    std::uint64_t legs_ending(const crowd& now) {
        return then(now, now.told_silent, [](crowd& c) { --c.told_silent; }) +
               then(now, now.told_ringing, [](crowd& c) { --c.told_ringing; }) +
               then(now, now.late, [](crowd& c) { --c.late; }) + then(now, now.winner, [](crowd& c) {
                   --c.winner;
                   c.end();
               });
    }

    /// `ways` phones can do it, and each goes on in as many orders.
    template <class Act>
    std::uint64_t then(const crowd& now, std::uint64_t ways, const Act& act) {
        if (ways == 0) {
            return 0;
        }
        crowd next = now;
        act(next);
        if (next.now == crowd::phase::ringing && next.living() == 0) {
            next.end();
        }
        // With the last of them the bridge is removed, and that has a reply too.
        if (next.living() == 0 && !next.panel && std::exchange(next.bridge, false) && free_.replies) {
            ++next.replies;
        }
        return ways * from(next);
    }

    freedom free_;
    std::map<decltype(std::declval<crowd>().key()), std::uint64_t> known_;
};

void enumerate(const freedom& free) {
    const sim::world_plan plan = order::plan_of(free);
    tally sum;
    walk(order(plan, free), sum);
    INFO(free.phones << " phones");
    CHECK(sum.complaint == "");
    std::uint64_t alike = 1;  // orders that differ in the names of the phones only
    for (std::uint64_t i = 2; i <= free.phones; ++i) {
        alike *= i;
    }
    CHECK(sum.orders * alike == counter(free).orders());
    std::cout << free.phones << " phones, rings " << (free.rings ? "free" : "first") << ", replies "
              << (free.replies ? "free" : "in pairs") << ", on_decline "
              << (free.on_decline == call::decline_rule::drop_leg ? "drop_leg" : "end_call") << ": " << sum.orders
              << " orders (" << sum.orders * alike << " with names), " << sum.moments << " moments;";
    for (const auto& [how, count] : sum.outcomes) {
        std::cout << " " << call::name_of(how) << " " << count;
    }
    std::cout << "\n";
}

}  // namespace

TEST_CASE("orders: every order of the events of up to four phones keeps every promise", "[faults]") {
    const auto on_decline = GENERATE(call::decline_rule::drop_leg, call::decline_rule::end_call);
    for (std::size_t phones = 1; phones <= 2; ++phones) {
        enumerate({phones, true, true, on_decline});
    }
    for (std::size_t phones = 1; phones <= most_phones; ++phones) {
        enumerate({phones, false, false, on_decline});
    }
    enumerate({3, true, false, on_decline});
    if (every_fault_wanted()) {
        enumerate({3, true, true, on_decline});
        enumerate({4, false, true, on_decline});
        enumerate({4, true, false, on_decline});
    }
}
