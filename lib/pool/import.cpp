#include "pool/import.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "pool/cities.hpp"
#include "pool/csv.hpp"

namespace td::pool {
namespace {

/// The cities by their shared number.
std::map<number_id, std::string> shared_numbers(const std::vector<city>& cities) {
    std::map<number_id, std::string> names;
    for (const city& each : cities) {
        if (!each.shared_number.empty()) {
            names.emplace(each.shared_number, each.name);
        }
    }
    return names;
}

std::map<number_id, city_id> homes(const std::vector<number_row>& there) {
    std::map<number_id, city_id> cities;
    for (const number_row& each : there) {
        cities.emplace(each.number, each.city);
    }
    return cities;
}

std::string is_shared(const number_id& number, const std::string& city) {
    return "number " + number.text() + " is the shared number of " + city + ", which is never lent";
}

}  // namespace

result<std::vector<new_number>> read_import(std::string_view text, const std::vector<city>& cities,
                                            const std::vector<number_row>& there) {
    const auto shared = shared_numbers(cities);
    const auto home = homes(there);
    return read_csv(text, [&](new_number& row) -> std::string {
        constexpr std::size_t shown = 60;
        const auto where = find_city(cities, row.city.text());
        if (!where) {
            return "city '" + row.city.text().substr(0, shown) + "': " + where.why().text;
        }
        row.city = where->fias;
        if (home.contains(row.number)) {
            return "number " + row.number.text() + " is in the pool already";
        }
        const auto same = shared.find(row.number);
        return same == shared.end() ? "" : is_shared(row.number, same->second);
    });
}

result<done> check_not_shared(const std::vector<new_number>& numbers, const std::vector<city>& cities) {
    const auto shared = shared_numbers(cities);
    for (const new_number& each : numbers) {
        if (const auto same = shared.find(each.number); same != shared.end()) {
            return failure{failure_kind::taken, is_shared(each.number, same->second)};
        }
    }
    return done{};
}

bool all_there(const std::vector<new_number>& numbers, const std::vector<number_row>& there) {
    const auto home = homes(there);
    return std::all_of(numbers.begin(), numbers.end(), [&](const new_number& each) {
        const auto same = home.find(each.number);
        return same != home.end() && same->second == each.city;
    });
}

}  // namespace td::pool
