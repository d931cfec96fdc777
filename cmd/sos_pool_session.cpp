#include "cmd/sos_pool_session.hpp"

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <utility>

#include "config/words.hpp"
#include "pool/cities.hpp"
#include "pool/numbers.hpp"
#include "pool/rules.hpp"
#include "runtime/clock.hpp"

namespace td::cmd::sos_pool {
namespace {

/// The person behind this run: under sudo the one who called it.
std::string user_name(const config::variable_map& variables) {
    const auto before_sudo = variables.find("SUDO_USER");
    if (before_sudo != variables.end() && !before_sudo->second.empty()) {
        return config::printable(before_sudo->second);
    }
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? config::printable(entry->pw_name) : "uid " + std::to_string(::geteuid());
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? config::printable(name.data()) : "localhost";
}

}  // namespace

void declare_dry_run(CLI::App& app, change_options& options) {
    app.add_flag("--dry-run", options.dry_run, "Do everything but keep nothing: print what would be done");
}

void declare_why(CLI::App& app, change_options& options) {
    app.add_option("--why", options.why, "What the audit shall say about the reason")->type_name("TEXT");
}

result<number_id> number_named(const std::string& written) {
    if (!pool::is_number(written)) {
        return failure{failure_kind::bad_input, config::printable(pool::not_a_number(written), 300)};
    }
    return number_id(written);
}

session::session(context& with_, const config::settings& settings_, std::unique_ptr<ports::number_store> store_,
                 pool_manner how)
    : with(with_),
      settings(settings_),
      store(std::move(store_)),
      rehearsal(how.rehearsal),
      now(runtime::wall_clock()),
      who(std::move(how.who)) {}

result<std::unique_ptr<session>> session::open(context& with, bool rehearsal) {
    const config::settings& settings = *with.settings();
    std::string who = user_name(with.variables()) + "@" + host_name();
    auto store =
        open_pool(settings, [&with](const config::secret_ref& from) { return with.secret_of(from); }, {rehearsal, who});
    if (!store) {
        return store.why();
    }
    return std::unique_ptr<session>(new session(with, settings, std::move(*store), {rehearsal, std::move(who)}));
}

pool::lease_rules session::rules() const {
    return lease_rules(settings);
}

pool::number_row session::as_now(const pool::number_row& row) const {
    return pool::state_at(row, now, rules());
}

result<std::vector<pool::number_row>> session::numbers_now() const {
    auto rows = store->numbers();
    if (rows) {
        for (pool::number_row& each : *rows) {
            each = as_now(each);
        }
    }
    return rows;
}

result<pool::city> session::city_named(const std::string& written) const {
    const auto cities = store->cities();
    if (!cities) {
        return cities.why();
    }
    auto found = pool::find_city(*cities, written);
    if (!found) {
        return failure{found.why().kind, "city \"" + config::printable(written) + "\": " + found.why().text};
    }
    return found;
}

result<std::unique_ptr<ports::callback_store>> session::open_map() const {
    context& reader = with;
    return open_callback_store(settings, [&reader](const config::secret_ref& from) { return reader.secret_of(from); });
}

exit_status session::not_in_the_map(const failure& why) const {
    with.complain("the pool is right, but the callback map could not be written: " + why.text +
                  "; `tdctl sos-pool verify --repair` writes it");
    return exit_status::partly;
}

exit_status session::take_from_map(const std::vector<pool::number_row>& rows) const {
    if (rehearsal) {
        return exit_status::done;
    }
    const auto map = open_map();
    if (!map) {
        return not_in_the_map(map.why());
    }
    std::vector<ports::callback_removal> removals;
    for (const pool::number_row& row : rows) {
        if (row.lease != 0 && row.state != pool::number_state::leased && row.state != pool::number_state::window) {
            removals.push_back({row.number, row.lease});
        }
    }
    if (*map == nullptr || removals.empty()) {
        return exit_status::done;
    }
    const auto removed = (*map)->remove(removals);
    return removed ? exit_status::done : not_in_the_map(removed.why());
}

exit_status session::complain(const failure& why) const {
    const exit_status usual = with.complain(why);
    // The pool itself says no: another try changes nothing, --force or another number does.
    return why.kind == failure_kind::taken ? exit_status::not_allowed : usual;
}

void session::tell(const std::string& done, const std::string& would) const {
    with.say(rehearsal ? "dry run: " + would : done);
}

}  // namespace td::cmd::sos_pool
