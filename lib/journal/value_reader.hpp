#pragma once
// How a value of each type is read, over simdjson's on-demand parser. Only reader.cpp includes it. It goes over the
// fields of an object once, in the order in which they stand, so that nothing is looked up and nothing is skipped
// unread.

#include <simdjson.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/json_text.hpp"
#include "journal/command_shapes.hpp"
#include "journal/complaint.hpp"
#include "journal/fact_shapes.hpp"
#include "journal/field_roll.hpp"
#include "journal/moment_reader.hpp"
#include "journal/value_names.hpp"

namespace td::journal {

namespace json = simdjson::ondemand;

class value_reader {
public:
    value_reader(moment_reader& moments, complaint& wrong) : moments_(moments), wrong_(wrong) {}

    bool read(json::value from, std::string& to) {
        std::string_view text;
        if (!take(from.get_string(), text)) {
            return false;
        }
        // Nearly no text has a kept byte, and all of those begin with this one.
        if (text.find('\xEE') == std::string_view::npos) {
            to.assign(text);
        } else {
            to = with_kept_bytes(text);
        }
        return true;
    }
    bool read(json::value from, call_id& to) {
        std::string_view text;
        if (!take(from.get_string(), text)) {
            return false;
        }
        const auto call = call_id::parse(text);
        to = call.value_or(call_id{});
        return call.has_value() || wrong_.with("is no call id");
    }
    template <class Tag>
    bool read(json::value from, id<Tag>& to) {
        std::string text;
        if (!read(from, text)) {
            return false;
        }
        to = id<Tag>(std::move(text));
        return true;
    }
    bool read(json::value from, leg_no& to) {
        std::uint8_t number = 0;
        if (!read(from, number)) {
            return false;
        }
        to.value = number;
        return number < leg_no::limit || wrong_.with("is no leg number, 0 to 99");
    }
    bool read(json::value from, char& to) {
        std::string text;
        if (!read(from, text)) {
            return false;
        }
        if (text.size() != 1) {
            return wrong_.with("is not one character");
        }
        to = text.front();
        return true;
    }
    bool read(json::value from, bool& to) { return take(from.get_bool(), to); }
    bool read(json::value from, double& to) { return take(from.get_double(), to); }
    /// What is missing is null.
    template <class Part>
    bool read(json::value from, std::optional<Part>& to) {
        bool missing = false;
        if (!take(from.is_null(), missing)) {
            return false;
        }
        if (missing) {
            to.reset();
            return true;
        }
        return read(from, to.emplace());
    }
    template <std::signed_integral Number>
    bool read(json::value from, Number& to) {
        return read_number(from.get_int64(), to);
    }
    template <std::unsigned_integral Number>
    bool read(json::value from, Number& to) {
        return read_number(from.get_uint64(), to);
    }
    bool read(json::value from, duration& to) {
        std::int64_t count = 0;
        if (!read(from, count)) {
            return false;
        }
        to = duration{count};
        return true;
    }
    bool read(json::value from, instant& to);
    template <class Value>
    requires std::is_enum_v<Value>
    bool read(json::value from, Value& to) {
        std::string_view name;
        if (!take(from.get_string(), name)) {
            return false;
        }
        const auto value = value_named<Value>(name);
        if (!value) {
            return wrong_.with("has the unknown word \"" + std::string(name.substr(0, 40)) + '"');
        }
        to = *value;
        return true;
    }
    template <class Part>
    bool read(json::value from, std::vector<Part>& to) {
        json::array parts;
        if (!take(from.get_array(), parts)) {
            return false;
        }
        for (auto each : parts) {
            json::value value;
            if (!take(std::move(each), value) || !read(value, to.emplace_back())) {
                return false;
            }
        }
        return true;
    }
    template <class Part>
    requires std::is_aggregate_v<Part>
    bool read(json::value from, Part& to);

    /// The fields of `thing` from where `at` stands to the end of the object; `seen` has a bit for each that was read
    /// before.
    template <class Thing>
    bool fields(json::object_iterator& at, const json::object_iterator& end, Thing& thing, std::uint64_t seen = 0);

    template <class From, class To>
    bool take(From&& from, To& to) {
        const simdjson::error_code error = std::forward<From>(from).get(to);
        return error == simdjson::SUCCESS ||
               wrong_.with(std::string("cannot be read: ") + simdjson::error_message(error));
    }

private:
    template <class From, class Number>
    bool read_number(From&& from, Number& to) {
        std::conditional_t<std::is_signed_v<Number>, std::int64_t, std::uint64_t> number = 0;
        if (!take(std::forward<From>(from), number)) {
            return false;
        }
        if (!std::in_range<Number>(number)) {
            return wrong_.with("does not fit: " + std::to_string(number));
        }
        to = static_cast<Number>(number);
        return true;
    }

    moment_reader& moments_;
    complaint& wrong_;
};

}  // namespace td::journal
