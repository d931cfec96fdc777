#include "pool/report.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>
#include <tuple>

namespace td::pool {
namespace {

/// A label's value: backslash, quote and line end are escaped (the exposition format's three).
std::string label(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (c == '\\' || c == '"') {
            made.push_back('\\');
        }
        made.append(c == '\n' ? "\\n" : std::string_view(&c, 1));
    }
    return made;
}

void head(std::string& to, std::string_view name, std::string_view help) {
    to.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" gauge\n");
}

}  // namespace

std::size_t city_report::total() const {
    return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

std::optional<low_water> parse_low_water(std::string_view text) {
    constexpr double most = 1e9;
    low_water mark;
    if (!text.empty() && text.back() == '%') {
        mark.percent = true;
        text.remove_suffix(1);
    }
    std::size_t whole = 0;
    const char* end = text.data() + text.size();
    if (mark.percent) {
        const auto [stop, error] = std::from_chars(text.data(), end, mark.value, std::chars_format::fixed);
        return error == std::errc{} && stop == end && mark.value >= 0 && mark.value <= 100 ? std::optional(mark)
                                                                                           : std::nullopt;
    }
    const auto [stop, error] = std::from_chars(text.data(), end, whole);
    mark.value = static_cast<double>(whole);
    return error == std::errc{} && stop == end && mark.value <= most ? std::optional(mark) : std::nullopt;
}

std::vector<city_report> report(const std::vector<city>& cities, const std::vector<number_row>& numbers) {
    std::map<city_id, city_report> found;
    for (const city& each : cities) {
        found[each.fias].where = each;
    }
    for (const number_row& each : numbers) {
        city_report& at = found[each.city];
        at.where.fias = each.city;
        ++at.counts.at(static_cast<std::size_t>(each.state));
    }
    std::vector<city_report> all;
    all.reserve(found.size());
    for (auto& [fias, each] : found) {
        all.push_back(std::move(each));
    }
    std::sort(all.begin(), all.end(), [](const city_report& one, const city_report& other) {
        return std::tie(one.where.name, one.where.fias) < std::tie(other.where.name, other.where.fias);
    });
    return all;
}

bool is_low(const city_report& what, low_water mark) {
    if (what.total() == 0 && !what.where.parent.empty()) {
        return false;
    }
    if (what.in_service() == 0) {
        return mark.value > 0;  // a share of nothing is nothing, and nobody would be told that no call gets a number
    }
    const double wanted = mark.percent ? static_cast<double>(what.in_service()) * mark.value / 100 : mark.value;
    return static_cast<double>(what.count(number_state::free)) < wanted;
}

std::string as_metrics(const std::vector<city_report>& all, std::optional<low_water> mark, instant at) {
    std::string text;
    head(text, "tdctl_pool_numbers", "Numbers of the emergency pool by city (FIAS code) and state.");
    for (const city_report& each : all) {
        for (const number_state state : all_states) {
            text.append("tdctl_pool_numbers{city=\"").append(label(each.where.fias.text())).append("\",state=\"");
            text.append(name_of(state)).append("\"} ").append(std::to_string(each.count(state))).append("\n");
        }
    }
    head(text, "tdctl_pool_city_info", "The name of a city, by its FIAS code; always 1.");
    for (const city_report& each : all) {
        text.append("tdctl_pool_city_info{city=\"").append(label(each.where.fias.text())).append("\",name=\"");
        text.append(label(each.where.name)).append("\"} 1\n");
    }
    if (mark) {
        head(text, "tdctl_pool_low", "1 when a city has fewer free numbers than --low-water says.");
        for (const city_report& each : all) {
            text.append("tdctl_pool_low{city=\"").append(label(each.where.fias.text())).append("\"} ");
            text.append(is_low(each, *mark) ? "1\n" : "0\n");
        }
    }
    head(text, "tdctl_pool_last_success_timestamp_seconds", "When this file was written, in Unix time.");
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
    text.append("tdctl_pool_last_success_timestamp_seconds ").append(std::to_string(seconds)).append("\n");
    return text;
}

}  // namespace td::pool
