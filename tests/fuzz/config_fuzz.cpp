// Any bytes as a configuration file: loading must end, must not throw, and what it shows must load again to the same
// values.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "config/load.hpp"
#include "config/show.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const td::config::sources nothing_else;
    const td::config::loaded first = td::config::load_text(nothing_else, text, "first.toml");
    for (const td::config::problem& each : first.problems) {
        if (td::config::text_of(each).find('\n') != std::string::npos) {
            std::abort();
        }
    }
    // Showing everything and reading it again costs a hundred times as much: every sixteenth input has to do.
    if (std::hash<std::string_view>{}(text) % 16 != 0) {
        return 0;
    }
    const std::string shown = td::config::as_toml(first, td::config::comments::and_meanings);
    const td::config::loaded second = td::config::load_text(nothing_else, shown, "first.toml");
    const td::config::loaded third = td::config::load_text(
        nothing_else, td::config::as_toml(second, td::config::comments::and_meanings), "first.toml");
    if (td::config::as_json(second) != td::config::as_json(third)) {
        std::abort();
    }
    for (std::size_t i = 0; i < second.problems.size(); ++i) {
        // Contradictions between values stay; a value that was in force is never refused.
        if (second.problems[i].text.find(" = ") != std::string::npos) {
            std::abort();
        }
    }
    return 0;
}
