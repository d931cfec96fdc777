#pragma once
// From a TOML file, the environment and flags to settings, with every problem and not just the first. A flag beats the
// environment, which beats the file, which beats the built-in default.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "config/values.hpp"

namespace td::config {

/// Larger files are refused: a configuration has a few kilobytes, and a log named by mistake has gigabytes.
inline constexpr std::size_t file_limit = 1U << 20U;
/// Problems beyond these are counted, not listed.
inline constexpr std::size_t problem_limit = 200;

/// Something wrong, or unwise, with the configuration.
struct problem {
    enum class weight : std::uint8_t { error, warning };
    weight how = weight::error;
    std::string where;     ///< the file, the variable, --set, or "" for the configuration as a whole
    std::size_t line = 0;  ///< of the file; 0 when there is none to point at
    std::string key;       ///< section.key, or "" when the problem is not one key's
    std::string text;      ///< what is wrong, with the offending value; printable, never a secret
    std::string remedy;    ///< what to do about it
};
/// One line: "where:line: error: text; remedy".
[[nodiscard]] std::string text_of(const problem& what);

/// Where a value in force came from.
struct origin {
    enum class kind : std::uint8_t { built_in, file, environment, flag };
    kind from = kind::built_in;
    std::size_t line = 0;  ///< of the file
    std::string variable;  ///< of the environment
};

/// A value given on the command line: --set door.ring_limit=30s.
struct override_text {
    std::string key;
    std::string value;
};

/// What to load from. Everything comes in by this; nothing is taken from the process.
struct sources {
    std::optional<std::string> file;  ///< --config
    variable_map variables;
    std::vector<override_text> overrides;
    std::string usual_file = "/etc/tdctl/tdctl.toml";  ///< read when nothing names a file and it exists
};

struct loaded {
    settings values;              ///< the defaults stand in for what could not be read
    std::string file;             ///< the file that was read; empty when there was none
    std::vector<origin> origins;  ///< one for each of keys(), in that order
    std::vector<problem> problems;
    variable_map variables;  ///< those it was loaded with: secrets are resolved against them

    /// True when no problem is an error.
    [[nodiscard]] bool usable() const;
};

/// Reads and checks everything but the secrets. Never throws for what is written in the file.
[[nodiscard]] loaded load(const sources& from);
/// The same for a text already read, as if it stood in the file `name`.
[[nodiscard]] loaded load_text(const sources& from, std::string_view text, const std::string& name);

/// What is wrong with the secrets that the configuration refers to and needs. Apart from `load`, because a verb must
/// not fail for a secret that it does not use.
[[nodiscard]] std::vector<problem> problems_of_secrets(const loaded& read);

/// Gives a problem the place where its key was set; leaves it where the key stands at its default.
void find_place(problem& found, const loaded& read);

}  // namespace td::config
