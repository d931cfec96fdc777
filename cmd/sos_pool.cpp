// tdctl sos-pool: the pool of numbers for emergency calls, for an operator at a shell and for cron. This file lists the
// sub-verbs; sos_pool_*.cpp carry them out.

#include <CLI/CLI.hpp>

#include "cmd/sos_pool_session.hpp"

namespace td::cmd {
namespace {

act declare(CLI::App& app) {
    std::vector<verb> all;
    for (std::vector<verb> (*group)() : {sos_pool::city_verbs, sos_pool::number_verbs, sos_pool::look_verbs,
                                         sos_pool::lease_verbs, sos_pool::map_verbs}) {
        for (verb& each : group()) {
            all.push_back(std::move(each));
        }
    }
    all.push_back(sos_pool::size_verb());
    return declare_verbs(app, all);
}

}  // namespace

verb sos_pool_verb() {
    return {"sos-pool", "Keep the pool of numbers that emergency calls borrow",
            "  tdctl sos-pool migrate\n"
            "  tdctl sos-pool city add a376e68d-724a-4472-be7c-891bdb09ae32 --name Chelyabinsk --route 73512000112\n"
            "  tdctl sos-pool add 73512000001-73512000099 --city Chelyabinsk\n"
            "  tdctl sos-pool who 73512000001 --at 2026-11-23T14:05:00+05:00\n"
            "  tdctl sos-pool stats --low-water 10%\n",
            declare};
}

}  // namespace td::cmd
