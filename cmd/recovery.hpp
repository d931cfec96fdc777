#pragma once
// The journal as the worker's memory: what it writes down, and how a new process goes on with the calls of one that
// died.

#include <string>

#include "ports/ports.hpp"
#include "runtime/clock.hpp"
#include "runtime/journal_memory.hpp"
#include "runtime/log.hpp"
#include "runtime/recorder.hpp"
#include "runtime/worker.hpp"

namespace td::cmd {

/// The journal as a witness of the worker. What a former process did is written down once more, so that the files of
/// every run tell the whole of every call that lives in it.
class journal_witness final : public runtime::witness {
public:
    explicit journal_witness(runtime::recorder& to) : recorder_(to) {}
    void saw(instant at, const call::fact& news, const call::commands& wishes) override {
        recorder_.note(at, news, wishes);
    }
    void remembered(instant at, const call::fact& news, const call::commands& wishes) override {
        recorder_.note_again(at, news, wishes);
    }

private:
    runtime::recorder& recorder_;
};

class recovery {
public:
    /// Reads the journal of `node`, so it waits for the disk. Before this run's own first file.
    recovery(const std::string& dir, const std::string& node, const runtime::reading_run& here)
        : memory_(runtime::read_memory(dir, node, here)) {}

    /// The calls live in the worker again, as they were at the last line; nothing is carried out. From then on both
    /// lines to Asterisk count as lost, and `in_force` rules new calls. What may not have been written down stands in
    /// this run's journal, too. `clock` is the worker's.
    void remember(runtime::worker& worker, runtime::recorder& journal, const call::rules& in_force,
                  const runtime::steady_utc& clock, runtime::log& log);
    /// The new life begins: what has no answer is asked again, and what may not have been written down is told again.
    /// The roles must be able to act.
    void go_on(runtime::worker& worker, ports::feed& feed, ports::number_pool& numbers);

private:
    void rebuild(runtime::worker& worker, runtime::recorder& journal, const call::rules& in_force,
                 runtime::log& log) const;

    runtime::journal_memory memory_;
};

}  // namespace td::cmd
