// tdctl sos-pool add, import, export, enable, disable, remove: which numbers the pool has.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>

#include "cmd/sos_pool_print.hpp"
#include "config/words.hpp"
#include "pool/csv.hpp"
#include "pool/import.hpp"
#include "pool/numbers.hpp"
#include "runtime/open_file.hpp"

namespace td::cmd::sos_pool {
namespace {

/// What is there now of the numbers that were added, in their order; a rehearsal finds none and shows what would be.
void print_added(session& in, const std::vector<pool::new_number>& added) {
    std::vector<pool::number_row> rows;
    rows.reserve(added.size());
    for (const pool::new_number& each : added) {
        pool::number_row row;
        row.number = each.number;
        row.city = each.city;
        row.state = each.state;
        rows.push_back(std::move(row));
    }
    print_numbers(in, rows);
}

exit_status put(session& in, const std::vector<pool::new_number>& numbers) {
    if (const auto added = in.store->add_numbers(numbers, in.who, in.now); !added) {
        return in.complain(added.why());
    }
    if (in.with.json()) {
        print_added(in, numbers);
    }
    in.tell(counted(numbers.size(), "number") + " added", counted(numbers.size(), "number") + " would be added");
    return exit_status::done;
}

// ---- add

struct add_options : change_options {
    std::string range;
    std::string city;
};

exit_status add(session& in, const add_options& options) {
    const auto range = pool::read_range(options.range);
    if (!range) {
        return in.complain(range.why());
    }
    const auto city = in.city_named(options.city);
    if (!city) {
        return in.complain(city.why());
    }
    std::vector<pool::new_number> numbers;
    numbers.reserve(range->size());
    for (const number_id& each : *range) {
        numbers.push_back({each, city->fias, pool::number_state::free});
    }
    const auto there = in.store->numbers();
    if (!there) {
        return in.complain(there.why());
    }
    // Said twice is said once, so that a script that sets a machine up may run again.
    if (pool::all_there(numbers, *there)) {
        in.with.say("all of these numbers are in the pool of that city already");
        return exit_status::nothing;
    }
    const auto cities = in.store->cities();
    if (!cities) {
        return in.complain(cities.why());
    }
    if (const auto right = pool::check_not_shared(numbers, *cities); !right) {
        return in.complain(right.why());
    }
    return put(in, numbers);
}

act declare_add(CLI::App& app) {
    const auto options = std::make_shared<add_options>();
    app.add_option("RANGE", options->range, "FIRST-LAST or one number, digits only")->required();
    app.add_option("--city", options->city, "Whose numbers they are, by FIAS code or name")
        ->required()
        ->type_name("CITY");
    declare_dry_run(app, *options);
    return changing(options, add);
}

// ---- import, export

struct import_options : change_options {
    std::string file;
};

/// The whole file, or of standard input for "-".
result<std::string> read_all(const std::string& file) {
    const auto failed = [&](const std::string& why) {
        return failure{failure_kind::bad_input, config::printable(file, 300) + " " + why};
    };
    constexpr std::size_t longest = 64U << 20U;
    std::ifstream opened;
    if (file != "-") {
        opened.open(file, std::ios::binary);
        if (!opened) {
            return failed("cannot be read: " + runtime::errno_text());
        }
    }
    std::istream& from = file == "-" ? std::cin : opened;
    std::string text;
    std::string part(1U << 16U, '\0');
    while (from && text.size() <= longest) {
        from.read(part.data(), static_cast<std::streamsize>(part.size()));
        text.append(part, 0, static_cast<std::size_t>(from.gcount()));
    }
    if (text.size() > longest) {
        return failed("is larger than 64 MiB");
    }
    if (!from.eof()) {
        return failed("cannot be read: is it a directory?");
    }
    return text;
}

exit_status import(session& in, const import_options& options) {
    const auto text = read_all(options.file);
    if (!text) {
        return in.complain(text.why());
    }
    const auto cities = in.store->cities();
    if (!cities) {
        return in.complain(cities.why());
    }
    const auto there = in.store->numbers();
    if (!there) {
        return in.complain(there.why());
    }
    const auto rows = pool::read_import(*text, *cities, *there);
    if (!rows) {
        return in.complain({rows.why().kind, config::printable(options.file, 300) + ": " + rows.why().text});
    }
    if (rows->empty()) {
        in.with.say("there is no number in " + config::printable(options.file, 300));
        return exit_status::nothing;
    }
    return put(in, *rows);
}

exit_status export_all(session& in, const change_options&) {
    const auto rows = in.numbers_now();
    if (!rows) {
        return in.complain(rows.why());
    }
    if (in.with.json()) {
        print_numbers(in, *rows);
    } else {
        in.with.out() << pool::csv_text(*rows);
    }
    return exit_status::done;
}

act declare_import(CLI::App& app) {
    const auto options = std::make_shared<import_options>();
    app.add_option("FILE.csv", options->file, "The table, or - for standard input")->required();
    declare_dry_run(app, *options);
    return changing(options, import);
}

// ---- enable, disable, remove

struct number_options : change_options {
    std::string number;
    bool force = false;
};

exit_status told(session& in, const result<pool::number_row>& row, const std::string& done) {
    if (!row) {
        return in.complain(row.why());
    }
    print_numbers(in, {in.as_now(*row)});
    in.tell("number " + row->number.text() + " is " + done, "number " + row->number.text() + " would be " + done);
    return exit_status::done;
}

/// True when there is nothing to do, which is said.
result<bool> is_so_already(session& in, const number_options& options, bool disabled) {
    const auto number = number_named(options.number);
    if (!number) {
        return number.why();
    }
    const auto row = in.store->number(*number);
    if (!row) {
        return row.why();
    }
    const bool same = (row->state == pool::number_state::disabled) == disabled;
    if (same) {
        in.with.say("number " + number->text() + " is " + (disabled ? "disabled" : "in service") + " already");
    }
    return same;
}

exit_status enable(session& in, const number_options& options) {
    const auto already = is_so_already(in, options, false);
    if (!already) {
        return in.complain(already.why());
    }
    return *already ? exit_status::nothing
                    : told(in, in.store->enable(number_id(options.number), in.who, options.why, in.now), "in service");
}

exit_status disable(session& in, const number_options& options) {
    const auto already = is_so_already(in, options, true);
    if (!already) {
        return in.complain(already.why());
    }
    if (*already) {
        return exit_status::nothing;
    }
    const auto row = in.store->disable(number_id(options.number), options.force, in.who, options.why, in.now);
    const exit_status status = told(in, row, "disabled");
    return row ? in.take_from_map({*row}) : status;
}

exit_status remove(session& in, const number_options& options) {
    const auto number = number_named(options.number);
    if (!number) {
        return in.complain(number.why());
    }
    const auto row = in.store->remove(*number, in.who, options.why, in.now);
    const exit_status status = told(in, row, "removed");
    return row ? in.take_from_map({*row}) : status;
}

std::shared_ptr<number_options> declare_number(CLI::App& app) {
    auto options = std::make_shared<number_options>();
    app.add_option("NUMBER", options->number, "The number")->required();
    declare_why(app, *options);
    declare_dry_run(app, *options);
    return options;
}

act declare_enable(CLI::App& app) {
    return changing(declare_number(app), enable);
}

act declare_disable(CLI::App& app) {
    const auto options = declare_number(app);
    app.add_flag("--force", options->force, "Also while it is in a call or in its callback window");
    return changing(options, disable);
}

act declare_remove(CLI::App& app) {
    return changing(declare_number(app), remove);
}

}  // namespace

std::vector<verb> number_verbs() {
    return {{"add", "Add a number, or a range of numbers, to a city",
             "  tdctl sos-pool add 73512000001-73512000099 --city Chelyabinsk\n"
             "  tdctl sos-pool add 73512000123 --city a376e68d-724a-4472-be7c-891bdb09ae32\n",
             declare_add},
            {"import", "Add the numbers of a CSV file, all or none",
             "  tdctl sos-pool import numbers.csv --dry-run\n"
             "  printf 'number,city\\n73512000001,Chelyabinsk\\n' | tdctl sos-pool import -\n",
             declare_import},
            {"export", "Print all numbers as CSV", "  tdctl sos-pool export > numbers.csv\n",
             [](CLI::App&) { return looking(std::make_shared<change_options>(), export_all); }},
            {"enable", "Put a disabled number in service again",
             "  tdctl sos-pool enable 73512000001 --why 'line repaired, ticket 812'\n", declare_enable},
            {"disable", "Take a number out of service",
             "  tdctl sos-pool disable 73512000001 --why 'gateway rejects it'\n"
             "  tdctl sos-pool disable 73512000001 --force\n",
             declare_disable},
            {"remove", "Take a free or disabled number out of the pool; its history stays",
             "  tdctl sos-pool remove 73512000001 --why 'contract ended'\n", declare_remove}};
}

}  // namespace td::cmd::sos_pool
