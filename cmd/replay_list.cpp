// tdctl replay-calls list: the calls of a journal, by whatever is known of them.

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/replay_calls.hpp"
#include "cmd/replay_index.hpp"
#include "cmd/table.hpp"
#include "config/words.hpp"
#include "story/words.hpp"

namespace td::cmd::replay_calls {
namespace {

using json = nlohmann::ordered_json;

struct list_options {
    journal_options journal;
    std::string panel;
    std::string flat;
    std::string account;
    std::string number;
    std::string kind;
    std::string outcome;
    std::string ended_by;
    std::string state;
    std::string longer;
    std::string shorter;
    time_window window;
    std::string format = "table";
    std::size_t limit = 0;
    bool latest_first = false;
};

/// The value of an enum whose name this is; enums count from 0 without a gap, and a name that is "?" ends them.
template <class Enum>
std::optional<Enum> named(std::string_view name) {
    for (unsigned value = 0; value < 64; ++value) {
        const auto each = static_cast<Enum>(value);
        if (name_of(each) == "?") {
            break;
        }
        if (name_of(each) == name) {
            return each;
        }
    }
    return std::nullopt;
}

template <class Enum>
std::vector<std::string> names() {
    std::vector<std::string> all;
    for (unsigned value = 0; value < 64 && name_of(static_cast<Enum>(value)) != "?"; ++value) {
        all.emplace_back(name_of(static_cast<Enum>(value)));
    }
    return all;
}

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

archive::wanted_calls wanted_by(const list_options& options) {
    archive::wanted_calls wanted;
    wanted.panel = given(options.panel);
    wanted.flat = given(options.flat);
    wanted.account = given(options.account);
    wanted.number = given(options.number);
    wanted.kind = named<story::call_kind>(options.kind);
    wanted.how = named<call::outcome>(options.outcome);
    wanted.who = named<call::ended_by>(options.ended_by);
    wanted.end = named<story::ending>(options.state);
    wanted.at_least = parse_duration(options.longer);
    wanted.at_most = parse_duration(options.shorter);
    wanted.since = options.window.from();
    wanted.until = options.window.to();
    wanted.limit = options.limit;
    wanted.latest_first = options.latest_first;
    return wanted;
}

std::string outcome_of(const archive::index_row& row) {
    return std::string(row.end == story::ending::told && row.how ? name_of(*row.how) : name_of(row.end));
}

std::string reason_of(const archive::index_row& row) {
    return row.end == story::ending::told ? std::string(name_of(row.who)) : "";
}

void print_json(std::ostream& out, const archive::index_row& row) {
    const json one{{"type", "call"},
                   {"schema", 1},
                   {"call", std::string(row.call.text())},
                   {"kind", std::string(name_of(row.kind))},
                   {"node", row.node},
                   {"panel", row.panel.text()},
                   {"flat", row.flat.text()},
                   {"number", row.number.text()},
                   {"started_at", rfc3339(row.started)},
                   {"state", std::string(name_of(row.end))},
                   {"outcome", row.how ? json(std::string(name_of(*row.how))) : json(nullptr)},
                   {"ended_by", std::string(name_of(row.who))},
                   {"duration_ms", row.lasted / 1ms},
                   {"ring_ms", row.rang / 1ms},
                   {"talk_ms", row.talked / 1ms}};
    out << one.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

/// RFC 4180; a field that a spreadsheet would take for a formula is quoted all the same, and stays what it is.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string quoted = "\"";
    for (const char each : text) {
        quoted += each == '"' ? "\"\"" : std::string(1, each);
    }
    return quoted + '"';
}

void print_csv(std::ostream& out, const archive::index_row& row) {
    out << row.call.text() << ',' << name_of(row.kind) << ',' << csv_field(row.node) << ','
        << csv_field(row.panel.text()) << ',' << csv_field(row.flat.text()) << ',' << csv_field(row.number.text())
        << ',' << rfc3339(row.started) << ',' << outcome_of(row) << ',' << reason_of(row) << ',' << row.lasted / 1ms
        << ',' << row.rang / 1ms << ',' << row.talked / 1ms << '\n';
}

class printer {
public:
    printer(context& with, std::string format)
        : with_(with),
          format_(std::move(format)),
          table_({{"STARTED"},
                  {"CALL"},
                  {"KIND"},
                  {"PANEL"},
                  {"FLAT"},
                  {"NUMBER"},
                  {"OUTCOME"},
                  {"ENDED BY"},
                  {"LASTED", column::side::right},
                  {"RANG", column::side::right},
                  {"TALKED", column::side::right}}) {
        if (format_ == "csv" && !with.json()) {
            with_.out() << "call,kind,node,panel,flat,number,started_at,outcome,ended_by,duration_ms,ring_ms,talk_ms\n";
        }
    }

