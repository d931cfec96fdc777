#pragma once
// `serve-ari` from its start to its exit status: makes the adapters, serves until it is told to stop, drains, and ends.
// What a call does is decided in lib/call; here is only what a process does.

#include <memory>
#include <string>

#include "base/instant.hpp"
#include "cmd/context.hpp"
#include "cmd/exit_status.hpp"
#include "cmd/succession.hpp"

namespace td::cmd {

struct service_wishes {
    std::string node;      ///< whose journal it is; the host's name as a rule
    duration drain = 60s;  ///< how long living calls may go on after SIGTERM
    duration wait = 10s;   ///< how long Asterisk may stay away at the start
    patience_of patience = patience_of::successor;
};

class door_service {
public:
    /// Opens everything that can be refused: secrets, directories, the port of the metrics. Where another process
    /// serves already, waits until the work is ours (succession.hpp).
    [[nodiscard]] static result<std::unique_ptr<door_service>> open(context& with, const service_wishes& wishes);
    ~door_service();
    door_service(const door_service&) = delete;
    door_service& operator=(const door_service&) = delete;

    /// Serves until SIGTERM or SIGINT, and then drains, until SIGUSR2 or a successor, and then hands over, or until a
    /// fatal outcome. SIGHUP reads the configuration again.
    [[nodiscard]] exit_status run();

private:
    struct insides;
    explicit door_service(std::unique_ptr<insides> in);
    std::unique_ptr<insides> in_;
};

}  // namespace td::cmd
