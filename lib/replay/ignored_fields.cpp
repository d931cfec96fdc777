#include "replay/ignored_fields.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "journal/command_shapes.hpp"

namespace td::replay {
namespace {

using journal::describe;

constexpr std::string_view order_of_calls = "order";

/// Writes the paths of a command's fields down: an io of journal/part_shapes.hpp.
class field_namer {
public:
    field_namer(std::string before, std::vector<std::string>& into) : before_(std::move(before)), into_(into) {}

    template <class Value>
    void field(std::string_view name, Value& member) {
        const std::string path = before_ + std::string(name);
        into_.push_back(path);
        look_into(path + '.', member);
    }
    template <class Value>
    void later_field(std::string_view name, Value& member) {
        field(name, member);
    }

private:
    template <class Value>
    void look_into(const std::string& before, Value& member) {
        if constexpr (requires(field_namer & io) { describe(io, member); }) {
            field_namer below(before, into_);
            describe(below, member);
        }
    }
    template <class Part>
    void look_into(const std::string& before, std::vector<Part>& /*member*/) {
        Part part{};
        look_into(before, part);
    }
    template <class Part>
    void look_into(const std::string& before, std::optional<Part>& /*member*/) {
        Part part{};
        look_into(before, part);
    }

    std::string before_;
    std::vector<std::string>& into_;
};

template <class Command>
void name_fields_of(std::vector<std::string>& into) {
    Command some{};
    const std::string kind(journal::word(static_cast<const Command*>(nullptr)));
    into.push_back(kind);
    field_namer alone("", into);
    describe(alone, some);
    field_namer with_kind(kind + '.', into);
    describe(with_kind, some);
}

template <class... Command>
std::vector<std::string> names_of(const std::variant<Command...>* /*which*/) {
    std::vector<std::string> names{std::string(order_of_calls)};
    (name_fields_of<Command>(names), ...);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

/// Whether a field is this one, or stands inside it.
bool within(std::string_view path, std::string_view name) {
    return path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '.');
}

}  // namespace

const std::vector<std::string>& names_of_fields() {
    static const std::vector<std::string> names = names_of(static_cast<const call::command*>(nullptr));
    return names;
}

bool ignored_fields::add(std::string_view name) {
    const auto& known = names_of_fields();
    if (!std::binary_search(known.begin(), known.end(), name)) {
        return false;
    }
    names_.emplace_back(name);
    return true;
}

bool ignored_fields::whole_command(std::string_view kind) const {
    return std::ranges::find(names_, kind) != names_.end();
}

bool ignored_fields::covers(std::string_view kind, std::string_view path) const {
    return std::ranges::any_of(names_, [&](std::string_view name) {
        const bool of_kind = within(name, kind) && name.size() > kind.size();
        return within(path, name) || (of_kind && within(path, name.substr(kind.size() + 1)));
    });
}

bool ignored_fields::order() const {
    return whole_command(order_of_calls);
}

}  // namespace td::replay
