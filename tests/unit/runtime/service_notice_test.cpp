#include "runtime/service_notice.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "catch.hpp"
#include "scratch.hpp"

namespace td::runtime {
namespace {

/// systemd's end of NOTIFY_SOCKET.
class systemd_ear {
public:
    systemd_ear() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (dir_.path() / "notify").string();
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        const timeval limit{5, 0};
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) {
            throw std::runtime_error("no socket");
        }
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    systemd_ear(const systemd_ear&) = delete;
    systemd_ear& operator=(const systemd_ear&) = delete;
    ~systemd_ear() {
        ::unsetenv("NOTIFY_SOCKET");
        ::close(fd_);
    }
    [[nodiscard]] std::string heard() const {
        std::array<char, 1024> text{};
        const ssize_t count = ::recv(fd_, text.data(), text.size(), 0);
        return {text.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
    }

private:
    scratch_dir dir_;
    int fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST_CASE("service notice: systemd hears ready, reloading, stopping, status and the watchdog", "[runtime]") {
    const systemd_ear systemd;
    const service_notice notice;
    notice.ready("serving\nSTOPPING=1");
    CHECK(systemd.heard() == "READY=1\nSTATUS=serving STOPPING=1");
    notice.reloading();
    CHECK(systemd.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    notice.status("3 calls");
    CHECK(systemd.heard() == "STATUS=3 calls");
    notice.alive();
    CHECK(systemd.heard() == "WATCHDOG=1");
    notice.stopping("draining");
    CHECK(systemd.heard() == "STOPPING=1\nSTATUS=draining");
}

TEST_CASE("service notice: the watchdog is fed twice in its time", "[runtime]") {
    CHECK_FALSE(service_notice().watchdog_interval());
    ::setenv("WATCHDOG_USEC", "10000000", 1);
    CHECK(service_notice().watchdog_interval() == duration{5s});
    ::setenv("WATCHDOG_PID", "1", 1);
    CHECK_FALSE(service_notice().watchdog_interval());
    ::unsetenv("WATCHDOG_PID");
    ::unsetenv("WATCHDOG_USEC");
}

TEST_CASE("service notice: outside systemd nothing happens", "[runtime]") {
    const service_notice notice;
    notice.ready("serving");
    notice.alive();
    CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
}

}  // namespace
}  // namespace td::runtime
