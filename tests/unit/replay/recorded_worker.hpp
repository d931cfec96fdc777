#pragma once
// A worker whose journal is checked: it steps a switchboard and writes down what came in and what went out.

#include <string>
#include <vector>

#include "call/switchboard.hpp"
#include "journal/codec.hpp"
#include "replay/checker.hpp"

namespace td::test {

inline const instant noon = *parse_rfc3339("2026-11-23T12:00:00Z");

inline call_id call_no(std::uint64_t number) {
    return call_id::of(static_cast<std::uint64_t>(noon.time_since_epoch() / 1ms) + number, 1, number);
}
inline channel_id channel_no(std::uint64_t number) {
    return channel_id{"1." + std::to_string(number)};
}

class recorded_worker {
public:
    explicit recorded_worker(call::rules rules = {}) : board_(rules) {}

    void hears(const call::fact& news, duration later = 100us) {
        now_ += later;
        call::commands out;
        board_.step(now_, news, out);
        std::string text;
        journal::write(text, now_, news);
        for (const call::command& wish : out) {
            journal::write(text, now_, wish);
        }
        put(text);
    }
    void follows(const call::rules& rules) {
        board_.follow(rules);
        std::string text;
        journal::write(text, now_, journal::rules_changed{rules});
        put(text);
    }
    void arrives(std::uint64_t number) {
        hears(call::panel_arrived{call_no(number), channel_no(number), panel_id{"5001"}, flat_id{"12"}, ""});
    }
    void rings(std::uint64_t number) {
        arrives(number);
        call::accounts_found found{call_no(number), {}, call::crm_source::live, 5};
        for (unsigned i = 0; i < 2; ++i) {
            const std::string account = "7900" + std::to_string(number * 2 + i);
            found.flat.accounts.push_back({account_id{account}, {{device_id{"d" + account}, "ios"}}});
        }
        hears(found);
        hears(call::leg_ringing{{call_no(number), leg_no{0}}});
        hears(call::leg_ringing{{call_no(number), leg_no{1}}});
    }
    void answers(std::uint64_t number) {
        hears(call::leg_answered{{call_no(number), leg_no{1}}});
        hears(call::pbx_did{call_no(number), call::act::bridge, {}});
        hears(call::pbx_did{call_no(number), call::act::answer, {}});
        hears(call::pbx_did{call_no(number), call::act::join, leg_no{1}});
        hears(call::leg_ended{{call_no(number), leg_no{0}}, 26, 0});
    }
    void ends(std::uint64_t number) {
        hears(call::panel_left{channel_no(number)});
        hears(call::leg_ended{{call_no(number), leg_no{1}}, 16, 0});
        hears(call::pbx_did{call_no(number), call::act::remove_bridge, {}});
    }
    void whole_call(std::uint64_t number) {
        rings(number);
        answers(number);
        ends(number);
    }

    [[nodiscard]] std::size_t calls() const { return board_.calls(); }
    [[nodiscard]] instant now() const { return now_; }
    std::vector<std::string> lines;

private:
    void put(std::string_view text) {
        while (!text.empty()) {
            const auto end = text.find('\n');
            lines.emplace_back(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
    }

    call::switchboard board_;
    instant now_ = noon;
};

/// Writes down in words what a checker says.
class overheard final : public replay::check_observer {
public:
    void differs(const replay::difference& news) override {
        said.push_back(std::string(news.call.text().substr(20)) + " line " + std::to_string(news.where.line) + " " +
                       std::string(news.fact) + " " + news.field + " " + news.recorded + " -> " + news.today);
    }
    void leaves_out(const call_id& call, replay::left_out why, const replay::place& where) override {
        said.push_back(std::string(call.text().substr(20)) + " left out at line " + std::to_string(where.line) + ": " +
                       std::string(name_of(why)));
    }
    void finds_damaged(const replay::place& where, std::string_view words) override {
        said.push_back("line " + std::to_string(where.line) + " damaged: " + std::string(words));
    }
    void arrives(const call_id& call) override { arrived.push_back(call); }
    std::vector<std::string> said;
    std::vector<call_id> arrived;
};

/// A check of lines that are one file's, the first of its run where nothing else is said.
class small_check {
public:
    explicit small_check(const std::vector<std::string>& lines, replay::check_wishes wanted = {},
                         const call::rules& rules = {},
                         replay::checker::beginning how = replay::checker::beginning::at_its_start)
        : check(std::move(wanted), heard) {
        check.begin_run(rules, how);
        for (const std::string& each : lines) {
            check.take({"a.jsonl", ++line_}, each);
        }
    }
    /// What it found, once the run is over.
    const std::vector<std::string>& said() {
        check.end_run();
        return heard.said;
    }
    overheard heard;
    replay::checker check;

private:
    std::size_t line_ = 1;  // that of the header
};

}  // namespace td::test
