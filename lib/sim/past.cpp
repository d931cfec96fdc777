#include "sim/past.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/overloaded.hpp"
#include "journal/codec.hpp"

namespace td::sim {
namespace {

/// By who begins with this file.
journal::recollection recollected(std::string text, std::vector<std::string>& complaints) {
    journal::reader lines;
    lines.take(std::move(text));
    journal::recollector memory;
    while (auto line = lines.next()) {
        if (*line) {
            (*line)->retold = false;
            memory.take(std::move(**line));
        } else {
            complaints.push_back(line->why().text);
        }
    }
    return memory.finish();
}

/// All but the last words, of which a file has only its own.
std::string in_words(const journal::recollection& whole) {
    std::string text = std::to_string(whole.calls) + " calls until " + rfc3339(whole.last) + '\n';
    for (const journal::remembered_step& step : whole.steps) {
        std::visit(
            overloaded{[&](const call::fact& news) { journal::write(text, step.at, news); },
                       [&](const call::rules& rules) { journal::write(text, step.at, journal::rules_changed{rules}); }},
            step.what);
    }
    return text;
}

}  // namespace

void past::write_down(instant at, const call::fact& news, const call::commands& out, journal::telling how) {
    std::string& text = now_.all.emplace_back(at, std::string()).second;
    journal::write(text, at, news, how);
    for (const call::command& wish : out) {
        journal::write(text, at, wish);
    }
}

void past::write_down(instant at, const call::rules& rules) {
    journal::write(now_.all.emplace_back(at, std::string()).second, at, journal::rules_changed{rules});
}

void past::forget_after(instant moment) {
    while (!now_.all.empty() && now_.all.back().first > moment) {
        now_.all.pop_back();
    }
}

std::vector<std::vector<std::string>> past::journals(instant start, const call::rules& first,
                                                     std::size_t steps_each) const {
    std::vector<std::vector<std::string>> all;
    journal::header head;
    head.node = "sim";
    head.version = "sim";
    head.rules = first;
    const auto add = [&](const life& each) {
        // A run begins behind the moments that it remembers, and behind the run before it.
        head.run = each.revived ? std::max(*each.revived, head.run + 1us) : start;
        head.recalled = !each.revived;  // the first one has nothing to remember
        all.push_back(files_of(each.all, head, start, steps_each));
    };
    std::for_each(former_.begin(), former_.end(), add);
    add(now_);
    return all;
}

journal::recollection past::recall(instant start, const call::rules& first, std::vector<std::string>& complaints) {
    const life before = std::exchange(now_, {});
    const steps& all = before.all;
    const auto last_file = [&](std::size_t steps_each) {
        journal::header head;
        head.rules = first;
        return files_of(all, head, start, steps_each).back();
    };
    const journal::recollection whole = recollected(last_file(all.size()), complaints);
    const std::size_t each = 1 + all.size() % 24;  // over many worlds files of every size
    journal::recollection last = recollected(last_file(each), complaints);
    if (in_words(last) != in_words(whole)) {
        complaints.push_back("files of " + std::to_string(each) + " steps: the last one remembers " + in_words(last) +
                             "all of them " + in_words(whole));
    }
    last.last_words = whole.last_words;  // which no file says again
    if (keeps_) {
        former_.push_back(before);
    }
    return last;
}

/// The texts of the files that these steps fill. `head` is that of the file before the first one.
std::vector<std::string> past::files_of(const steps& all, journal::header head, instant start, std::size_t steps_each) {
    journal::recollector living;
    journal::reader lines;
    living.take({instant{}, journal::rules_changed{head.rules}});  // no moment of the run, whose clock may be put back
    std::vector<std::string> files;
    const auto begin_file = [&](instant at) {
        std::string retold;
        head.retold = living.retell(retold);
        head.rules = living.rules();
        head.holed = living.holed();
        ++head.seq;
        journal::write(files.emplace_back(), at, head);
        files.back() += retold;
    };
    begin_file(start);
    std::size_t left = steps_each;
    for (const auto& [at, text] : all) {
        if (left == 0) {
            begin_file(at);
            left = steps_each;
        }
        --left;
        files.back() += text;
        lines.take(text);
        while (auto line = lines.next()) {
            if (*line) {
                const auto* news = std::get_if<call::fact>(&(*line)->what);
                const bool end = news != nullptr && std::holds_alternative<call::memory_recalled>(*news);
                head.recalled = head.recalled.value_or(false) || (end && !(*line)->retold);
                (*line)->retold = false;  // it stands behind the head
                living.take(std::move(**line));
            }
        }
    }
    return files;
}

call::switchboard past::revive(const journal::recollection& whole, const call::rules& in_force, call::line which,
                               const std::function<void(const call::fact&)>& heard) {
    call::switchboard board(in_force);
    now_.revived = whole.last + 1us;
    const auto again = [&](instant at, const call::fact& news) {
        call::commands done;
        board.step(at, news, done);
        // As the recorder does: only the last one ends the memory of this life.
        const bool recalled = std::holds_alternative<call::memory_recalled>(news);
        write_down(at, news, done, recalled ? journal::telling::again : journal::telling::first);
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

std::optional<arrival> arrival_of(const call::fact& news) {
    return std::visit(
        []<class News>(const News& told) -> std::optional<arrival> {
            if constexpr (std::is_same_v<News, call::panel_arrived> || std::is_same_v<News, call::sos_arrived> ||
                          std::is_same_v<News, call::callback_arrived>) {
                return arrival{told.call, told.channel};
            } else {
                return std::nullopt;
            }
        },
        news);
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
