#include "config/words.hpp"

#include <algorithm>

#include "base/json_text.hpp"

namespace td::config {
namespace {

constexpr std::size_t longest_word = 64;  // nobody mistypes a longer one, and the cost is quadratic

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Optimal string alignment (Damerau-Levenshtein without moves over a distance), without regard to case.
std::size_t edits(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view written, std::span<const std::string_view> known) {
    std::string_view best;
    if (written.empty() || written.size() > longest_word) {
        return best;
    }
    std::size_t least = std::min<std::size_t>(3, std::max<std::size_t>(1, written.size() / 3)) + 1;
    for (const std::string_view word : known) {
        const std::size_t distance = edits(written, word);
        if (distance < least) {
            least = distance;
            best = word;
        }
    }
    return best;
}

std::string_view nearest(std::string_view written, const std::vector<std::string>& known) {
    const std::vector<std::string_view> views(known.begin(), known.end());
    return nearest(written, std::span<const std::string_view>(views));
}

std::string in_quotes(std::string_view text) {
    std::string made;
    append_json_text(made, text, broken_utf8::replaced);
    return made;
}

}  // namespace td::config
