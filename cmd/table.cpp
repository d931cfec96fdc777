#include "cmd/table.hpp"

#include <algorithm>
#include <cassert>

#include "config/words.hpp"

namespace td::cmd {
namespace {

/// Characters, not bytes: names of cities are Cyrillic. Cells are UTF-8 by now, so every byte but a continuation begins
/// one.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

void table::row(std::vector<std::string> cells) {
    constexpr std::size_t longest = 200;
    assert(cells.size() == columns_.size());
    for (std::string& each : cells) {
        each = each.empty() ? "-" : config::printable(each, longest);
    }
    rows_.push_back(std::move(cells));
}

void table::print(std::ostream& out) const {
    if (rows_.empty()) {
        return;
    }
    std::vector<std::string> titles;
    std::vector<std::size_t> widths;
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        titles.push_back(columns_[at].title);
        widths.push_back(width(titles.back()));
        for (const auto& cells : rows_) {
            widths.back() = std::max(widths.back(), width(cells[at]));
        }
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t at = 0; at < cells.size(); ++at) {
            const std::string padding(widths[at] - width(cells[at]), ' ');
            const bool left = columns_[at].align == column::side::left;
            text.append(at == 0 ? "" : "  ").append(left ? cells[at] + padding : padding + cells[at]);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out << text << '\n';
    };
    line(titles);
    for (const auto& cells : rows_) {
        line(cells);
    }
}

}  // namespace td::cmd
