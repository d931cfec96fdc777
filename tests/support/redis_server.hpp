#pragma once
// A real Redis for one test, and outsiders that ask it and listen to it, independent of the code under test.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/free_port.hpp"
#include "tests/support/scratch.hpp"

extern char** environ;

namespace td::test {

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    where.sin_port = htons(port);
    return where;
}

/// A plain blocking question to Redis, independent of the code under test; "" when it does not answer.
inline std::string ask(std::uint16_t port, const std::string& inline_command) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{30, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const sockaddr_in where = loopback(port);
    std::string reply;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
        // QUIT ends the connection, so everything up to the end is the reply.
        const std::string line = inline_command + "\r\nQUIT\r\n";
        static_cast<void>(::send(socket, line.data(), line.size(), MSG_NOSIGNAL));
        std::array<char, 4096> block{};
        for (ssize_t count = 0; (count = ::recv(socket, block.data(), block.size(), 0)) > 0;) {
            reply.append(block.data(), static_cast<std::size_t>(count));
        }
    }
    ::close(socket);
    constexpr std::string_view quit = "+OK\r\n";
    return reply.ends_with(quit) ? reply.substr(0, reply.size() - quit.size()) : reply;
}

/// How long a key has to live, in whole seconds; negative when it has no end or is not there.
inline int seconds_to_live(std::uint16_t port, const std::string& key) {
    const std::string reply = ask(port, "TTL " + key);
    return reply.starts_with(":") ? std::stoi(reply.substr(1)) : -3;
}

/// A redis-server of this test's own, stopped by its process id.
class redis_server {
public:
    explicit redis_server(std::uint16_t port, std::vector<std::string> more = {}) : port_(port) {
        std::vector<std::string> words{"redis-server",
                                       "--port",
                                       std::to_string(port),
                                       "--bind",
                                       "127.0.0.1",
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "no",
                                       "--dir",
                                       dir_.path(),
                                       "--daemonize",
                                       "no",
                                       "--logfile",
                                       "redis.log"};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<char*> arguments;
        for (std::string& each : words) {
            arguments.push_back(each.data());
        }
        arguments.push_back(nullptr);
        if (::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments.data(), environ) != 0) {
            throw std::runtime_error("cannot start redis-server");
        }
        if (!comes_true([&] { return !ask(port_, "PING").empty(); })) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            throw std::runtime_error("redis-server does not answer:\n" + text_of_file(dir_.path() / "redis.log"));
        }
    }
    redis_server(const redis_server&) = delete;
    redis_server& operator=(const redis_server&) = delete;
    ~redis_server() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    void freeze() const { ::kill(pid_, SIGSTOP); }
    void thaw() const { ::kill(pid_, SIGCONT); }

private:
    scratch_dir dir_;
    std::uint16_t port_;
    pid_t pid_ = 0;
};

/// Somebody else who subscribed to a channel before its constructor was over.
class redis_listener {
public:
    redis_listener(std::uint16_t port, const std::string& channel)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const sockaddr_in where = loopback(port);
        const std::string line = "SUBSCRIBE " + channel + "\r\n";
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
            ::send(socket_, line.data(), line.size(), MSG_NOSIGNAL) < 0) {
            throw std::runtime_error("cannot listen to redis-server");
        }
        while (!seen_.ends_with(":1\r\n")) {
            read(0);
        }
        seen_.clear();
    }
    redis_listener(const redis_listener&) = delete;
    redis_listener& operator=(const redis_listener&) = delete;
    ~redis_listener() { ::close(socket_); }

    /// The messages so far: the third text of each *3 message. The messages of these tests have no line ends in them.
    std::vector<std::string> heard() {
        while (read(MSG_DONTWAIT)) {
        }
        std::vector<std::string> messages;
        constexpr std::string_view start = "$7\r\nmessage\r\n";
        for (std::size_t at = seen_.find(start); at != std::string::npos; at = seen_.find(start, at + 1)) {
            std::size_t line = at + start.size();
            for (int lines = 0; lines < 3 && line != std::string::npos; ++lines) {
                line = seen_.find("\r\n", line);
                line = line == std::string::npos ? line : line + 2;
            }
            const std::size_t end = line == std::string::npos ? line : seen_.find("\r\n", line);
            if (end != std::string::npos) {
                messages.push_back(seen_.substr(line, end - line));
            }
        }
        return messages;
    }

private:
    bool read(int flags) {
        std::array<char, 4096> block{};
        const ssize_t count = ::recv(socket_, block.data(), block.size(), flags);
        if (count == 0) {
            throw std::runtime_error("redis-server is gone");
        }
        seen_.append(block.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
        return count > 0;
    }

    int socket_;
    std::string seen_;
};

}  // namespace td::test
