#pragma once
// What systemd is told (sd_notify(3)). Outside systemd, that is without NOTIFY_SOCKET, every act does nothing.

#include <optional>
#include <string>
#include <string_view>

#include "base/instant.hpp"

namespace td::runtime {

class service_notice {
public:
    /// Reads the watchdog's interval from the environment that systemd made (sd_watchdog_enabled(3)).
    service_notice();

    /// The worker serves calls. `status` is what `systemctl status` shows; its line ends become spaces.
    void ready(std::string_view status) const;
    /// A reload began; `ready` ends it.
    void reloading() const;
    void stopping(std::string_view status) const;
    void status(std::string_view text) const;
    /// The loop is alive.
    void alive() const;

    /// How often `alive` must be called: half of WatchdogSec, as systemd advises. Nothing when there is no watchdog.
    [[nodiscard]] std::optional<duration> watchdog_interval() const { return watchdog_interval_; }

private:
    std::optional<duration> watchdog_interval_;
};

}  // namespace td::runtime
