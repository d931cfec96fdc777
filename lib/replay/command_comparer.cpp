#include "replay/command_comparer.hpp"

#include <simdjson.h>

#include <utility>

namespace td::replay {
namespace {

namespace dom = simdjson::dom;

std::string json_of(dom::element value) {
    return simdjson::minify(value);
}

/// Walks through two values at once.
class walk {
public:
    walk(const ignored_fields& ignored, std::string_view kind) : ignored_(ignored), kind_(kind) {}

    /// `shown` is the path with places of lists, `plain` that without.
    bool alike(dom::element recorded, dom::element today, const std::string& shown, const std::string& plain) {
        if (!plain.empty() && ignored_.covers(kind_, plain)) {
            return true;
        }
        if (recorded.is_object() && today.is_object()) {
            return alike_objects(recorded.get_object(), today.get_object(), shown, plain);
        }
        if (recorded.is_array() && today.is_array()) {
            return alike_lists(recorded.get_array(), today.get_array(), shown, plain);
        }
        std::string one = json_of(recorded);
        std::string other = json_of(today);
        return one == other || differ(shown, std::move(one), std::move(other));
    }

    field_difference found;

private:
    bool differ(const std::string& shown, std::string recorded, std::string today) {
        found = {shown, std::move(recorded), std::move(today)};
        return false;
    }

    bool alike_objects(dom::object recorded, dom::object today, const std::string& shown, const std::string& plain) {
        for (const auto field : today) {
            dom::element before;
            if (recorded.at_key(field.key).get(before) != simdjson::SUCCESS || (plain.empty() && field.key == "at")) {
                continue;
            }
            const std::string dot = plain.empty() ? "" : ".";
            const std::string name(field.key);
            if (!alike(before, field.value, shown + dot + name, plain + dot + name)) {
                return false;
            }
        }
        return true;
    }

    bool alike_lists(dom::array recorded, dom::array today, const std::string& shown, const std::string& plain) {
        auto one = recorded.begin();
        auto other = today.begin();
        for (std::size_t place = 0; one != recorded.end() || other != today.end(); ++place) {
            const std::string here = shown + '[' + std::to_string(place) + ']';
            if (other == today.end()) {
                return differ(here, json_of(*one), "");
            }
            if (one == recorded.end()) {
                return differ(here, "", json_of(*other));
            }
            if (!alike(*one, *other, here, plain)) {
                return false;
            }
            ++one;
            ++other;
        }
        return true;
    }

    const ignored_fields& ignored_;
    std::string_view kind_;
};

}  // namespace

struct command_comparer::insides {
    ignored_fields ignored;
    dom::parser recorded{};
    dom::parser today{};
};

command_comparer::command_comparer(ignored_fields ignored) : in_(std::make_unique<insides>()) {
    in_->ignored = std::move(ignored);
}
command_comparer::~command_comparer() = default;

const ignored_fields& command_comparer::ignored() const {
    return in_->ignored;
}

std::optional<field_difference> command_comparer::first_difference(std::string_view kind, std::string_view recorded,
                                                                   std::string_view today) {
    dom::element one;
    dom::element other;
    if (in_->recorded.parse(recorded.data(), recorded.size()).get(one) != simdjson::SUCCESS ||
        in_->today.parse(today.data(), today.size()).get(other) != simdjson::SUCCESS) {
        return std::nullopt;  // its reader has read it, so this cannot be
    }
    walk both(in_->ignored, kind);
    if (both.alike(one, other, "", "")) {
        return std::nullopt;
    }
    return std::move(both.found);
}

}  // namespace td::replay
