#include "story/ladder.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "base/printable.hpp"
#include "story/words.hpp"

namespace td::story {
namespace {

constexpr int name_height = 14;
constexpr int row_height = 26;
constexpr int line_height = 14;
constexpr int most_lanes_with_names = 7;
constexpr unsigned most_units = 64;  // of width, what fits beside the moment on the narrowest screen
constexpr std::size_t most_lines = 3;

/// 12.5%
std::string share(double part) {
    const auto tenths = static_cast<int>(part * 1000 + 0.5);
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + '%';
}

std::string text_of(int number) {
    return std::to_string(number);
}

/// How broad a character is, generously: a unit is about 3.6 pixels.
unsigned units_of(char first_byte) {
    constexpr std::string_view broad = "mwMW@%";
    const auto byte = static_cast<unsigned char>(first_byte);
    const bool capital = first_byte >= 'A' && first_byte <= 'Z';
    return byte >= 0x80U || broad.find(first_byte) != std::string_view::npos ? 4 : capital ? 3 : 2;
}

class drawing {
public:
    drawing(std::string& out, const call_story& told) : out_(out), told_(told) {
        int y = head_height();
        for (const step& each : told.steps) {
            texts_.push_back(lines_of(printable(each.words, std::numeric_limits<std::size_t>::max())));
            y += row_height + line_height * static_cast<int>(texts_.back().size());
            ys_.push_back(y - 10);
        }
    }

    void draw() {
        const int height = ys_.back() + 26;
        out_ += "<svg class=\"ladder\" role=\"img\" width=\"100%\" height=\"" + text_of(height) +
                "\" aria-label=\"Ladder diagram of the call\">\n";
        for (std::size_t at = 0; at < told_.lanes.size(); ++at) {
            lane_line(at, height);
        }
        for (std::size_t at = 0; at < told_.lanes.size(); ++at) {
            ringing(at);
        }
        for (std::size_t at = 0; at < told_.steps.size(); ++at) {
            row(at, told_.steps[at]);
        }
        out_ += "</svg>\n";
    }

private:
    /// The middle of a lane, as a share of the width.
    [[nodiscard]] double place(std::size_t lane_at) const {
        const auto lanes = static_cast<double>(told_.lanes.size());
        return 0.025 + 0.95 * (static_cast<double>(lane_at) + 0.5) / lanes;  // a number has its place beside the edge
    }
    [[nodiscard]] std::optional<std::size_t> lane_of(const lane& wanted) const {
        const auto found = std::find(told_.lanes.begin(), told_.lanes.end(), wanted);
        return found == told_.lanes.end() ? std::nullopt
                                          : std::optional(static_cast<std::size_t>(found - told_.lanes.begin()));
    }
    /// Where the arrow of a row stands.
    [[nodiscard]] int line_of(std::size_t row) const { return ys_[row]; }

    [[nodiscard]] bool many() const { return told_.lanes.size() > most_lanes_with_names; }
    /// Beside many phones every other name has a line of its own, and the phones' numbers stand below them.
    [[nodiscard]] int head_height() const {
        return many() ? name_height * (static_cast<int>(told_.lanes.size() - told_.phones.size()) + 1) + 6
                      : name_height + 6;
    }

    void lane_line(std::size_t at, int height) {
        const lane& who = told_.lanes[at];
        const bool phone = who.who == lane::part::phone;
        const std::string number = std::to_string(who.number);
        const std::string name = phone ? (many() ? number : "phone " + number) : std::string(name_of(who.who));
        const bool own_line = many() && !phone;
        const int y = own_line ? name_height * (static_cast<int>(at) + 1) - 2 : head_height() - 8;
        if (!phone || told_.lanes.size() <= 20 || who.number % 5 == 0) {
            out_ += "<text class=\"who" + std::string(own_line ? " left" : "") + "\" x=\"" + share(place(at)) +
                    "\" y=\"" + text_of(y) + "\">" + name + "</text>\n";
        }
        out_ += "<line class=\"lane\" x1=\"" + share(place(at)) + "\" x2=\"" + share(place(at)) + "\" y1=\"" +
                text_of(own_line ? y + 3 : head_height()) + "\" y2=\"" + text_of(height) + "\"/>\n";
    }

    /// While a phone rings its lane is broad, and broader while it talks.
    void ringing(std::size_t at) {
        if (told_.lanes[at].who != lane::part::phone) {
            return;
        }
        const phone_story& phone = told_.phones[told_.lanes[at].number - 1];
        for (const attempt& leg : phone.attempts) {
            const instant rang = std::min(leg.rang_at, leg.answered_at);
            if (rang == never) {
                continue;
            }
            const bool won = told_.answered_by && *told_.answered_by + 1 == phone.number && leg.answered_at != never;
            const instant over = std::min({leg.ended_at, leg.dropped_at, told_.ends});
            bar(at, rang, won ? leg.answered_at : over, "rings");
            if (won) {
                bar(at, leg.answered_at, std::min(over, told_.over_at), "talks");
            }
        }
    }

