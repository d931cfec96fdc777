#include "cmd/pool_adapters.hpp"

#include <utility>

#include "callback/redis_callback_store.hpp"
#include "store/open_store.hpp"

namespace td::cmd {

pool::lease_rules lease_rules(const config::settings& from) {
    pool::lease_rules rules;
    rules.window = from.sos.window;
    rules.guard = from.sos.guard;
    return rules;
}

result<store::store_options> store_options_of(const config::settings& from, const secret_reader& secrets) {
    store::store_options options;
    options.url = from.pool.url.text;
    options.rules = lease_rules(from);
    if (from.pool.url.scheme == "mysql") {
        auto password = secrets(from.pool.password);
        if (!password) {
            return password.why();
        }
        options.password = std::move(*password);
    }
    return options;
}

result<std::unique_ptr<ports::number_store>> open_pool(const config::settings& from, const secret_reader& secrets,
                                                       const pool_manner& how) {
    auto options = store_options_of(from, secrets);
    if (!options) {
        return options.why();
    }
    options->deadline = 10s;  // an operator would rather wait than begin again
    options->rehearsal = how.rehearsal;
    options->who = how.who;
    return store::open_store(*options);
}

result<std::unique_ptr<ports::callback_store>> open_callback_store(const config::settings& from,
                                                                   const secret_reader& secrets) {
    if (from.callback_map.url.scheme != "redis") {
        return std::unique_ptr<ports::callback_store>();
    }
    auto place = redis::read_url(from.callback_map.url.text);
    if (!place) {
        return place.why();
    }
    auto password = secrets(from.callback_map.password);
    if (!password) {
        return password.why();
    }
    callback::redis_callback_store_options options;
    options.place = std::move(*place);
    options.password = std::move(*password);
    auto opened = callback::redis_callback_store::open(std::move(options));
    if (!opened) {
        return opened.why();
    }
    return std::unique_ptr<ports::callback_store>(std::move(*opened));
}

}  // namespace td::cmd
