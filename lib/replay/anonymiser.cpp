#include "replay/anonymiser.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.hpp"
#include "journal/command_shapes.hpp"
#include "journal/entry_shapes.hpp"
#include "journal/fact_shapes.hpp"

namespace td::replay {
namespace {

using journal::describe;

/// What no datum is: keys that open a door, and what platforms and builds are called.
bool stays(std::string_view field) {
    constexpr std::array<std::string_view, 4> kept{"open_dtmf", "keys", "platform", "version"};
    return std::ranges::find(kept, field) != kept.end();
}

/// broken_token, status_503.
bool is_word(std::string_view text) {
    const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
    return digits <= 3 && text.size() <= 40 &&
           std::ranges::all_of(text,
                               [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
           text.find('_') != std::string_view::npos;
}

/// Replaces what it is shown: an io of journal/part_shapes.hpp.
class replacer {
public:
    replacer(const stand_in_maker& names, std::set<std::string>& foreign) : names_(names), foreign_(foreign) {}

    template <class Value>
    void field(std::string_view name, Value& value) {
        name_ = name;
        put(value);
    }
    template <class Value>
    void later_field(std::string_view name, Value& value) {
        field(name, value);
    }

private:
    void put(std::string& text) {
        if (name_ == "note") {
            text = note(text);
        } else if (name_ == "reason" || name_ == "complaint" || name_ == "text") {
            if (!is_word(text)) {
                foreign_.insert(text);
                text = names_.text(text);
            }
        } else if (constexpr std::string_view unknown = "Panel "; name_ == "title" && text.starts_with(unknown)) {
            text =
                std::string(unknown) + names_.text(text.substr(unknown.size()));  // the machines' own, without a title
        } else if (!stays(name_)) {
            text = names_.text(text);
        }
    }
    template <class Tag>
    void put(id<Tag>& name) {
        if (leg_of_channel(name.text())) {
            return;  // named after its call
        }
        name = id<Tag>(names_.text(name.text()));
    }
    void put(double& value) { value = names_.number(value); }
    template <class Part>
    void put(std::optional<Part>& part) {
        if (part) {
            put(*part);
        }
    }
    template <class Part>
    void put(std::vector<Part>& parts) {
        const std::string_view name = name_;
        for (Part& each : parts) {
            name_ = name;
            put(each);
        }
    }
    template <class Value>
    void put(Value& value) {
        if constexpr (requires { describe(*this, value); }) {
            describe(*this, value);
        }  // else a number, a moment, a word of ours or the name of a call
    }

    /// Our own words around texts from outside, and one that names a panel.
    [[nodiscard]] std::string note(std::string_view text) const {
        constexpr std::string_view before = "routed to panel ";
        constexpr std::string_view behind = ", the pool knows better";
        std::string made;
        while (!text.empty()) {
            std::size_t taken = 1;
            if (const auto end = text.find(behind); text.starts_with(before) && end != std::string_view::npos) {
                made.append(before).append(names_.text(text.substr(before.size(), end - before.size())));
                taken = end;
            } else if (const std::string_view theirs = foreign_at_front(text); !theirs.empty()) {
                made += names_.text(theirs);
                taken = theirs.size();
            } else {
                made += text.front();
            }
            text.remove_prefix(taken);
        }
        return made;
    }

    [[nodiscard]] std::string_view foreign_at_front(std::string_view text) const {
        std::string_view longest;
        for (const std::string& each : foreign_) {
            longest = text.starts_with(each) && each.size() > longest.size() ? std::string_view(each) : longest;
        }
        return longest;
    }

    const stand_in_maker& names_;
    std::set<std::string>& foreign_;
    std::string_view name_;
};

}  // namespace

std::string anonymiser::header(instant at, journal::header first) const {
    std::set<std::string> none;
    replacer io(names_, none);
    journal::opened_file file{std::move(first), at};
    describe(io, file);
    std::string text;
    journal::write(text, at, file.first);
    return text;
}

result<std::string> anonymiser::line(std::string_view original) {
    auto read = reader_.read(original);
    if (!read) {
        return read.why();
    }
    replacer io(names_, foreign_);
    std::string text;
    const instant at = read->at;
    const auto how = read->retold ? journal::telling::again : journal::telling::first;
    std::visit(overloaded{[&](call::fact& news) {
                              std::visit([&](auto& each) { describe(io, each); }, news);
                              journal::write(text, at, news, how);
                          },
                          [&](call::command& wish) {
                              std::visit([&](auto& each) { describe(io, each); }, wish);
                              journal::write(text, at, wish);
                          },
                          [&](journal::rules_changed& news) {
                              describe(io, news);
                              journal::write(text, at, news, how);
                          },
                          [&](const journal::gap& hole) { journal::write(text, at, hole); },
                          [&](const journal::header& first) { text = header(at, first); }},
               read->what);
    return text;
}

}  // namespace td::replay
