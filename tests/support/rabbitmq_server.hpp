#pragma once
// A real RabbitMQ of the test's own: a scratch directory, free ports on loopback, an epmd of its own, stopped by their
// pids. It is loaded with examples/rabbitmq, so the tests have what an operator would have. And an outsider who looks
// into it, independent of the code under test.

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

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

#include "tests/support/scratch.hpp"

extern char** environ;

namespace td::test {

inline std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    ::bind(socket, reinterpret_cast<sockaddr*>(&where), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size);
    ::close(socket);
    return ntohs(where.sin_port);
}

inline amqp_bytes_t amqp_text(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};
}

/// Somebody else at the broker: declares, binds, reads.
class amqp_outsider {
public:
    struct message {
        std::string key;
        std::string message_id;
        std::string body;
        std::string content_type;
        std::string app_id;
        unsigned delivery_mode = 0;
        std::uint64_t timestamp = 0;
        bool redelivered = false;
    };

    amqp_outsider(std::uint16_t port, const char* user, const char* password) : connection_(amqp_new_connection()) {
        amqp_socket_t* socket = amqp_tcp_socket_new(connection_);
        timeval limit{10, 0};
        const bool in = amqp_socket_open_noblock(socket, "127.0.0.1", port, &limit) == AMQP_STATUS_OK &&
                        amqp_login(connection_, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, user, password).reply_type ==
                            AMQP_RESPONSE_NORMAL;
        if (in) {
            amqp_channel_open(connection_, 1);
        }
        if (!in || amqp_get_rpc_reply(connection_).reply_type != AMQP_RESPONSE_NORMAL) {
            amqp_destroy_connection(connection_);
            throw std::runtime_error("RabbitMQ does not let the outsider in");
        }
    }
    amqp_outsider(const amqp_outsider&) = delete;
    amqp_outsider& operator=(const amqp_outsider&) = delete;
    ~amqp_outsider() { amqp_destroy_connection(connection_); }

    void declare_exchange(std::string_view name, std::string_view type) {
        amqp_exchange_declare(connection_, 1, amqp_text(name), amqp_text(type), 0, 1, 0, 0, amqp_empty_table);
        must("exchange.declare");
    }
    void delete_exchange(std::string_view name) {
        amqp_exchange_delete(connection_, 1, amqp_text(name), 0);
        must("exchange.delete");
    }
    /// A durable queue for all records of an exchange; with a limit it refuses what does not fit.
    void bind_queue(std::string_view queue, std::string_view exchange, std::string_view key, int most = 0) {
        amqp_table_entry_t limits[2]{};
        limits[0].key = amqp_cstring_bytes("x-max-length");
        limits[0].value.kind = AMQP_FIELD_KIND_I32;
        limits[0].value.value.i32 = most;
        limits[1].key = amqp_cstring_bytes("x-overflow");
        limits[1].value.kind = AMQP_FIELD_KIND_UTF8;
        limits[1].value.value.bytes = amqp_cstring_bytes("reject-publish");
        const amqp_table_t limited{2, limits};
        amqp_queue_declare(connection_, 1, amqp_text(queue), 0, 1, 0, 0, most > 0 ? limited : amqp_empty_table);
        must("queue.declare");
        amqp_queue_bind(connection_, 1, amqp_text(queue), amqp_text(exchange), amqp_text(key), amqp_empty_table);
        must("queue.bind");
    }
    /// Takes everything that stands in the queue.
    std::vector<message> take_all(std::string_view queue) {
        std::vector<message> all;
        for (;;) {
            amqp_maybe_release_buffers(connection_);
            const amqp_rpc_reply_t reply = amqp_basic_get(connection_, 1, amqp_text(queue), 1);
            if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
                throw std::runtime_error("basic.get failed");
            }
            if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) {
                return all;
            }
            const auto* got = static_cast<const amqp_basic_get_ok_t*>(reply.reply.decoded);
            message read;
            read.key = text(got->routing_key);
            read.redelivered = got->redelivered != 0;
            amqp_message_t raw{};
            if (amqp_read_message(connection_, 1, &raw, 0).reply_type != AMQP_RESPONSE_NORMAL) {
                throw std::runtime_error("the message does not follow");
            }
            read.message_id = text(raw.properties.message_id);
            read.content_type = text(raw.properties.content_type);
            read.app_id = text(raw.properties.app_id);
            read.delivery_mode = raw.properties.delivery_mode;
            read.timestamp = raw.properties.timestamp;
            read.body = text(raw.body);
            amqp_destroy_message(&raw);
            all.push_back(std::move(read));
        }
    }

private:
    static std::string text(amqp_bytes_t bytes) { return {static_cast<const char*>(bytes.bytes), bytes.len}; }
    void must(const char* what) const {
        if (amqp_get_rpc_reply(connection_).reply_type != AMQP_RESPONSE_NORMAL) {
            throw std::runtime_error(std::string("RabbitMQ refuses ") + what);
        }
    }
    amqp_connection_state_t connection_;
};

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
        start();
    }
    rabbitmq_server(const rabbitmq_server&) = delete;
    rabbitmq_server& operator=(const rabbitmq_server&) = delete;
    ~rabbitmq_server() {
        crash();
        ::kill(epmd_, SIGKILL);
        ::waitpid(epmd_, nullptr, 0);
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] amqp_outsider outsider() const { return {port_, "lab", "lab"}; }

    /// Returns when it lets people in.
    void start() {
        script_ = spawn({"/usr/lib/rabbitmq/bin/rabbitmq-server"});
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(180);
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
    }
    /// It takes connections and does not answer, until `thaw`.
    void freeze() const { ::kill(beam(), SIGSTOP); }
    void thaw() const { ::kill(beam(), SIGCONT); }

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
