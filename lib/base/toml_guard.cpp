#include "base/toml_guard.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace td {
namespace {

/// The end of the quoted text that begins at `from` (TOML 1.0, "String"); the end of everything when it is not closed.
std::size_t end_of_text(std::string_view toml, std::size_t from) {
    const char quote = toml[from];
    const bool multi_line = toml.substr(from).starts_with(std::string(3, quote));
    const std::size_t width = multi_line ? 3 : 1;
    for (std::size_t at = from + width; at < toml.size(); ++at) {
        if (toml[at] == '\\' && quote == '"') {
            ++at;
        } else if (toml.substr(at).starts_with(std::string_view(toml).substr(from, width))) {
            return at + width;
        } else if (toml[at] == '\n' && !multi_line) {
            return at;
        }
    }
    return toml.size();
}

bool is_stranger(char c) {
    return static_cast<unsigned char>(c) >= 0x80;
}

/// A backslash before a stranger, or before the blanks before one: there the parser asks whether the stranger is a
/// blank.
bool escapes_stranger(std::string_view quoted) {
    constexpr std::string_view blanks = " \t\r\n";
    for (std::size_t at = quoted.find('\\'); at < quoted.size() - 1; at = quoted.find('\\', at + 2)) {
        const std::size_t next = quoted.find_first_not_of(blanks, at + 1);
        if (next != std::string_view::npos && is_stranger(quoted[next])) {
            return true;
        }
    }
    return false;
}

/// Where in the grammar a character stands, as far as quotes need it: the parser takes a quote for the beginning of a
/// text only where a key or a value may begin, and reads on as if it were a part of a number elsewhere (`4{'x'}`).
class grammar_place {
public:
    [[nodiscard]] bool text_may_begin() const { return state_ == state::key_start || state_ == state::value_start; }
    void pass_text() { pass_word(); }
    void pass(char c) {
        switch (c) {
            case ' ':
            case '\t':
            case '\r': break;
            case '\n': end_line(); break;
            case ',': state_ = start(); break;
            case '=': state_ = state_ == state::in_key && !in(frame::header) ? state::value_start : state::spent; break;
            case '.': state_ = state_ == state::in_key ? state::key_start : state::spent; break;
            case '[': open_bracket(); break;
            case '{': open_brace(); break;
            case ']':
            case '}': close(); break;
            default: pass_word(); break;
        }
    }

private:
    enum class state : std::uint8_t { key_start, in_key, value_start, spent };
    enum class frame : std::uint8_t { header, table, array };

    [[nodiscard]] bool in(frame which) const { return !frames_.empty() && frames_.back() == which; }
    [[nodiscard]] state start() const { return in(frame::array) ? state::value_start : state::key_start; }

    void pass_word() {
        if (state_ == state::key_start) {
            state_ = state::in_key;
        } else if (state_ == state::value_start) {
            state_ = state::spent;
        }
    }
    void end_line() {
        while (!frames_.empty() && !in(frame::array)) {
            frames_.pop_back();  // neither a header nor an inline table goes over the end of a line
        }
        state_ = start();
    }
    void open_bracket() {
        if (state_ == state::value_start) {
            frames_.push_back(frame::array);
        } else if (state_ == state::key_start && frames_.empty()) {
            frames_.push_back(frame::header);
        } else if (state_ != state::key_start || !in(frame::header)) {
            state_ = state::spent;
        }
    }
    void open_brace() {
        if (state_ == state::value_start) {
            frames_.push_back(frame::table);
            state_ = state::key_start;
        } else {
            state_ = state::spent;
        }
    }
    void close() {
        if (!frames_.empty()) {
            frames_.pop_back();
        }
        state_ = state::spent;
    }

    state state_ = state::key_start;
    std::vector<frame> frames_;
};

/// Where a byte that is not ASCII stands outside of comments and of what the parser takes for quotes.
std::size_t unquoted_stranger(std::string_view toml) {
    grammar_place place;
    for (std::size_t at = 0; at < toml.size();) {
        if (is_stranger(toml[at])) {
            return at;
        }
        if (toml[at] == '#') {
            at = std::min(toml.find('\n', at), toml.size());
        } else if (toml[at] == '"' || toml[at] == '\'') {
            const std::size_t end = end_of_text(toml, at);
            const std::string_view quoted = toml.substr(at, end - at);
            const bool strange = std::any_of(quoted.begin(), quoted.end(), is_stranger);
            if (strange && (!place.text_may_begin() || (toml[at] == '"' && escapes_stranger(quoted)))) {
                return at;
            }
            place.pass_text();
            at = end;
        } else {
            place.pass(toml[at]);
            ++at;
        }
    }
    return std::string_view::npos;
}

}  // namespace

std::optional<toml_danger> danger_in_toml(std::string_view toml) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (toml.starts_with(byte_order_mark)) {
        toml.remove_prefix(byte_order_mark.size());
    }
    if (const std::size_t at = unquoted_stranger(toml); at != std::string_view::npos) {
        const std::string_view before = toml.substr(0, at);
        const auto lines = std::count(before.begin(), before.end(), '\n');
        return toml_danger{static_cast<std::size_t>(lines) + 1,
                           "a letter that is not ASCII must stand in quotes where a key or a value begins, and not "
                           "behind a backslash"};
    }
    return std::nullopt;
}

}  // namespace td
