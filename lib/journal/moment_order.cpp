#include "journal/moment_order.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace td::journal {
namespace {

/// Of a line in its run; small, because there may be millions.
using place = std::uint32_t;
constexpr place none = std::numeric_limits<place>::max();

/// Of the longest rising sequence within these moments, each one's place, the last first.
std::vector<place> longest_rise(const std::vector<instant>& told, instant latest) {
    std::vector<place> ends;                       // ends[n]: where the lowest end of a rise of n + 1 moments stands
    std::vector<place> before(told.size(), none);  // the place before it in its rise
    for (place i = 0; i < static_cast<place>(told.size()); ++i) {
        if (told[i] == unknown_moment || told[i] > latest) {
            continue;
        }
        const auto end =
            std::upper_bound(ends.begin(), ends.end(), told[i], [&](instant at, place of) { return at < told[of]; });
        before[i] = end == ends.begin() ? none : *std::prev(end);
        if (end == ends.end()) {
            ends.push_back(i);
        } else {
            *end = i;
        }
    }
    std::vector<place> rise;
    for (place i = ends.empty() ? none : ends.back(); i != none; i = before[i]) {
        rise.push_back(i);
    }
    return rise;
}

bool rises(const std::vector<instant>& told, instant latest) {
    instant last = unknown_moment;
    for (const instant at : told) {
        if (at != unknown_moment && (at < last || at > latest)) {
            return false;
        }
        last = std::max(last, at);
    }
    return true;
}

}  // namespace

std::vector<instant> put_in_order(std::vector<instant> told, instant latest) {
    if (rises(told, latest)) {
        return told;  // as nearly always
    }
    const auto known = std::ranges::count_if(told, [](instant at) { return at != unknown_moment; });
    const auto beyond = std::ranges::count_if(told, [&](instant at) { return at > latest; });
    std::vector<place> rise = longest_rise(told, beyond * 2 > known ? instant::max() : latest);
    if (rise.empty()) {
        return told;
    }
    instant at = told[rise.back()];
    for (place i = 0; i < static_cast<place>(told.size()); ++i) {
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
