#include "replay/step_lines.hpp"

#include <algorithm>
#include <utility>

#include "call/whose.hpp"

namespace td::replay {
namespace {

/// Takes a line off the front of the text.
std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

step_line line_of(std::string_view text, const call::command& wish) {
    return {text, call::call_named_by(wish), journal::name_of(wish), call::call_finished_by(wish).has_value()};
}

}  // namespace

/// {"at":"2026-11-23T02:34:52.076131Z","do":"…: the moment has one width in every journal of ours.
bool is_command_line(std::string_view line) {
    constexpr std::size_t kind_at = 34;
    return line.substr(0, 7) == R"({"at":")" && line.size() > kind_at && line.substr(kind_at, 7) == R"(","do":)";
}

std::string_view without_place(std::string_view words) {
    constexpr std::string_view place = "line 1 ";
    words.remove_prefix(words.starts_with(place) ? place.size() : 0);
    return words;
}

std::vector<step_line> lines_of(std::string_view text, journal::reader& from) {
    std::vector<step_line> lines;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        const auto read = from.read(line);
        const auto* wish = read ? std::get_if<call::command>(&read->what) : nullptr;
        if (wish != nullptr) {
            lines.push_back(line_of(line, *wish));
        } else {
            lines.push_back(
                {line, std::nullopt, "", false, read ? "is no command" : std::string(without_place(read.why().text))});
        }
    }
    return lines;
}

std::vector<step_line> lines_of(std::string_view text, const call::commands& wishes) {
    std::vector<step_line> lines;
    for (const call::command& each : wishes) {
        lines.push_back(line_of(take_line(text), each));
    }
    return lines;
}

step_difference first_difference(const std::vector<step_line>& recorded, const std::vector<step_line>& today,
                                 const std::function<bool(const step_line&)>& counts, command_comparer& fields) {
    auto one = recorded.begin();
    auto other = today.begin();
    for (;; ++one, ++other) {
        one = std::find_if(one, recorded.end(), counts);
        other = std::find_if(other, today.end(), counts);
        if (one == recorded.end() && other == today.end()) {
            return {};
        }
        step_difference found;
        found.recorded = one == recorded.end() ? nullptr : &*one;
        found.today = other == today.end() ? nullptr : &*other;
        if (found.recorded == nullptr || found.today == nullptr || one->kind != other->kind) {
            found.field = "do";
            found.recorded_value = found.recorded == nullptr ? "" : one->shown_kind();
            found.today_value = found.today == nullptr ? "" : other->shown_kind();
            return found;
        }
        if (auto field = fields.first_difference(one->kind, one->text, other->text)) {
            found.field = std::string(one->kind).append(".").append(field->field);
            found.recorded_value = std::move(field->recorded);
            found.today_value = std::move(field->today);
            return found;
        }
    }
}

}  // namespace td::replay
