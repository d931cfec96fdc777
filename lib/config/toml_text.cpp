#include "config/toml_text.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "base/toml_guard.hpp"
#include "config/words.hpp"

namespace td::config {
namespace {

constexpr int most_errors = 10;
constexpr std::size_t longest_complaint = 200;

std::string_view name_of(toml::node_type type) {
    switch (type) {
        case toml::node_type::none: return "nothing";
        case toml::node_type::table: return "a section";
        case toml::node_type::array: return "a list";
        case toml::node_type::string: return "a text";
        case toml::node_type::integer: return "a number";
        case toml::node_type::floating_point: return "a number with a fraction";
        case toml::node_type::boolean: return "a boolean";
        case toml::node_type::date: return "a date";
        case toml::node_type::time: return "a time";
        case toml::node_type::date_time: return "a date and time";
    }
    return "something else";
}

toml_value value_of(const toml::node& node) {
    toml_value value;
    value.name = name_of(node.type());
    if (const auto* text = node.as_string()) {
        value.what = toml_value::kind::text;
        value.text = text->get();
    } else if (const auto* number = node.as_integer()) {
        value.what = toml_value::kind::number;
        value.text = std::to_string(number->get());
    } else if (node.is_table()) {
        value.what = toml_value::kind::section;
    }
    return value;
}

std::size_t line_of(const toml::key& name) {
    return name.source().begin.line;
}

std::vector<toml_entry> entries_of(const toml::table& root) {
    std::vector<toml_entry> entries;
    for (const auto& [section, node] : root) {
        const std::string name(section.str());
        const toml::table* table = node.as_table();
        if (table == nullptr || table->empty()) {
            entries.push_back({name, "", line_of(section), value_of(node)});
            continue;
        }
        for (const auto& [key, value] : *table) {
            entries.push_back({name, std::string(key.str()), line_of(key), value_of(value)});
        }
    }
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
    return entries;
}

/// Empties a line, so that the numbers of the others stay. False where leaving it out could give the lines that follow
/// another meaning: a section's heading, or a line that does not begin with a key (the inside of a text or a list).
bool leave_out(std::string& text, std::size_t line) {
    std::size_t begin = 0;
    for (std::size_t at = 1; at < line; ++at) {
        begin = text.find('\n', begin);
        if (begin == std::string::npos) {
            return false;
        }
        ++begin;
    }
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view content = std::string_view(text).substr(begin, end - begin);
    const std::size_t first = content.find_first_not_of(" \t");
    const std::size_t equals = content.find('=');
    const bool key = first != std::string_view::npos && equals != std::string_view::npos && content[first] != '[' &&
                     content[first] != '#' && content.substr(first, equals - first).find('"') == std::string_view::npos;
    const bool many_lines =
        content.find("\"\"\"") != std::string_view::npos || content.find("'''") != std::string_view::npos;
    if (key && !many_lines) {
        text.erase(begin, end - begin);
    }
    return key && !many_lines;
}

}  // namespace

toml_contents read_toml(std::string_view given) {
    toml_contents contents;
    std::string text(given);
    for (int attempt = 0; attempt < most_errors; ++attempt) {
        if (const auto danger = danger_in_toml(text)) {
            contents.errors.push_back({danger->line, printable(danger->text, longest_complaint)});
            if (!leave_out(text, danger->line)) {
                return contents;
            }
            continue;
        }
        try {
            contents.entries = entries_of(toml::parse(std::string_view(text)));
            return contents;
        } catch (const toml::parse_error& error) {
            const std::size_t line = error.source().begin.line;
            const bool again = !contents.errors.empty() && contents.errors.back().line >= line;
            contents.errors.push_back({line, printable(error.description(), longest_complaint)});
            if (again || !leave_out(text, line)) {
                return contents;
            }
        }
    }
    return contents;
}

}  // namespace td::config
