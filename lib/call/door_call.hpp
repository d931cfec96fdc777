#pragma once
// One door call from the panel's leg in Stasis to the finished record. Every fact is legal in every state; time is an
// argument; what the world shall do comes back as commands. The states and what leaves them:
//
//   looking_up  the CRM's answer, its limit, the panel leaving
//   ringing     an answer, the ring limit (of a lost line: after the picture), everybody's no, the panel leaving
//   joining     the bridge, a refusal, the join limit (both of a lost line: after the picture), either side leaving
//   talking     either side leaving, the talk limit
//   opening     (auto_open) the keys played, their limit, the panel leaving
//   ending      the last leg, the panel and the bridge gone, the end limit
//   ended       nothing

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "call/commands.hpp"
#include "call/door_rules.hpp"
#include "call/facts.hpp"
#include "call/held_limit.hpp"
#include "call/ring_plan.hpp"

namespace td::call {

class door_call {
public:
    /// The rules are shared, because a reload replaces those of new calls while living ones keep theirs.
    door_call(const panel_arrived& arrival, std::shared_ptr<const door_rules> rules);

    void start(instant now, commands& out);
    /// Ends a call that cannot be served: `who` is full, drain or bad_arguments.
    void refuse(instant now, ended_by who, commands& out);
    /// Ends a call that lives, whatever it does.
    void stop(instant now, ended_by who, commands& out);

    void on(instant now, const panel_left& news, commands& out);
    void on(instant now, const leg_ringing& news, commands& out);
    void on(instant now, const leg_answered& news, commands& out);
    void on(instant now, const leg_ended& news, commands& out);
    void on(instant now, const key_pressed& news, commands& out);
    void on(instant now, const pbx_did& news, commands& out);
    void on(instant now, const pbx_refused& news, commands& out);
    void on(instant now, const pbx_seen& news, commands& out);
    void on(instant now, const pbx_line_lost& news, commands& out);
    void on(instant now, const accounts_found& news, commands& out);
    void on(instant now, const flat_unknown& news, commands& out);
    void on(instant now, const crm_failed& news, commands& out);
    void on(instant now, const panel_described& news, commands& out);
    void on(instant now, const push_answered& news, commands& out);
    void on(instant now, const push_failed& news, commands& out);
    void on(instant now, const account_registered& news, commands& out);
    void on(instant now, const memory_recalled& news, commands& out);

    /// Serves the deadlines that are due; an extra call is harmless.
    void advance(instant now, commands& out);
    [[nodiscard]] instant next_deadline() const;
    [[nodiscard]] bool ended() const { return state_ == state::ended; }

    [[nodiscard]] const call_id& name() const { return call_; }
    [[nodiscard]] const panel_id& panel() const { return panel_; }
    [[nodiscard]] const channel_id& panel_channel() const { return panel_channel_; }
    [[nodiscard]] const std::vector<account>& accounts() const { return plan_.accounts(); }
    [[nodiscard]] std::size_t living_legs() const { return plan_.living_count(); }

private:
    enum class state : std::uint8_t { looking_up, ringing, joining, talking, opening, ending, ended };
    /// doubtful: asked for, and no reply came. It is asked for again where it is needed, and removed in any case.
    enum class bridge_condition : std::uint8_t { none, asked, doubtful, ready, removing, gone };
    /// Dialled in moments that no memory holds, while the flat is looked up: the CRM's answer tells whose it is.
    struct forgotten_leg {
        leg_no leg;
        pbx_seen::condition seen = pbx_seen::condition::waiting;
    };

    void ring(instant now, commands& out);
    void open_door(instant now, commands& out);
    void dial_due(instant now, commands& out);
    void ring_on(instant now, commands& out);
    void push_ring(instant now, std::vector<push::target> targets, commands& out);
    void push_end_of_ring(call::push_end why, commands& out);
    void first_push_if_ready(instant now, commands& out);

    void win(instant now, leg_no leg, commands& out);
    void ask_to_join(commands& out);
    void talk_if_joined(instant since);
    void join_failed(instant now, const pbx_refused& news, commands& out);
    void opening_failed(instant now, const pbx_refused& news, commands& out);
    void drop_unknown_leg(instant now, leg_no leg, commands& out);
    void no_word_of_crm(instant now, commands& out);
    void learn_of_join(const pbx_seen& news);
    void join_anew(instant now, commands& out);
    void keep_forgotten(leg_no leg, pbx_seen::condition seen);
    void take_forgotten_legs(instant now, commands& out);
    void leg_is_gone(instant now, leg_no leg, leg_why why, ended_by who, commands& out);
    void panel_is_gone(instant now, ended_by who, commands& out);
    void nobody_left_to_ring(instant now, commands& out);

    void end(instant now, outcome how, ended_by who, hangup_reason to_panel, commands& out);
    void drop_everybody(instant now, hangup_reason reason, leg_why why, commands& out);
    void end_if_clear(instant now, commands& out);
    void insist(instant now, commands& out);
    void drop_told_again(commands& out);
    void finish_now(instant now, commands& out);
    [[nodiscard]] door_record make_record(instant now) const;
    void note(std::string_view words);

    std::shared_ptr<const door_rules> rules_;
    call_id call_;
    channel_id panel_channel_;
    panel_id panel_;
    flat_id flat_;
    std::string complaint_;

    state state_ = state::looking_up;
    bridge_condition bridge_ = bridge_condition::none;
    bool panel_here_ = true;
    bool panel_told_ = false;       ///< told to hang up, or given back
    bool given_back_ = false;       ///< the panel is the dialplan's again, and never hung up by us
    bool give_back_again_ = false;  ///< Asterisk refused, or did not reply
    /// Until the next picture: what was asked may never have been sent, and what is remembered may have gone on. Nobody
    /// is woken meanwhile: a phone that answers before the line is up is hung up by Asterisk.
    bool recalled_ = false;
    bool panel_taken_ = false;
    bool answered_panel_ = false;
    bool joined_ = false;
    bool join_unheard_ = false;      ///< asked for, and the line was lost before a good reply came
    bool join_tried_again_ = false;  ///< or the door's opening
    bool somebody_is_gone_ = false;  ///< a request said so; the event that says who is on its way
    bool described_ = false;
    bool ring_pushed_ = false;
    bool opened_door_ = false;

    ring_plan plan_;
    std::vector<forgotten_leg> forgotten_legs_;
    leg_no winner_;
    bool won_ = false;
    std::string title_;
    std::string keys_;  ///< the last keys that the resident pressed, as many as open_dtmf has

    instant started_at_{};
    instant ring_until_ = never;  ///< the pushes' deadline too
    instant answered_at_ = never;
    instant joined_at_ = never;
    instant over_at_ = never;
    instant limit_ = never;     ///< of the state
    held_limit held_;           ///< those of ringing and joining wait for the picture
    instant again_at_ = never;  ///< of a join that is tried again, of hang-ups that are repeated
    instant push_at_ = never;
    instant drop_at_ = never;  ///< of hang-ups that Asterisk refused
    instant line_lost_at_ = never;

    outcome how_ = outcome::failed;
    ended_by who_ = ended_by::none;
    account_id answered_by_;
    std::vector<push_record> pushes_;
    crm_source source_ = crm_source::none;
    call_ms crm_ms_ = not_reached;
    std::string note_;
};

}  // namespace td::call
