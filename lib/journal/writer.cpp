// Facts and commands to lines: one pass of appends into the caller's string, no tree, no allocation once it has grown.

#include <array>
#include <chrono>
#include <concepts>
#include <type_traits>
#include <vector>

#include "base/json_text.hpp"
#include "journal/codec.hpp"
#include "journal/command_shapes.hpp"
#include "journal/entry_shapes.hpp"
#include "journal/fact_shapes.hpp"
#include "journal/value_names.hpp"

namespace td::journal {
namespace {

void append_digits(std::string& out, std::int64_t number, std::size_t width) {
    std::array<char, 8> digits{};
    for (std::size_t i = width; i > 0; --i) {
        digits[i - 1] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
    out.append(digits.data(), width);
}

/// A moment outside the years 0 to 9999, which RFC 3339 cannot say, is a bare number of microseconds since 1970.
void append_instant(std::string& out, instant at) {
    using namespace std::chrono;
    // The calendar of the standard library ends long before the range of an instant does, so the range is looked at
    // first.
    constexpr instant first = sys_days{year{0} / 1 / 1};
    constexpr instant last = sys_days{year{10000} / 1 / 1};
    if (at < first || at >= last) {
        append_json_number(out, at.time_since_epoch().count());
        return;
    }
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const std::int64_t microseconds = (at - day).count();
    const std::int64_t second = microseconds / 1'000'000;
    out += '"';
    append_digits(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, second / 3600, 2);
    out += ':';
    append_digits(out, second / 60 % 60, 2);
    out += ':';
    append_digits(out, second % 60, 2);
    out += '.';
    append_digits(out, microseconds % 1'000'000, 6);
    out += "Z\"";
}

/// The io of part_shapes.hpp that appends.
class field_writer {
public:
    explicit field_writer(std::string& out) : out_(out) {}

    template <class Value>
    void field(std::string_view name, const Value& value) {
        out_ += first_ ? "\"" : ",\"";
        first_ = false;
        out_.append(name);
        out_ += "\":";
        put(value);
    }

    template <class Value>
    void later_field(std::string_view name, const Value& value) {
        field(name, value);
    }

    /// The fields of `thing` as an object of their own.
    template <class Thing>
    void object(const Thing& thing) {
        out_ += '{';
        first_ = true;
        describe(*this, thing);
        out_ += '}';
        first_ = false;
    }

private:
    void put(const std::string& text) { append_json_text(out_, text, broken_utf8::kept); }
    void put(std::string_view text) { append_json_text(out_, text, broken_utf8::kept); }
    void put(const call_id& call) {
        // Its alphabet needs no escaping.
        out_ += '"';
        out_.append(call.text());
        out_ += '"';
    }
    template <class Tag>
    void put(const id<Tag>& name) {
        put(std::string_view(name.text()));
    }
    void put(leg_no leg) { append_json_number(out_, static_cast<int>(leg.value)); }
    void put(char key) { put(std::string_view(&key, 1)); }
    void put(bool value) { out_ += value ? "true" : "false"; }
    template <std::integral Number>
    void put(Number number) {
        append_json_number(out_, number);
    }
    void put(double number) { append_json_number(out_, number); }
    template <class Part>
    void put(const std::optional<Part>& part) {
        if (part) {
            put(*part);
        } else {
            out_ += "null";
        }
    }
    void put(duration length) { append_json_number(out_, length.count()); }
    void put(instant at) { append_instant(out_, at); }
    template <class Value>
    requires std::is_enum_v<Value>
    void put(Value value) { put(name_of(value)); }
    template <class Part>
    void put(const std::vector<Part>& parts) {
        out_ += '[';
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i > 0) {
                out_ += ',';
            }
            put(parts[i]);
        }
        out_ += ']';
    }
    template <class Part>
    requires std::is_aggregate_v<Part>
    void put(const Part& part) { object(part); }

    std::string& out_;
    bool first_ = false;
};

void begin(std::string& out, instant at) {
    out += "{\"at\":";
    append_instant(out, at);
}

template <class Part>
void write_part(std::string& out, instant at, const Part& part) {
    begin(out, at);
    field_writer io(out);
    describe(io, part);
    out += "}\n";
}

template <class Thing>
void write_thing(std::string& out, instant at, std::string_view kind, const Thing& thing) {
    begin(out, at);
    out += ",\"";
    out.append(kind);
    out += "\":\"";
    out.append(word(&thing));
    out += '"';
    field_writer io(out);
    describe(io, thing);
    out += "}\n";
}

}  // namespace

void write(std::string& out, instant at, const header& first) {
    out += R"({"journal":"tdctl")";
    field_writer io(out);
    const opened_file file{first, at};
    describe(io, file);
    out += "}\n";
}

void write(std::string& out, instant at, const rules_changed& news) {
    write_part(out, at, news);
}

void write(std::string& out, instant at, const gap& missing) {
    write_part(out, at, missing);
}

void write(std::string& out, instant at, const call::fact& news) {
    std::visit([&](const auto& each) { write_thing(out, at, "fact", each); }, news);
}

void write(std::string& out, instant at, const call::command& wish) {
    std::visit([&](const auto& each) { write_thing(out, at, "do", each); }, wish);
}

std::string_view name_of(const call::fact& news) {
    return std::visit([](const auto& each) { return word(&each); }, news);
}

std::string_view name_of(const call::command& wish) {
    return std::visit([](const auto& each) { return word(&each); }, wish);
}

}  // namespace td::journal
