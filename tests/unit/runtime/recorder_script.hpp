#pragma once
// A recorder with a clock of the test's own, and what it has written, in one word a line.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.hpp"
#include "catch.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/recorder.hpp"

namespace td::runtime {

namespace fs = std::filesystem;

inline const instant noon = *parse_rfc3339("2026-11-23T12:00:00Z");

/// The wall clock that the recorder's thread asks, moved by hand.
class hand_clock {
public:
    std::function<instant()> clock() {
        return [this] { return instant{duration{now_.load()}}; };
    }
    void move(duration by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_{noon.time_since_epoch().count()};
};

inline recorder_options quick(const fs::path& dir) {
    recorder_options options;
    options.dir = dir;
    options.node = "w1";
    options.version = "0.1.0";
    options.keep = duration{0};
    options.gather = 1ms;
    options.retry = 10ms;
    options.compression = journal_compression_rule::none;
    return options;
}

inline std::unique_ptr<recorder> opened(recorder_options options, hand_clock& clock, alarm_sink alarms = {}) {
    auto open = recorder::open(std::move(options), {}, clock.clock(), std::move(alarms));
    REQUIRE(open.ok());
    return std::move(open).value();
}

inline call::fact ringing(std::uint64_t number) {
    return call::leg_ringing{{call_id::of(1, 1, number), {static_cast<std::uint8_t>(number % 100)}}};
}

/// Every line of the node's files in one word each: h header, r rules, f fact, c command, g gap.
struct reading {
    std::string words;
    std::vector<call_id> calls;
    std::vector<journal::header> headers;
    std::uint64_t missing = 0;
    std::size_t torn = 0;
};

inline reading read_all(const fs::path& dir) {
    reading all;
    for (const fs::path& file : journal_files(dir, "w1")) {
        auto text = read_journal_file(file);
        REQUIRE(text.ok());
        journal::reader lines;
        lines.take(std::move(text).value());
        while (const auto line = lines.next()) {
            INFO(file.string());
            INFO((line->ok() ? std::string() : line->why().text));
            REQUIRE(line->ok());
            std::visit(overloaded{[&](const journal::header& each) {
                                      all.words += 'h';
                                      all.headers.push_back(each);
                                  },
                                  [&](const journal::rules_changed&) { all.words += 'r'; },
                                  [&](const journal::gap& each) {
                                      all.words += 'g';
                                      all.missing += each.lines;
                                  },
                                  [&](const call::fact& each) {
                                      all.words += 'f';
                                      if (const auto* leg = std::get_if<call::leg_ringing>(&each)) {
                                          all.calls.push_back(leg->leg.call);
                                      }
                                  },
                                  [&](const call::command&) { all.words += 'c'; }},
                       (*line)->what);
        }
        all.torn += lines.torn();
    }
    return all;
}

}  // namespace td::runtime
