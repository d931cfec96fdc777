#pragma once
// What SIGHUP does: the configuration is read again, and where it is right it rules the calls that come from now on.

#include "base/instant.hpp"
#include "cmd/context.hpp"
#include "config/settings.hpp"
#include "crm/file_crm.hpp"
#include "runtime/log.hpp"
#include "runtime/recorder.hpp"
#include "runtime/worker.hpp"

namespace td::cmd {

struct reload_targets {
    context& with;
    const config::settings& in_force;
    runtime::worker& worker;
    runtime::recorder& journal;
    runtime::log& log;
    crm::file_crm* crm = nullptr;  ///< nullptr when the CRM is a server
};

/// A configuration with an error changes nothing. What follows only a restart is named in the log.
void read_again(const reload_targets& to, instant now);

}  // namespace td::cmd
