#pragma once
// One callback: the emergency service calls a borrowed number, and the panel that had it rings. Whoever routed the call
// said where the number leads; the pool's store has the last word when it answers in time. A number that leads to
// nobody goes to the desk, or is rejected: never to a guessed panel. A callback prolongs nothing. States and what
// leaves them:
//
//   checking  the store's word, its time (check_wait)
//   calling   an answer, the leg's end, the answer limit (of a lost line: after the picture)
//   pausing   the time before a busy panel is called again (try_again)
//   paired    what call/pair.hpp says
// and, from each of them, the caller leaving.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "call/held_limit.hpp"
#include "call/pair.hpp"

namespace td::call {

class callback_call {
public:
    callback_call(const callback_arrived& arrival, std::shared_ptr<const sos_rules> rules);

    void start(instant now, commands& out);
    /// Hands the caller back to the dialplan: the worker drains.
    void refuse(instant now, ended_by who, commands& out);

    void on(instant now, const number_checked& news, commands& out);
    void on(instant now, const check_failed& news, commands& out);
    void on(instant now, const panel_left& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const leg_ringing& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const leg_answered& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const leg_ended& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const pbx_did& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const pbx_refused& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const pbx_seen& news, commands& out);
    void on(instant now, const pbx_line_lost&, commands&) { pair_.line_lost(now); }
    void on(instant now, const memory_recalled& news, commands& out);

    void advance(instant now, commands& out);
    [[nodiscard]] instant next_deadline() const;
    [[nodiscard]] bool ended() const { return ended_; }

    [[nodiscard]] const call_id& name() const { return call_; }
    [[nodiscard]] const channel_id& panel_channel() const { return pair_.caller(); }
    [[nodiscard]] std::size_t living_legs() const { return pair_.living_legs(); }
    /// The panel that this call needs free of other calls, once: only a callback with priority asks for it.
    [[nodiscard]] std::optional<panel_id> take_claim() { return std::exchange(claim_, std::nullopt); }

private:
    enum class state : std::uint8_t { checking, calling, pausing, paired };

    template <class News>
    void pass_on(instant now, const News& news, commands& out) {
        pair_.on(now, news, out);
        look_after_pair(now, out);
    }
    void look_after_pair(instant now, commands& out);
    void call_panel(instant now, commands& out);
    void call_desk(instant now, commands& out);
    void call_out(instant now, callee whom, const std::string& target, commands& out);
    void missed(instant now, const pair::miss& why, commands& out);
    [[nodiscard]] bool may_call_again(const pair::miss& why) const;
    void close(commands& out);

    std::shared_ptr<const sos_rules> rules_;
    call_id call_;
    panel_id panel_;
    number_id number_;
    std::string caller_;
    urgency urgency_ = urgency::normal;
    pair pair_;
    std::string complaint_;

    state state_ = state::checking;
    callee whom_ = callee::panel;
    bool panel_taken_ = false;
    bool ended_ = false;
    std::optional<panel_id> claim_;
    instant started_at_{};
    instant limit_ = never;
    held_limit held_;  ///< that of calling waits for the picture
    unsigned tries_ = 0;
    int sip_ = 0;
    int cause_ = 0;
};

}  // namespace td::call
