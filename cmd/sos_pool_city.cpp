// tdctl sos-pool migrate, city: the schema, and where the emergency calls of each city go.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <tuple>

#include "cmd/sos_pool_print.hpp"
#include "config/words.hpp"
#include "pool/cities.hpp"

namespace td::cmd::sos_pool {
namespace {

// ---- migrate

exit_status migrate(session& in, const change_options&) {
    const auto version = in.store->migrate();
    if (!version) {
        return in.complain(version.why());
    }
    if (in.with.json()) {
        in.with.out() << R"({"type":"schema","schema":1,"version":)" << *version
                      << (in.rehearsal ? R"(,"dry_run":true)" : "") << "}\n";
    }
    in.tell("the pool has schema version " + std::to_string(*version),
            "the pool would have schema version " + std::to_string(*version));
    return exit_status::done;
}

act declare_migrate(CLI::App& app) {
    const auto options = std::make_shared<change_options>();
    declare_dry_run(app, *options);
    return changing(options, migrate);
}

// ---- city

struct city_options : change_options {
    std::string fias;
    std::optional<std::string> name;
    std::optional<std::string> route;
    std::optional<std::string> second_route;
    std::optional<std::string> shared_number;
    std::optional<std::string> parent;
};

/// Puts what was given into `to`.
result<done> apply(const session& in, const city_options& options, pool::city& to) {
    to.name = options.name.value_or(to.name);
    to.route = options.route.value_or(to.route);
    to.second_route = options.second_route.value_or(to.second_route);
    if (options.shared_number && options.shared_number->empty()) {
        to.shared_number = number_id();
    } else if (options.shared_number) {
        const auto number = number_named(*options.shared_number);
        if (!number) {
            return number.why();
        }
        to.shared_number = *number;
    }
    if (options.parent && options.parent->empty()) {
        to.parent = city_id();
    } else if (options.parent) {
        const auto parent = in.city_named(*options.parent);
        if (!parent) {
            return failure{parent.why().kind, "--parent: " + parent.why().text};
        }
        to.parent = parent->fias;
    }
    return done{};
}

/// Writes the city when it may stand among the others; `former` is what it was.
exit_status put(session& in, const city_options& options, pool::city what, const std::vector<pool::city>& all,
                const std::optional<pool::city>& former) {
    if (const auto applied = apply(in, options, what); !applied) {
        return in.complain(applied.why());
    }
    const auto numbers = in.store->numbers();
    if (!numbers) {
        return in.complain(numbers.why());
    }
    if (const auto right = pool::check_city(what, all, *numbers); !right) {
        return in.complain({right.why().kind, "city " + what.fias.text() + ": " + right.why().text});
    }
    if (former == what) {
        in.with.say("city " + what.fias.text() + " is like that already");
        return exit_status::nothing;
    }
    if (const auto put = in.store->put_city(what, in.who, in.now); !put) {
        return in.complain(put.why());
    }
    print_cities(in, {what}, all);
    const std::string verb = former ? "changed" : "added";
    in.tell("city " + what.fias.text() + " is " + verb, "city " + what.fias.text() + " would be " + verb);
    return exit_status::done;
}

exit_status add(session& in, const city_options& options) {
    const auto fias = pool::read_fias(options.fias);
    if (!fias) {
        return in.complain({fias.why().kind, "\"" + config::printable(options.fias) + "\": " + fias.why().text});
    }
    const auto all = in.store->cities();
    if (!all) {
        return in.complain(all.why());
    }
    pool::city made;
    made.fias = *fias;
    const auto same =
        std::find_if(all->begin(), all->end(), [&](const pool::city& each) { return each.fias == *fias; });
    if (same == all->end()) {
        return put(in, options, made, *all, std::nullopt);
    }
    // Said twice is said once, so that a script that sets a machine up may run again.
    if (const auto applied = apply(in, options, made); applied && made == *same) {
        in.with.say("city " + fias->text() + " is there already");
        return exit_status::nothing;
    }
    return in.complain({failure_kind::taken, "city " + fias->text() +
                                                 " is there already and looks different; `tdctl "
                                                 "sos-pool city set` changes it"});
}

exit_status set(session& in, const city_options& options) {
    const auto all = in.store->cities();
    if (!all) {
        return in.complain(all.why());
    }
    const auto former = in.city_named(options.fias);
    return former ? put(in, options, *former, *all, *former) : in.complain(former.why());
}

exit_status list(session& in, const change_options&) {
    const auto all = in.store->cities();
    if (!all) {
        return in.complain(all.why());
    }
    std::vector<pool::city> sorted = *all;
    std::sort(sorted.begin(), sorted.end(), [](const pool::city& one, const pool::city& other) {
        return std::tie(one.name, one.fias) < std::tie(other.name, other.fias);
    });
    print_cities(in, sorted, sorted);
    if (sorted.empty()) {
        in.with.say("there are no cities yet; `tdctl sos-pool city add` adds one");
    }
    return exit_status::done;
}

void declare_words(CLI::App& app, city_options& options) {
    app.add_option("--name", options.name, "The city's name, for people")->type_name("NAME");
    app.add_option("--route", options.route, "What stands for {route} in sos.dial: the emergency service of this city")
        ->type_name("ROUTE");
    app.add_option("--second-route", options.second_route,
                   "Tried when the first is busy, refused or silent; '' for none: then the first once more")
        ->type_name("ROUTE");
    app.add_option("--shared-number", options.shared_number,
                   "Caller id when the pool is dry; it is never lent; '' for none")
        ->type_name("NUMBER");
    app.add_option("--parent", options.parent, "The city whose pool helps out, by FIAS code or name; '' for none")
        ->type_name("CITY");
    declare_dry_run(app, options);
}

act declare_add(CLI::App& app) {
    const auto options = std::make_shared<city_options>();
    app.add_option("FIAS", options->fias, "The city's code in the address register, a UUID")->required();
    declare_words(app, *options);
    app.get_option("--name")->required();
    app.get_option("--route")->required();
    return changing(options, add);
}

act declare_set(CLI::App& app) {
    const auto options = std::make_shared<city_options>();
    app.add_option("CITY", options->fias, "The city, by FIAS code or name")->required();
    declare_words(app, *options);
    return changing(options, set);
}

act declare_city(CLI::App& app) {
    return declare_verbs(
        app, {{"add", "Add a city with its emergency route",
               "  tdctl sos-pool city add a376e68d-724a-4472-be7c-891bdb09ae32 --name Chelyabinsk --route 73512000112\n"
               "  tdctl sos-pool city add 26ab0a8f-1b72-4d0a-9a7f-6e2a2f7b6a10 --name Kopeysk --route 73513900112 \\\n"
               "        --parent Chelyabinsk\n",
               declare_add},
              {"set", "Change a city; what is not given stays",
               "  tdctl sos-pool city set Chelyabinsk --shared-number 73517000000\n"
               "  tdctl sos-pool city set Kopeysk --parent ''\n",
               declare_set},
              {"list", "List the cities",
               "  tdctl sos-pool city list\n"
               "  tdctl --json sos-pool city list | jq -r 'select(.shared_number==null) | .name'\n",
               [](CLI::App&) { return looking(std::make_shared<change_options>(), list); }}});
}

}  // namespace

std::vector<verb> city_verbs() {
    return {{"migrate", "Create the tables of the pool, or bring them up to this version",
             "  tdctl sos-pool migrate\n"
             "  tdctl sos-pool migrate --dry-run\n",
             declare_migrate},
            {"city", "Say where the emergency calls of a city go",
             "  tdctl sos-pool city add a376e68d-724a-4472-be7c-891bdb09ae32 --name Chelyabinsk --route 73512000112\n"
             "  tdctl sos-pool city list\n",
             declare_city}};
}

}  // namespace td::cmd::sos_pool
