// tdctl sos-pool list, show, who, audit, stats, size: everything that only looks.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/metrics_file.hpp"
#include "cmd/sos_pool_print.hpp"
#include "cmd/table.hpp"
#include "config/words.hpp"
#include "pool/numbers.hpp"
#include "pool/report.hpp"

namespace td::cmd::sos_pool {
namespace {

using json = nlohmann::ordered_json;

// ---- list

struct list_options {
    std::string city;
    std::string state;
};

exit_status list(session& in, const list_options& options) {
    city_id only;
    if (!options.city.empty()) {
        const auto city = in.city_named(options.city);
        if (!city) {
            return in.complain(city.why());
        }
        only = city->fias;
    }
    auto rows = in.numbers_now();
    if (!rows) {
        return in.complain(rows.why());
    }
    const auto state = pool::number_state_named(options.state);
    std::erase_if(*rows, [&](const pool::number_row& each) {
        return (!only.empty() && each.city != only) || (state && each.state != *state);
    });
    print_numbers(in, *rows);
    if (rows->empty()) {
        in.with.say("no such numbers in the pool");
    }
    return exit_status::done;
}

act declare_list(CLI::App& app) {
    const auto options = std::make_shared<list_options>();
    app.add_option("--city", options->city, "Only those of this city, by FIAS code or name")->type_name("CITY");
    app.add_option("--state", options->state, "Only those that are free, leased, window, guard or disabled now")
        ->check(CLI::IsMember({"free", "leased", "window", "guard", "disabled"}))
        ->type_name("STATE");
    return looking(options, list);
}

// ---- show, who

struct number_options {
    std::string number;
    std::string at;
};

exit_status show(session& in, const number_options& options) {
    const auto number = number_named(options.number);
    if (!number) {
        return in.complain(number.why());
    }
    const auto row = in.store->number(*number);
    if (!row) {
        return in.complain(row.why());
    }
    const auto leases = in.store->leases_of(*number, never);
    if (!leases) {
        return in.complain(leases.why());
    }
    print_whole_number(in, in.as_now(*row), *leases);
    return exit_status::done;
}

/// Why a number that is not in the pool leads to nobody.
std::string words_of_stranger(const session& in, const number_id& number) {
    const auto cities = in.store->cities();
    for (const pool::city& each : cities ? *cities : std::vector<pool::city>{}) {
        if (each.shared_number == number) {
            return "it is the shared number of " + config::printable(each.name) + ", whose callbacks reach no panel";
        }
    }
    return "it is not in the pool";
}

/// Nobody: why, as far as the pool knows it.
exit_status tell_nobody(session& in, const number_id& number, instant at) {
    const auto row = in.store->number(number);
    if (!row && row.why().kind != failure_kind::not_found) {
        return in.complain(row.why());
    }
    const auto state = row ? in.as_now(*row).state : pool::number_state::free;
    print_no_owner(in, number, at, row ? name_of(state) : "");
    const std::string why =
        row ? fmt::format("no panel had it in a call or in its callback window (it is {} now)", words_of(state))
            : words_of_stranger(in, number);
    in.with.complain("number " + number.text() + " led to nobody at " + time_text(at) + ": " + why);
    return exit_status::not_found;
}

exit_status who(session& in, const number_options& options) {
    const auto number = number_named(options.number);
    if (!number) {
        return in.complain(number.why());
    }
    const auto at = options.at.empty() ? std::optional(in.now) : parse_rfc3339(options.at);
    if (!at) {
        return in.complain({failure_kind::bad_input, "--at \"" + config::printable(options.at) +
                                                         "\" is no time; write 2026-11-23T14:05:00+05:00, or "
                                                         "2026-11-23T09:05:00Z in UTC"});
    }
    const auto leases = in.store->leases_of(*number, *at);
    if (!leases) {
        return in.complain(leases.why());
    }
    if (leases->empty()) {
        return tell_nobody(in, *number, *at);
    }
    for (const pool::lease_row& each : *leases) {
        if (!in.with.json() && &each != &leases->front()) {
            in.with.out() << '\n';
        }
        print_owner(in, each, *at);
    }
    return exit_status::done;
}

act declare_show(CLI::App& app) {
    const auto options = std::make_shared<number_options>();
    app.add_option("NUMBER", options->number, "The number")->required();
    return looking(options, show);
}

act declare_who(CLI::App& app) {
    const auto options = std::make_shared<number_options>();
    app.add_option("NUMBER", options->number, "The number")->required();
    app.add_option("--at", options->at, "The moment asked about, in RFC 3339; now otherwise")
        ->check([](const std::string& text) {
            // A script whose variable is empty asked about another moment than now.
            return text.empty() ? "it is empty; write 2026-11-23T14:05:00+05:00, or leave it out for now" : "";
        })
        ->type_name("TIME");
    return looking(options, who);
}

// ---- audit

struct audit_options {
    std::string number;
    std::size_t limit = 50;
};

exit_status audit(session& in, const audit_options& options) {
    number_id only;
    if (!options.number.empty()) {
        const auto number = number_named(options.number);
        if (!number) {
            return in.complain(number.why());
        }
        only = *number;
    }
    const auto rows = in.store->audit(only, options.limit);
    if (!rows) {
        return in.complain(rows.why());
    }
    if (rows->empty() && !only.empty()) {
        return in.complain({failure_kind::not_found, "the audit says nothing about number " + only.text()});
    }
    print_audit(in, *rows);
    return exit_status::done;
}

act declare_audit(CLI::App& app) {
    const auto options = std::make_shared<audit_options>();
    app.add_option("NUMBER", options->number, "Only what was done to this number");
    app.add_option("--limit", options->limit, "How many of the latest changes")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
        ->capture_default_str();
    return looking(options, audit);
}

// ---- stats

struct stats_options {
    std::string low_water;
    std::string metrics_file;
};

void print_stats(session& in, const std::vector<pool::city_report>& all, std::optional<pool::low_water> mark) {
    if (in.with.json()) {
        for (const pool::city_report& each : all) {
            json one{{"type", "stats"}, {"schema", 1}, {"city", each.where.fias.text()}, {"name", each.where.name}};
            for (const pool::number_state state : pool::all_states) {
                one[std::string(name_of(state))] = each.count(state);
            }
            one["total"] = each.total();
            one["low"] = mark ? json(pool::is_low(each, *mark)) : json(nullptr);
            in.with.out() << one.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
        }
        return;
    }
    constexpr auto right = column::side::right;
    table out({{"CITY"},
               {"FREE", right},
               {"LEASED", right},
               {"WINDOW", right},
               {"GUARD", right},
               {"DISABLED", right},
               {"TOTAL", right},
               {"LOW"}});
    for (const pool::city_report& each : all) {
        std::vector<std::string> cells{each.where.name.empty() ? each.where.fias.text() : each.where.name};
        for (const pool::number_state state : pool::all_states) {
            cells.push_back(std::to_string(each.count(state)));
        }
        cells.push_back(std::to_string(each.total()));
        cells.emplace_back(mark && pool::is_low(each, *mark) ? "low" : "");
        out.row(std::move(cells));
    }
    out.print(in.with.out());
}

exit_status stats(session& in, const stats_options& options) {
    std::optional<pool::low_water> mark;
    if (!options.low_water.empty()) {
        mark = pool::parse_low_water(options.low_water);
    }
    const auto cities = in.store->cities();
    if (!cities) {
        return in.complain(cities.why());
    }
    const auto rows = in.numbers_now();
    if (!rows) {
        return in.complain(rows.why());
    }
    const std::vector<pool::city_report> all = pool::report(*cities, *rows);
    print_stats(in, all, mark);
    if (!options.metrics_file.empty()) {
        const auto written = write_metrics_file(options.metrics_file, pool::as_metrics(all, mark, in.now));
        if (!written) {
            return in.complain(written.why());
        }
    }
    std::string low;
    for (const pool::city_report& each : all) {
        if (mark && pool::is_low(each, *mark)) {
            low.append(low.empty() ? "" : ", ")
                .append(config::printable(each.where.name) +
                        fmt::format(" ({} free)", each.count(pool::number_state::free)));
        }
    }
    if (low.empty()) {
        return exit_status::done;
    }
    in.with.say("fewer than " + options.low_water + (mark->percent ? " of the" : "") + " numbers are free in " + low);
    return exit_status::findings;
}

act declare_stats(CLI::App& app) {
    const auto options = std::make_shared<stats_options>();
    app.add_option("--low-water", options->low_water,
                   "End with status 4 when a city has fewer free numbers than this, or than this share of those in "
                   "service")
        ->check([](const std::string& text) {
            return pool::parse_low_water(text) ? ""
                                               : "'" + text + "' is neither a count such as 20 nor a share such as 5%";
        })
        ->type_name("N|N%");
    app.add_option("--metrics-file", options->metrics_file, "Write a file for the node exporter's textfile collector")
        ->type_name("FILE.prom");
    return looking(options, stats);
}

}  // namespace

std::vector<verb> look_verbs() {
    std::vector<verb> all{
        {"list", "List the numbers as they are now",
         "  tdctl sos-pool list --city Chelyabinsk --state window\n"
         "  tdctl --json sos-pool list | jq -r 'select(.state==\"leased\") | .panel'\n",
         declare_list},
        {"show", "Show one number and all its leases", "  tdctl sos-pool show 73512000001\n", declare_show},
        {"who", "Say to which panel a number leads, or led at a time",
         "  tdctl sos-pool who 73512000001\n"
         "  tdctl sos-pool who 73512000001 --at 2026-11-23T14:05:00+05:00\n",
         declare_who},
        {"audit", "Show who changed what, and why, the latest first",
         "  tdctl sos-pool audit --limit 20\n"
         "  tdctl sos-pool audit 73512000001\n",
         declare_audit},
        {"stats", "Count the numbers of each city by state",
         "  tdctl sos-pool stats --low-water 10%\n"
         "  tdctl -q sos-pool stats --metrics-file /var/lib/prometheus/node-exporter/tdctl_pool.prom\n",
         declare_stats}};
    return all;
}

}  // namespace td::cmd::sos_pool
