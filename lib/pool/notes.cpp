#include "pool/notes.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/json_text.hpp"

namespace td::pool {
namespace {

constexpr std::string_view file_type = "tdctl-pool-notes";
constexpr std::int64_t schema = 1;
constexpr std::array all_kinds{errand::kind::settle, errand::kind::end, errand::kind::put, errand::kind::remove};

// ---- writing

/// One object in the making.
class object_writer {
public:
    explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }

    object_writer& text(std::string_view key, std::string_view value) {
        name(key);
        append_json_text(out_, value, broken_utf8::kept);
        return *this;
    }
    template <class Number>
    object_writer& number(std::string_view key, Number value) {
        name(key);
        append_json_number(out_, value);
        return *this;
    }
    object_writer& time(std::string_view key, instant value) { return number(key, value.time_since_epoch().count()); }
    object_writer& yes_or_no(std::string_view key, bool value) {
        name(key);
        out_ += value ? "true" : "false";
        return *this;
    }
    object_writer& row(std::string_view key, const lease_row& value) {
        name(key);
        object_writer inner(out_);
        inner.number("token", value.token).text("number", value.number.text()).text("city", value.city.text());
        inner.text("panel", value.panel.text()).text("call", value.call.text()).text("how", name_of(value.how));
        inner.time("leased_at", value.leased_at).time("ended_at", value.ended_at);
        inner.time("window_until", value.window_until).text("site", value.site).over();
        return *this;
    }
    void over() { out_ += '}'; }
    void end_line() { out_ += "}\n"; }

private:
    void name(std::string_view key) {
        if (out_.back() != '{') {
            out_ += ',';
        }
        out_.append("\"").append(key).append("\":");
    }

    std::string& out_;
};

/// A line of this type.
object_writer line(std::string& out, std::string_view type) {
    object_writer made(out);
    made.text("type", type);
    return made;
}

// ---- reading

/// The fields of one object; remembers the first that is missing or of the wrong type.
class object_reader {
public:
    explicit object_reader(simdjson::dom::element object) : object_(object) {}

    std::string text(const char* key) {
        std::string_view found;
        check(key, object_[key].get(found) == simdjson::SUCCESS);
        return with_kept_bytes(found);
    }
    template <class Name>
    Name name(const char* key) {
        return Name{text(key)};
    }
    std::uint64_t count(const char* key) {
        std::uint64_t found = 0;
        check(key, object_[key].get(found) == simdjson::SUCCESS);
        return found;
    }
    instant time(const char* key) {
        std::int64_t found = 0;
        check(key, object_[key].get(found) == simdjson::SUCCESS);
        return instant{duration{found}};
    }
    bool yes_or_no(const char* key) {
        bool found = false;
        check(key, object_[key].get(found) == simdjson::SUCCESS);
        return found;
    }
    lease_row row(const char* key) {
        simdjson::dom::element found;
        lease_row row;
        check(key, object_[key].get(found) == simdjson::SUCCESS && found.is_object());
        if (!broken_.empty()) {
            return row;
        }
        object_reader inner(found);
        row.token = inner.count("token");
        row.number = inner.name<number_id>("number");
        row.city = inner.name<city_id>("city");
        row.panel = inner.name<panel_id>("panel");
        const auto call = call_id::parse(inner.text("call"));
        const auto how = lent_how_named(inner.text("how"));
        inner.check("call", call.has_value());
        inner.check("how", how.has_value());
        row.call = call.value_or(call_id{});
        row.how = how.value_or(lent_how::rested);
        row.leased_at = inner.time("leased_at");
        row.ended_at = inner.time("ended_at");
        row.window_until = inner.time("window_until");
        row.site = inner.text("site");
        broken_ = inner.broken_;
        return row;
    }
    void check(const char* key, bool good) {
        if (!good && broken_.empty()) {
            broken_ = key;
        }
    }
    [[nodiscard]] const std::string& broken() const { return broken_; }

private:
    simdjson::dom::element object_;
    std::string broken_;
};

std::optional<errand::kind> kind_named(std::string_view name) {
    const auto found = std::ranges::find(all_kinds, name, [](errand::kind each) { return name_of(each); });
    return found == all_kinds.end() ? std::nullopt : std::optional(*found);
}

void read_city(object_reader& from, notes& to) {
    city read;
    read.fias = from.name<city_id>("fias");
    read.name = from.text("name");
    read.route = from.text("route");
    read.second_route = from.text("second_route");
    read.shared_number = from.name<number_id>("shared_number");
    read.parent = from.name<city_id>("parent");
    to.cities[read.fias] = read;
}

void read_kept(object_reader& from, notes& to) {
    kept_number read;
    read.number = from.name<number_id>("number");
    read.city = from.name<city_id>("city");
    read.token = from.count("token");
    read.until = from.time("until");
    read.in_hand = from.yes_or_no("in_hand");
    read.former = from.yes_or_no("former");
    read.listed = from.yes_or_no("listed");
    to.block.push_back(std::move(read));
}

void read_loan(object_reader& from, notes& to) {
    loan read;
    read.noted = from.yes_or_no("noted");
    read.late = from.count("late");
    read.lost = from.yes_or_no("lost");
    read.row = from.row("row");
    to.loans.push_back(std::move(read));
}

void read_errand(object_reader& from, notes& to) {
    errand read;
    const auto kind = kind_named(from.text("what"));
    from.check("what", kind.has_value());
    read.no = from.count("no");
    read.what = kind.value_or(errand::kind::end);
    read.at = from.time("at");
    read.until = from.time("until");
    read.row = from.row("row");
    to.backlog.push_back(std::move(read));
}

/// False: no line has such a type.
bool read_line(const std::string& type, object_reader& from, notes& to) {
    if (type == "city") {
        read_city(from, to);
    } else if (type == "served") {
        const auto which = from.name<city_id>("city");
        to.served[which] = from.time("at");
    } else if (type == "panel") {
        const auto which = from.name<panel_id>("panel");
        to.panels[which] = {from.name<city_id>("city"), from.count("seen")};
    } else if (type == "loan") {
        read_loan(from, to);
    } else if (type == "kept") {
        read_kept(from, to);
    } else if (type == "used") {
        const std::uint64_t token = from.count("token");
        to.used[token] = from.time("until");
    } else if (type == "errand") {
        read_errand(from, to);
    } else {
        return false;
    }
    return true;
}

failure broken(std::size_t line, const std::string& what) {
    return {failure_kind::broken_data, "line " + std::to_string(line) + ": " + what};
}

/// The first line: what the file is.
result<done> read_head(const std::string& type, object_reader& from, notes& to) {
    if (type != file_type) {
        return broken(1, "these are no notes of a number pool");
    }
    const std::uint64_t written = from.count("schema");
    if (from.broken().empty() && written != schema) {
        return broken(1, "schema " + std::to_string(written) + " where " + std::to_string(schema) + " is known");
    }
    to.holder = from.text("holder");
    to.closed = from.yes_or_no("closed");
    to.next_no = from.count("next_no");
    return done{};
}

}  // namespace

