#include "config/show.hpp"

#include <string_view>

#include "base/json_text.hpp"
#include "config/keys.hpp"
#include "config/words.hpp"

namespace td::config {
namespace {

/// A value as both TOML and JSON write it.
std::string literal(const key& of, const settings& from) {
    return of.kind == key_kind::number ? of.show(from) : in_quotes(of.show(from));
}

std::string_view name_of(origin::kind from) {
    switch (from) {
        case origin::kind::built_in: return "default";
        case origin::kind::file: return "file";
        case origin::kind::environment: return "environment";
        case origin::kind::flag: return "flag";
    }
    return "?";
}

std::string words_for(const origin& from, const std::string& file) {
    switch (from.from) {
        case origin::kind::built_in: return "default";
        case origin::kind::file: return printable(file, 300) + ":" + std::to_string(from.line);
        case origin::kind::environment: return from.variable;
        case origin::kind::flag: return "--set";
    }
    return "?";
}

void append(std::string& line, std::string_view name, std::string_view value) {
    line.append(",\"").append(name).append("\":");
    append_json_text(line, value, broken_utf8::replaced);
}

}  // namespace

std::string as_toml(const loaded& read, comments wanted) {
    std::string text;
    std::string_view section;
    const std::vector<key> all = keys();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const key& each = all[i];
        if (each.section != section) {
            text.append(section.empty() ? "[" : "\n[").append(each.section).append("]\n");
            section = each.section;
        }
        if (wanted == comments::and_meanings) {
            text.append("# ").append(each.meaning).append(": ").append(each.wants).append(".\n");
        }
        std::string line = std::string(each.name) + " = " + literal(each, read.values);
        constexpr std::size_t column = 44;
        line.append(line.size() < column ? column - line.size() : 1, ' ');
        text.append(line).append("# ").append(words_for(read.origins[i], read.file)).append("\n");
    }
    return text;
}

std::string as_json(const loaded& read) {
    std::string lines;
    const std::vector<key> all = keys();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const origin& from = read.origins[i];
        lines.append(R"({"type":"setting","schema":1)");
        append(lines, "key", all[i].full_name());
        lines.append(",\"value\":").append(literal(all[i], read.values));
        append(lines, "from", name_of(from.from));
        if (from.from == origin::kind::file) {
            append(lines, "file", read.file);
            lines.append(",\"line\":").append(std::to_string(from.line));
        } else if (from.from == origin::kind::environment) {
            append(lines, "variable", from.variable);
        }
        lines.append("}\n");
    }
    return lines;
}

std::string as_json(const problem& what) {
    std::string line = R"({"type":"problem","schema":1)";
    append(line, "weight", what.how == problem::weight::error ? "error" : "warning");
    append(line, "where", what.where);
    if (what.line != 0) {
        line.append(",\"line\":").append(std::to_string(what.line));
    }
    append(line, "key", what.key);
    append(line, "text", what.text);
    append(line, "remedy", what.remedy);
    return line.append("}\n");
}

}  // namespace td::config
