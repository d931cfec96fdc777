#pragma once
// When a disturbed call may come to another verdict than the undisturbed one, and why.

#include <string>
#include <string_view>
#include <vector>

#include "sim/sos_world.hpp"
#include "sim/world.hpp"

namespace td::test {

struct judgement {
    bool same = false;        ///< the same outcome, the same account, one record
    std::string_view reason;  ///< why it may differ; "" where it must not
};
/// The first excuse that holds counts.
template <class Verdict>
struct excuse {
    std::string_view reason;
    bool (*holds)(sim::mishap what, const Verdict& calm, const Verdict& now);
};
template <class Table, class Verdict>
[[nodiscard]] judgement excused(const Table& table, sim::mishap what, const Verdict& calm, const Verdict& now) {
    for (const excuse<Verdict>& each : table) {
        if (each.holds(what, calm, now)) {
            return {false, each.reason};
        }
    }
    return {false, ""};
}
template <class Table>
[[nodiscard]] std::vector<std::string_view> reasons_in(const Table& table) {
    std::vector<std::string_view> all;
    for (const auto& each : table) {
        all.push_back(each.reason);
    }
    return all;
}

[[nodiscard]] judgement judge(sim::mishap what, const sim::verdict& calm, const sim::verdict& disturbed);
[[nodiscard]] judgement judge(sim::mishap what, const sim::sos_verdict& calm, const sim::sos_verdict& disturbed);
/// Every reason there is. One that no world of the corpus needs is an excuse for nothing.
[[nodiscard]] std::vector<std::string_view> reasons();
[[nodiscard]] std::vector<std::string_view> sos_reasons();

[[nodiscard]] std::string words_of(const sim::caller_fate& of);
[[nodiscard]] std::string words_of(const sim::verdict& v);
[[nodiscard]] std::string words_of(const sim::sos_verdict& v);

/// Kinds of mishap that have the same excuses.
[[nodiscard]] bool is_cut(sim::mishap what);
[[nodiscard]] bool is_death(sim::mishap what);
[[nodiscard]] bool is_loss(sim::mishap what);
[[nodiscard]] bool is_delay(sim::mishap what);
[[nodiscard]] bool is_silence(sim::mishap what);  ///< one of the cuts
[[nodiscard]] bool is_double(sim::mishap what);

}  // namespace td::test
