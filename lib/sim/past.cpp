#include "sim/past.hpp"

#include <type_traits>
#include <variant>

#include "base/overloaded.hpp"
#include "journal/codec.hpp"

namespace td::sim {

void past::write_down(instant at, const call::fact& news, const call::commands& out) {
    std::string& text = steps_.emplace_back(at, std::string()).second;
    journal::write(text, at, news);
    for (const call::command& wish : out) {
        journal::write(text, at, wish);
    }
}

void past::write_down(instant at, const call::rules& rules) {
    journal::write(steps_.emplace_back(at, std::string()).second, at, journal::rules_changed{rules});
}

void past::forget_after(instant moment) {
    while (!steps_.empty() && steps_.back().first > moment) {
        steps_.pop_back();
    }
}

journal::recollection past::recall(instant start, const call::rules& first, std::vector<std::string>& complaints) {
    std::string text;
    journal::header head;
    head.rules = first;
    journal::write(text, start, head);
    for (const auto& step : std::exchange(steps_, {})) {
        text += step.second;
    }
    journal::reader lines;
    lines.take(std::move(text));
    journal::recollector memory;
    while (auto line = lines.next()) {
        if (*line) {
            memory.take(std::move(**line));
        } else {
            complaints.push_back(line->why().text);
        }
    }
    return memory.finish();
}

call::switchboard past::revive(const journal::recollection& whole, const call::rules& in_force, call::line which,
                               const std::function<void(const call::fact&)>& heard) {
    call::switchboard board(in_force);
    const auto again = [&](instant at, const call::fact& news) {
        call::commands done;
        board.step(at, news, done);
        write_down(at, news, done);
    };
    for (const journal::remembered_step& step : whole.steps) {
        std::visit(overloaded{[&](const call::fact& news) {
                                  again(step.at, news);
                                  heard(news);
                              },
                              [&](const call::rules& rules) {
                                  board.follow(rules);
                                  write_down(step.at, rules);
                              }},
                   step.what);
    }
    again(whole.last + 1us, call::pbx_line_lost{which});
    board.follow(in_force);
    write_down(whole.last + 1us, in_force);
    return board;
}

call_id call_of(const call::command& wish) {
    return std::visit(
        [](const auto& each) {
            if constexpr (requires { each.leg.call; }) {
                return each.leg.call;
            } else if constexpr (requires { each.record.call; }) {
                return each.record.call;
            } else if constexpr (requires { each.news.call; }) {
                return each.news.call;
            } else if constexpr (requires { each.call; }) {
                return each.call;
            } else {
                return call_id{};
            }
        },
        wish);
}

std::optional<call_id> recorded_by(const call::command& wish) {
    return std::visit(
        [](const auto& each) -> std::optional<call_id> {
            if constexpr (requires { each.record.call; }) {
                return each.record.call;
            } else {
                return std::nullopt;
            }
        },
        wish);
}

}  // namespace td::sim
