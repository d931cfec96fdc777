#pragma once
// Door calls and emergency calls each have a line to Asterisk: an application, a WebSocket and connections of their
// own. This is the one pbx that the worker sees; it sends every command over the line of its call.

#include <deque>
#include <unordered_set>

#include "ports/ports.hpp"
#include "runtime/worker.hpp"

namespace td::cmd {

class two_lines final : public ports::pbx, public runtime::witness {
public:
    /// Before the first command; both outlive it.
    void lead(ports::pbx& door, ports::pbx& sos) {
        door_ = &door;
        sos_ = &sos;
    }

    /// Learns which calls are emergency calls.
    void saw(instant at, const call::fact& news, const call::commands& wishes) override;
    void remembered(instant at, const call::fact& news, const call::commands& wishes) override {
        saw(at, news, wishes);
    }

    void carry_out(const call::sound& wish) override { of(wish.call).carry_out(wish); }
    void carry_out(const call::dial& wish) override { of(wish.leg.call).carry_out(wish); }
    void carry_out(const call::call_out& wish) override { of(wish.leg.call).carry_out(wish); }
    void carry_out(const call::make_bridge& wish) override { of(wish.call).carry_out(wish); }
    void carry_out(const call::answer_panel& wish) override { of(wish.call).carry_out(wish); }
    void carry_out(const call::join& wish) override { of(wish.leg.call).carry_out(wish); }
    void carry_out(const call::drop_leg& wish) override { of(wish.leg.call).carry_out(wish); }
    void carry_out(const call::drop_panel& wish) override { of(wish.call).carry_out(wish); }
    void carry_out(const call::give_back& wish) override { of(wish.call).carry_out(wish); }
    void carry_out(const call::remove_bridge& wish) override { of(wish.call).carry_out(wish); }
    void carry_out(const call::send_keys& wish) override { of(wish.call).carry_out(wish); }
    void carry_out(const call::drop_stray& wish) override { of(wish.which).carry_out(wish); }
    void carry_out(const call::remove_stray_bridge& wish) override { of(wish.which).carry_out(wish); }

private:
    [[nodiscard]] ports::pbx& of(call::line which) { return which == call::line::sos ? *sos_ : *door_; }
    [[nodiscard]] ports::pbx& of(const call_id& call) {
        return of(emergencies_.contains(call) ? call::line::sos : call::line::door);
    }
    void begins(const call_id& call) { emergencies_.insert(call); }
    void ends(const call_id& call);

    ports::pbx* door_ = nullptr;
    ports::pbx* sos_ = nullptr;
    std::unordered_set<call_id> emergencies_;  // those that live, and the last hundred that ended
    std::deque<call_id> ended_;
};

}  // namespace td::cmd
