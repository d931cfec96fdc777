#pragma once
// Runs the switchboard in real time: stamps every fact, steps the machine, carries its commands to the roles, and wakes
// for its deadlines. It decides nothing. All of it runs on one loop.

#include <deque>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "call/facts.hpp"
#include "call/rules.hpp"
#include "call/switchboard.hpp"
#include "ports/ports.hpp"
#include "runtime/clock.hpp"

namespace td::runtime {

/// Sees every step of the machine, before its commands are carried out: the journal, the metrics, the log. It returns
/// at once.
class witness {
public:
    virtual ~witness() = default;
    virtual void saw(instant at, const call::fact& news, const call::commands& wishes) = 0;
    /// A step that a former process took and carried out, remembered from its journal.
    virtual void remembered(instant /*at*/, const call::fact& /*news*/, const call::commands& /*wishes*/) {}
};

/// Who carries out what the machine asks for. They must outlive the worker.
struct roles {
    ports::pbx& pbx;
    ports::crm& crm;
    ports::push_server& push;
    ports::feed& feed;
    ports::panel_line& line;
    ports::site_book& sites;
    ports::number_pool& numbers;
};

class worker {
public:
    worker(boost::asio::any_io_executor loop, const steady_utc& clock, call::rules rules,
           std::vector<witness*> witnesses);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    /// Facts may come from now on. The roles are made with this worker's `take` as their sink, hence in two steps.
    void begin(roles who);
    /// A fact that happened now. A role may call it from within an act: such a fact is taken right after the step.
    void take(call::fact news);
    /// A step that a former process took: the machine takes it, and nothing is carried out. Before the first fact.
    void remember(instant at, const call::fact& news);
    void follow(call::rules rules) { board_.follow(std::move(rules)); }

    [[nodiscard]] const call::switchboard& board() const { return board_; }

private:
    struct timer;

    void work_off();
    void carry_out();
    /// The machine's time, now that the loop turns.
    [[nodiscard]] instant turn();
    void arm();

    const steady_utc& clock_;
    call::switchboard board_;
    std::vector<witness*> witnesses_;
    std::unique_ptr<roles> roles_;
    std::deque<call::fact> inbox_;  ///< bounded by what one step can cause: it is empty between two turns of the loop
    call::commands wishes_;
    bool stepping_ = false;
    // Shared with the timer's pending handler, which may run once more after the worker is gone and then does nothing.
    std::shared_ptr<timer> timer_;
};

}  // namespace td::runtime
