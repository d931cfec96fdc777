#pragma once
// What stands outside an emergency call: the CRM, the pool's store with the worker's notes beside it, the callback map.
// The pool and the notes are the real rules (pool/) over the table in memory; what may go wrong is that an answer comes
// late, is a failure, or never comes.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "pool/memory_table.hpp"
#include "pool/notebook.hpp"
#include "sim/agenda.hpp"
#include "sim/sos_plan.hpp"
#include "sim/sos_promises.hpp"

namespace td::sim {

class sos_outside {
public:
    /// The plan and the agenda outlive it. Facts are told in turns of their own. The clock is the worker's.
    sos_outside(const sos_plan& plan, agenda& time, std::function<void(const call::fact&)> tell,
                std::function<instant()> clock);

    /// How the call is met. It must be told before the call's commands.
    void meet(const call_id& call, const sos_moods& how) { moods_[call] = how; }
    /// Commands that are for somebody else are none of its business.
    void take(const call::command& wish);

    /// The worker is gone: nobody hears what it has asked, though all of it is done.
    void die();
    /// The next one reads what the notes' file holds.
    void come_back();

    /// The numbers lent so far, each once, the latest last.
    [[nodiscard]] const std::vector<number_id>& lent() const { return lent_; }
    /// Where a callback is routed to; empty: the map does not know the number.
    [[nodiscard]] panel_id routed(const number_id& number) const;
    /// Records and alerts that the feed took.
    [[nodiscard]] std::size_t told() const { return told_; }
    /// Everything that waits for the store is written first. A lease whose end was never told is over at `settled`.
    [[nodiscard]] pool_truth truth_at(instant settled);

private:
    void take(const call::find_site& wish);
    void take(const call::lend_number& wish);
    void take(const call::lend_from_notes& wish);
    void take(const call::map_number& wish);
    void take(const call::return_number& wish);
    void take(const call::check_number& wish);
    void store_answers(const pool::lease_wish& wish, part_mood how);
    void answer_after(duration wait, std::function<void()> answer);
    void tell_lent(const call_id& call, const pool::lent& number, const std::optional<pool::city>& where);
    void work_off();
    [[nodiscard]] panel_id panel_behind(const number_id& number);
    void save_notes();
    [[nodiscard]] pool::lease_wish wish_of(const call_id& call, const panel_id& panel, const call::site_record& site);
    [[nodiscard]] const sos_moods& met(const call_id& call) { return moods_[call]; }

    const sos_plan& plan_;
    agenda& time_;
    std::function<void(const call::fact&)> tell_;
    std::function<instant()> clock_;
    pool::lease_rules rules_;
    pool::memory_table table_;
    pool::notebook book_;
    std::map<call_id, sos_moods> moods_;
    std::string notes_;          // as they are on the disk
    std::size_t life_ = 1;       // counts the workers
    std::set<call_id> waiting_;  // for the store's word
    std::map<number_id, panel_id> map_;
    std::vector<number_id> lent_;
    std::size_t told_ = 0;
};

}  // namespace td::sim
