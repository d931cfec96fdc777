#pragma once
// Plays an evening in real time: opens the simulated operator on free ports, starts a real worker against it, plays the
// scenes, ends the worker, reads its records and holds everything against the truth.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sim_server/evening.hpp"

namespace td::sim_server {

struct evening_options {
    std::size_t calls = 12;
    sim::asterisk_release release = sim::asterisk_release::v22;
    std::string program = "/proc/self/exe";     ///< what is started as `PROGRAM --config FILE serve-ari --node evening`
    std::filesystem::path scratch;              ///< an empty directory; the caller removes it
    std::function<void(std::string_view)> say;  ///< one line of progress for people
    std::function<void(std::string_view)> answer;  ///< the same, for the one that SIGUSR1 asked for
};

struct evening_report {
    std::vector<door_scene> scenes;
    std::vector<kept_record> records;
    std::vector<std::string> broken;  ///< promises; empty is well
    std::size_t told = 0;             ///< the scene that the story tells
    std::vector<told_line> story;
    std::uint64_t requests = 0;  ///< REST, by HTTP and over the WebSocket
    std::uint64_t events = 0;
    std::uint64_t pushes = 0;
    int stopped_by = 0;  ///< the signal that cut the evening short; then the rest is not complete
};

/// Takes about 400 ms a call and ten seconds more. The failures: a port, the worker that does not start or is not ready
/// in ten seconds (with its last words), a spool that cannot be read. SIGINT and SIGTERM end it early; nothing is left
/// running in any case.
[[nodiscard]] result<evening_report> play_evening(const evening_options& options);

}  // namespace td::sim_server
