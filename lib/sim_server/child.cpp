#include "sim_server/child.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

namespace td::sim_server {
namespace {

failure cannot(std::string_view what) {
    return {failure_kind::unreachable, std::string("cannot ").append(what).append(": ").append(std::strerror(errno))};
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    all.reserve(words.size() + 1);
    for (std::string& each : words) {
        all.push_back(each.data());
    }
    all.push_back(nullptr);
    return all;
}

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int words,
                         pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);  // the parent died before prctl could take hold
    }
    std::signal(SIGPIPE, SIG_DFL);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(words, STDOUT_FILENO);
    dup2(words, STDERR_FILENO);
    execve(program, arguments, environment);
    _exit(127);
}

/// A descriptor that closes itself.
class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}
    ~descriptor() {
        if (number_ >= 0) {
            close(number_);
        }
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool wait_for(int socket, short what, std::chrono::milliseconds limit) {
    pollfd one{socket, what, 0};
    return poll(&one, 1, static_cast<int>(limit.count())) == 1;
}

}  // namespace

result<child> child::start(const std::string& program, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment, const std::string& words_to) {
    const descriptor words(open(words_to.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (words.number() < 0) {
        return cannot("write " + words_to);
    }
    std::vector<std::string> all{program};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = environment;
    const std::vector<char*> argument_pointers = pointers(all);
    const std::vector<char*> variable_pointers = pointers(variables);
    const pid_t parent = getpid();
    const pid_t process = fork();
    if (process < 0) {
        return cannot("start " + program);
    }
    if (process == 0) {
        become(program.c_str(), argument_pointers.data(), variable_pointers.data(), words.number(), parent);
    }
    return child(process);
}

child::child(child&& other) noexcept : process_(std::exchange(other.process_, -1)), status_(other.status_) {}

child::~child() {
    if (process_ > 0 && !status_) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
}

void child::end() {
    if (process_ > 0 && !status_) {
        kill(process_, SIGTERM);
    }
}

std::optional<int> child::ended() {
    int status = 0;
    if (process_ > 0 && !status_ && waitpid(process_, &status, WNOHANG) == process_) {
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return status_;
}

bool answers_well(std::uint16_t port, std::string_view path, std::chrono::milliseconds limit) {
    const descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
        return false;
    }
    const std::string request =
        std::string("GET ").append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    if (!wait_for(socket.number(), POLLOUT, limit) ||
        send(socket.number(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()) ||
        !wait_for(socket.number(), POLLIN, limit)) {
        return false;
    }
    std::array<char, 64> start{};
    const ssize_t size = recv(socket.number(), start.data(), start.size(), 0);
    return size > 12 && std::string_view(start.data(), 12) == "HTTP/1.1 200";
}

result<std::uint16_t> free_port() {
    const descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return cannot("find a free port");
    }
    return ntohs(address.sin_port);
}

}  // namespace td::sim_server
