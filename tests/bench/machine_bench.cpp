// How many door calls a second of processor time the switchboard alone decides: the facts are ready, the commands are
// counted and dropped. Beside it runs a yardstick, because calls a second mean nothing without the machine they were
// measured on: the yardstick makes a call's worth of channel names and finds them in a hash table, about the least that
// any worker must do.

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <unordered_map>
#include <vector>

#include "call/switchboard.hpp"

namespace {

using namespace td;

constexpr std::uint8_t accounts = 4;
constexpr std::size_t living_at_once = 1000;

/// Seconds of this process on the processor: what else runs on the machine takes no part.
double seconds_used() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Every call rings other people, as at a real evening peak.
call::flat_record flat_of_four(std::uint64_t call) {
    call::flat_record flat;
    for (std::uint8_t i = 0; i < accounts; ++i) {
        const std::string number = std::to_string(79'000'000'000 + call * accounts + i);
        flat.accounts.push_back({account_id(number), {{device_id("d" + number), "ios"}}});
    }
    return flat;
}

/// One call in four moments, so that many calls live at once: it rings, the second account answers, all ends.
struct story {
    std::vector<call::fact> arrives;
    std::vector<call::fact> rings;
    std::vector<call::fact> is_answered;
    std::vector<call::fact> ends;
};

story story_of(std::uint64_t number) {
    const call_id name = call_id::of(1'800'000'000'000 + number, 1, number);
    const channel_id panel("1800000000." + std::to_string(number));
    const auto leg = [&](std::uint8_t i) { return leg_ref{name, leg_no{i}}; };
    story s;
    s.arrives = {call::panel_arrived{name, panel, panel_id("5001"), flat_id("12"), {}},
                 call::panel_described{name, "Lenina 1"},
                 call::accounts_found{name, flat_of_four(number), call::crm_source::live, 3}};
    for (std::uint8_t i = 0; i < accounts; ++i) {
        s.rings.emplace_back(call::leg_ringing{leg(i)});
    }
    s.is_answered = {call::leg_answered{leg(1)}, call::pbx_did{name, call::act::bridge, {}},
                     call::pbx_did{name, call::act::answer, {}}, call::pbx_did{name, call::act::join, leg_no{1}}};
    for (const std::uint8_t loser : std::array<std::uint8_t, 3>{0, 2, 3}) {
        s.is_answered.emplace_back(call::leg_ended{leg(loser), 26, 0});
    }
    s.ends = {call::panel_left{panel}, call::leg_ended{leg(1), 16, 0},
              call::pbx_did{name, call::act::remove_bridge, {}}};
    return s;
}

class bench {
public:
    /// Runs so many calls, `living_at_once` of them at a time, and returns calls a second. Only the switchboard is
    /// timed: the facts of a batch are made before it.
    double run(std::size_t calls) {
        double used = 0;
        for (std::uint64_t first = 0; first < calls; first += living_at_once) {
            std::vector<story> batch;
            for (std::uint64_t i = first; i < first + living_at_once; ++i) {
                batch.push_back(story_of(i));
            }
            const double start = seconds_used();
            feed(batch, &story::arrives);
            feed(batch, &story::rings);
            feed(batch, &story::is_answered);
            feed(batch, &story::ends);
            used += seconds_used() - start;
        }
        return static_cast<double>(calls) / used;
    }

    [[nodiscard]] std::size_t finished() const { return finished_; }
    [[nodiscard]] std::size_t commands() const { return commands_; }
    [[nodiscard]] std::size_t left() const { return board_.calls(); }

private:
    void feed(const std::vector<story>& batch, std::vector<call::fact> story::*part) {
        for (const story& s : batch) {
            for (const call::fact& news : s.*part) {
                now_ += 1us;
                out_.clear();
                board_.step(now_, news, out_);
                commands_ += out_.size();
                for (const call::command& wish : out_) {
                    finished_ += std::holds_alternative<call::finish>(wish) ? 1U : 0U;
                }
            }
        }
    }

    call::switchboard board_{call::rules{}};
    call::commands out_;
    instant now_{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};
    std::size_t finished_ = 0;
    std::size_t commands_ = 0;
};

/// "Calls" a second of the yardstick: 17 names, as many as a call of four accounts has facts, made and found.
double yardstick(std::size_t calls) {
    std::unordered_map<std::string, std::size_t> table;
    const double start = seconds_used();
    std::size_t found = 0;
    for (std::uint64_t i = 0; i < calls; ++i) {
        const call_id name = call_id::of(1'800'000'000'000 + i, 1, i);
        for (std::uint8_t fact = 0; fact < 17; ++fact) {
            found += ++table[channel_name({name, leg_no{fact}})];
        }
        if (table.size() > 17 * living_at_once) {
            table.clear();
        }
    }
    const double rate = static_cast<double>(calls) / (seconds_used() - start);
    return found == 0 ? 0 : rate;  // the sum keeps the work from being optimised away
}

}  // namespace

int main() {
    constexpr std::size_t calls = 100'000;
    static_assert(calls % living_at_once == 0);
    bench machine;
    const double rate = machine.run(calls);
    const double measure = yardstick(calls);
    if (machine.finished() != calls || machine.left() != 0) {
        std::fprintf(stderr, "machine_bench: %zu of %zu calls were finished, %zu are left\n", machine.finished(), calls,
                     machine.left());
        return 1;
    }
    std::printf("machine_bench door_calls_per_s=%.0f yardstick_per_s=%.0f ratio=%.2f commands_per_call=%.1f\n", rate,
                measure, rate / measure, static_cast<double>(machine.commands()) / static_cast<double>(calls));
    return 0;
}
