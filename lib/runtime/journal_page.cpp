#include "runtime/journal_page.hpp"

#include <algorithm>
#include <utility>

#include "journal/codec.hpp"
#include "journal/moment_order.hpp"
#include "journal/moment_reader.hpp"
#include "journal/recollection.hpp"

namespace td::runtime {
namespace {

constexpr std::string_view line_start = R"({"at":")";
constexpr std::string_view retold_mark = R"(,"retold":)";
constexpr std::string_view command_start = R"(,"do":")";

/// What stands behind the moment of a line; all of it where there is none.
std::string_view behind_moment(std::string_view line) {
    const auto quote = line.starts_with(line_start) ? line.find('"', line_start.size()) : std::string_view::npos;
    return quote == std::string_view::npos ? line : line.substr(quote + 1);
}

/// `rest`: behind the moment.
bool is_last_word(std::string_view rest) {
    const auto name = rest.substr(std::min(rest.size(), command_start.size()));
    return rest.starts_with(command_start) && journal::names_last_word(name.substr(0, name.find('"')));
}

instant moment_in(std::string_view line, std::string_view rest, journal::moment_reader& from) {
    instant at = journal::unknown_moment;  // of a header, too: older writers went by another clock there
    if (rest.size() < line.size()) {
        const std::size_t length = line.size() - rest.size() - 1 - line_start.size();
        static_cast<void>(from.read(line.substr(line_start.size(), length), at));
    }
    return at;
}

/// Every whole line, and its place, until one is answered by false.
template <class Act>
void at_every_line(std::string_view text, const Act& act) {
    std::size_t place = 0;
    std::uint32_t number = 0;
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', place)) {
        if (!act(text.substr(place, end - place), number++)) {
            return;
        }
        place = end + 1;
    }
}

}  // namespace

void look_at_lines(journal_page& of) {
    journal::moment_reader from;
    at_every_line(of.text, [&](std::string_view line, std::uint32_t number) {
        const std::string_view rest = behind_moment(line);
        of.moments.push_back(moment_in(line, rest, from));
        of.last_words += is_last_word(rest) ? 1U : 0U;
        if (rest.starts_with(retold_mark)) {
            of.retold.push_back(number);
        }
        return true;
    });
}

std::optional<instant> begins_at(const journal_page& of) {
    journal::moment_reader from;
    instant found = journal::unknown_moment;
    at_every_line(of.text, [&](std::string_view line, std::uint32_t) {
        const std::string_view rest = behind_moment(line);
        found = rest.starts_with(retold_mark) ? found : moment_in(line, rest, from);
        return found == journal::unknown_moment;
    });
    return found == journal::unknown_moment ? std::nullopt : std::optional(found);
}

std::optional<instant> ends_at(const journal_page& of) {
    const bool known = of.moments.size() > 1 && of.moments.back() != journal::unknown_moment;
    return known ? std::optional(of.moments.back()) : std::nullopt;
}

bool has_whole_head(const journal_page& of) {
    std::uint64_t left = of.first ? of.first->retold.value_or(0) : 0;
    journal::reader lines;
    at_every_line(of.text, [&](std::string_view line, std::uint32_t number) {
        if (number == 0) {
            return left > 0;
        }
        const auto told = lines.read(line);
        const bool good = told && told->retold;
        left -= good ? 1 : 0;
        return good && left > 0;
    });
    return left == 0;
}

void leave_last_words(journal_page& of) {
    std::string left;
    at_every_line(of.text, [&](std::string_view line, std::uint32_t) {
        if (is_last_word(behind_moment(line))) {
            left += line;
        }
        left += '\n';
        return true;
    });
    of.text = std::move(left);
    of.use = page_use::last_words;
}

}  // namespace td::runtime
