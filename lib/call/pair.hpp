#pragma once
// Two who are to talk: the leg that began the call (the caller's) and the leg that was called last (the callee's). An
// emergency call and a callback share everything from the first dial to the last hang-up, and that is here; whom to
// call and when to try again is their own business. Phases and what leaves them:
//
//   waiting  the owner's own deadlines, the caller leaving
//   joining  the bridge and the answer, either side leaving, the join limit (of a lost line after the picture; a
//            callee that cannot be joined is missed)
//   talking  either side leaving, the longest call
//   ending   the last leg, the caller and the bridge gone, the end limit
//   ended    nothing

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "call/held_limit.hpp"
#include "call/sos_rules.hpp"

namespace td::call {

class pair {
public:
    /// How a leg that was called came to nothing, for the owner to decide what is next.
    struct miss {
        leg_no leg;
        int cause = 0;
        int sip = 0;
        leg_why why = leg_why::unreachable;
    };

    /// The rules are shared, because a reload replaces those of new calls while living ones keep theirs.
    pair(const call_id& call, channel_id caller, std::shared_ptr<const sos_rules> rules)
        : rules_(std::move(rules)), call_(call), caller_(std::move(caller)) {}

    /// Calls somebody: `wish` without its leg. Undefined when `full()`.
    leg_no call_out(instant now, call::call_out wish, commands& out);
    /// Gives the callee up: the owner tries another way, and hears of no miss.
    void drop_callee(instant now, commands& out);
    /// The call is over, with what the caller hears.
    void end(instant now, outcome how, ended_by who, hangup_reason to_caller, commands& out);
    /// The same, but the caller's leg goes on in the dialplan.
    void end_giving_back(instant now, outcome how, ended_by who, commands& out);

    // Each of these may leave a miss, an answer or the end behind; the owner looks after each.
    void on(instant now, const panel_left& news, commands& out);
    void on(instant now, const leg_ringing& news, commands& out);
    void on(instant now, const leg_answered& news, commands& out);
    void on(instant now, const leg_ended& news, commands& out);
    void on(instant now, const pbx_did& news, commands& out);
    void on(instant now, const pbx_refused& news, commands& out);
    void on(instant now, const pbx_seen& news, commands& out);
    void on(instant now, const memory_recalled& news, commands& out);
    void line_lost(instant now) {
        line_lost_at_ = now;
        join_unheard_ = phase_ == phase::joining;
    }
    /// Until the next picture: a callee that was made first may never have been dialled, as far as is remembered.
    [[nodiscard]] bool unsure_of_dial() const { return recalled_ && !dialled_ && dialled_at_ < line_lost_at_; }
    /// `never` while the line is there, and from the picture on.
    [[nodiscard]] instant lost_at() const { return line_lost_at_; }
    void advance(instant now, commands& out);
    [[nodiscard]] instant next_deadline() const {
        return std::min({phase_ == phase::joining ? held_.of(limit_) : limit_, join_again_at_, again_at_});
    }

    /// Why the callee came to nothing, once.
    [[nodiscard]] std::optional<miss> take_miss() { return std::exchange(miss_, std::nullopt); }
    [[nodiscard]] bool waiting() const { return phase_ == phase::waiting; }
    [[nodiscard]] bool over() const { return phase_ == phase::ending || phase_ == phase::ended; }
    [[nodiscard]] bool ended() const { return phase_ == phase::ended; }
    [[nodiscard]] bool full() const { return legs_.size() >= leg_no::limit; }
    [[nodiscard]] bool rings() const { return rang_at_ != never; }  ///< the callee that is called now

    [[nodiscard]] const channel_id& caller() const { return caller_; }
    [[nodiscard]] std::size_t living_legs() const;
    [[nodiscard]] instant rang_at() const { return rang_at_; }
    [[nodiscard]] instant answered_at() const { return answered_at_; }
    [[nodiscard]] instant joined_at() const { return joined_at_; }
    [[nodiscard]] instant over_at() const { return over_at_; }
    [[nodiscard]] outcome how() const { return how_; }
    [[nodiscard]] ended_by who() const { return who_; }
    [[nodiscard]] const std::string& note() const { return note_; }
    void note(std::string_view words);

private:
    enum class phase : std::uint8_t { waiting, joining, talking, ending, ended };
    /// doubtful: asked for, and no reply came. It is asked for again where it is needed, and removed in any case.
    enum class bridge_condition : std::uint8_t { none, asked, doubtful, ready, removing, gone };
    struct leg {
        bool lives = true;
        bool dropped = false;  ///< told to hang up
    };

    [[nodiscard]] bool is_callee(leg_no which) const { return callee_ && *callee_ == which; }
    void drop(leg_no which, commands& out);
    void leg_is_gone(instant now, leg_no which, int cause, int sip, leg_why why, commands& out);
    void begin_end(instant now, outcome how, ended_by who, commands& out);
    void join(commands& out);
    void ask_to_join(commands& out);
    void talk_if_joined(instant since);
    void learn_of_join(const pbx_seen& news);
    void join_anew(instant now, commands& out);
    void join_failed(instant now, const pbx_refused& news, commands& out);
    void join_again(instant now, commands& out);
    void callee_is_missed(const miss& why);
    void not_joined(commands& out);
    void insist(instant now, commands& out);
    void end_if_clear(instant now, commands& out);
    void finish(instant now);

    std::shared_ptr<const sos_rules> rules_;
    call_id call_;
    channel_id caller_;
    phase phase_ = phase::waiting;
    bridge_condition bridge_ = bridge_condition::none;
    std::vector<leg> legs_;  ///< by number
    std::optional<leg_no> callee_;
    std::optional<miss> miss_;
    bool caller_here_ = true;
    bool caller_told_ = false;
    bool given_back_ = false;
    bool give_back_again_ = false;
    bool recalled_ = false;  ///< until the next picture: what was asked may never have been sent
    bool caller_answered_ = false;
    bool dialled_ = false;       ///< Asterisk has said so, of the callee that is called now
    bool joined_ = false;        ///< the callee and the caller are in the bridge
    bool join_unheard_ = false;  ///< asked for, and the line was lost before a good reply came
    bool join_tried_again_ = false;
    bool somebody_is_gone_ = false;
    instant limit_ = never;
    held_limit held_;  ///< that of joining waits for the picture
    instant join_again_at_ = never;
    instant again_at_ = never;  ///< hang-ups that were refused, and everything of an end
    instant rang_at_ = never;
    instant answered_at_ = never;
    instant joined_at_ = never;
    instant over_at_ = never;
    instant line_lost_at_ = never;
    instant dialled_at_ = never;
    outcome how_ = outcome::failed;
    ended_by who_ = ended_by::none;
    std::string note_;
};

}  // namespace td::call
