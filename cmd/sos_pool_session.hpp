#pragma once
// What the acts of `tdctl sos-pool` share: the pool, the callback map, the moment, and who is acting.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "cmd/context.hpp"
#include "cmd/pool_adapters.hpp"
#include "cmd/verbs.hpp"
#include "pool/words.hpp"
#include "ports/callback_map.hpp"
#include "ports/number_store.hpp"

namespace td::cmd::sos_pool {

/// The options that every act has which changes something.
struct change_options {
    bool dry_run = false;
    std::string why;
};
void declare_dry_run(CLI::App& app, change_options& options);
void declare_why(CLI::App& app, change_options& options);

/// A number as an operator writes it.
[[nodiscard]] result<number_id> number_named(const std::string& written);

class session {
public:
    /// Opens the pool that the configuration names. A rehearsal walks through every act and leaves no trace.
    [[nodiscard]] static result<std::unique_ptr<session>> open(context& with, bool rehearsal);
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    context& with;
    const config::settings& settings;
    std::unique_ptr<ports::number_store> store;
    const bool rehearsal;
    /// One moment for the whole run, so that a table does not contradict itself.
    const instant now;
    const std::string who;  ///< for the audit: user@host, the user before sudo

    [[nodiscard]] pool::lease_rules rules() const;
    /// The row with the state that it has now, which may not have been written yet.
    [[nodiscard]] pool::number_row as_now(const pool::number_row& row) const;
    [[nodiscard]] result<std::vector<pool::number_row>> numbers_now() const;
    /// The city that the operator named by code or name; an empty name is an empty city.
    [[nodiscard]] result<pool::city> city_named(const std::string& written) const;

    /// The callback map where it is not the pool itself; else nullptr.
    [[nodiscard]] result<std::unique_ptr<ports::callback_store>> open_map() const;

    /// Takes the routes of those numbers out of the callback map that lead to nobody any more.
    [[nodiscard]] exit_status take_from_map(const std::vector<pool::number_row>& rows) const;
    /// The pool was written, the map was not: says so.
    [[nodiscard]] exit_status not_in_the_map(const failure& why) const;

    /// Says why on stderr and gives the exit status that belongs to it in this verb.
    [[nodiscard]] exit_status complain(const failure& why) const;
    /// One line for people about what was done, or would be.
    void tell(const std::string& done, const std::string& would) const;

private:
    session(context& with_, const config::settings& settings_, std::unique_ptr<ports::number_store> store_,
            pool_manner how);
};

/// The act of a sub-verb that only reads.
template <class Options>
act looking(std::shared_ptr<Options> options, exit_status (*what)(session&, const Options&)) {
    return [options, what](context& with) {
        if (with.settings() == nullptr) {
            return exit_status::usage;
        }
        const auto opened = session::open(with, false);
        return opened ? what(**opened, *options) : with.complain(opened.why());
    };
}

/// The act of a sub-verb that changes something: with --dry-run it is a rehearsal.
template <class Options>
act changing(std::shared_ptr<Options> options, exit_status (*what)(session&, const Options&)) {
    return [options, what](context& with) {
        if (with.settings() == nullptr) {
            return exit_status::usage;
        }
        const auto opened = session::open(with, options->dry_run);
        return opened ? what(**opened, *options) : with.complain(opened.why());
    };
}

// The sub-verbs, one file each group.
[[nodiscard]] std::vector<verb> city_verbs();    ///< migrate, city
[[nodiscard]] std::vector<verb> number_verbs();  ///< import, export, add, enable, disable, remove
[[nodiscard]] std::vector<verb> look_verbs();    ///< list, show, who, audit, stats
[[nodiscard]] std::vector<verb> lease_verbs();   ///< lease, end, release, expire
[[nodiscard]] std::vector<verb> map_verbs();     ///< verify, rebuild
[[nodiscard]] verb size_verb();

}  // namespace td::cmd::sos_pool
