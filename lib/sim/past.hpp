#pragma once
// The journal of a world's worker: what it wrote down of every step, and what the next worker remembers of it. Through
// the real codec and the real recollector, so that a world whose worker dies proves both.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "call/rules.hpp"
#include "call/switchboard.hpp"
#include "journal/recollection.hpp"

namespace td::sim {

class past {
public:
    void write_down(instant at, const call::fact& news, const call::commands& out);
    void write_down(instant at, const call::rules& rules);
    /// What was written later than this had not reached the disk.
    void forget_after(instant moment);
    /// What a new worker remembers; it writes everything down anew, so nothing is left here. `first` are the rules that
    /// were in force at `start`. Lines that cannot be read come as sentences.
    [[nodiscard]] journal::recollection recall(instant start, const call::rules& first,
                                               std::vector<std::string>& complaints);

    /// A switchboard that lives through what was remembered and then loses the line, everything written down anew.
    /// `heard` is told every remembered fact.
    [[nodiscard]] call::switchboard revive(const journal::recollection& whole, const call::rules& in_force,
                                           call::line which, const std::function<void(const call::fact&)>& heard);

private:
    std::vector<std::pair<instant, std::string>> steps_;  ///< the lines of a step each
};

/// The call that a command is for; that of no call for none.
[[nodiscard]] call_id call_of(const call::command& wish);
/// The call whose record the command is.
[[nodiscard]] std::optional<call_id> recorded_by(const call::command& wish);

}  // namespace td::sim
