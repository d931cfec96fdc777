#pragma once
// The text of a configuration file as a flat list of what stands in it. The TOML library stays behind this.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace td::config {

struct toml_value {
    enum class kind : std::uint8_t {
        text,
        number,
        section,  ///< a table
        other,    ///< a boolean, a float, a date, a list: no key wants one
    };
    kind what = kind::other;
    std::string text;       ///< of a text or a number
    std::string_view name;  ///< what it is, for a message: "a boolean"
};

/// One key of one section; `name` is empty for what stands outside of every section, and for a section that is empty.
struct toml_entry {
    std::string section;
    std::string name;
    std::size_t line = 0;
    toml_value value;
};

/// Something that is not TOML.
struct toml_error {
    std::size_t line = 0;
    std::string text;
};

struct toml_contents {
    std::vector<toml_entry> entries;  ///< by line
    std::vector<toml_error> errors;
};

/// Reads what can be read: a line that is not TOML is told and left out, and the rest is read, as long as that is safe
/// (see the source) and at most ten times.
[[nodiscard]] toml_contents read_toml(std::string_view text);

}  // namespace td::config
