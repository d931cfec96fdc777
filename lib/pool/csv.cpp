#include "pool/csv.hpp"

#include <map>
#include <optional>

#include "pool/numbers.hpp"

namespace td::pool {
namespace {

using record = std::vector<std::string>;

struct numbered_record {
    std::size_t line = 0;
    record fields;
    std::string broken;  ///< why it could not be read; empty when it could
};

/// Takes one record off the front of `text`; quoted fields may hold commas, quotes and line ends.
class csv_reader {
public:
    explicit csv_reader(std::string_view text) : text_(text) {
        if (text_.starts_with("\xef\xbb\xbf")) {
            at_ = 3;
        }
    }

    /// Nothing at the end; empty lines are passed over.
    std::optional<numbered_record> next() {
        while (at_ < text_.size()) {
            numbered_record one{line_, {}, {}};
            do {
                one.fields.push_back(field(one.broken));
            } while (take(','));
            take('\r');
            if (at_ < text_.size() && !take('\n')) {
                one.broken = "text after the closing quote";
                at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
            }
            ++line_;
            if (one.fields.size() > 1 || !one.fields.front().empty() || !one.broken.empty()) {
                return one;
            }
        }
        return std::nullopt;
    }

private:
    bool take(char what) {
        const bool there = at_ < text_.size() && text_[at_] == what;
        at_ += there ? 1 : 0;
        return there;
    }

    std::string field(std::string& broken) {
        if (!take('"')) {
            const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
            std::string plain(text_.substr(at_, end - at_));
            at_ = end;
            return plain;
        }
        std::string quoted;
        while (at_ < text_.size()) {
            if (take('"')) {
                if (!take('"')) {
                    return quoted;
                }
                quoted.push_back('"');
                continue;
            }
            line_ += text_[at_] == '\n' ? 1 : 0;
            quoted.push_back(text_[at_++]);
        }
        broken = "a quote that is never closed";
        return quoted;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

/// Which column is where.
struct header {
    std::optional<std::size_t> number;
    std::optional<std::size_t> city;
    std::optional<std::size_t> state;
    std::size_t width = 0;
};

result<header> read_header(const record& fields) {
    header columns;
    columns.width = fields.size();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        std::optional<std::size_t>* place = fields[i] == "number"  ? &columns.number
                                            : fields[i] == "city"  ? &columns.city
                                            : fields[i] == "state" ? &columns.state
                                                                   : nullptr;
        if (place == nullptr || *place) {
            return failure{failure_kind::bad_input, "line 1: column '" + fields[i].substr(0, 40) +
                                                        (place == nullptr ? "' is unknown" : "' stands there twice") +
                                                        "; the columns are number, city and, if wanted, state"};
        }
        *place = i;
    }
    if (!columns.number || !columns.city) {
        return failure{failure_kind::bad_input, std::string("line 1: column '") + (columns.number ? "city" : "number") +
                                                    "' is missing; the first line names the columns"};
    }
    return columns;
}

/// Reads a row into `row`; why it is broken, or "".
std::string read_row(const header& columns, const numbered_record& from, new_number& row) {
    if (!from.broken.empty()) {
        return from.broken;
    }
    if (from.fields.size() != columns.width) {
        return std::to_string(from.fields.size()) + " fields instead of " + std::to_string(columns.width);
    }
    if (!is_number(from.fields[*columns.number])) {
        return not_a_number(from.fields[*columns.number]);
    }
    if (from.fields[*columns.city].empty()) {
        return "no city";
    }
    row.number = number_id{from.fields[*columns.number]};
    row.city = city_id{from.fields[*columns.city]};
    if (columns.state && !from.fields[*columns.state].empty()) {
        const std::string& name = from.fields[*columns.state];
        const auto state = number_state_named(name);
        if (!state || (*state != number_state::free && *state != number_state::disabled)) {
            return "state '" + name.substr(0, 40) + "' cannot be imported, only free and disabled";
        }
        row.state = *state;
    }
    return "";
}

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string out = "\"";
    for (const char c : text) {
        out.append(c == '"' ? 2 : 1, c);
    }
    return out + "\"";
}

}  // namespace

result<std::vector<new_number>> read_csv(std::string_view text, const row_check& refused) {
    csv_reader lines(text);
    const auto first = lines.next();
    if (!first) {
        return failure{failure_kind::bad_input, "the table is empty: its first line names the columns number,city"};
    }
    const auto columns = read_header(first->fields);
    if (!columns) {
        return columns.why();
    }
    std::vector<new_number> rows;
    std::map<number_id, std::size_t> line_of;
    std::string broken;
    std::size_t count = 0;
    while (const auto line = lines.next()) {
        new_number row;
        std::string why = read_row(*columns, *line, row);
        if (why.empty() && refused) {
            why = refused(row);
        }
        if (why.empty()) {
            const auto [there, is_new] = line_of.emplace(row.number, line->line);
            why = is_new
                      ? ""
                      : "number " + row.number.text() + " stands in line " + std::to_string(there->second) + " already";
        }
        if (why.empty()) {
            rows.push_back(std::move(row));
        } else {
            broken += "\nline " + std::to_string(line->line) + ": " + why;
            ++count;
        }
    }
    if (count > 0) {
        return failure{failure_kind::bad_input, std::to_string(count) + (count == 1 ? " line is" : " lines are") +
                                                    " broken, nothing was imported:" + broken};
    }
    return rows;
}

std::string csv_text(const std::vector<number_row>& rows) {
    std::string text = "number,city,state\n";
    for (const number_row& row : rows) {
        text.append(row.number.text()).append(",").append(quoted(row.city.text())).append(",");
        text.append(name_of(row.state)).append("\n");
    }
    return text;
}

}  // namespace td::pool