std::string_view name_of(errand::kind what) {
    switch (what) {
        case errand::kind::settle: return "settle";
        case errand::kind::end: return "end";
        case errand::kind::put: return "put";
        case errand::kind::remove: return "remove";
    }
    return "";
}

std::string written(const notes& what) {
    std::string out;
    line(out, file_type)
        .number("schema", schema)
        .text("holder", what.holder)
        .yes_or_no("closed", what.closed)
        .number("next_no", what.next_no)
        .end_line();
    for (const auto& [fias, each] : what.cities) {
        line(out, "city")
            .text("fias", fias.text())
            .text("name", each.name)
            .text("route", each.route)
            .text("second_route", each.second_route)
            .text("shared_number", each.shared_number.text())
            .text("parent", each.parent.text())
            .end_line();
    }
    for (const auto& [which, when] : what.served) {
        line(out, "served").text("city", which.text()).time("at", when).end_line();
    }
    for (const auto& [which, note] : what.panels) {
        line(out, "panel")
            .text("panel", which.text())
            .text("city", note.city.text())
            .number("seen", note.seen)
            .end_line();
    }
    for (const loan& each : what.loans) {
        line(out, "loan")
            .yes_or_no("noted", each.noted)
            .number("late", each.late)
            .yes_or_no("lost", each.lost)
            .row("row", each.row)
            .end_line();
    }
    for (const kept_number& each : what.block) {
        line(out, "kept")
            .text("number", each.number.text())
            .text("city", each.city.text())
            .number("token", each.token)
            .time("until", each.until)
            .yes_or_no("in_hand", each.in_hand)
            .yes_or_no("former", each.former)
            .yes_or_no("listed", each.listed)
            .end_line();
    }
    for (const auto& [token, until] : what.used) {
        line(out, "used").number("token", token).time("until", until).end_line();
    }
    for (const errand& each : what.backlog) {
        line(out, "errand")
            .number("no", each.no)
            .text("what", name_of(each.what))
            .time("at", each.at)
            .time("until", each.until)
            .row("row", each.row)
            .end_line();
    }
    const auto lines = std::ranges::count(out, '\n');
    line(out, "end").number("lines", lines).end_line();
    return out;
}

result<notes> read_notes(std::string_view text) {
    notes read;
    simdjson::dom::parser parser;
    std::size_t number = 0;
    bool whole = false;
    while (!text.empty()) {
        ++number;
        const std::size_t length = std::min(text.find('\n'), text.size());
        const simdjson::padded_string one(text.substr(0, length));
        text.remove_prefix(std::min(length + 1, text.size()));
        simdjson::dom::element object;
        if (whole || parser.parse(one).get(object) != simdjson::SUCCESS || !object.is_object()) {
            return broken(number, whole ? "there is more behind the end" : "this is no JSON object");
        }
        object_reader from(object);
        const std::string type = from.text("type");
        if (number == 1) {
            if (auto head = read_head(type, from, read); !head) {
                return head.why();
            }
        } else if (type == "end") {
            whole = from.count("lines") + 1 == number;
            from.check("lines", whole);
        } else if (!read_line(type, from, read)) {
            return broken(number, "what a \"" + type + "\" is, is not known");
        }
        if (!from.broken().empty()) {
            return broken(number, "\"" + from.broken() + "\" is missing or not what it should be");
        }
    }
    if (!whole) {
        return broken(number + 1, "the end is missing");
    }
    return read;
}

}  // namespace td::pool
