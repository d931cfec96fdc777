#pragma once
// Who watches a world from outside and holds its worker to what tdctl promises. A broken promise is kept as a sentence.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "sim/fake_asterisk.hpp"

namespace td::sim {

class watcher {
public:
    virtual ~watcher() = default;

    /// A call has reached Asterisk.
    virtual void saw_arrival(instant, const std::string&) {}
    /// The caller hung up by himself.
    virtual void saw_caller_leave(instant now, const std::string& channel) = 0;
    /// One step of the switchboard: the fact (none for a wake-up) and every command that it led to, in order.
    void saw_step(instant now, const call::fact* news, const call::commands& out);
    /// Whether the last moments of a dead worker had reached its journal.
    enum class memory_of_dead : std::uint8_t { whole, torn };
    /// The worker died, and the next one remembers these calls: what it had asked may be asked once more. A call whose
    /// arrival had not reached the journal is nobody's: if its caller still waits it gets another.
    virtual void saw_death(const std::set<call_id>& known, memory_of_dead whole) = 0;
    /// A word that the dead worker may have said, said again by the next: what has it drops it.
    virtual void saw_last_word(instant now, const call::command& word) = 0;
    /// The next one could not read a line of the journal.
    void saw_bad_line(instant now, const std::string& why) { blame(now, {}, "journal: " + why); }
    void saw_next_deadline(instant now, instant next);

    [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }

protected:
    explicit watcher(instant start) : start_(start) {}
    watcher(const watcher&) = default;
    watcher& operator=(const watcher&) = default;

    virtual void take(instant now, const call::fact& news) = 0;
    virtual void take(instant now, const call::command& wish, const call::commands& step) = 0;
    /// What Asterisk and the switchboard still hold when everything is over.
    void check_left_behind(instant now, const fake_asterisk& asterisk, std::size_t calls, std::size_t legs);
    void blame(instant now, const call_id& call, const std::string& words);

private:
    instant start_;
    std::vector<std::string> broken_;
};

}  // namespace td::sim
