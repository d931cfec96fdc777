#include "journal/recollection.hpp"

#include <algorithm>

#include "base/overloaded.hpp"
#include "call_script.hpp"
#include "catch.hpp"
#include "journal/codec.hpp"

using namespace td;
using namespace td::journal;

namespace {

const instant noon = *parse_rfc3339("2026-11-23T12:00:00Z");

call_id named(std::uint64_t number) {
    return call_id::of(1'795'401'292'052, 7, number);
}
channel_id panel_of(std::uint64_t number) {
    return channel_id{"1795401292." + std::to_string(number)};
}

/// A worker with a journal, and what a second one remembers of it.
class two_workers {
public:
    explicit two_workers(call::rules rules = {}) : rules_(rules), first_(rules), book_() {
        header head;
        head.rules = rules;
        book_.take({now_, head});
    }

    void feed(call::fact news) {
        call::commands out;
        first_.step(now_, news, out);
        book_.take({now_, std::move(news)});
        for (call::command& wish : out) {
            book_.take({now_, std::move(wish)});
        }
    }
    void wait(duration length) {
        const instant then = now_ + length;
        while (first_.next_deadline() <= then) {
            now_ = first_.next_deadline();
            feed(call::time_passed{});
        }
        now_ = then;
    }
    void arrive(std::uint64_t number) {
        feed(call::panel_arrived{named(number), panel_of(number), panel_id{"5001"}, flat_id{"12"}, ""});
    }
    /// A new file begins between the fact and its commands.
    void arrive_in_two_files(std::uint64_t number) {
        const call::fact news =
            call::panel_arrived{named(number), panel_of(number), panel_id{"5001"}, flat_id{"12"}, ""};
        call::commands out;
        first_.step(now_, news, out);
        book_.take({now_, news});
        begin_file();
        for (call::command& wish : out) {
            book_.take({now_, std::move(wish)});
        }
    }
    void find(std::uint64_t number, unsigned accounts) {
        auto found = test::accounts(accounts);
        found.call = named(number);
        feed(found);
    }
    void tell_only(entry told) { book_.take(std::move(told)); }

    const recollection& recall() {
        whole_ = book_.finish();
        for (const remembered_step& step : whole_.steps) {
            std::visit(overloaded{[&](const call::fact& news) {
                                      call::commands out;
                                      second_.step(step.at, news, out);
                                  },
                                  [&](const call::rules& rules) { second_.follow(rules); }},
                       step.what);
        }
        return whole_;
    }
    /// What the remembering worker asks for.
    std::string then(call::fact news) {
        call::commands out;
        second_.step(now_, news, out);
        std::string text;
        for (const call::command& wish : out) {
            text += (text.empty() ? "" : " ") + test::in_words(wish);
        }
        return text;
    }
    /// Its journal goes on in a new file, and the one before is lost.
    std::string begin_file() {
        std::string lines;
        static_cast<void>(book_.retell(lines));
        header head;
        head.rules = rules_;
        book_ = recollector();
        book_.take({now_, head});
        reader from;
        from.take(lines);
        while (auto line = from.next()) {
            REQUIRE(line->ok());
            CHECK((*line)->retold);
            (*line)->retold = false;
            book_.take(std::move(**line));
        }
        return lines;
    }
    void keep_only(const std::vector<call_id>& living) { book_.take({now_, gap{1, now_, living, false}}); }
    [[nodiscard]] const recollection& recalled() const { return whole_; }
    [[nodiscard]] const call::switchboard& first() const { return first_; }
    [[nodiscard]] const call::switchboard& second() const { return second_; }
    [[nodiscard]] instant now() const { return now_; }

private:
    call::rules rules_;
    call::switchboard first_;
    call::switchboard second_{{}};
    recollector book_;
    recollection whole_;
    instant now_ = noon;
};

std::string kinds(const recollection& whole) {
    std::string text;
    for (const remembered_step& step : whole.steps) {
        text += text.empty() ? "" : " ";
        text += std::visit(overloaded{[](const call::fact& news) { return std::string(name_of(news)); },
                                      [](const call::rules&) { return std::string("rules"); }},
                           step.what);
    }
    return text;
}

}  // namespace

