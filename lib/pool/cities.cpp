#include "pool/cities.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include "pool/acts.hpp"

namespace td::pool {
namespace {

constexpr std::size_t longest_route = 64;

bool is_hexadecimal(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

bool is_a_dash_of_a_uuid(std::size_t place) {
    return place == 8 || place == 13 || place == 18 || place == 23;
}

/// What stands for {route} in a dial string must not be able to end it.
bool can_be_dialled(std::string_view route) {
    return route.size() <= longest_route && std::all_of(route.begin(), route.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      std::string_view("_-.+*#").find(c) != std::string_view::npos;
           });
}

const city* with_code(const std::vector<city>& all, const city_id& which) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const city& each) { return each.fias == which; });
    return found == all.end() ? nullptr : &*found;
}

/// Follows the parents of `what`; as many steps as there are cities are enough to come back to it.
bool leads_back(const city& what, const std::vector<city>& all) {
    city_id at = what.parent;
    for (std::size_t step = 0; step <= all.size() && !at.empty(); ++step) {
        if (at == what.fias) {
            return true;
        }
        const city* next = with_code(all, at);
        at = next == nullptr ? city_id() : next->parent;
    }
    return false;
}

failure bad(std::string text) {
    return {failure_kind::bad_input, std::move(text)};
}

}  // namespace

result<city_id> read_fias(std::string_view written) {
    constexpr std::size_t length = 36;
    std::string code(written.substr(0, length));
    std::transform(code.begin(), code.end(), code.begin(), small);
    bool right = written.size() == length;
    for (std::size_t place = 0; right && place < length; ++place) {
        right = is_a_dash_of_a_uuid(place) ? code[place] == '-' : is_hexadecimal(code[place]);
    }
    if (!right) {
        return bad("it is not a FIAS code; write one such as a376e68d-724a-4472-be7c-891bdb09ae32");
    }
    return city_id(std::move(code));
}

result<city> find_city(const std::vector<city>& all, std::string_view written) {
    if (const auto code = read_fias(written); code) {
        if (const city* found = with_code(all, *code)) {
            return *found;
        }
        return failure{failure_kind::not_found,
                       "there is no city " + code->text() + "; `tdctl sos-pool city list` shows those that there are"};
    }
    const auto same = [&](const city& each) { return !each.name.empty() && each.name == written; };
    const auto found = std::find_if(all.begin(), all.end(), same);
    if (found == all.end()) {
        return failure{failure_kind::not_found,
                       "there is no city of that code or name; `tdctl sos-pool city list` shows those that there are"};
    }
    if (std::count_if(all.begin(), all.end(), same) > 1) {
        return bad("several cities have that name; give the FIAS code, as `tdctl sos-pool city list` shows it");
    }
    return *found;
}

std::string name_of(const std::vector<city>& all, const city_id& which) {
    const city* found = with_code(all, which);
    return found == nullptr || found->name.empty() ? which.text() : found->name;
}

result<done> check_city(const city& what, const std::vector<city>& all, const std::vector<number_row>& numbers) {
    if (what.name.empty() || what.name.size() > name_limit) {
        return bad("a city wants a name of at most " + std::to_string(name_limit) + " bytes");
    }
    if (std::any_of(what.name.begin(), what.name.end(), is_control)) {
        return bad("the city's name has a line end or another control character in it");
    }
    if (what.route.empty()) {
        return bad("the city has no route, and its emergency calls would have nowhere to go");
    }
    if (!can_be_dialled(what.route) || !can_be_dialled(what.second_route)) {
        return bad("a route is at most 64 letters, digits and _ - . + * #, such as 112");
    }
    if (!what.parent.empty() && with_code(all, what.parent) == nullptr && what.parent != what.fias) {
        return failure{failure_kind::not_found,
                       "the parent " + what.parent.text() + " is no city of the pool; add it first"};
    }
    if (leads_back(what, all)) {
        return bad("the parents of this city would lead back to it; name another --parent, or '' for none");
    }
    const auto same = [&](const number_row& each) { return each.number == what.shared_number; };
    if (!what.shared_number.empty() && std::any_of(numbers.begin(), numbers.end(), same)) {
        return failure{
            failure_kind::taken,
            "the shared number " + what.shared_number.text() +
                " is a number of the pool: a callback to it could reach a panel; take one that is never lent"};
    }
    return done{};
}

}  // namespace td::pool
