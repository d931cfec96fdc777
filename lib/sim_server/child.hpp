#pragma once
// A child process that is watched from the loop: started with its own environment, its words going to a file, ended in
// order or by force, and never left behind.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace td::sim_server {

class child {
public:
    /// Starts `program` (a path) with these words and exactly this environment (NAME=VALUE); stdout and stderr go to
    /// `words_to`. The child gets SIGKILL when this process dies.
    [[nodiscard]] static result<child> start(const std::string& program, const std::vector<std::string>& arguments,
                                             const std::vector<std::string>& environment, const std::string& words_to);

    child(child&& other) noexcept;
    child& operator=(child&&) = delete;
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    /// A child that still runs is killed and waited for.
    ~child();

    /// Asks it to end (SIGTERM).
    void end();
    /// The exit status, or 128 and the signal; nothing while it runs.
    [[nodiscard]] std::optional<int> ended();

private:
    explicit child(pid_t process) : process_(process) {}

    pid_t process_ = -1;
    std::optional<int> status_;
};

/// True when http://127.0.0.1:PORT/PATH answers 200 within `limit`; blocks for so long at most.
[[nodiscard]] bool answers_well(std::uint16_t port, std::string_view path, std::chrono::milliseconds limit);
/// A TCP port of loopback that is free just now.
[[nodiscard]] result<std::uint16_t> free_port();

}  // namespace td::sim_server