TEST_CASE("recollection: nothing lived", "[journal]") {
    two_workers w;
    CHECK(w.recall().steps.empty());
    CHECK(w.recall().calls == 0);
}

TEST_CASE("recollection: only what living calls need, in order", "[journal]") {
    two_workers w;
    w.arrive(1);
    w.arrive(2);
    w.find(2, 1);
    w.find(1, 1);
    w.feed(call::panel_left{panel_of(1)});
    w.feed(call::leg_ended{{named(1), {0}}, 16, 0});
    CHECK(kinds(w.recall()) == "rules panel_arrived accounts_found");
    CHECK(w.second().calls() == 1);
    CHECK(w.second().legs() == 1);
    CHECK(w.second().next_deadline() == w.first().next_deadline());
}

TEST_CASE("recollection: a deadline that another call's fact served is served at that moment", "[journal]") {
    two_workers w;
    w.arrive(1);
    w.find(1, 2);
    w.wait(149ms);
    w.feed(call::panel_described{named(1), "Lenina 1"});
    w.wait(5s);  // the push is repeated
    w.arrive(2);
    w.feed(call::panel_left{panel_of(2)});
    CHECK(kinds(w.recall()) == "rules panel_arrived accounts_found panel_described time_passed");
    CHECK(w.second().next_deadline() == w.first().next_deadline());
}

TEST_CASE("recollection: rules at the arrival, not those of today", "[journal]") {
    call::rules patient;
    patient.door.ring_limit = 40s;
    two_workers w(patient);
    w.arrive(1);
    call::rules hasty;
    hasty.door.ring_limit = 10s;
    w.tell_only({w.now(), rules_changed{hasty}});
    w.find(1, 1);
    CHECK(kinds(w.recall()) == "rules panel_arrived accounts_found");
    CHECK(w.second().next_deadline() <= w.now() + 40s);
    // 11 s later it still rings.
    w.wait(11s);
    CHECK(w.then(call::time_passed{}).find("panel:") == std::string::npos);
}

TEST_CASE("recollection: who arrives under new rules follows those, and who was there before does not", "[journal]") {
    call::rules patient;
    patient.door.ring_limit = 40s;
    call::rules hasty;
    hasty.door.ring_limit = 10s;
    two_workers w(patient);
    w.arrive(1);
    w.tell_only({w.now(), rules_changed{hasty}});
    w.arrive(2);
    const recollection& whole = w.recall();
    CHECK(kinds(whole) == "rules panel_arrived rules panel_arrived");
    CHECK(std::get<call::rules>(whole.steps[0].what).door.ring_limit == 40s);
    CHECK(std::get<call::rules>(whole.steps[2].what).door.ring_limit == 10s);
}

TEST_CASE("recollection: the header of a later file moves nothing, whatever its clock says", "[journal]") {
    for (const duration off : {duration(1h), duration(-1h)}) {
        two_workers w;
        w.arrive(1);
        w.find(1, 1);
        w.wait(2s);
        w.tell_only({w.now() + off, header{}});
        w.feed(call::leg_ringing{{named(1), {0}}});
        const recollection& whole = w.recall();
        CHECK(whole.last == w.now());
        CHECK(whole.calls == 1);
        const auto rises = [](const remembered_step& one, const remembered_step& next) { return one.at < next.at; };
        CHECK(std::ranges::is_sorted(whole.steps, rises));
        CHECK(w.second().next_deadline() == w.first().next_deadline());
    }
}

TEST_CASE("recollection: a panel that was turned away among many is turned away again", "[journal]") {
    call::rules narrow;
    narrow.door.max_calls = 1;
    two_workers w(narrow);
    w.arrive(1);
    w.arrive(2);
    w.feed(call::panel_left{panel_of(1)});
    CHECK(kinds(w.recall()) == "rules panel_arrived");
    CHECK(w.second().calls() == 1);
    CHECK(w.then(call::panel_left{panel_of(2)}) == "record:failed/full");
}

TEST_CASE("recollection: a drain that began before the first living call", "[journal]") {
    two_workers w;
    w.feed(call::drain_begun{});
    w.arrive(1);
    CHECK(kinds(w.recall()) == "rules drain_begun panel_arrived");
    CHECK(w.then(call::memory_recalled{}).empty());
    CHECK(w.then(call::panel_left{panel_of(1)}) == "record:failed/drain");
}

