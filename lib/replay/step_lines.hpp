#pragma once
// The commands of one step, as lines that are compared.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "call/commands.hpp"
#include "journal/codec.hpp"
#include "replay/command_comparer.hpp"

namespace td::replay {

/// Whether a line begins as one that tells a command; quickly, since that is most of a journal.
[[nodiscard]] bool is_command_line(std::string_view line);

struct step_line {
    std::string_view text;  ///< without its '\n'
    std::optional<call_id> call{};
    std::string_view kind{};
    bool finishes = false;  ///< the last command of its call
    std::string wrong{};    ///< why it cannot be read
    /// Its kind as a JSON value.
    [[nodiscard]] std::string shown_kind() const { return '"' + std::string(kind) + '"'; }
};

/// What the reader of a single line says is wrong with it: it takes it for the first one of a text.
[[nodiscard]] std::string_view without_place(std::string_view words);

/// Of lines that were recorded. The views are into `text`.
[[nodiscard]] std::vector<step_line> lines_of(std::string_view text, journal::reader& from);
/// Of lines that were written of these commands, in their order.
[[nodiscard]] std::vector<step_line> lines_of(std::string_view text, const call::commands& wishes);

/// The first lines of both sides that differ; nullptr for nothing.
struct step_difference {
    const step_line* recorded = nullptr;
    const step_line* today = nullptr;
    std::string field{};
    std::string recorded_value{};
    std::string today_value{};
    [[nodiscard]] bool alike() const { return field.empty(); }
};

/// Of those lines only that count.
[[nodiscard]] step_difference first_difference(const std::vector<step_line>& recorded,
                                               const std::vector<step_line>& today,
                                               const std::function<bool(const step_line&)>& counts,
                                               command_comparer& fields);

}  // namespace td::replay
