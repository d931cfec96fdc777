#include "cmd/pool_adapters.hpp"

namespace td::cmd {

pool::lease_rules lease_rules(const config::settings& from) {
    pool::lease_rules rules;
    rules.window = from.sos.window;
    rules.guard = from.sos.guard;
    return rules;
}

result<std::unique_ptr<ports::number_store>> open_pool(const config::settings&, const secret_reader&, bool) {
    return failure{failure_kind::unreachable, "none yet"};
}

result<std::unique_ptr<ports::callback_store>> open_callback_store(const config::settings&, const secret_reader&) {
    return std::unique_ptr<ports::callback_store>();
}

}  // namespace td::cmd
