#pragma once
// Goes through the lines of a call and writes down what each of them adds to the story.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/entry.hpp"
#include "story/gatherer.hpp"
#include "story/phone_book.hpp"
#include "story/step_list.hpp"
#include "story/story.hpp"

namespace td::story {

class builder {
public:
    explicit builder(const call_lines& lines);

    void take(const journal::entry& told);
    [[nodiscard]] call_story finish();

private:
    // Arrivals.
    void on(const call::panel_arrived& news);
    void on(const call::sos_arrived& news);
    void on(const call::callback_arrived& news);
    // Asterisk.
    void on(const call::panel_left& news);
    void on(const call::leg_ringing& news);
    void on(const call::leg_answered& news);
    void on(const call::leg_ended& news);
    void on(const call::key_pressed& news);
    void on(const call::pbx_did& news);
    void on(const call::pbx_refused& news);
    void on(const call::pbx_seen& news);
    void on(const call::pbx_line_lost& news);
    // The CRM, the pool, the push server.
    void on(const call::accounts_found& news);
    void on(const call::flat_unknown& news);
    void on(const call::crm_failed& news);
    void on(const call::panel_described&) {}
    void on(const call::site_found& news);
    void on(const call::site_missing& news);
    void on(const call::number_lent& news);
    void on(const call::number_refused& news);
    void on(const call::number_mapped& news);
    void on(const call::map_failed& news);
    void on(const call::number_checked& news);
    void on(const call::check_failed& news);
    void on(const call::push_answered& news);
    void on(const call::push_failed& news);
    void on(const call::account_registered& news);
    // The worker itself.
    void on(const call::memory_recalled& news);
    void on(const call::drain_begun& news);
    void on(const call::drain_over& news);
    void on(const call::time_passed&) {}

    void on(const call::sound&) {}
    void on(const call::dial& wish);
    void on(const call::call_out& wish);
    void on(const call::make_bridge&) {}
    void on(const call::answer_panel&) {}
    void on(const call::join& wish);
    void on(const call::drop_leg& wish);
    void on(const call::drop_panel& wish);
    void on(const call::give_back& wish);
    void on(const call::remove_bridge&) {}
    void on(const call::send_keys& wish);
    void on(const call::drop_stray&) {}
    void on(const call::remove_stray_bridge&) {}
    void on(const call::find_accounts& wish);
    void on(const call::find_site& wish);
    void on(const call::lend_number& wish);
    void on(const call::lend_from_notes& wish);
    void on(const call::map_number& wish);
    void on(const call::return_number& wish);
    void on(const call::check_number& wish);
    void on(const call::push& wish);
    void on(const call::panel_taken& wish);
    void on(const call::panel_freed&) {}
    void on(const call::finish& wish);
    void on(const call::finish_sos& wish);
    void on(const call::finish_callback& wish);
    void on(const call::alert& wish);

    void on(const journal::gap& hole);

    void begin(call_kind kind, const std::string& complaint);
    void say(lane from, std::vector<lane> to, std::string words, step::tone sounds = step::tone::plain);
    [[nodiscard]] lane caller_lane() const;
    [[nodiscard]] lane callee_lane() const;
    [[nodiscard]] static lane phone_lane(const phone_story& phone) { return {lane::part::phone, phone.number}; }
    [[nodiscard]] attempt* try_of(leg_no leg);
    void leg_answers(leg_no leg);
    void say_answer(leg_no leg);
    void dial_refused(const call::pbx_refused& news);
    void try_ended(attempt& leg, const std::string& words);
    void mark_end();
    void talk_if_joined(instant since);
    void talk(instant since);
    void learn_of_join(const call::pbx_seen& news);
    void talked_as_recorded(call::call_ms talk_ms);
    void close(call::outcome how, call::ended_by who, instant over, const std::string& note);
    void tell_repeats();
    void close_phones();
    void close_lanes();

    call_story story_;
    phone_book phones_;
    step_list steps_;
    instant now_{};
    instant last_{};
    bool from_memory_ = false;

    // What is repeated over and over is told once, with its count.
    struct repeats {
        unsigned count = 0;
        instant last{};
        std::string end;
    };
    std::map<std::size_t, repeats> redials_;  ///< by the phone's number
    repeats pushes_;
    bool ring_pushed_ = false;
    bool push_accepted_ = false;

    channel_id channel_;
    std::optional<leg_no> winner_;
    bool won_by_join_ = false;  ///< not only by being the first that answered
    bool caller_answered_ = false;
    bool joined_ = false;
    bool finished_ = false;
    instant line_lost_at_ = never;
    std::string pressed_;
};

/// Cuts the whole time of the call into its hops.
[[nodiscard]] std::vector<hop> hops_of(const call_story& told);

}  // namespace td::story