    void bar(std::size_t at, instant from, instant to, std::string_view kind) {
        const auto row_at = [&](instant when) {
            const auto behind =
                std::find_if(told_.steps.begin(), told_.steps.end(), [&](const step& each) { return each.at >= when; });
            return static_cast<std::size_t>(behind - told_.steps.begin());
        };
        const int y1 = line_of(row_at(from));
        const int y2 = std::max(line_of(std::min(row_at(to), told_.steps.size() - 1)), y1 + 4);
        out_ += "<line class=\"" + std::string(kind) + "\" x1=\"" + share(place(at)) + "\" x2=\"" + share(place(at)) +
                "\" y1=\"" + text_of(y1) + "\" y2=\"" + text_of(y2) + "\"/>\n";
    }

    void row(std::size_t number, const step& each) {
        const int y = line_of(number);
        const std::string_view tone = each.sounds == step::tone::good    ? " good"
                                      : each.sounds == step::tone::bad   ? " bad"
                                      : each.sounds == step::tone::quiet ? " quiet"
                                                                         : "";
        words(number, each, tone);
        const auto from = lane_of(each.from);
        if (!from) {
            return;
        }
        if (each.to.empty()) {
            out_ += "<circle class=\"dot" + std::string(tone) + "\" cx=\"" + share(place(*from)) + "\" cy=\"" +
                    text_of(y) + "\" r=\"4\"/>\n";
            return;
        }
        for (const lane& whom : each.to) {
            if (const auto to = lane_of(whom); to && *to != *from) {
                arrow(y, *from, *to, tone);
            }
        }
        out_ += "<circle class=\"tail" + std::string(tone) + "\" cx=\"" + share(place(*from)) + "\" cy=\"" +
                text_of(y) + "\" r=\"2.5\"/>\n";
    }

    void arrow(int y, std::size_t from, std::size_t to, std::string_view tone) {
        const std::string end = share(place(to));
        out_ += "<line class=\"says" + std::string(tone) + "\" x1=\"" + share(place(from)) + "\" x2=\"" + end +
                "\" y1=\"" + text_of(y) + "\" y2=\"" + text_of(y) + "\"/>\n";
        // A nested svg takes a share as its place, and its content is in pixels from there.
        const bool right = to > from;
        out_ += "<svg x=\"" + end + "\" y=\"" + text_of(y) + "\" overflow=\"visible\"><path class=\"head" +
                std::string(tone) + "\" d=\"M0 0L" + (right ? "-7 -4L-7 4Z" : "7 -4L7 4Z") + "\"/></svg>\n";
    }

    void words(std::size_t number, const step& each, std::string_view tone) {
        const std::vector<std::string>& lines = texts_[number];
        int y = line_of(number) - 12 - line_height * (static_cast<int>(lines.size()) - 1);
        std::string since = seconds_text(each.at - told_.begins);
        since.resize(since.size() - 3);
        out_ += "<text class=\"when\" x=\"0\" y=\"" + text_of(y) + "\">+" + since + "</text>";
        for (const std::string& line : lines) {
            out_ += "<text class=\"what" + std::string(tone) + "\" x=\"66\" y=\"" + text_of(y) + "\">";
            append_escaped(out_, line);
            out_ += "</text>\n";
            y += line_height;
        }
    }

    /// Broken between words, and within one that is too long; by whole characters. The last line has room for its dots.
    [[nodiscard]] static std::vector<std::string> lines_of(std::string_view text) {
        std::vector<std::string> lines;
        while (!text.empty() && lines.size() < most_lines) {
            unsigned units = 0;
            std::size_t end = text.size();
            std::size_t space = 0;
            for (std::size_t at = 0; at < text.size(); ++at) {
                const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
                space = text[at] == ' ' ? at : space;
                units += begins ? units_of(text[at]) : 0;
                if (units > most_units) {
                    end = space == 0 ? at : space;
                    break;
                }
            }
            lines.emplace_back(text.substr(0, end));
            text.remove_prefix(end < text.size() && text[end] == ' ' ? end + 1 : end);
        }
        if (!text.empty()) {
            lines.back().append("…");
        }
        return lines.empty() ? std::vector<std::string>{""} : lines;
    }

    std::string& out_;
    const call_story& told_;
    std::vector<std::vector<std::string>> texts_;
    std::vector<int> ys_;
};

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    for (const char each : text) {
        switch (each) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += each;
        }
    }
}

void append_ladder(std::string& out, const call_story& told) {
    if (!told.steps.empty() && !told.lanes.empty()) {
        drawing(out, told).draw();
    }
}

}  // namespace td::story
