#pragma once
// How a process comes to serve. One that finds the node's work free serves at once. One that finds it held relieves the
// holder: it takes both applications over in Asterisk, which tells the holder to step down, and goes on with the calls
// from the journal. Meanwhile its own lines keep the applications alive, so that Asterisk hangs up no phone that
// answers in between. A standby waits until the holder is gone, hangs, or drains.

#include <functional>
#include <memory>
#include <string>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "cmd/context.hpp"
#include "runtime/log.hpp"

namespace td::cmd {

/// When a process that finds the work held begins with it.
enum class patience_of : std::uint8_t {
    successor,  ///< at once: it relieves the holder
    standby,    ///< when the holder is gone, silent, or drains
};

class succession {
public:
    struct wishes {
        std::string node;
        patience_of patience = patience_of::successor;
        duration wait = 10s;  ///< how long Asterisk may stay away
    };
    /// What `begin` came to.
    enum class turn : std::uint8_t {
        ours,         ///< the lock is held until this object goes
        told_to_end,  ///< SIGTERM, SIGINT or SIGUSR2 came first
    };

    succession(context& with, const config::settings& from, wishes wanted, runtime::log& log);
    ~succession();
    succession(const succession&) = delete;
    succession& operator=(const succession&) = delete;

    /// Blocks until the work is ours. Failures: taken (another application or Asterisk is served from this journal),
    /// unreachable (Asterisk, when somebody is to be relieved), not_allowed (the directory, or ari.password).
    [[nodiscard]] result<turn> begin();
    /// Takes the applications, where nobody was relieved, for as long as the journal is read: without a holder Asterisk
    /// hangs up every phone that answers. Blocks until both are held, a second at most; what Asterisk refuses is told
    /// by the lines that serve.
    void hold_meanwhile();
    /// The new lines to Asterisk are up: those that kept its applications alive are closed.
    void serving();

private:
    struct insides;
    std::unique_ptr<insides> in_;
};

}  // namespace td::cmd
