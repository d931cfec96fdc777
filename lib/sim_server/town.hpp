#pragma once
// A whole simulated operator on loopback: Asterisk with its panels and phones, the CRM and the push server, on one
// loop. A push wakes the phones that it reaches; what the SIP side saw is kept, so that a test can hold a worker's
// records against the truth.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "call/words.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim_server/ari_server.hpp"
#include "sim_server/crm_server.hpp"
#include "sim_server/loop.hpp"
#include "sim_server/push_server.hpp"

namespace td::sim_server {

struct town_options {
    ari_options ari;
    crm_options crm;
    push_options push;
    sim::asterisk_traits traits;  ///< its release is taken from `ari`
    std::uint64_t seed = 1;
    std::string app = "TdCallHandler";              ///< the dialplan's Stasis application for door calls
    std::string dial = "PJSIP/{account}@kamailio";  ///< the worker's door.dial
    duration wakes_after = 800ms;                   ///< from a push to the phone's registration
    std::size_t remembered = 200000;                ///< facts of the SIP side; the oldest are forgotten beyond this
};

struct town_addresses {
    std::string ari = "127.0.0.1:0";
    std::string crm = "127.0.0.1:0";
    std::string push = "127.0.0.1:0";
};

struct town_ports {
    std::uint16_t ari = 0;
    std::uint16_t crm = 0;
    std::uint16_t push = 0;
};

class town {
public:
    /// The loop outlives the town.
    town(loop& on, town_options options);

    /// Opens the three servers. The failure names the address that could not be had.
    [[nodiscard]] result<town_ports> open(const town_addresses& where);

    /// What originate names to call the account.
    [[nodiscard]] std::string endpoint_of(const account_id& account) const;
    /// Says what phone stands behind an account.
    void put_phone(const account_id& account, const sim::phone& phone);
    /// Says who lives in a flat.
    void put_flat(const panel_id& panel, const flat_id& flat, const call::flat_record& record);

    /// A visitor at the panel presses the number of a flat. Gives back the name of the panel's channel; nothing when
    /// the panel is in a call already, because a panel carries one at a time.
    std::optional<std::string> call(const panel_id& panel, const flat_id& flat);
    /// False when the panel is in no call. The same for a key.
    bool hang_up(const panel_id& panel);
    bool press(const panel_id& panel, char key);
    /// The phones of these legs are picked up in the same instant: their answers are under way before anybody can act.
    void pick_up(const std::vector<std::string>& legs);
    /// The account's phone registers.
    void wake(const account_id& account);

    /// What the SIP side saw, oldest first.
    [[nodiscard]] const std::deque<sim::sip_news>& seen() const { return seen_; }
    /// What goes on now, in one line for people.
    [[nodiscard]] std::string status_line() const;
    /// Panels in a call.
    [[nodiscard]] std::size_t panels_busy() const { return busy_.size(); }

    [[nodiscard]] const sim::fake_asterisk& asterisk() const { return model_; }
    [[nodiscard]] ari_server& ari() { return ari_; }
    [[nodiscard]] crm_server& crm() { return crm_; }
    [[nodiscard]] push_server& push() { return push_; }

private:
    void see(const sim::sip_news& news);
    void push_arrived(const pushed& news);

    // The control interface: town_control.cpp.
    std::optional<http_reply> control(const http_request& request);
    http_reply control_panel(const std::string& panel, const std::string& what, const parameters& with);
    http_reply control_phone(const std::string& account, const std::string& what, const parameters& with);
    http_reply control_flat(const std::string& panel, const std::string& flat, const parameters& with);
    http_reply control_mood(const std::string& server, const parameters& with);
    http_reply control_asterisk(const std::string& what);
    [[nodiscard]] http_reply state() const;

    loop& on_;
    town_options options_;
    sim::fake_asterisk model_;
    std::deque<sim::sip_news> seen_;
    std::map<panel_id, std::string> busy_;      ///< the channel of each panel that is in a call
    std::map<std::string, panel_id> panel_of_;  ///< and the other way round
    // Shared only to be watched: a push may wake a phone after the town is gone.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
    ari_server ari_;
    crm_server crm_;
    push_server push_;
};

/// What the control interface under /sim takes, for --help.
[[nodiscard]] std::string_view control_words();

}  // namespace td::sim_server
