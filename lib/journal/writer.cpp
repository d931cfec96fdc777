// Facts and commands to lines: one pass of appends into the caller's string, no tree, no allocation once it has grown.

#include <array>
#include <chrono>
#include <concepts>
#include <type_traits>
#include <vector>

#include "journal/codec.hpp"
#include "journal/command_shapes.hpp"
#include "journal/entry_shapes.hpp"
#include "journal/fact_shapes.hpp"
#include "journal/line_text.hpp"
#include "journal/value_names.hpp"

namespace td::journal {
namespace {

/// Two decimal digits.
void write_pair(char* to, std::int64_t number) {
    to[0] = static_cast<char>('0' + number / 10);
    to[1] = static_cast<char>('0' + number % 10);
}

/// A moment outside the years 0 to 9999, which RFC 3339 cannot say, is a bare number of microseconds since 1970.
void put_instant(line_text& out, instant at) {
    using namespace std::chrono;
    // The calendar of the standard library ends long before the range of an instant does, so the range is looked at
    // first.
    constexpr instant first = sys_days{year{0} / 1 / 1};
    constexpr instant last = sys_days{year{10000} / 1 / 1};
    if (at < first || at >= last) {
        out.put_number(at.time_since_epoch().count());
        return;
    }
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const std::int64_t microseconds = (at - day).count();
    const std::int64_t second = microseconds / 1'000'000;
    const std::int64_t fraction = microseconds % 1'000'000;
    std::array<char, 29> text{'"', 'y', 'y', 'y', 'y', '-', 'm', 'm', '-', 'd', 'd', 'T', 'h', 'h', ':',
                              'm', 'm', ':', 's', 's', '.', 'f', 'f', 'f', 'f', 'f', 'f', 'Z', '"'};
    write_pair(&text[1], static_cast<int>(date.year()) / 100);
    write_pair(&text[3], static_cast<int>(date.year()) % 100);
    write_pair(&text[6], static_cast<unsigned>(date.month()));
    write_pair(&text[9], static_cast<unsigned>(date.day()));
    write_pair(&text[12], second / 3600);
    write_pair(&text[15], second / 60 % 60);
    write_pair(&text[18], second % 60);
    write_pair(&text[21], fraction / 10'000);
    write_pair(&text[23], fraction / 100 % 100);
    write_pair(&text[25], fraction % 100);
    out.put({text.data(), text.size()});
}

/// The io of part_shapes.hpp that appends.
class field_writer {
public:
    explicit field_writer(line_text& out) : out_(out) {}

    template <class Value>
    void field(std::string_view name, const Value& value) {
        out_.put(first_ ? std::string_view("\"") : std::string_view(",\""));
        first_ = false;
        out_.put(name);
        out_.put("\":");
        put(value);
    }

    template <class Value>
    void later_field(std::string_view name, const Value& value) {
        field(name, value);
    }

    /// The fields of `thing` as an object of their own.
    template <class Thing>
    void object(const Thing& thing) {
        out_.put("{");
        first_ = true;
        describe(*this, thing);
        out_.put("}");
        first_ = false;
    }

private:
    void put(const std::string& text) { out_.put_json(text); }
    void put(std::string_view text) { out_.put_json(text); }
    void put(const call_id& call) {
        // Its alphabet needs no escaping.
        out_.put("\"");
        out_.put(call.text());
        out_.put("\"");
    }
    template <class Tag>
    void put(const id<Tag>& name) {
        put(std::string_view(name.text()));
    }
    void put(leg_no leg) { out_.put_number(static_cast<int>(leg.value)); }
    void put(char key) { put(std::string_view(&key, 1)); }
    void put(bool value) { out_.put(value ? std::string_view("true") : std::string_view("false")); }
    template <std::integral Number>
    void put(Number number) {
        out_.put_number(number);
    }
    void put(double number) { out_.put_number(number); }
    template <class Part>
    void put(const std::optional<Part>& part) {
        if (part) {
            put(*part);
        } else {
            out_.put("null");
        }
    }
    void put(duration length) { out_.put_number(length.count()); }
    void put(instant at) { put_instant(out_, at); }
    template <class Value>
    requires std::is_enum_v<Value>
    void put(Value value) { put(name_of(value)); }
    template <class Part>
    void put(const std::vector<Part>& parts) {
        out_.put("[");
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i > 0) {
                out_.put(",");
            }
            put(parts[i]);
        }
        out_.put("]");
    }
    template <class Part>
    requires std::is_aggregate_v<Part>
    void put(const Part& part) { object(part); }

    line_text& out_;
    bool first_ = false;
};

void begin(line_text& out, instant at, telling how) {
    out.put("{\"at\":");
    put_instant(out, at);
    if (how == telling::again) {
        out.put(",\"retold\":true");
    }
}

template <class Part>
void write_part(std::string& out, instant at, telling how, const Part& part) {
    line_text text(out);
    begin(text, at, how);
    field_writer io(text);
    describe(io, part);
    text.put("}\n");
}

template <class Thing>
void write_thing(std::string& out, instant at, telling how, std::string_view kind, const Thing& thing) {
    line_text text(out);
    begin(text, at, how);
    text.put(",\"");
    text.put(kind);
    text.put("\":\"");
    text.put(word(&thing));
    text.put("\"");
    field_writer io(text);
    describe(io, thing);
    text.put("}\n");
}

}  // namespace

void write(std::string& out, instant at, const header& first) {
    line_text text(out);
    text.put(R"({"journal":"tdctl")");
    field_writer io(text);
    const opened_file file{first, at};
    describe(io, file);
    text.put("}\n");
}

void write(std::string& out, instant at, const rules_changed& news, telling how) {
    write_part(out, at, how, news);
}

void write(std::string& out, instant at, const gap& missing) {
    write_part(out, at, telling::first, missing);
}

void write(std::string& out, instant at, const call::fact& news, telling how) {
    std::visit([&](const auto& each) { write_thing(out, at, how, "fact", each); }, news);
}

void write(std::string& out, instant at, const call::command& wish) {
    std::visit([&](const auto& each) { write_thing(out, at, telling::first, "do", each); }, wish);
}

std::string_view name_of(const call::fact& news) {
    return std::visit([](const auto& each) { return word(&each); }, news);
}

std::string_view name_of(const call::command& wish) {
    return std::visit([](const auto& each) { return word(&each); }, wish);
}

}  // namespace td::journal
