#pragma once
// The journal of a world's worker: what it wrote down of every step, and what the next worker remembers of it. Through
// the real codec and the real recollector, so that a world whose worker dies proves both.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "call/rules.hpp"
#include "call/switchboard.hpp"
#include "journal/codec.hpp"
#include "journal/entry.hpp"
#include "journal/recollection.hpp"

namespace td::sim {

class past {
public:
    void write_down(instant at, const call::fact& news, const call::commands& out,
                    journal::telling how = journal::telling::first);
    void write_down(instant at, const call::rules& rules);
    /// From here on the journal of every life is kept, for `journals`. Before the first step.
    void keep_journals() { keeps_ = true; }
    [[nodiscard]] bool keeps() const { return keeps_; }
    /// The texts of the files of every life so far, each life a run of its own and each file of so many steps. `first`
    /// are the rules that were in force at `start`.
    [[nodiscard]] std::vector<std::vector<std::string>> journals(instant start, const call::rules& first,
                                                                 std::size_t steps_each) const;
    /// What was written later than this had not reached the disk.
    void forget_after(instant moment);
    /// What a new worker remembers; it writes everything down anew, so nothing is left here. `first` are the rules that
    /// were in force at `start`. It remembers from the last of many small files, and must as from the whole. Lines that
    /// cannot be read, and what it remembers otherwise, come as sentences.
    [[nodiscard]] journal::recollection recall(instant start, const call::rules& first,
                                               std::vector<std::string>& complaints);

    /// A switchboard that lives through what was remembered and then loses the line, everything written down anew.
    /// `heard` is told every remembered fact.
    [[nodiscard]] call::switchboard revive(const journal::recollection& whole, const call::rules& in_force,
                                           call::line which, const std::function<void(const call::fact&)>& heard);

private:
    using steps = std::vector<std::pair<instant, std::string>>;  ///< the lines of a step each
    struct life {
        std::optional<instant> revived{};  ///< nothing for the first one
        steps all{};
    };
    [[nodiscard]] static std::vector<std::string> files_of(const steps& all, journal::header head, instant start,
                                                           std::size_t steps_each);

    life now_;
    std::vector<life> former_;
    bool keeps_ = false;
};

/// The call that a command is for; that of no call for none.
[[nodiscard]] call_id call_of(const call::command& wish);
/// The call that arrives with this fact, and its caller's channel.
struct arrival {
    call_id call;
    channel_id channel;
};
[[nodiscard]] std::optional<arrival> arrival_of(const call::fact& news);
/// The call whose record the command is.
[[nodiscard]] std::optional<call_id> recorded_by(const call::command& wish);

}  // namespace td::sim
