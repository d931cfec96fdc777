#pragma once
// Everything that a worker needs for emergency calls and callbacks beside the door calls: a line to Asterisk of their
// own, the pool of numbers with its notes, the callback map. Here is only the wiring.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "ari/client.hpp"
#include "cmd/adapters.hpp"
#include "lending/lending_desk.hpp"

namespace td::cmd {

class emergency_line {
public:
    struct surroundings {
        boost::asio::io_context& loop;
        const config::settings& from;
        secret_reader secrets;
        std::string node;
        std::function<instant()> now;
        ports::fact_sink facts;
        std::function<call_id()> name_call;
        ari::log_sink log;
        std::function<void(std::string)> pool_log;  ///< takes what the pool's store does not take
        std::function<void(failure)> fatal;
        std::function<std::optional<duration>()> hold;  ///< of claims, see ari::client
        alarm_sink alarms;
        runtime::metrics& metrics;
    };
    /// Fails on what is wrong in the configuration; a store or a Redis that is away is an alarm, and no failure.
    [[nodiscard]] static result<std::unique_ptr<emergency_line>> open(const surroundings& around);
    emergency_line(const emergency_line&) = delete;
    emergency_line& operator=(const emergency_line&) = delete;
    ~emergency_line();

    [[nodiscard]] ari::client& asterisk() { return *asterisk_; }
    [[nodiscard]] ports::number_pool& numbers() { return *desk_; }
    void show(runtime::metrics& to) const;
    /// Writes what it can of what is still to be written; the rest stays in the notes.
    void close(std::chrono::milliseconds limit) { desk_->close(limit); }
    /// After `close`: the program must end by std::_Exit, because a thread hangs in the database's library.
    [[nodiscard]] bool threads_left() const { return desk_->threads_left(); }

private:
    emergency_line() = default;

    // The desk's sinks are called by the map, which goes first; Asterisk's by the loop.
    std::unique_ptr<lending::lending_desk> desk_;
    chosen_map map_;
    std::unique_ptr<ari::client> asterisk_;
};

}  // namespace td::cmd
