#include "pool/words.hpp"

#include <array>

namespace td::pool {
namespace {

constexpr std::array all_states{number_state::free, number_state::leased, number_state::window, number_state::guard,
                                number_state::disabled};
constexpr std::array all_ways{lent_how::sticky, lent_how::rested, lent_how::guard_spent, lent_how::reserved};

}  // namespace

std::string_view name_of(number_state what) {
    switch (what) {
        case number_state::free: return "free";
        case number_state::leased: return "leased";
        case number_state::window: return "window";
        case number_state::guard: return "guard";
        case number_state::disabled: return "disabled";
    }
    return "";
}

std::optional<number_state> number_state_named(std::string_view name) {
    for (const number_state each : all_states) {
        if (name_of(each) == name) {
            return each;
        }
    }
    return std::nullopt;
}

std::string_view name_of(lent_how what) {
    switch (what) {
        case lent_how::sticky: return "sticky";
        case lent_how::rested: return "rested";
        case lent_how::guard_spent: return "guard_spent";
        case lent_how::reserved: return "reserved";
    }
    return "";
}

std::optional<lent_how> lent_how_named(std::string_view name) {
    for (const lent_how each : all_ways) {
        if (name_of(each) == name) {
            return each;
        }
    }
    return std::nullopt;
}

}  // namespace td::pool
