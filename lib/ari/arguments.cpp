// What the dialplan said in Stasis(): names that can be used, or words on why they cannot.

#include <algorithm>
#include <array>

#include "ari/encoding.hpp"
#include "ari/events.hpp"

namespace td::ari {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_number = 15;  // E.164

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Argument `i` without spaces around it; nothing when it is missing.
std::optional<std::string_view> argument(const std::vector<std::optional<std::string_view>>& all, std::size_t i) {
    return i < all.size() && all[i] ? std::optional(trimmed(*all[i])) : std::nullopt;
}

/// Why `text` cannot be a name; empty when it can.
std::string_view fault_of(const std::optional<std::string_view>& text) {
    if (!text) {
        return "is missing";
    }
    if (text->empty()) {
        return "is empty";
    }
    if (text->size() > longest_name) {
        return "is longer than 64 bytes";
    }
    return printable(*text) ? "" : "has characters that cannot be printed";
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= longest_number &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

callback_entered read_callback(const std::vector<std::optional<std::string_view>>& arguments) {
    callback_entered made;
    const auto panel = argument(arguments, 0);
    if (fault_of(panel).empty()) {
        made.panel = panel_id(std::string(*panel));
    }
    std::string_view number = argument(arguments, 2).value_or("");
    number.remove_prefix(number.starts_with('+') ? 1 : 0);
    if (is_number(number)) {
        made.number = number_id(std::string(number));
    } else {
        made.complaint = "the number argument of Stasis is no telephone number";
    }
    if (argument(arguments, 3) == "psap-callback") {
        made.how = call::urgency::psap_callback;
    }
    return made;
}

}  // namespace

stasis_arguments read_arguments(const std::vector<std::optional<std::string_view>>& arguments) {
    const std::array names{argument(arguments, 0), argument(arguments, 1)};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (const std::string_view fault = fault_of(names.at(i)); !fault.empty()) {
            return {{},
                    {},
                    (i == 0 ? "the panel argument of Stasis " : "the flat argument of Stasis ") + std::string(fault)};
        }
    }
    return {panel_id(std::string(*names[0])), flat_id(std::string(*names[1])), {}};
}

std::variant<sos_entered, callback_entered> read_sos_arguments(
    const std::vector<std::optional<std::string_view>>& arguments) {
    if (argument(arguments, 1) == "callback") {
        return read_callback(arguments);
    }
    const auto panel = argument(arguments, 0);
    if (const std::string_view fault = fault_of(panel); !fault.empty()) {
        return sos_entered{{}, {}, "the panel argument of Stasis " + std::string(fault)};
    }
    return sos_entered{{}, panel_id(std::string(*panel)), {}};
}

}  // namespace td::ari
