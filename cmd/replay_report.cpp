#include "cmd/replay_report.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/json_text.hpp"
#include "config/words.hpp"

namespace td::cmd::replay_calls {
namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

std::string shown(std::string_view json) {
    return json.empty() ? "nothing" : config::printable(json, unlimited);
}

std::string shown(const replay::place& where) {
    return fmt::format("{}:{}", where.file, where.line);
}

std::string counted(std::uint64_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string_view words_of(replay::left_out why) {
    switch (why) {
        case replay::left_out::begun_before: return "its arrival stands before what was read";
        case replay::left_out::hole: return "lines are missing while it lived";
        case replay::left_out::damaged: return "a line that may be of it cannot be read";
    }
    return "?";
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
    out.append(",\"").append(name).append("\":");
    append_json_text(out, text, broken_utf8::replaced);
}

/// A value that is JSON already; null for nothing.
void append_json(std::string& out, std::string_view name, std::string_view json) {
    out.append(",\"").append(name).append("\":").append(json.empty() ? "null" : json);
}

}  // namespace

void run_report::differs(const replay::difference& news) {
    if (named_ == most_named) {
        ++unnamed_;
        return;
    }
    ++named_;
    if (form_ == output::json) {
        print_json(news);
    } else {
        print_text(news);
    }
}

void run_report::print_text(const replay::difference& news) {
    fmt::format_to(std::back_inserter(text_), "{} {} at {} {}\n  {}\n    recorded: {}\n    today:    {}\n",
                   news.call == call_id{} ? "no-call" : news.call.text(), news.fact, rfc3339(news.at),
                   config::printable(shown(news.where), unlimited), news.field, shown(news.recorded),
                   shown(news.today));
    if (words_ == verbosity::verbose) {
        fmt::format_to(std::back_inserter(text_), "    recorded command: {}\n    today's command:  {}\n",
                       shown(news.recorded_command), shown(news.today_command));
    }
}

void run_report::print_json(const replay::difference& news) {
    text_ += R"({"type":"difference","schema":1)";
    if (news.call == call_id{}) {
        text_ += R"(,"call":null)";
    } else {
        append_field(text_, "call", news.call.text());
    }
    append_field(text_, "file", news.where.file);
    text_ += fmt::format(",\"line\":{}", news.where.line);
    append_field(text_, "at", rfc3339(news.at));
    append_field(text_, "fact", news.fact);
    append_field(text_, "field", news.field);
    append_json(text_, "recorded", news.recorded);
    append_json(text_, "today", news.today);
    append_json(text_, "recorded_command", news.recorded_command);
    append_json(text_, "today_command", news.today_command);
    text_ += "}\n";
}

void run_report::leaves_out(const call_id& call, replay::left_out why, const replay::place& where) {
    if (words_ == verbosity::verbose && names_of_left_out_.size() < most_named) {
        names_of_left_out_.push_back(fmt::format("{} is left out at {}: {}", call.text(), shown(where), words_of(why)));
    }
}

void run_report::finds_damaged(const replay::place& where, std::string_view words) {
    say(fmt::format("journal {}: {}", shown(where), words));
}

void run_report::say(std::string sentence) {
    if (sentences_.size() < most_said) {
        sentences_.push_back(std::move(sentence));
    } else {
        ++unsaid_;
    }
}

void run_report::arrives(const call_id& call) {
    for (const call_id& wanted : only_) {
        if (wanted == call) {
            met_.insert(call);
            continue;
        }
        auto& [below, above] = neighbours_[wanted];
        if (call < wanted && (!below || *below < call)) {
            below = call;
        } else if (wanted < call && (!above || call < *above)) {
            above = call;
        }
    }
}

run_report::neighbours run_report::next_to(const call_id& call) const {
    const auto found = neighbours_.find(call);
    return found == neighbours_.end() ? neighbours{} : found->second;
}

void run_report::print(context& with) const {
    for (const std::string& each : sentences_) {
        with.complain(each);
    }
    if (unsaid_ > 0) {
        with.complain(fmt::format("{} more lines of this run cannot be read", unsaid_));
    }
    for (const std::string& each : names_of_left_out_) {
        with.say(each);
    }
    with.out() << text_;
    if (unnamed_ > 0) {
        with.complain(fmt::format("{} more calls of this run differ, and are only counted", unnamed_));
    }
}

void print_summary(context& with, const replay::check_counts& counts, std::uint64_t runs, std::uint64_t files,
                   std::uint64_t bytes) {
    if (with.json()) {
        with.out() << fmt::format(
            R"({{"type":"check","schema":1,"runs":{},"files":{},"bytes":{},"calls":{},"remembered":{},"facts":{},)"
            R"("commands":{},"different":{},"left_out":{{"begun_before":{},"hole":{},"damaged":{}}},)"
            R"("damaged_lines":{}}})"
            "\n",
            runs, files, bytes, counts.calls, counts.remembered, counts.facts, counts.commands, counts.different,
            counts.begun_before, counts.hole, counts.damaged, counts.damaged_lines);
        return;
    }
    with.out() << fmt::format("{} and {} remembered ones in {}: {} facts, {} commands; {} {}\n",
                              counted(counts.calls, "call"), counts.remembered, counted(runs, "run"), counts.facts,
                              counts.commands, counted(counts.different, "call"),
                              counts.different == 1 ? "differs" : "differ");
    if (counts.begun_before + counts.hole + counts.damaged > 0) {
        with.out() << fmt::format("left out: {} begun before what was read, {} by holes, {} by damaged lines\n",
                                  counts.begun_before, counts.hole, counts.damaged);
    }
}

}  // namespace td::cmd::replay_calls