TEST_CASE("recollection: a picture is remembered without the channels of calls that are over", "[journal]") {
    two_workers w;
    w.arrive(1);
    w.arrive(2);
    w.find(2, 1);
    w.wait(1s);
    w.feed(call::pbx_line_lost{});
    call::pbx_seen seen;
    for (const std::uint64_t number : {1U, 2U}) {
        seen.channels.push_back({panel_of(number), call::pbx_seen::condition::waiting});
        seen.channels.push_back({channel_id{channel_name({named(number), {0}})}, call::pbx_seen::condition::ringing});
        seen.bridges.push_back(named(number));
    }
    w.feed(seen);
    w.feed(call::panel_left{panel_of(1)});
    w.feed(call::leg_ended{{named(1), {0}}, 16, 0});
    w.feed(call::pbx_did{named(1), call::act::remove_bridge, {}});
    const recollection& whole = w.recall();
    CHECK(kinds(whole) == "rules panel_arrived accounts_found time_passed pbx_line_lost pbx_seen");
    const auto& kept = std::get<call::pbx_seen>(std::get<call::fact>(whole.steps.back().what));
    CHECK(kept.channels.size() == 2);
    CHECK(kept.bridges.size() == 1);
}

TEST_CASE("recollection: phones that register are kept where a living call rings them", "[journal]") {
    two_workers w;
    w.arrive(1);
    w.find(1, 2);
    w.feed(call::account_registered{account_id{"a2"}});
    w.feed(call::account_registered{account_id{"a9"}});
    CHECK(kinds(w.recall()) == "rules panel_arrived accounts_found account_registered");
}

TEST_CASE("recollection: records of the last minutes are told again, older ones not", "[journal]") {
    two_workers w;
    w.arrive(1);
    w.feed(call::panel_left{panel_of(1)});
    w.wait(11min);
    w.arrive(2);
    w.feed(call::panel_left{panel_of(2)});
    w.wait(9min);  // the spool's disk hangs
    w.arrive(3);
    w.feed(call::panel_left{panel_of(3)});
    const recollection& whole = w.recall();
    REQUIRE(whole.last_words.size() == 2);
    CHECK(std::get<call::finish>(whole.last_words[0]).record.call == named(2));
    CHECK(std::get<call::finish>(whole.last_words[1]).record.call == named(3));
}

TEST_CASE("recollection: the record of a call whose last line is missing is made again", "[journal]") {
    two_workers w;
    w.arrive(1);
    w.tell_only({w.now(), call::fact{call::panel_left{panel_of(1)}}});
    const recollection& whole = w.recall();
    CHECK(whole.calls == 0);
    REQUIRE(whole.last_words.size() == 1);
    CHECK(std::get<call::finish>(whole.last_words[0]).record.call == named(1));
    CHECK(w.second().calls() == 0);
}

TEST_CASE("recollection: a number whose return stood in the lost line is returned", "[journal]") {
    two_workers w;
    w.feed(call::sos_arrived{named(1), panel_of(1), panel_id{"5001"}, ""});
    w.feed(call::site_missing{named(1), "", 0});
    call::number_lent lent;
    lent.call = named(1);
    lent.number = number_id{"73511000001"};
    lent.token = 5;
    w.feed(lent);
    w.tell_only({w.now(), call::fact{call::panel_left{panel_of(1)}}});
    const recollection& whole = w.recall();
    const bool returned = std::ranges::any_of(whole.last_words, [](const call::command& wish) {
        const auto* back = std::get_if<call::return_number>(&wish);
        return back != nullptr && back->token == 5 && back->number == number_id{"73511000001"};
    });
    CHECK(returned);
}

