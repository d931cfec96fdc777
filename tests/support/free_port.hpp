#pragma once
// A port of loopback for a server of a test's own.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

namespace td::test {

/// Below the ports that Linux gives out by itself, so that nobody takes it while a server starts or is down, and no
/// attempt to reach it meets itself; and below those of the lab. Test programs that run at a time begin far apart.
inline std::uint16_t free_port() {
    constexpr int first = 20100;
    constexpr int count = 9800;
    static int turn = static_cast<int>(::getpid() % 49) * 200 + static_cast<int>(::getpid() / 49 % 20) * 10;
    for (int tried = 0; tried < count; ++tried) {
        const auto port = static_cast<std::uint16_t>(first + turn++ % count);
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.sin_port = htons(port);
        const bool free = ::bind(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
        ::close(socket);
        if (free) {
            return port;
        }
    }
    throw std::runtime_error("no free port on loopback");
}

}  // namespace td::test
