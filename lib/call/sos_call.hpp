#pragma once
// One emergency call from the panel's leg in Stasis to the finished record. It always leaves: each thing that it would
// like to know first has a short time, and is done without when it does not come. States and what leaves them:
//
//   finding  the CRM's word on the site, its time (site_wait)
//   lending  the pool's answer, its time (number_wait); then the worker's own notes, which answer at once
//   mapping  the callback map's word, its time (map_wait)
//   calling  an answer, the attempt's end, the silence limit, the answer limit (of a lost line: after the picture)
//   pausing  the time before a route is tried again
//   paired   what call/pair.hpp says: joining, talking, ending, ended
// and, from each of them, the panel leaving.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "call/held_limit.hpp"
#include "call/pair.hpp"

namespace td::call {

class sos_call {
public:
    sos_call(const sos_arrived& arrival, std::shared_ptr<const sos_rules> rules);

    void start(instant now, commands& out);
    /// Hands the panel back to the dialplan: the worker drains.
    void refuse(instant now, ended_by who, commands& out);

    void on(instant now, const site_found& news, commands& out);
    void on(instant now, const site_missing& news, commands& out);
    void on(instant now, const number_lent& news, commands& out);
    void on(instant now, const number_refused& news, commands& out);
    void on(instant now, const number_mapped& news, commands& out);
    void on(instant now, const map_failed& news, commands& out);
    void on(instant now, const panel_left& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const leg_ringing& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const leg_answered& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const leg_ended& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const pbx_did& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const pbx_refused& news, commands& out) { pass_on(now, news, out); }
    void on(instant now, const pbx_seen& news, commands& out);
    void on(instant now, const pbx_line_lost&, commands&) { pair_.line_lost(now); }
    void on(instant now, const memory_recalled& news, commands& out);

    /// Serves the deadlines that are due; an extra call is harmless.
    void advance(instant now, commands& out);
    [[nodiscard]] instant next_deadline() const;
    [[nodiscard]] bool ended() const { return ended_; }

    [[nodiscard]] const call_id& name() const { return call_; }
    [[nodiscard]] const panel_id& panel() const { return panel_; }
    [[nodiscard]] const channel_id& panel_channel() const { return pair_.caller(); }
    [[nodiscard]] std::size_t living_legs() const { return pair_.living_legs(); }

private:
    enum class state : std::uint8_t { finding, lending, mapping, calling, pausing, paired };

    template <class News>
    void pass_on(instant now, const News& news, commands& out) {
        pair_.on(now, news, out);
        look_after_pair(now, out);
    }
    void look_after_pair(instant now, commands& out);
    void serve_limit(instant now, commands& out);
    [[nodiscard]] instant own_limit() const;
    void take_site(instant now, const site_found& news);
    void lend(instant now, commands& out);
    void ask_notes(instant now, commands& out);
    void go_without_number(instant now, commands& out);
    void map(instant now, commands& out);
    void next_try(instant now, commands& out);
    void call_out(instant now, call_way way, commands& out);
    void try_is_over(instant now, const pair::miss& why, commands& out);
    void give_try_up(instant now, leg_why why, commands& out);
    void go_on_trying(instant now, commands& out);
    void give_number_back(instant at, commands& out);
    void close(commands& out);
    void lacks(lack what);
    void tell(instant now, commands& out);
    [[nodiscard]] const std::string& route_of(std::size_t attempt) const;
    [[nodiscard]] attempt_record* open_attempt();
    [[nodiscard]] call_ms since_start(instant at) const;

    std::shared_ptr<const sos_rules> rules_;
    call_id call_;
    panel_id panel_;
    pair pair_;
    std::string complaint_;

    state state_ = state::finding;
    bool panel_taken_ = false;
    bool asked_notes_ = false;
    bool only_plain_ = false;  ///< Asterisk refused to make a leg first and dial it then
    bool told_ = false;        ///< the alert of a call that leaves
    bool returned_ = false;
    bool ended_ = false;
    instant started_at_{};
    instant limit_ = never;    ///< of the state
    instant silence_ = never;  ///< of calling: until it must have rung
    held_limit held_;          ///< those two wait for the picture

    site_record site_;
    crm_source source_ = crm_source::none;
    call_ms crm_ms_ = not_reached;
    number_id number_;
    std::optional<pool::lent_how> lent_;
    pool::lease_token token_ = 0;
    call_ms number_ms_ = not_reached;
    sos_routes routes_;
    std::vector<attempt_record> attempts_;
    std::size_t tries_ = 0;  ///< attempts that counted
    std::vector<lack> lacks_;
};

}  // namespace td::call
