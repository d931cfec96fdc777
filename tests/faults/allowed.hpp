#pragma once
// When a disturbed call may come to another verdict than the undisturbed one, and why.

#include <string_view>
#include <vector>

#include "sim/world.hpp"

namespace td::test {

struct judgement {
    bool same = false;        ///< the same outcome, the same account, one record
    std::string_view reason;  ///< why it may differ; "" where it must not
};
[[nodiscard]] judgement judge(sim::mishap what, const sim::verdict& calm, const sim::verdict& disturbed);
/// Every reason there is. One that no world of the corpus needs is an excuse for nothing.
[[nodiscard]] std::vector<std::string_view> reasons();

}  // namespace td::test
