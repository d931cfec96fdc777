#include "story/told.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "base/printable.hpp"
#include "story/sentences.hpp"
#include "story/words.hpp"

namespace td::story {
namespace {

constexpr std::size_t width = 100;

/// Characters, not bytes.
std::size_t length_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string text, std::size_t to) {
    const std::size_t length = length_of(text);
    return length < to ? text.append(to - length, ' ') : text;
}

/// Words broken at `width`; the lines behind the first begin below the text, not below its label.
void add_line(std::string& out, const std::string& label, std::string_view text) {
    std::string line = label;
    const std::size_t indent = length_of(label);
    const std::string safe = printable(text, std::numeric_limits<std::size_t>::max());
    std::string_view rest = safe;
    bool first = true;
    while (!rest.empty()) {
        const auto space = rest.find(' ');
        const std::string_view word = rest.substr(0, space);
        if (!first && length_of(line) + 1 + length_of(word) > width) {
            out.append(line).append("\n");
            line.assign(indent, ' ');
            first = true;
        }
        line.append(first ? "" : " ").append(word);
        first = false;
        rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
    }
    out.append(line).append("\n");
}

void add_paragraph(std::string& out, const paragraph& one) {
    out.append("\n").append(one.title).append("\n");
    std::size_t widest = 0;
    for (const row& each : one.rows) {
        widest = std::max(widest, length_of(each.label));
    }
    for (const row& each : one.rows) {
        const std::string label = "  " + padded(printable(each.label), widest) + (widest == 0 ? "" : "  ");
        add_line(out, label, each.text);
        for (const std::string& more : each.below) {
            add_line(out, std::string(length_of(label) + 2, ' '), more);
        }
    }
}

void add_steps(std::string& out, const call_story& what) {
    if (what.steps.empty()) {
        return;
    }
    std::size_t widest = 0;
    for (const step& each : what.steps) {
        widest = std::max(widest, length_of(actors_of(each)));
    }
    out += "\nCourse\n";
    for (const step& each : what.steps) {
        std::string since = seconds_text(each.at - what.begins);
        since.resize(since.size() - 3);
        add_line(out,
                 "  " + clock_text(each.at) + "  " + std::string(since.size() < 8 ? 8 - since.size() : 0, ' ') + '+' +
                     since + "  " + padded(actors_of(each), widest) + "  ",
                 each.words);
    }
}

void add_hops(std::string& out, const call_story& what) {
    out += "\nTime, in seconds\n";
    const auto line = [&](duration took, const std::string& words) {
        const std::string exact = seconds_text(took);
        add_line(out, "  " + std::string(exact.size() < 13 ? 13 - exact.size() : 0, ' ') + exact + "  ", words);
    };
    for (const hop& each : what.hops) {
        line(each.took, each.words);
    }
    line(what.whole(), "the whole");
}

}  // namespace

std::string told(const call_story& what) {
    std::string out;
    add_line(out, "", title_of(what));
    add_line(out, "", verdict_of(what));
    const std::string day = rfc3339(what.begins);
    add_line(out, "",
             day.substr(0, 10) + ' ' + day.substr(11, 12) + " UTC, " + length_text(what.whole()) + ", call " +
                 std::string(what.call.text()) + (what.node.empty() ? "" : ", node " + what.node));
    for (const paragraph& each : paragraphs_of(what)) {
        add_paragraph(out, each);
    }
    add_steps(out, what);
    add_hops(out, what);
    return out;
}

}  // namespace td::story
