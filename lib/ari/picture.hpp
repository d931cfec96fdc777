#pragma once
// What Asterisk holds, put together after a connect: three replies that were made at slightly different times, and what
// the events and our own dials have changed since the line came up. A channel that arrived while the lists were on
// their way is in the picture, and one that left is not; so a call can trust it. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ari/events.hpp"
#include "ari/requests.hpp"
#include "call/facts.hpp"

namespace td::ari {

class picture {
public:
    /// `app` is our application's name; our bridges carry it as theirs.
    explicit picture(std::string app) : app_(std::move(app)) {}

    /// The line is up: forget everything older. Gives the number of this round.
    unsigned begin();
    /// The line is lost, or the picture is given up.
    void cancel() { taking_ = false; }
    [[nodiscard]] bool taking() const { return taking_; }
    [[nodiscard]] unsigned round() const { return round_; }

    /// The reply to one part; false when it cannot be read.
    [[nodiscard]] bool take(errand part, std::string_view body, reader& codec);

    /// An event showed the channel alive, or gone.
    void alive(std::string_view channel, call::pbx_seen::condition state);
    void gone(std::string_view channel);

    /// The whole, once every part is there; then taking() is over. `dialling` are the legs whose originate is under
    /// way: they count as there, because Asterisk may make them any moment.
    [[nodiscard]] std::optional<call::pbx_seen> finish(const std::unordered_set<order_key>& dialling);

    /// The callers that wait in our application, as the last whole picture showed them; once.
    [[nodiscard]] std::vector<seen_channel> take_callers() { return std::exchange(callers_, {}); }

    /// Our legs among the channels that were in Stasis before they were dialled.
    [[nodiscard]] std::vector<std::string> made_first() const;

private:
    [[nodiscard]] bool waits_for_us(const seen_channel& each) const;

    std::string app_;
    bool taking_ = false;
    unsigned round_ = 0;
    std::optional<std::vector<seen_channel>> channels_;
    std::optional<std::vector<seen_bridge>> bridges_;
    std::optional<std::vector<std::string>> inside_;  ///< the channels of our application
    std::unordered_map<std::string, std::optional<call::pbx_seen::condition>> changes_;
    std::vector<seen_channel> callers_;
};

}  // namespace td::ari
