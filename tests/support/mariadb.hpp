#pragma once
// A MariaDB server of the test's own: fresh data in a scratch directory, a free port on loopback, stopped by its pid.
// Its users come from examples/mysql, so the tests have no more rights than an operator's workers.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/free_port.hpp"
#include "tests/support/scratch.hpp"

extern char** environ;

namespace td::test {

/// Starts a program with its input from and its output into files; its pid.
inline pid_t spawn(std::vector<std::string> words, const std::string& input, const std::string& output) {
    std::vector<char*> arguments;
    for (std::string& each : words) {
        arguments.push_back(each.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, input.c_str(), O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, arguments.front(), &files, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) {
        throw std::runtime_error("cannot start " + words.front() + ": it is in Debian's mariadb-server");
    }
    return pid;
}

class mariadb {
public:
    /// `more`: options of mariadbd. With 2, what is committed survives SIGKILL, and the tests need no power cuts.
    explicit mariadb(std::vector<std::string> more = {"--innodb-flush-log-at-trx-commit=2"})
        : port_(free_port()), more_(std::move(more)) {
        const passwd* me = ::getpwuid(::geteuid());
        user_ = me == nullptr ? "root" : me->pw_name;
        run({"mariadb-install-db", "--no-defaults", "--datadir=" + data(), "--user=" + user_, "--skip-test-db",
             "--auth-root-authentication-method=normal"});
        start();
        run_sql(example("1-database.sql"));
    }
    mariadb(const mariadb&) = delete;
    mariadb& operator=(const mariadb&) = delete;
    ~mariadb() { stop(SIGTERM); }

    /// Once the tables are there.
    void let_workers_in() { run_sql(example("2-worker.sql")); }

    void start() {
        std::vector<std::string> words{"mariadbd",
                                       "--no-defaults",
                                       "--datadir=" + data(),
                                       "--user=" + user_,
                                       "--port=" + std::to_string(port_),
                                       "--socket=" + socket(),
                                       "--pid-file=" + (dir_.path() / "pid").string(),
                                       "--bind-address=127.0.0.1",
                                       "--skip-name-resolve",
                                       "--max-connections=400",
                                       "--back-log=400",
                                       "--innodb-buffer-pool-size=64M"};
        words.insert(words.end(), more_.begin(), more_.end());
        pid_ = spawn(words, "/dev/null", log());
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(180);
        while (!answers()) {
            if (std::chrono::steady_clock::now() > deadline || ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
                throw std::runtime_error("mariadbd did not start:\n" + text_of_file(log()));
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }

    void stop(int signal) {
        if (pid_ > 0) {
            ::kill(pid_, signal);
            ::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

    /// It takes questions and does not answer, until `go_on`.
    void fall_silent() const {
        ::kill(pid_, SIGSTOP);
        ::waitpid(pid_, nullptr, WUNTRACED);  // a stop takes a while to reach every thread
    }
    void go_on() const { ::kill(pid_, SIGCONT); }

    /// Runs statements as the server's administrator.
    void run_sql(const std::string& statements) {
        const std::string file = dir_.path() / "statements.sql";
        write_file(file, statements);
        run({"mariadb", "--no-defaults", "--socket=" + socket(), "--user=root"}, file);
    }

    /// Until no worker is connected. What one who was killed had begun goes on in the server for a while, and is done
    /// or undone by then.
    [[nodiscard]] bool is_left_alone() {
        return comes_true([this] {
            try {
                run_sql(
                    "DELIMITER //\nBEGIN NOT ATOMIC IF EXISTS (SELECT id FROM information_schema.processlist WHERE "
                    "user "
                    "LIKE 'td%') THEN SIGNAL SQLSTATE '45000'; END IF; END//\n");
                return true;
            } catch (const std::runtime_error&) {
                return false;
            }
        });
    }

    [[nodiscard]] std::string url(const std::string& as) const {
        return "mysql://" + as + "@127.0.0.1:" + std::to_string(port_) + "/td";
    }
    static constexpr const char* admin_password = "change-me-admin";
    static constexpr const char* worker_password = "change-me-worker";

private:
    static std::string example(const std::string& name) {
        return text_of_file(std::filesystem::path(TDCTL_SOURCE_DIR) / "examples/mysql" / name);
    }
    [[nodiscard]] std::string data() const { return dir_.path() / "data"; }
    [[nodiscard]] std::string socket() const { return dir_.path() / "socket"; }
    [[nodiscard]] std::string log() const { return dir_.path() / "log"; }

    void run(const std::vector<std::string>& words, const std::string& input = "/dev/null") {
        int status = 0;
        ::waitpid(spawn(words, input, log()), &status, 0);
        if (status != 0) {
            throw std::runtime_error(words.front() + " failed:\n" + text_of_file(log()));
        }
    }

    [[nodiscard]] bool answers() const {
        const int line = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(port_);
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const bool open = ::connect(line, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
        ::close(line);
        return open;
    }

    scratch_dir dir_;
    std::uint16_t port_;
    std::vector<std::string> more_;
    std::string user_;
    pid_t pid_ = -1;
};

}  // namespace td::test
