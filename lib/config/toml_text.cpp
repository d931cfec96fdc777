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

/// What a line leaves open behind its end: a text of many lines, or lists and tables of a value.
class openness {
public:
    /// True when the next line begins with a key or a heading.
    [[nodiscard]] bool none() const { return quote_.empty() && depth_ == 0; }

    void read(std::string_view line) {
        bool in_value = depth_ > 0;  // the brackets of a heading and of a word that is no key open nothing
        for (std::size_t at = 0; at < line.size(); ++at) {
            const char c = line[at];
            if (!quote_.empty()) {
                if (c == '\\' && quote_.front() == '"') {
                    ++at;
                } else if (line.substr(at).starts_with(quote_)) {
                    at += quote_.size() - 1;
                    quote_.clear();
                }
            } else if (c == '#') {
                return;
            } else if (c == '"' || c == '\'') {
                const std::string thrice(3, c);
                quote_ = line.substr(at).starts_with(thrice) ? thrice : std::string(1, c);
                at += quote_.size() - 1;
            } else if (c == '=') {
                in_value = true;
            } else if (in_value && (c == '[' || c == '{')) {
                ++depth_;
            } else if (depth_ > 0 && (c == ']' || c == '}')) {
                --depth_;
            }
        }
        if (quote_.size() == 1) {
            quote_.clear();  // a plain text ends with its line, even when it is not closed
        }
    }

private:
    std::string quote_;  ///< the quotes that close the text that is open
    std::size_t depth_ = 0;
};

/// Empties a line, so that the numbers of the others stay. False where leaving it out could give the lines that follow
/// another meaning: a section's heading, the inside of a text or list of many lines, or their beginning.
bool leave_out(std::string& text, std::size_t line) {
    openness open;
    std::size_t begin = 0;
    for (std::size_t at = 1; at < line; ++at) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string::npos) {
            return false;
        }
        open.read(std::string_view(text).substr(begin, end - begin));
        begin = end + 1;
    }
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view content = std::string_view(text).substr(begin, end - begin);
    const std::size_t first = content.find_first_not_of(" \t");
    if (!open.none() || first == std::string_view::npos || content[first] == '[') {
        return false;
    }
    open.read(content);
    if (open.none()) {
        text.erase(begin, end - begin);
    }
    return open.none();
}

/// The library repeats what it could not read, and that may be a password without its quotes.
std::string without_values(std::string_view complaint) {
    return std::string(complaint.substr(0, complaint.find(", saw '")));
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
            contents.errors.push_back({line, printable(without_values(error.description()), longest_complaint)});
            if (!leave_out(text, line)) {
                return contents;
            }
        }
    }
    return contents;
}

}  // namespace td::config
