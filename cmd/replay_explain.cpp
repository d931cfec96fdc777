// tdctl replay-calls explain: the story of one call.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <memory>
#include <utility>

#include "archive/call_reader.hpp"
#include "cmd/replay_calls.hpp"
#include "cmd/replay_index.hpp"
#include "cmd/replay_story.hpp"
#include "config/words.hpp"
#include "story/page.hpp"
#include "story/teller.hpp"
#include "story/told.hpp"

namespace td::cmd::replay_calls {
namespace {

struct explain_options {
    journal_options journal;
    std::string call;
    std::string panel;
    std::string account;
    std::string number;
    std::string at;
    std::string html;
};

/// The call of these that was going on at the moment, else the last that began before it.
std::optional<archive::index_row> going_on_at(const std::vector<archive::index_row>& rows, instant at) {
    std::optional<archive::index_row> found;
    for (const archive::index_row& each : rows) {
        if (each.started <= at && (!found || each.started >= found->started)) {
            found = each;
        }
    }
    return found;
}

std::string words_of(const explain_options& options) {
    std::string words;
    const auto add = [&](std::string_view kind, const std::string& name) {
        if (!name.empty()) {
            words.append(words.empty() ? "" : " and ").append(kind).append(config::printable(name));
        }
    };
    add("panel ", options.panel);
    add("account ", options.account);
    add("number ", options.number);
    return words;
}

result<archive::index_row> row_by_name(context& with, archive::index& index, const std::string& name) {
    const auto call = call_id::parse(name);
    if (call) {
        auto row = index.rows().find(*call);
        if (!row) {
            return row.why();
        }
        if (*row) {
            return std::move(**row);
        }
    }
    const auto nearest = index.rows().nearest(name, 3);
    if (nearest && !nearest->empty()) {
        for (const call_id& each : *nearest) {
            with.say("did you mean " + std::string(each.text()) + '?');
        }
    }
    return failure{failure_kind::not_found, "no call " + config::printable(name) + " in the journal"};
}

/// Of a panel, an account or a number: the last one, or the one at a time.
result<archive::index_row> row_by_party(archive::index& index, const explain_options& options) {
    archive::wanted_calls wanted;
    const auto given = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional<std::string>(text);
    };
    wanted.panel = given(options.panel);
    wanted.account = given(options.account);
    wanted.number = given(options.number);
    const instant at = parse_rfc3339(options.at).value_or(never);
    std::vector<archive::index_row> rows;
    const auto listed = index.rows().list(wanted, [&](const archive::index_row& row) { rows.push_back(row); });
    if (!listed) {
        return listed.why();
    }
    if (auto found = going_on_at(rows, at)) {
        return std::move(*found);
    }
    return failure{failure_kind::not_found, rows.empty() ? "no call of " + words_of(options) + " in the journal"
                                                         : "the first call of " + words_of(options) + " began at " +
                                                               rfc3339(rows.front().started)};
}

result<done> write_page(const std::string& file, const std::string& page) {
    std::ofstream to(file, std::ios::binary | std::ios::trunc);
    to << page;
    to.close();
    if (!to) {
        return failure{failure_kind::not_allowed, "cannot write the page to " + file};
    }
    return done{};
}

exit_status explain(context& with, explain_options options) {
    const bool by_party = !options.panel.empty() || !options.account.empty() || !options.number.empty();
    if (by_party && !options.call.empty()) {  // then the first word is a journal as the others are
        options.journal.paths.insert(options.journal.paths.begin(), std::exchange(options.call, {}));
    }
    if (options.call.empty() && !by_party) {
        return with.complain(
            {failure_kind::bad_input, "name the call, or say --panel, --account or --number, with --at for a time"});
    }
    exit_status status = exit_status::done;
    auto index = open_index(with, options.journal, status);
    if (!index) {
        return status;
    }
    const auto row = by_party ? row_by_party(*index, options) : row_by_name(with, *index, options.call);
    if (!row) {
        return with.complain(row.why());
    }
    const auto lines = archive::lines_of(*index, *row);
    if (!lines) {
        return with.complain(lines.why());
    }
    const story::call_story told = story::tell(*lines);
    if (!options.html.empty()) {
        if (auto written = write_page(options.html, story::page(told)); !written) {
            return with.complain(written.why());
        }
        with.say("the page is in " + options.html);
    }
    if (with.json()) {
        with.out() << as_json(told) << '\n';
    } else if (options.html.empty()) {
        with.out() << story::told(told);
    }
    return exit_status::done;
}

act declare_explain(CLI::App& app) {
    const auto options = std::make_shared<explain_options>();
    app.add_option("CALL", options->call, "The name of the call: 26 letters and digits")->type_name("");
    declare_indexed(app, options->journal);
    app.add_option("--panel", options->panel, "The last call of this panel");
    app.add_option("--account", options->account, "The last call that rang this account");
    app.add_option("--number", options->number, "The last emergency call with this number, or callback to it");
    app.add_option("--at", options->at, "The call that was going on at this time, or the last before it, in RFC 3339")
        ->check(check_time)
        ->type_name("TIME");
    app.add_option("--html", options->html, "Write the story as a page with a ladder diagram")->type_name("FILE");
    return [options](context& with) { return explain(with, *options); };
}

}  // namespace

verb explain_verb() {
    return {"explain", "Tell the story of one call: why did this phone not ring?",
            "  tdctl replay-calls explain 01kc2v9x5m4t8q7w3e6r1y0abc\n"
            "  tdctl replay-calls explain --panel 5001 --at 2026-11-23T14:05:00+05:00\n"
            "  tdctl replay-calls explain --account 79001112233 --html /tmp/call.html\n",
            declare_explain};
}

}  // namespace td::cmd::replay_calls
