#include "journal/moment_order.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace td::journal {
namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

/// Of the longest rising sequence within these moments, each one's place, the last first.
std::vector<std::size_t> longest_rise(const std::vector<instant>& told, instant latest) {
    std::vector<std::size_t> ends;  // ends[n]: where the lowest end of a rise of n + 1 moments stands
    std::vector<std::size_t> before(told.size(), none);  // the place before it in its rise
    for (std::size_t i = 0; i < told.size(); ++i) {
        if (told[i] == unknown_moment || told[i] > latest) {
            continue;
        }
        const auto end = std::upper_bound(ends.begin(), ends.end(), told[i],
                                          [&](instant at, std::size_t place) { return at < told[place]; });
        before[i] = end == ends.begin() ? none : *std::prev(end);
        if (end == ends.end()) {
            ends.push_back(i);
        } else {
            *end = i;
        }
    }
    std::vector<std::size_t> rise;
    for (std::size_t i = ends.empty() ? none : ends.back(); i != none; i = before[i]) {
        rise.push_back(i);
    }
    return rise;
}

}  // namespace

std::vector<instant> put_in_order(std::vector<instant> told, instant latest) {
    const auto known = std::ranges::count_if(told, [](instant at) { return at != unknown_moment; });
    const auto beyond = std::ranges::count_if(told, [&](instant at) { return at > latest; });
    std::vector<std::size_t> rise = longest_rise(told, beyond * 2 > known ? instant::max() : latest);
    if (rise.empty()) {
        return told;
    }
    instant at = told[rise.back()];
    for (std::size_t i = 0; i < told.size(); ++i) {
        if (!rise.empty() && rise.back() == i) {
            at = told[i];
            rise.pop_back();
        } else if (told[i] != unknown_moment) {
            told[i] = at;
        }
    }
    return told;
}

}  // namespace td::journal
