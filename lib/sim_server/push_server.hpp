#pragma once
// The push server as tdctl's contract describes it: POST /push. It remembers what it was told, refuses the devices
// whose tokens are said to be broken, and tells whoever listens, so that the simulated phones wake up.

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "sim_server/http_server.hpp"
#include "sim_server/mood.hpp"

namespace td::sim_server {

/// A push that was understood.
struct pushed {
    struct target {
        account_id account;
        device_id device;
        std::string platform;
    };
    instant at{};
    std::string call;
    std::string kind;    ///< ring or ended
    std::string reason;  ///< of kind ended
    panel_id panel;
    flat_id flat;
    std::string title;
    std::string deadline;
    std::vector<target> accepted;
    std::vector<target> rejected;
};

struct push_options {
    std::string token;               ///< Bearer; empty: nobody is asked for one
    duration latency{};              ///< before every answer; the phones wake at once all the same
    duration slowness = 2s;          ///< of mood::slow, on top of it
    std::size_t remembered = 10000;  ///< the oldest pushes are forgotten beyond this
    http_limits limits;
};

struct push_counts {
    std::uint64_t requests = 0;
    std::uint64_t unreadable = 0;
    std::uint64_t unauthorized = 0;
    std::uint64_t accepted = 0;  ///< devices
    std::uint64_t rejected = 0;  ///< devices
};

class push_server final : http_guest {
public:
    /// `told` hears of every push that was accepted, before it is answered; in the moods that lose or refuse the
    /// request (hangs, fails, denies, cut) no phone wakes.
    push_server(loop& on, push_options options, std::function<void(const pushed&)> told);

    /// Gives back the port.
    [[nodiscard]] result<std::uint16_t> listen(std::string_view address) { return server_.listen(address); }

    void feel(mood now) { mood_ = now; }
    /// The device's token is broken from now on.
    void refuse(const device_id& device) { broken_tokens_.insert(device); }

    /// What was told, oldest first.
    [[nodiscard]] const std::deque<pushed>& told() const { return remembered_; }
    [[nodiscard]] const push_counts& counts() const { return counts_; }

private:
    http_reply answer(const http_request& request) override;
    http_reply take(std::string_view body);

    loop& on_;
    push_options options_;
    std::function<void(const pushed&)> told_;
    std::set<device_id> broken_tokens_;
    std::deque<pushed> remembered_;
    mood mood_ = mood::well;
    push_counts counts_;
    http_server server_;
};

/// Reads the body of a push; nothing when it breaks the contract. All its devices stand in `accepted`.
[[nodiscard]] result<pushed> push_of(std::string_view body);

}  // namespace td::sim_server