    void take(const archive::index_row& row) {
        ++count_;
        if (with_.json() || format_ == "json") {
            print_json(with_.out(), row);
        } else if (format_ == "csv") {
            print_csv(with_.out(), row);
        } else {
            table_.row({rfc3339(row.started), std::string(row.call.text()), std::string(name_of(row.kind)),
                        row.panel.text(), row.flat.text(), row.number.text(), outcome_of(row), reason_of(row),
                        story::length_text(row.lasted), row.rang == duration{} ? "" : story::length_text(row.rang),
                        row.talked == duration{} ? "" : story::length_text(row.talked)});
        }
    }
    std::size_t finish() {
        table_.print(with_.out());
        return count_;
    }

private:
    context& with_;
    std::string format_;
    table table_;
    std::size_t count_ = 0;
};

exit_status list(context& with, const list_options& options) {
    exit_status status = exit_status::done;
    auto index = open_index(with, options.journal, status);
    if (!index) {
        return status;
    }
    printer rows(with, options.format);
    const auto listed = index->rows().list(wanted_by(options), [&](const archive::index_row& row) { rows.take(row); });
    if (!listed) {
        return with.complain(listed.why());
    }
    if (rows.finish() == 0) {
        with.say("no such calls in the journal");
    }
    return exit_status::done;
}

std::string check_length(const std::string& text) {
    return parse_duration(text) ? ""
                                : "\"" + config::printable(text) + "\" is no length of time; write 800ms, 45s, 10m";
}

act declare_list(CLI::App& app) {
    const auto options = std::make_shared<list_options>();
    declare_indexed(app, options->journal);
    app.add_option("--panel", options->panel, "Only calls of this panel");
    app.add_option("--flat", options->flat, "Only calls to this flat");
    app.add_option("--account", options->account, "Only calls that rang this account");
    app.add_option("--number", options->number, "Only emergency calls with this number, and callbacks to it");
    app.add_option("--kind", options->kind, "Only calls of this kind")
        ->check(CLI::IsMember(names<story::call_kind>()))
        ->type_name("KIND");
    app.add_option("--outcome", options->outcome, "Only calls that ended so")
        ->check(CLI::IsMember(names<call::outcome>()))
        ->type_name("OUTCOME");
    app.add_option("--ended-by", options->ended_by, "Only calls that this ended: panel, ring_limit, crm, …")
        ->check(CLI::IsMember(names<call::ended_by>()))
        ->type_name("WHY");
    app.add_option("--state", options->state,
                   "Only calls whose record is there (told), that still live, that were cut off, or whose end is lost")
        ->check(CLI::IsMember(names<story::ending>()))
        ->type_name("STATE");
    app.add_option("--longer", options->longer, "Only calls that lasted this long or longer")
        ->check(check_length)
        ->type_name("LENGTH");
    app.add_option("--shorter", options->shorter, "Only calls that lasted this long or shorter")
        ->check(check_length)
        ->type_name("LENGTH");
    declare_window(app, options->window);
    app.add_option("--limit", options->limit, "At most so many; all otherwise");
    app.add_flag("--latest", options->latest_first, "The latest first");
    app.add_option("--format", options->format, "table, json or csv")
        ->check(CLI::IsMember({"table", "json", "csv"}))
        ->type_name("FORMAT")
        ->capture_default_str();
    return [options](context& with) { return list(with, *options); };
}

}  // namespace

verb list_verb() {
    return {"list", "List the calls of a journal",
            "  tdctl replay-calls list /var/lib/tdctl/journal --panel 5001 --since 2026-11-23T14:00:00+05:00\n"
            "  tdctl replay-calls list --outcome failed --latest --limit 20\n"
            "  tdctl replay-calls list --account 79001112233 --format csv > calls.csv\n",
            declare_list};
}

}  // namespace td::cmd::replay_calls
