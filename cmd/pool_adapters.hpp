#pragma once
// From settings to the number pool and the callback map: the only place that knows which database stands behind them.

#include <memory>
#include <string>

#include "cmd/adapters.hpp"
#include "config/settings.hpp"
#include "pool/words.hpp"
#include "ports/callback_map.hpp"
#include "ports/number_store.hpp"
#include "store/open_store.hpp"

namespace td::cmd {

[[nodiscard]] pool::lease_rules lease_rules(const config::settings& from);

struct pool_manner {
    bool rehearsal = false;  ///< every act is rolled back
    std::string who;         ///< for the audit, where an act names nobody
};

/// How the pool that pool.url names is opened.
[[nodiscard]] result<store::store_options> store_options_of(const config::settings& from, const secret_reader& secrets);

/// The pool that pool.url names, for a tool that may wait.
[[nodiscard]] result<std::unique_ptr<ports::number_store>> open_pool(const config::settings& from,
                                                                     const secret_reader& secrets,
                                                                     const pool_manner& how);

/// The map that callback_map.url names, for a tool that may wait; nullptr where it is the pool itself.
[[nodiscard]] result<std::unique_ptr<ports::callback_store>> open_callback_store(const config::settings& from,
                                                                                 const secret_reader& secrets);

}  // namespace td::cmd
