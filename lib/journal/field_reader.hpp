#pragma once
// The io of part_shapes.hpp that reads, over simdjson's on-demand parser. Only reader.cpp includes it. It goes over the
// fields of an object once, in the order in which they stand, so that nothing is looked up and nothing is skipped
// unread.

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "journal/value_reader.hpp"

namespace td::journal {

/// Reads one field of the text into the member of that name.
class field_match {
public:
    field_match(value_reader& values, complaint& wrong, std::string_view key, json::value value)
        : values_(values), wrong_(wrong), key_(key), value_(value) {}

    template <class Value>
    void field(std::string_view name, Value& member) {
        if (!matched_ && name == key_) {
            matched_ = true;
            if constexpr (requires { member.clear(); }) {
                member.clear();  // a field given twice counts with its last value
            }
            bit_ = std::uint64_t{1} << count_;
            good_ = values_.read(value_, member) || wrong_.in(name);
        }
        ++count_;
    }

    template <class Value>
    void later_field(std::string_view name, Value& member) {
        field(name, member);
    }

    [[nodiscard]] std::uint64_t bit() const { return bit_; }
    [[nodiscard]] bool good() const { return good_; }

private:
    value_reader& values_;
    complaint& wrong_;
    std::string_view key_;
    json::value value_;
    unsigned count_ = 0;
    std::uint64_t bit_ = 0;
    bool matched_ = false;
    bool good_ = true;
};

inline bool value_reader::read(json::value from, instant& to) {
    json::json_type kind{};
    if (!take(from.type(), kind)) {
        return false;
    }
    if (kind == json::json_type::number) {
        std::int64_t microseconds = 0;
        if (!read(from, microseconds)) {
            return false;
        }
        to = instant{duration{microseconds}};
        return true;
    }
    std::string_view text;
    return take(from.get_string(), text) && (moments_.read(text, to) || wrong_.with("is no RFC 3339 time"));
}

template <class Part>
requires std::is_aggregate_v<Part>
bool value_reader::read(json::value from, Part& to) {
    json::object object;
    json::object_iterator at;
    json::object_iterator end;
    return take(from.get_object(), object) && take(object.begin(), at) && take(object.end(), end) &&
           fields(at, end, to);
}

template <class Thing>
bool value_reader::fields(json::object_iterator& at, const json::object_iterator& end, Thing& thing,
                          std::uint64_t seen) {
    for (; at != end; ++at) {
        json::field field;
        std::string_view key;
        if (!take(*at, field) || !take(field.unescaped_key(), key)) {
            return false;
        }
        field_match match(*this, wrong_, key, field.value());
        describe(match, thing);
        if (!match.good()) {
            return false;
        }
        seen |= match.bit();
    }
    field_roll roll(seen);
    describe(roll, thing);
    return roll.missing().empty() || wrong_.with("lacks the field " + std::string(roll.missing()));
}

}  // namespace td::journal
