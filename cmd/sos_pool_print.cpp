#include "cmd/sos_pool_print.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cmd/table.hpp"
#include "config/words.hpp"
#include "pool/cities.hpp"
#include "pool/site.hpp"

namespace td::cmd::sos_pool {
namespace {

using json = nlohmann::ordered_json;

void line(session& in, const json& one) {
    in.with.out() << one.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

json time_or_null(instant at) {
    return at == never ? json(nullptr) : json(rfc3339(at));
}

/// Whose number it is now, and by which lease: a free one keeps its last lease in the store, but that is history.
bool is_lent(const pool::number_row& row) {
    return row.state != pool::number_state::free && row.state != pool::number_state::disabled;
}

json number_object(const session& in, const pool::number_row& row) {
    json one{{"type", "number"},
             {"schema", 1},
             {"number", row.number.text()},
             {"city", row.city.text()},
             {"state", name_of(row.state)},
             {"panel", is_lent(row) ? text_or_null(row.panel.text()) : json(nullptr)},
             {"lease", is_lent(row) && row.lease != 0 ? json(row.lease) : json(nullptr)},
             {"until", is_lent(row) ? time_or_null(row.until) : json(nullptr)}};
    if (!row.holder.empty()) {
        one["holder"] = row.holder;
    }
    if (in.rehearsal) {
        one["dry_run"] = true;
    }
    return one;
}

json lease_object(std::string_view type, const pool::lease_row& row) {
    json site = json::parse(row.site, nullptr, false);
    return {{"type", type},
            {"schema", 1},
            {"number", row.number.text()},
            {"panel", row.panel.text()},
            {"lease", row.token},
            {"call", std::string(row.call.text())},
            {"how", name_of(row.how)},
            {"leased_at", rfc3339(row.leased_at)},
            {"ended_at", time_or_null(row.ended_at)},
            {"window_until", time_or_null(row.window_until)},
            {"city", row.city.text()},
            {"site", site.is_discarded() ? json(nullptr) : std::move(site)}};
}

/// The panel, or the worker that keeps the number for a night without a store.
std::string whose(const pool::number_row& row) {
    if (!is_lent(row)) {
        return "";
    }
    return row.holder.empty() ? row.panel.text() : "(reserved by " + row.holder + ")";
}

std::vector<pool::city> known_cities(const session& in) {
    const auto cities = in.store->cities();
    return cities ? *cities : std::vector<pool::city>{};  // without their names the codes are shown
}

void field(session& in, std::string_view name, const std::string& value) {
    if (!value.empty()) {
        constexpr std::size_t longest = 400;
        in.with.out() << fmt::format("{:<10} {}\n", name, config::printable(value, longest));
    }
}

std::string until_text(const session& in, instant until) {
    if (until == never) {
        return "";
    }
    return time_text(until) + (until > in.now ? " (" + length_text(until - in.now) + " more)" : "");
}

std::string place_text(const pool::lease_row& lease) {
    const auto site = pool::read_site(lease.site);
    if (!site) {
        return "";
    }
    std::string text = site->address;
    if (!site->entrance.empty()) {
        text.append(text.empty() ? "" : ", ").append("entrance ").append(site->entrance);
    }
    if (site->latitude && site->longitude) {
        text.append(fmt::format("{}({:.6f}, {:.6f})", text.empty() ? "" : " ", *site->latitude, *site->longitude));
    }
    return text;
}

}  // namespace

std::string time_text(instant at) {
    if (at == never) {
        return "";
    }
    const std::string text = rfc3339(at);
    return text.substr(0, text.find('.')) + "Z";
}

std::string length_text(duration length) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(length).count();
    constexpr std::int64_t minute = 60;
    constexpr std::int64_t hour = 60 * minute;
    constexpr std::int64_t day = 24 * hour;
    if (seconds >= day) {
        return fmt::format("{}d {}h", seconds / day, seconds % day / hour);
    }
    if (seconds >= hour) {
        return fmt::format("{}h {}m", seconds / hour, seconds % hour / minute);
    }
    return seconds >= minute ? fmt::format("{}m {}s", seconds / minute, seconds % minute) : fmt::format("{}s", seconds);
}

std::string_view words_of(pool::number_state state) {
    switch (state) {
        case pool::number_state::free: return "free";
        case pool::number_state::leased: return "in a call or reserved";
        case pool::number_state::window: return "in its callback window";
        case pool::number_state::guard: return "in its guard time";
        case pool::number_state::disabled: return "disabled";
    }
    return "";
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void print_numbers(session& in, const std::vector<pool::number_row>& rows) {
    if (in.with.json()) {
        for (const pool::number_row& each : rows) {
            line(in, number_object(in, each));
        }
        return;
    }
    const std::vector<pool::city> cities = known_cities(in);
    table out({{"NUMBER"}, {"CITY"}, {"STATE"}, {"PANEL"}, {"LEASE", column::side::right}, {"UNTIL"}});
    for (const pool::number_row& each : rows) {
        out.row({each.number.text(), pool::name_of(cities, each.city), std::string(name_of(each.state)), whose(each),
                 is_lent(each) && each.lease != 0 ? std::to_string(each.lease) : "",
                 is_lent(each) ? time_text(each.until) : ""});
    }
    out.print(in.with.out());
}

void print_cities(session& in, const std::vector<pool::city>& cities, const std::vector<pool::city>& all) {
    if (in.with.json()) {
        for (const pool::city& each : cities) {
            json one{{"type", "city"},
                     {"schema", 1},
                     {"city", each.fias.text()},
                     {"name", each.name},
                     {"route", each.route},
                     {"second_route", text_or_null(each.second_route)},
                     {"shared_number", text_or_null(each.shared_number.text())},
                     {"parent", text_or_null(each.parent.text())}};
            if (in.rehearsal) {
                one["dry_run"] = true;
            }
            line(in, one);
        }
        return;
    }
    table out({{"CITY"}, {"NAME"}, {"ROUTE"}, {"SECOND"}, {"SHARED NUMBER"}, {"PARENT"}});
    for (const pool::city& each : cities) {
        out.row({each.fias.text(), each.name, each.route, each.second_route, each.shared_number.text(),
                 each.parent.empty() ? "" : pool::name_of(all, each.parent)});
    }
    out.print(in.with.out());
}

void print_whole_number(session& in, const pool::number_row& row, const std::vector<pool::lease_row>& leases) {
    if (in.with.json()) {
        line(in, number_object(in, row));
        for (const pool::lease_row& each : leases) {
            line(in, lease_object("lease", each));
        }
        return;
    }
    field(in, "number", row.number.text());
    field(in, "city", pool::name_of(known_cities(in), row.city) + " (" + row.city.text() + ")");
    field(in, "state", std::string(name_of(row.state)));
    if (is_lent(row)) {
        field(in, "panel", whose(row));
        field(in, "calls", row.calls == 0 ? "" : std::to_string(row.calls));
        field(in, "until", until_text(in, row.until));
    }
    field(in, "rested",
          row.state == pool::number_state::free && row.rested_since != instant{}
              ? "since " + time_text(row.rested_since)
              : "");
    table out(
        {{"LEASE", column::side::right}, {"PANEL"}, {"FROM"}, {"CALL ENDED"}, {"WINDOW UNTIL"}, {"HOW"}, {"CALL"}});
    for (const pool::lease_row& each : leases) {
        out.row({std::to_string(each.token), each.panel.text(), time_text(each.leased_at), time_text(each.ended_at),
                 time_text(each.window_until), std::string(name_of(each.how)), std::string(each.call.text())});
    }
    if (!leases.empty()) {
        in.with.out() << '\n';
    }
    out.print(in.with.out());
}

void print_owner(session& in, const pool::lease_row& lease, instant at) {
    if (in.with.json()) {
        json one = lease_object("who", lease);
        one["at"] = rfc3339(at);
        line(in, one);
        return;
    }
    field(in, "number", lease.number.text());
    field(in, "at", time_text(at));
    field(in, "panel", lease.panel.text());
    field(in, "place", place_text(lease));
    field(in, "leased", time_text(lease.leased_at));
    field(in, "call ended", lease.ended_at == never ? "it is still going on" : time_text(lease.ended_at));
    field(in, "window", lease.window_until == never ? "" : "until " + time_text(lease.window_until));
    field(in, "call", std::string(lease.call.text()));
}

void print_no_owner(session& in, const number_id& number, instant at, std::string_view state) {
    if (in.with.json()) {
        line(in, {{"type", "who"},
                  {"schema", 1},
                  {"number", number.text()},
                  {"panel", nullptr},
                  {"at", rfc3339(at)},
                  {"state", text_or_null(std::string(state))}});
    }
}

void print_audit(session& in, const std::vector<pool::audit_row>& rows) {
    if (in.with.json()) {
        for (const pool::audit_row& each : rows) {
            line(in, {{"type", "audit"},
                      {"schema", 1},
                      {"no", each.no},
                      {"at", rfc3339(each.at)},
                      {"who", each.who},
                      {"act", each.act},
                      {"number", text_or_null(each.number.text())},
                      {"panel", text_or_null(each.panel.text())},
                      {"before", name_of(each.before)},
                      {"after", name_of(each.after)},
                      {"why", each.why}});
        }
        return;
    }
    table out({{"AT"}, {"WHO"}, {"ACT"}, {"NUMBER"}, {"PANEL"}, {"CHANGE"}, {"WHY"}});
    for (const pool::audit_row& each : rows) {
        const bool changed = each.before != each.after;
        out.row({time_text(each.at), each.who, each.act, each.number.text(), each.panel.text(),
                 changed ? fmt::format("{} > {}", name_of(each.before), name_of(each.after)) : "", each.why});
    }
    out.print(in.with.out());
}

void print_findings(session& in, const std::vector<pool::finding>& findings) {
    if (in.with.json()) {
        for (const pool::finding& each : findings) {
            line(in, {{"type", "finding"},
                      {"schema", 1},
                      {"finding", name_of(each.what)},
                      {"number", each.number.text()},
                      {"panel_in_pool", text_or_null(each.in_pool.text())},
                      {"panel_in_map", text_or_null(each.in_map.text())},
                      {"text", each.words}});
        }
        return;
    }
    table out({{"NUMBER"}, {"FINDING"}, {"IN THE POOL"}, {"IN THE MAP"}, {"WHAT IT MEANS"}});
    for (const pool::finding& each : findings) {
        out.row(
            {each.number.text(), std::string(name_of(each.what)), each.in_pool.text(), each.in_map.text(), each.words});
    }
    out.print(in.with.out());
}

}  // namespace td::cmd::sos_pool
