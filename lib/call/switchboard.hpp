#pragma once
// All calls of one worker as one machine: it finds the call that a fact speaks of, keeps the deadlines of all of them, and
// knows what no single call can know: how many there are, which panel's leg belongs to which, who waits for which account.

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/deadlines.hpp"
#include "call/commands.hpp"
#include "call/door_call.hpp"
#include "call/door_rules.hpp"
#include "call/facts.hpp"

namespace td::call {

class switchboard {
public:
    explicit switchboard(door_rules rules);

    /// Takes one fact and appends what is to be done to `out`. Deadlines due at `now` are served first.
    void step(instant now, const fact& news, commands& out);
    /// Serves the deadlines that are due; an extra call is harmless.
    void advance(instant now, commands& out);
    /// When `advance` is next needed; `never` when nothing waits.
    [[nodiscard]] instant next_deadline() const;

    /// Calls begun from now on follow the new rules; living calls keep theirs.
    void follow(door_rules rules);

    [[nodiscard]] std::size_t calls() const;
    [[nodiscard]] std::size_t legs() const;
    [[nodiscard]] bool draining() const;

private:
    // written by the owner of lib/call
};

}  // namespace td::call
