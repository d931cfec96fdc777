#pragma once
// A real RabbitMQ of the test's own: a scratch directory, free ports on loopback, an epmd of its own, stopped by their
// pids. It is loaded with examples/rabbitmq, so the tests have what an operator would have.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/amqp_outsider.hpp"
#include "tests/support/scratch.hpp"

extern char** environ;

namespace td::test {

/// Below the ports that Linux gives out by itself, so that nobody takes it while the broker starts or is down, and no
/// attempt to reach the broker meets itself. Two test programs begin at different ones.
inline std::uint16_t free_port() {
    constexpr int first = 20100;
    constexpr int count = 12500;
    static int turn = static_cast<int>(::getpid() % (count / 10)) * 10;
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

class rabbitmq_server {
public:
    rabbitmq_server() : port_(free_port()), epmd_port_(free_port()), distribution_port_(free_port()) {
        const std::string home = dir_.path() / "home";
        std::filesystem::create_directory(home);
        write_file(home + "/.erlang.cookie", "THECOOKIEOFTHETEST");
        std::filesystem::permissions(home + "/.erlang.cookie", std::filesystem::perms::owner_read);
        write_file(dir_.path() / "rabbitmq.conf", "listeners.tcp.1 = 127.0.0.1:" + std::to_string(port_) +
                                                      "\nload_definitions = " TDCTL_SOURCE_DIR
                                                      "/examples/rabbitmq/definitions.json\n");
        epmd_ = spawn({"epmd", "-port", std::to_string(epmd_port_), "-address", "127.0.0.1"});
        try {
            start();
        } catch (...) {
            end();
            throw;
        }
    }
    rabbitmq_server(const rabbitmq_server&) = delete;
    rabbitmq_server& operator=(const rabbitmq_server&) = delete;
    ~rabbitmq_server() { end(); }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] amqp_outsider outsider() const { return {port_, "lab", "lab"}; }

    /// Returns when it lets people in.
    void start() {
        script_ = spawn({"/usr/lib/rabbitmq/bin/rabbitmq-server"});
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(400);
        while (!answers()) {
            if (std::chrono::steady_clock::now() > deadline || ::waitpid(script_, nullptr, WNOHANG) == script_) {
                throw std::runtime_error("RabbitMQ did not start:\n" + text_of_file(dir_.path() / "output"));
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        // The lab may do everything; the writer may write to td.calls and configure nothing; tdctl is the example's.
        control({"eval", R"(U = <<"t">>,
            rabbit_auth_backend_internal:put_user(#{name => <<"lab">>, password => <<"lab">>, tags => <<>>}, U),
            rabbit_auth_backend_internal:set_permissions(<<"lab">>, <<"/">>, <<".*">>, <<".*">>, <<".*">>, U),
            rabbit_auth_backend_internal:put_user(#{name => <<"writer">>, password => <<"lab">>, tags => <<>>}, U),
            rabbit_auth_backend_internal:set_permissions(<<"writer">>, <<"/">>, <<"^$">>, <<"^td\\.calls$">>, <<"^$">>, U),
            rabbit_auth_backend_internal:change_password(<<"tdctl">>, <<"secret">>, U).)"});
    }
    /// kill -9
    void crash() {
        ::kill(beam(), SIGKILL);
        ::waitpid(script_, nullptr, 0);
        std::filesystem::remove(dir_.path() / "pid");  // that number may be somebody else's from now on
    }

    /// While it lives the broker takes connections and does not answer.
    class frost {
    public:
        explicit frost(pid_t of) : pid_(of) { ::kill(pid_, SIGSTOP); }
        frost(const frost&) = delete;
        frost& operator=(const frost&) = delete;
        ~frost() { thaw(); }
        void thaw() const { ::kill(pid_, SIGCONT); }

    private:
        pid_t pid_;
    };
    [[nodiscard]] frost freeze() const { return frost(beam()); }

    /// While it lives the broker is short of memory.
    class shortage {
    public:
        explicit shortage(rabbitmq_server& of) : broker_(of) { broker_.control({"set_vm_memory_high_watermark", "0"}); }
        shortage(const shortage&) = delete;
        shortage& operator=(const shortage&) = delete;
        ~shortage() {
            try {
                end();
            } catch (const std::runtime_error&) {
                // Another failure is on its way; the tests that follow say what they miss.
                over_ = true;
            }
        }
        void end() {
            if (!over_) {
                broker_.control({"set_vm_memory_high_watermark", "0.6"});
                over_ = true;
            }
        }

    private:
        rabbitmq_server& broker_;
        bool over_ = false;
    };
    [[nodiscard]] shortage run_short() { return shortage(*this); }

    /// rabbitmqctl
    void control(std::vector<std::string> words) {
        words.insert(words.begin(), {"/usr/lib/rabbitmq/bin/rabbitmqctl", "-q"});
        int status = 0;
        ::waitpid(spawn(words), &status, 0);
        if (status != 0) {
            throw std::runtime_error("rabbitmqctl " + words[2] + " failed:\n" + text_of_file(dir_.path() / "output"));
        }
    }

private:
    void end() {
        if (std::filesystem::exists(dir_.path() / "pid")) {
            crash();
        }
        ::kill(epmd_, SIGKILL);
        ::waitpid(epmd_, nullptr, 0);
    }

    [[nodiscard]] pid_t beam() const { return std::stoi(text_of_file(dir_.path() / "pid")); }

    [[nodiscard]] bool answers() const {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.sin_port = htons(port_);
        const bool open = ::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
        ::close(socket);
        return open;
    }

    std::vector<std::string> surroundings() const {
        const std::string dir = dir_.path();
        std::vector<std::string> all{"HOME=" + dir + "/home",
                                     "RABBITMQ_NODENAME=td" + std::to_string(port_) + "@localhost",
                                     "ERL_EPMD_PORT=" + std::to_string(epmd_port_),
                                     "ERL_EPMD_ADDRESS=127.0.0.1",
                                     "RABBITMQ_MNESIA_BASE=" + dir + "/data",
                                     "RABBITMQ_LOG_BASE=" + dir + "/log",
                                     "RABBITMQ_PID_FILE=" + dir + "/pid",
                                     "RABBITMQ_DIST_PORT=" + std::to_string(distribution_port_),
                                     "RABBITMQ_CONFIG_FILE=" + dir + "/rabbitmq.conf",
                                     "RABBITMQ_ENABLED_PLUGINS_FILE=" + dir + "/plugins",
                                     "RABBITMQ_CONF_ENV_FILE=/dev/null",
                                     "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}",
                                     "ERL_CRASH_DUMP_SECONDS=0"};
        for (char** each = environ; *each != nullptr; ++each) {
            if (const std::string_view word(*each); word.starts_with("PATH=") || word.starts_with("LANG=")) {
                all.emplace_back(word);
            }
        }
        return all;
    }

    pid_t spawn(std::vector<std::string> words) const {
        const auto pointers = [](std::vector<std::string>& of) {
            std::vector<char*> all;
            for (std::string& each : of) {
                all.push_back(each.data());
            }
            all.push_back(nullptr);
            return all;
        };
        auto around = surroundings();
        const std::string output = dir_.path() / "output";
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        ::posix_spawn_file_actions_adddup2(&files, 1, 2);
        pid_t pid = -1;
        const int error = ::posix_spawnp(&pid, words.front().c_str(), &files, nullptr, pointers(words).data(),
                                         pointers(around).data());
        ::posix_spawn_file_actions_destroy(&files);
        if (error != 0) {
            throw std::runtime_error("cannot start " + words.front() + ": it is in Debian's rabbitmq-server");
        }
        return pid;
    }

    scratch_dir dir_;
    std::uint16_t port_;
    std::uint16_t epmd_port_;
    std::uint16_t distribution_port_;
    pid_t epmd_ = -1;
    pid_t script_ = -1;
};

}  // namespace td::test
