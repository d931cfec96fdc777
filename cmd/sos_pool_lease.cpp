// tdctl sos-pool lease, end, release, expire: what happens to a number, by hand or by cron.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <random>

#include "cmd/panel_question.hpp"
#include "cmd/sos_pool_print.hpp"
#include "config/words.hpp"
#include "crm/names.hpp"
#include "pool/map_check.hpp"
#include "pool/rules.hpp"

namespace td::cmd::sos_pool {
namespace {

/// Prints the row that was acted on, as it is now.
void print_row(session& in, const pool::number_row& row) {
    print_numbers(in, {in.as_now(row)});
}

// ---- the callback map goes with the pool

/// Writes the routes of the number's open leases, so that a callback finds what the pool says.
exit_status show_in_map(session& in, const number_id& number) {
    auto map = in.open_map();
    if (!map) {
        return in.not_in_the_map(map.why());
    }
    if (*map == nullptr || in.rehearsal) {
        return exit_status::done;
    }
    const auto leases = in.store->leases_of(number, in.now);
    if (!leases) {
        return in.not_in_the_map(leases.why());
    }
    std::vector<pool::callback_route> routes;
    for (pool::wanted_route& each : pool::routes_of(*leases, in.rules(), in.now)) {
        routes.push_back(std::move(each.route));
    }
    const auto written = (*map)->write_many(routes);
    return written ? exit_status::done : in.not_in_the_map(written.why());
}

// ---- lease

struct lease_options : change_options {
    std::string panel;
    std::string city;
};

call_id new_call(instant at) {
    std::random_device source;
    const auto part = [&] { return (std::uint64_t{source()} << 32U) | source(); };
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
    return call_id::of(static_cast<std::uint64_t>(since), static_cast<std::uint16_t>(part()), part());
}

/// The city that was given, or the one where the CRM says the panel is.
result<pool::site> find_site(session& in, const panel_id& panel, const lease_options& options) {
    if (!options.city.empty()) {
        const auto city = in.city_named(options.city);
        if (!city) {
            return city.why();
        }
        pool::site known;
        known.panel = panel;
        known.fias = city->fias;
        return known;
    }
    const auto record = ask_for_panel(
        in.settings, [&in](const config::secret_ref& from) { return in.with.secret_of(from); }, panel);
    if (!record) {
        return record.why();
    }
    if (record->where.fias.empty()) {
        return failure{failure_kind::not_found, "the CRM does not say in which city panel " +
                                                    config::printable(panel.text()) + " is; name it by --city"};
    }
    return site_of(panel, *record);
}

/// The pool is dry: what a call would go out with.
exit_status tell_dry(session& in, const pool::city& where) {
    const std::string& shared = where.shared_number.text();
    if (in.with.json()) {
        in.with.out() << R"({"type":"dry","schema":1,"city":")" << where.fias.text() << R"(","shared_number":)"
                      << (shared.empty() ? "null" : "\"" + shared + "\"") << "}\n";
    }
    in.with.complain("the pool of " + config::printable(where.name) +
                     " is dry: no number can be lent; a call would go out " +
                     (shared.empty() ? "without a number of its own, as the city has no shared one"
                                     : "with the shared number " + shared) +
                     ", and a callback would not reach the panel");
    return exit_status::findings;
}

exit_status lease(session& in, const lease_options& options) {
    if (!crm::usable_name(options.panel)) {
        return in.complain({failure_kind::bad_input, "--panel \"" + config::printable(options.panel) +
                                                         "\" is no name of a panel: 1 to 128 bytes without control "
                                                         "characters"});
    }
    const panel_id panel(options.panel);
    const auto site = find_site(in, panel, options);
    if (!site) {
        return in.complain(site.why());
    }
    pool::lease_wish wish;
    wish.panel = panel;
    wish.city = site->fias;
    wish.call = new_call(in.now);
    wish.at = in.now;
    wish.site = pool::site_text(*site);
    wish.who = in.who;
    wish.why = options.why.empty() ? "by hand" : options.why;
    const auto answer = in.store->lease(wish);
    if (!answer) {
        return in.complain(answer.why());
    }
    if (!answer->where) {
        return in.complain({failure_kind::not_found, "panel " + config::printable(options.panel) + " is in city " +
                                                         config::printable(site->fias.text()) +
                                                         ", which is no city of the pool; `tdctl sos-pool city add` "
                                                         "adds it"});
    }
    if (!answer->number) {
        return tell_dry(in, *answer->where);
    }
    pool::number_row row;
    row.number = answer->number->number;
    row.city = answer->number->city;
    row.state = pool::number_state::leased;
    row.panel = panel;
    row.lease = answer->number->token;
    row.until = answer->number->until;
    print_numbers(in, {row});
    in.tell("number " + row.number.text() + " is lent to panel " + config::printable(options.panel) +
                "; `tdctl sos-pool end " + row.number.text() + "` when the call is over",
            "number " + row.number.text() + " would be lent to panel " + config::printable(options.panel));
    return show_in_map(in, row.number);
}

act declare_lease(CLI::App& app) {
    const auto options = std::make_shared<lease_options>();
    app.add_option("--panel", options->panel, "The panel that calls")->required()->type_name("PANEL");
    app.add_option("--city", options->city, "Its city, by FIAS code or name; otherwise the CRM is asked")
        ->type_name("CITY");
    declare_why(app, *options);
    declare_dry_run(app, *options);
    return changing(options, lease);
}

// ---- one number

struct number_options : change_options {
    std::string number;
    bool force = false;
};

result<pool::number_row> find(const session& in, const number_options& options) {
    const auto number = number_named(options.number);
    if (!number) {
        return number.why();
    }
    const auto row = in.store->number(*number);
    if (!row) {
        return row.why();
    }
    return in.as_now(*row);
}

exit_status end(session& in, const number_options& options) {
    const auto row = find(in, options);
    if (!row) {
        return in.complain(row.why());
    }
    const auto leases = in.store->leases_of(row->number, in.now);
    if (!leases) {
        return in.complain(leases.why());
    }
    // Two calls of a panel share its number: the one that began last ends first.
    const auto open = std::find_if(leases->begin(), leases->end(),
                                   [](const pool::lease_row& each) { return each.ended_at == never; });
    if (row->state != pool::number_state::leased || open == leases->end()) {
        in.with.say("number " + row->number.text() + " is in no call: it is " +
                    std::string(row->holder.empty() ? words_of(row->state) : "reserved by a worker"));
        return exit_status::nothing;
    }
    if (const auto ended = in.store->end(open->token, in.now); !ended) {
        return in.complain(ended.why());
    }
    // Worked out by the rule and not read again: in a rehearsal the store has forgotten it.
    const pool::number_row after = pool::after_end(*row, in.now, in.rules());
    print_row(in, after);
    if (after.state == pool::number_state::leased) {
        in.tell("one call is over, another with this number goes on", "one call would be over, another goes on");
    } else {
        in.tell("the call is over; callbacks reach panel " + row->panel.text() + " until " + time_text(after.until),
                "the call would be over, and the callback window begin");
    }
    return show_in_map(in, row->number);
}

exit_status release(session& in, const number_options& options) {
    const auto row = find(in, options);
    if (!row) {
        return in.complain(row.why());
    }
    if (row->state == pool::number_state::free || row->state == pool::number_state::disabled) {
        in.with.say("number " + row->number.text() + " is lent to nobody: it is " + std::string(words_of(row->state)));
        return exit_status::nothing;
    }
    const auto after = in.store->release(row->number, options.force, in.who, options.why, in.now);
    if (!after) {
        return in.complain(after.why());
    }
    print_row(in, *after);
    const std::string state(words_of(after->state));
    in.tell("number " + row->number.text() + " is " + state + " now",
            "number " + row->number.text() + " would be " + state);
    return in.take_from_map({*after});
}

act declare_end(CLI::App& app) {
    const auto options = std::make_shared<number_options>();
    app.add_option("NUMBER", options->number, "The number")->required();
    declare_dry_run(app, *options);
    return changing(options, end);
}

act declare_release(CLI::App& app) {
    const auto options = std::make_shared<number_options>();
    app.add_option("NUMBER", options->number, "The number")->required();
    app.add_flag("--force", options->force, "Also while it is in a call or in its callback window");
    declare_why(app, *options);
    declare_dry_run(app, *options);
    return changing(options, release);
}

// ---- expire

exit_status expire(session& in, const change_options&) {
    const auto rows = in.store->expire(in.who, in.now);
    if (!rows) {
        return in.complain(rows.why());
    }
    if (rows->empty()) {
        in.with.say("nothing has expired");
        return exit_status::nothing;
    }
    print_numbers(in, *rows);
    in.tell(counted(rows->size(), "number") + " moved on", counted(rows->size(), "number") + " would move on");
    return in.take_from_map(*rows);
}

act declare_expire(CLI::App& app) {
    const auto options = std::make_shared<change_options>();
    declare_dry_run(app, *options);
    return changing(options, expire);
}

}  // namespace

std::vector<verb> lease_verbs() {
    return {{"lease", "Lend a number to a panel, as an emergency call does",
             "  tdctl sos-pool lease --panel 5001\n"
             "  tdctl sos-pool lease --panel 5001 --city Chelyabinsk --why 'test call, ticket 812'\n"
             "  NUMBER=$(tdctl --json sos-pool lease --panel 5001 | jq -r .number)\n",
             declare_lease},
            {"end", "Say that the call of a number is over: its callback window begins",
             "  tdctl sos-pool end 73512000001\n", declare_end},
            {"release", "Take a number back before its time",
             "  tdctl sos-pool release 73512000001 --why 'test call is over'\n"
             "  tdctl sos-pool release 73512000001 --force --why 'wrong panel'\n",
             declare_release},
            {"expire", "Write down what time has done: windows and guard times that are over",
             "  tdctl -q sos-pool expire\n"
             "  tdctl sos-pool expire --dry-run\n",
             declare_expire}};
}

}  // namespace td::cmd::sos_pool
