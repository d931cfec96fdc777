#pragma once
// Which fields of commands a comparison passes over.

#include <string>
#include <string_view>
#include <vector>

namespace td::replay {

class ignored_fields {
public:
    /// "drop_leg.reason" is a field of one command, "reason" that of every command that has it, "finish.legs.why" one
    /// within another, "push" a whole command, "order" the order of different calls' commands. A field stands for what
    /// is inside it, too. False when no command is or has it.
    [[nodiscard]] bool add(std::string_view name);

    [[nodiscard]] bool whole_command(std::string_view kind) const;
    /// `path` has no places of lists in it: legs.why.
    [[nodiscard]] bool covers(std::string_view kind, std::string_view path) const;
    [[nodiscard]] bool order() const;

private:
    std::vector<std::string> names_;
};

/// All that `add` takes, sorted.
[[nodiscard]] const std::vector<std::string>& names_of_fields();

}  // namespace td::replay
