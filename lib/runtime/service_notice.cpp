#include "runtime/service_notice.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace td::runtime {
namespace {

/// A line end in the text would begin another assignment.
std::string status_line(std::string_view text) {
    std::string line = "STATUS=";
    line.append(text);
    std::replace_if(
        line.begin(), line.end(), [](char each) { return each == '\n' || each == '\r' || each == '\0'; }, ' ');
    return line;
}

void tell(const std::string& words) {
    // It fails only where systemd itself is gone, and then there is nobody to tell.
    static_cast<void>(sd_notify(0, words.c_str()));
}

}  // namespace

service_notice::service_notice() {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) > 0) {
        watchdog_interval_ = duration{static_cast<std::int64_t>(microseconds / 2)};
    }
}

void service_notice::ready(std::string_view text) const {
    tell("READY=1\n" + status_line(text));
}

void service_notice::reloading() const {
    // Type=notify-reload wants the moment on CLOCK_MONOTONIC, which is the steady clock of Linux.
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    tell("RELOADING=1\nMONOTONIC_USEC=" +
         std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
}

void service_notice::stopping(std::string_view text) const {
    tell("STOPPING=1\n" + status_line(text));
}
void service_notice::status(std::string_view text) const {
    tell(status_line(text));
}
void service_notice::alive() const {
    tell("WATCHDOG=1");
}

}  // namespace td::runtime
