#pragma once
// The one thread that the simulated servers share: sockets, a clock and things to do later. Asio stays behind it, so
// that what is built on the loop compiles in a second.

#include <functional>
#include <memory>

#include "base/instant.hpp"

namespace boost::asio {
class io_context;
}

namespace td::sim_server {

class loop {
public:
    loop();
    ~loop();
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    /// The steady clock, anchored to the wall clock when the loop was made.
    [[nodiscard]] instant now() const;

    /// Does `act` once on this loop at `when`, or in the next turn if that is past. There is no way to take it back:
    /// what may be gone by then is asked inside `act`. Acts of the same instant keep their order.
    void at(instant when, std::function<void()> act);
    /// Does `act` once, after everything that is ready now.
    void soon(std::function<void()> act);

    /// Runs until `enough()` says yes, asked after every turn; false when `limit` passed or the loop was stopped first.
    bool run_until(const std::function<bool()>& enough, duration limit);
    /// Runs until stop().
    void run();
    void stop();
    [[nodiscard]] bool stopped() const;
    /// SIGINT and SIGTERM stop the loop from now on instead of ending the process.
    void stop_on_signals();
    /// SIGUSR1 does `act` on this loop from now on, instead of ending the process.
    void on_status_signal(std::function<void()> act);
    /// The signal that stopped the loop; 0 when none did.
    [[nodiscard]] int stopped_by() const;

    /// For the sockets of this library.
    [[nodiscard]] boost::asio::io_context& context();

private:
    struct inside;
    std::unique_ptr<inside> inside_;
};

}  // namespace td::sim_server
