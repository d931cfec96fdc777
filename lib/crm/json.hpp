#pragma once
// Reading known fields of a JSON object, for the codec and for the memory's file. simdjson stays inside lib/crm's
// sources.

#include <simdjson.h>

#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace td::crm {

/// Reads the fields of one object and remembers whether any had the wrong type; null and missing are the same.
class fields {
public:
    explicit fields(simdjson::dom::object object) : object_(object) {}

    [[nodiscard]] std::optional<std::string_view> text(std::string_view key) { return value<std::string_view>(key); }
    [[nodiscard]] std::optional<bool> yes_or_no(std::string_view key) { return value<bool>(key); }
    /// Whole numbers are read too.
    [[nodiscard]] std::optional<double> number(std::string_view key) { return value<double>(key); }
    [[nodiscard]] std::optional<simdjson::dom::array> array(std::string_view key) {
        return value<simdjson::dom::array>(key);
    }
    [[nodiscard]] std::optional<simdjson::dom::object> object(std::string_view key) {
        return value<simdjson::dom::object>(key);
    }

    [[nodiscard]] bool broken() const { return broken_; }

private:
    template <class Value>
    std::optional<Value> value(std::string_view key) {
        simdjson::dom::element found;
        if (object_.at_key(key).get(found) != simdjson::SUCCESS || found.is_null()) {
            return std::nullopt;
        }
        Value read{};
        if (found.get(read) != simdjson::SUCCESS) {
            broken_ = true;
            return std::nullopt;
        }
        return read;
    }

    simdjson::dom::object object_;
    bool broken_ = false;
};

[[nodiscard]] inline failure broken_json() {
    return {failure_kind::broken_data, "broken_json"};
}

/// What the two codecs take from an object that somebody else has parsed.
struct flat_answer;
struct panel_record;
[[nodiscard]] result<flat_answer> read_flat(simdjson::dom::object answer);
[[nodiscard]] result<panel_record> read_panel(simdjson::dom::object answer);

}  // namespace td::crm