TEST_CASE("recollection: an alert of the last seconds is told again, also when its own line is missing", "[journal]") {
    const auto alerts = [](const recollection& whole) {
        return std::ranges::count_if(whole.last_words, [](const call::command& wish) {
            const auto* told = std::get_if<call::alert>(&wish);
            return told != nullptr && told->news.call == named(1);
        });
    };
    two_workers told;
    told.tell_only({told.now(), call::command{call::alert{{named(1), panel_id{"5001"}, told.now(), {}, "", {}, ""}}}});
    CHECK(alerts(told.recall()) == 1);

    call::number_refused refused;
    refused.call = named(1);
    two_workers lost;
    lost.feed(call::sos_arrived{named(1), panel_of(1), panel_id{"5001"}, ""});
    lost.feed(call::site_missing{named(1), "", 0});
    lost.tell_only({lost.now(), call::fact{refused}});
    CHECK(alerts(lost.recall()) == 1);
}

TEST_CASE("recollection: facts of calls that arrived before what was read, and gaps, are no reason to stop",
          "[journal]") {
    two_workers w;
    w.tell_only({w.now(), call::fact{call::leg_answered{{named(9), {0}}}}});
    w.tell_only({w.now(), gap{70, w.now()}});
    w.tell_only({w.now(), call::command{call::finish{}}});
    w.arrive(1);
    CHECK(w.recall().missing == 70);
    CHECK(w.second().calls() == 1);
}

TEST_CASE("recollection: a file that begins with what was told before is enough", "[journal]") {
    const auto lives = [](two_workers& w, const auto& new_file) {
        w.arrive(1);
        w.arrive(2);
        w.find(2, 2);
        w.wait(1s);
        w.feed(call::leg_ringing{{named(2), {0}}});
        new_file();
        w.feed(call::account_registered{account_id{"a2"}});
        w.feed(call::panel_left{panel_of(1)});
        for (int file = 0; file < 3; ++file) {
            new_file();
            w.wait(700ms);
        }
        w.feed(call::leg_ringing{{named(2), {1}}});
    };
    two_workers whole;
    lives(whole, [] {});
    two_workers last;
    lives(last, [&] { CHECK(last.begin_file().find(std::string(named(2).text())) != std::string::npos); });
    CHECK(kinds(last.recall()) == kinds(whole.recall()));
    CHECK(last.recalled().last == whole.recalled().last);
    CHECK(last.second().legs() == whole.first().legs());
    CHECK(last.second().next_deadline() == whole.first().next_deadline());
}

TEST_CASE("recollection: a drain during which nobody lives is told again", "[journal]") {
    two_workers w;
    w.feed(call::drain_begun{});
    w.begin_file();
    w.arrive(1);
    CHECK(kinds(w.recall()) == "rules drain_begun panel_arrived");
    two_workers calm;
    CHECK(calm.begin_file().empty());
}

TEST_CASE("recollection: what many short calls heard while a long one lives is not told again", "[journal]") {
    call::rules narrow;
    narrow.door.max_calls = 1;
    two_workers w(narrow);
    w.feed(call::sos_arrived{named(1), panel_of(1), panel_id{"5001"}, ""});
    w.arrive(2);
    w.feed(call::account_registered{account_id{"a1"}});
    const std::string before = w.begin_file();
    for (std::uint64_t number = 3; number < 100; ++number) {
        w.arrive(number);  // and is turned away, while a new file begins
        w.begin_file();
        w.feed(call::account_registered{account_id{"a1"}});
        w.tell_only({w.now(), rules_changed{narrow}});
        w.feed(call::panel_left{panel_of(number)});
    }
    CHECK(w.begin_file() == before);
    CHECK(w.recall().calls == 2);
}

TEST_CASE("recollection: a panel is turned away behind the head of the file in which it arrived", "[journal]") {
    call::rules narrow;
    narrow.door.max_calls = 1;
    two_workers w(narrow);
    w.arrive(1);
    w.arrive_in_two_files(2);
    w.feed(call::panel_left{panel_of(1)});
    CHECK(w.recall().calls == 1);
    auto found = test::accounts(1);
    found.call = named(2);
    CHECK(w.then(found).empty());  // nobody looks its flat up
}

TEST_CASE("recollection: a call whose end stood in dropped lines is not told again", "[journal]") {
    two_workers w;
    w.arrive(1);
    w.find(1, 2);
    w.arrive(2);
    w.tell_only({w.now(), gap{3, w.now()}});
    w.keep_only({named(2)});
    w.begin_file();
    CHECK(kinds(w.recall()) == "rules panel_arrived");
    CHECK(w.second().calls() == 1);
}
