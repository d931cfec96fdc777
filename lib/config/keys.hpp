#pragma once
// The table of keys: each member of settings with its name in the file, what a value may be, and how it is read and
// shown. Everything else (the file, the environment, config show, the test that holds the man page against it) walks
// this table.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace td::config {

enum class key_kind : std::uint8_t {
    text,
    number,  ///< a whole number, written without quotes in TOML
    address,
    secret,
};

struct key {
    std::string_view section;
    std::string_view name;
    key_kind kind = key_kind::text;
    std::string wants;         ///< what a value may be, after "wants": "a duration from 1s to 10m, such as 45s"
    std::string_view meaning;  ///< one line for people
    /// Takes a value as text into the settings; gives back why it cannot be, or "" when it was taken. What it says
    /// never repeats the value.
    std::function<std::string(settings&, const std::string&)> take;
    /// The value as it is written, without quotes.
    std::function<std::string(const settings&)> show;

    [[nodiscard]] std::string full_name() const { return std::string(section).append(".").append(name); }
    /// TDCTL_SECTION_KEY.
    [[nodiscard]] std::string variable() const;
};

/// All keys, section by section, in the order of tdctl.toml(5).
[[nodiscard]] std::vector<key> keys();

}  // namespace td::config
