#pragma once
// What replies and events mean for a call. It sends a command's request, judges the reply, asks again where a reply was
// lost and asking again is safe, and says what came of it as a fact. Pure: the courier, the ids and the time come from
// outside.

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ari/events.hpp"
#include "ari/hearing.hpp"
#include "ari/lanes.hpp"
#include "ari/options.hpp"
#include "ari/picture.hpp"
#include "ari/requests.hpp"
#include "base/result.hpp"

namespace td::ari {

class desk final : public correspondent {
public:
    /// `name_call` names the call of a panel that arrives; `count` outlives the desk.
    desk(const options& wanted, std::function<call_id()> name_call, counters& count, log_sink log);

    /// How long a claim is held back, asked for each call that is offered; nothing: it is not claimed. Without it every
    /// one is claimed at once.
    void claim_by(std::function<std::optional<duration>()> hold) { hold_ = std::move(hold); }
    /// Where requests go from now on. Before the first command.
    void send_by(courier& by) { courier_ = &by; }

    void carry_out(const call::sound& wish, instant now);
    void carry_out(const call::dial& wish, instant now);
    void carry_out(const call::call_out& wish, instant now);
    void carry_out(const call::make_bridge& wish, instant now);
    void carry_out(const call::answer_panel& wish, instant now);
    void carry_out(const call::join& wish, instant now);
    void carry_out(const call::drop_leg& wish, instant now);
    void carry_out(const call::drop_panel& wish, instant now);
    void carry_out(const call::give_back& wish, instant now);
    void carry_out(const call::remove_bridge& wish, instant now);
    void carry_out(const call::send_keys& wish, instant now);
    void carry_out(const call::drop_stray& wish, instant now);
    void carry_out(const call::remove_stray_bridge& wish, instant now);

    void replied(exchange request, int status, std::string_view body, instant now) override;
    void lost(exchange request, loss why, instant now) override;

    /// One message of the WebSocket. A reply to a request of ours is given back: it belongs to the lanes.
    [[nodiscard]] std::optional<request_answered> hear(std::string_view message, instant now);

    /// The line is up: sets the event filter and asks what Asterisk holds; pbx_seen follows.
    void line_up(instant now);
    /// pbx_line_lost follows.
    void line_lost();
    /// Asks again where a picture failed. An extra call is harmless.
    void advance(instant now);
    [[nodiscard]] instant next_deadline() const;

    /// True from the picture of what Asterisk holds to the loss of the line.
    [[nodiscard]] bool in_the_picture() const { return in_the_picture_; }
    /// Why the last picture could not be taken; empty when it was.
    [[nodiscard]] const std::string& picture_trouble() const { return picture_trouble_; }
    /// The facts since the last call.
    [[nodiscard]] std::vector<call::fact> take_news() { return std::exchange(news_, {}); }
    /// Why this worker cannot go on, once.
    [[nodiscard]] std::optional<failure> take_fatal() { return std::exchange(fatal_, {}); }
    /// Why the line hears nothing of the application and must be made anew, once; empty while it hears.
    [[nodiscard]] std::string_view take_deafness() { return std::exchange(deafness_, {}); }

private:
    void ask(errand what, const order_key& key, leg_no leg, std::optional<exchange> request, instant now);
    [[nodiscard]] bool full() const { return outstanding_ >= limit_.queue; }
    void submit(exchange request, instant now);
    void send(exchange request, instant now);
    void settle(const exchange& request, int status, std::string_view body, instant now);
    void settle_dial(const exchange& request, int status, instant now);
    void settle_create(const exchange& request, int status, instant now);
    void settle_dial_out(const exchange& request, int status, instant now);
    void dial_made(const order_key& leg, instant now);
    void leg_was_made(const leg_ref& leg);
    void leg_was_called(const order_key& leg);
    void look_after_dials(instant now);
    void look_after_offers(instant now);
    void look_after_hearing(instant now);
    void settle_word(const exchange& word, int status, std::string_view body, instant now);
    void take(call_offered call);
    void settle_check(const exchange& request, int status, std::string_view body, instant now);
    void found_made_first(const exchange& request, const seen_channel& leg, instant now);
    void settle_sound(const exchange& request, int status, std::string_view body, instant now);
    void settle_picture(const exchange& request, int status, std::string_view body, instant now);
    void settle_stray(const exchange& request, int status, instant now);
    void check_dial(const exchange& request, instant now);
    void give_up(const exchange& request, instant now);
    void release(const order_key& key, instant now);
    void did(const exchange& request, call::act what);
    void refuse(const exchange& request, int status);
    void ask_for_picture(instant now);
    void picture_failed(std::string_view why, instant now);
    void tell(event news);

    call::line which_;
    limits limit_;
    request_maker maker_;
    std::function<call_id()> name_call_;
    counters& count_;
    log_sink log_;
    courier* courier_ = nullptr;
    reader codec_;
    picture picture_;
    instant picture_again_ = never;
    std::string picture_trouble_;
    bool line_is_up_ = false;
    bool in_the_picture_ = false;
    bool early_possible_ = false;  ///< a leg may be made first and dialled then
    bool release_known_ = false;   ///< else it is not known yet whether it may
    bool no_progress_ = false;     ///< this Asterisk has no /progress (before 20.16, 22.6): ring instead
    std::uint64_t last_number_ = 0;
    std::size_t outstanding_ = 0;
    std::unordered_set<order_key> dialling_;
    /// A leg that is made first, on its way to the INVITE.
    struct dial_under_way {
        exchange request;     ///< the dial
        instant due = never;  ///< when it is sent though nobody said that the leg is in Stasis, or is given up
        bool sent = false;
        bool confirmed = false;  ///< Asterisk said yes
        bool called = false;     ///< and did it
    };
    std::unordered_map<order_key, dial_under_way> dials_;  ///< bounded by the emergency calls that begin
    std::unordered_set<std::string> made_first_;           ///< living legs that were in Stasis before they were dialled
    /// Requests of a leg that wait until it is known whether the leg was made.
    std::unordered_map<order_key, std::deque<exchange>> held_;
    /// A call that is offered to several workers.
    struct offer {
        std::string channel;
        std::optional<instant> due;  ///< when it is claimed; nothing while nobody was asked
    };
    std::deque<offer> offers_;
    std::function<std::optional<duration>()> hold_;
    /// Hang-ups of strays that were refused, in the order in which they are due.
    std::deque<std::pair<instant, exchange>> strays_;
    std::vector<call::fact> news_;
    std::optional<failure> fatal_;
    hearing hearing_;
    std::string_view deafness_;
};

}  // namespace td::ari
