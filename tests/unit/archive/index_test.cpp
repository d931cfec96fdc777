#include "archive/index.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include "archive/call_reader.hpp"
#include "base/random.hpp"
#include "runtime/journal_files.hpp"
#include "scratch.hpp"
#include "sim/world.hpp"
#include "story/sentences.hpp"
#include "story/teller.hpp"
#include "story/told.hpp"
#include "tests/unit/story/lines.hpp"

namespace td::archive {
namespace {

namespace fs = std::filesystem;

using runs = std::vector<std::vector<std::string>>;

/// The journals of a world whose worker dies once: the files of each run, of so many steps each.
runs runs_of_world(std::uint64_t seed, std::size_t steps_each) {
    sim::world_plan plan = sim::plan_of(seed);
    random_source dice(seed);
    plan.deaths = {{20 + dice.below(100), {}, 2s}};
    sim::world lived(std::move(plan), sim::story::untold);
    lived.keep_journals();
    lived.run();
    return lived.journals(steps_each);
}

std::vector<std::string> whole_runs_of_world(std::uint64_t seed) {
    return test::whole_runs(runs_of_world(seed, test::all_steps));
}

/// What a worker's files hold, in their order.
struct part {
    fs::path file;
    std::string text;
};

std::vector<part> files_of(const runs& all) {
    std::vector<part> parts;
    for (const auto& run : all) {
        for (const std::string& text : run) {
            journal::reader reader;
            auto head = reader.read(text.substr(0, text.find('\n')));
            REQUIRE(head);
            const auto& first = std::get<journal::header>(head->what);
            const std::size_t number = static_cast<std::size_t>(&run - all.data()) * 1000 + first.seq;
            parts.push_back({runtime::journal_file_name{"w1", runtime::run_text(first.run),
                                                        static_cast<std::uint32_t>(number), false}
                                 .text(),
                             text});
        }
    }
    return parts;
}

void append(const fs::path& file, std::string_view text) {
    std::ofstream(file, std::ios::binary | std::ios::app) << text;
}

void compress(const fs::path& file) {
    runtime::journal_compression packing(file);
    while (packing.step()) {
    }
    REQUIRE(packing.wrong().empty());
}

index opened(const fs::path& dir, index_news& news) {
    auto made = index::open({dir, {}, {}}, news);
    INFO((made ? "" : made.why().text));
    REQUIRE(made);
    return std::move(*made);
}

std::size_t times_in(std::string_view text, std::string_view words) {
    std::size_t times = 0;
    for (auto at = text.find(words); at != std::string_view::npos; at = text.find(words, at + 1)) {
        ++times;
    }
    return times;
}

/// Every call by its name, as it is told.
std::map<call_id, std::string> told_by(index& from) {
    std::vector<index_row> rows;
    REQUIRE(from.rows().list({}, [&](const index_row& row) { rows.push_back(row); }));
    std::map<call_id, std::string> all;
    for (const index_row& row : rows) {
        auto found = from.rows().find(row.call);
        REQUIRE(found);
        REQUIRE(*found);
        const auto lines = lines_of(from, **found);
        REQUIRE(lines);
        all.emplace(row.call, story::told(story::tell(*lines)));
    }
    return all;
}

}  // namespace

TEST_CASE("index: a call is told as from the whole journal, however the journal grew and was compressed", "[archive]") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        INFO("seed " << seed);
        const scratch_dir dir;
        random_source dice(seed);
        fs::path before;
        for (const part& each : files_of(runs_of_world(seed, 1 + dice.below(60)))) {
            const fs::path file = dir.path() / each.file;
            const std::size_t half = dice.below(each.text.size() + 1);  // a worker writes while somebody looks
            append(file, each.text.substr(0, half));
            index_news news;
            static_cast<void>(opened(dir.path(), news));
            append(file, each.text.substr(half));
            if (!before.empty()) {
                compress(before);
            }
            before = file;
        }
        index_news news;
        index last = opened(dir.path(), news);
        CHECK(news.remarks.empty());
        const auto told = told_by(last);
        const auto expected = test::calls_of(whole_runs_of_world(seed));
        CHECK(told.size() == expected.size());
        for (const auto& [call, lines] : expected) {
            INFO("call " << call.text());
            story::call_lines named = lines;
            const auto found = told.find(call);
            REQUIRE(found != told.end());
            if (found->second.find("Cut off:") != std::string::npos) {
                named.without_record = story::ending::cut_off;
            }
            CHECK(found->second == story::told(story::tell(named)));
        }
        index_news again;
        static_cast<void>(opened(dir.path(), again));
        CHECK(again.bytes == 0);
    }
}

TEST_CASE("index: files that are gone take their calls along, and a file between others makes it anew", "[archive]") {
    const auto parts = files_of(runs_of_world(3, 12));
    REQUIRE(parts.size() > 3);
    const scratch_dir dir;
    for (const part& each : parts) {
        append(dir.path() / each.file, each.text);
    }
    index_news news;
    const auto all = told_by(*std::make_unique<index>(opened(dir.path(), news)));
    const std::size_t half = parts.size() / 2;
    for (std::size_t at = 0; at < half; ++at) {
        fs::remove(dir.path() / parts[at].file);
    }
    index_news without;
    index less = opened(dir.path(), without);
    CHECK(without.gone == half);
    CHECK(without.bytes == 0);
    CHECK(told_by(less).size() < all.size());
    for (std::size_t at = 0; at < half; ++at) {
        append(dir.path() / parts[at].file, parts[at].text);
    }
    index_news back;
    index whole = opened(dir.path(), back);
    REQUIRE(back.remarks.size() == 1);
    CHECK(back.remarks[0] == "a journal file has come between those that were known: the index is made anew");
    CHECK(told_by(whole) == all);
}

TEST_CASE("index: behind files that are gone a call is told from the head of the next one, as if they had never been",
          "[archive]") {
    std::size_t crossed = 0;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {
        INFO("seed " << seed);
        random_source dice(seed);
        const auto parts = files_of(runs_of_world(seed, 1 + dice.below(20)));
        const std::size_t gone = dice.below(parts.size());
        const scratch_dir dir;
        const scratch_dir rest;
        for (const part& each : parts) {
            append(dir.path() / each.file, each.text);
        }
        index_news news;
        static_cast<void>(opened(dir.path(), news));
        for (const part& each : parts) {
            if (&each < &parts[gone]) {
                fs::remove(dir.path() / each.file);
            } else {
                append(rest.path() / each.file, each.text);
            }
        }
        index later = opened(dir.path(), news);
        index anew = opened(rest.path(), news);
        const auto told = told_by(later);
        const auto told_anew = told_by(anew);
        REQUIRE(told.size() == told_anew.size());
        for (const auto& [call, words] : told) {
            CHECK(words == told_anew.at(call));
        }
        for (const auto& [call, lines] : test::calls_of(whole_runs_of_world(seed))) {
            INFO("call " << call.text());
            const auto found = told.find(call);
            if (found == told.end()) {
                continue;  // it ended in a file that is gone
            }
            const story::call_story whole = story::tell(lines);
            CHECK(found->second.find(rfc3339(whole.begins).substr(11, 12)) != std::string::npos);
            CHECK(found->second.find("beginning is missing") == std::string::npos);
            CHECK(times_in(found->second, story::title_of(whole)) == 1);
            crossed += found->second.find("a later file tells it again") == std::string::npos ? 0U : 1U;
        }
    }
    CHECK(crossed > 10);
}

TEST_CASE("index: across a hole a call goes on, and one that ended in it says so", "[archive]") {
    std::size_t ended = 0;
    std::size_t crossed = 0;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {
        INFO("seed " << seed);
        random_source dice(seed);
        const auto all = runs_of_world(seed, 1 + dice.below(20));
        const auto parts = files_of(all);
        const std::size_t gone = 1 + dice.below(std::max<std::size_t>(all.front().size(), 3) - 2);
        if (gone + 1 >= all.front().size()) {
            continue;
        }
        const scratch_dir dir;
        for (const part& each : parts) {
            if (&each != &parts[gone]) {
                append(dir.path() / each.file, each.text);
            }
        }
        index_news news;
        index holed = opened(dir.path(), news);
        for (const auto& [call, lines] : test::calls_of(whole_runs_of_world(seed))) {
            INFO("call " << call.text());
            const std::string name(call.text());
            const auto last_of = [&](std::size_t part) { return parts[part].text.find(name) != std::string::npos; };
            const auto row = holed.rows().find(call);
            REQUIRE(row);
            if (!*row) {
                CHECK(!last_of(gone + 1));
                continue;
            }
            const auto told = lines_of(holed, **row);
            REQUIRE(told);
            const story::call_story story = story::tell(*told);
            const bool before =
                std::any_of(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(gone),
                            [&](const part& each) { return each.text.find(name) != std::string::npos; });
            if (before && last_of(gone + 1)) {
                ++crossed;
                CHECK(story.begins == story::tell(lines).begins);
                CHECK(!story.beginning_missing);
                CHECK(story.end != story::ending::lost);
            } else if (before && (*row)->end == story::ending::lost) {
                ++ended;
                CHECK(last_of(gone));
                CHECK(story.end == story::ending::lost);
            } else if (before) {
                CHECK(story.end == story::ending::told);
            }
        }
    }
    CHECK(ended > 3);
    CHECK(crossed > 3);
}

TEST_CASE("index: one that is damaged or of another tdctl is made anew", "[archive]") {
    const auto parts = files_of(runs_of_world(4, test::all_steps));
    const scratch_dir dir;
    for (const part& each : parts) {
        append(dir.path() / each.file, each.text);
    }
    index_news news;
    const auto all = told_by(*std::make_unique<index>(opened(dir.path(), news)));
    CHECK(!all.empty());
    const fs::path file = dir.path() / std::string(index::file_name);
    fs::remove(file.string() + "-wal");
    std::ofstream(file, std::ios::binary | std::ios::trunc) << std::string(10'000, 'x');
    index_news anew;
    index made = opened(dir.path(), anew);
    REQUIRE(anew.remarks.size() == 1);
    CHECK(anew.remarks[0].starts_with("the index is made anew: "));
    CHECK(told_by(made) == all);
}

TEST_CASE("index: what cannot stand beside the journal stands elsewhere, and says so", "[archive]") {
    const scratch_dir dir;
    append(dir.path() / files_of(runs_of_world(4, test::all_steps))[0].file, whole_runs_of_world(4)[0]);
    fs::create_directory(dir.path() / std::string(index::file_name));
    index_news news;
    index made = opened(dir.path(), news);
    REQUIRE(news.remarks.size() == 1);
    CHECK(news.remarks[0].starts_with("the index cannot stand in "));
    CHECK(!told_by(made).empty());
}

TEST_CASE("index: calls are found by panel, account and time, and a name with a wrong letter offers the right one",
          "[archive]") {
    const scratch_dir dir;
    for (const part& each : files_of(runs_of_world(5, test::all_steps))) {
        append(dir.path() / each.file, each.text);
    }
    index_news news;
    index made = opened(dir.path(), news);
    const auto listed = [&](const wanted_calls& wanted) {
        std::vector<index_row> rows;
        REQUIRE(made.rows().list(wanted, [&](const index_row& row) { rows.push_back(row); }));
        return rows;
    };
    const auto expected = test::calls_of(whole_runs_of_world(5));
    for (const auto& [call, lines] : expected) {
        const call_id name = call;  // clang 14 captures no structured binding
        const story::call_story told = story::tell(lines);
        wanted_calls of_panel;
        of_panel.panel = told.panel.text();
        const auto rows = listed(of_panel);
        CHECK(std::any_of(rows.begin(), rows.end(), [&](const index_row& row) { return row.call == name; }));
        CHECK(std::all_of(rows.begin(), rows.end(), [&](const index_row& row) { return row.panel == told.panel; }));
        for (const story::phone_story& phone : told.phones) {
            wanted_calls of_account;
            of_account.account = phone.account.text();
            const auto rung = listed(of_account);
            CHECK(std::any_of(rung.begin(), rung.end(), [&](const index_row& row) { return row.call == name; }));
        }
        std::string wrong(call.text());
        wrong[20] = wrong[20] == 'a' ? 'b' : 'a';
        const auto nearest = made.rows().nearest(wrong, 1);
        REQUIRE(nearest);
        REQUIRE(nearest->size() == 1);
        CHECK((*nearest)[0] == name);
    }
    const auto rows = listed({});
    wanted_calls late;
    late.since = rows[rows.size() / 2].started;
    CHECK(listed(late).size() ==
          static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(),
                                                 [&](const index_row& row) { return row.started >= late.since; })));
    wanted_calls one;
    one.limit = 1;
    one.latest_first = true;
    REQUIRE(listed(one).size() == 1);
    CHECK(listed(one)[0].call == rows.back().call);
}

}  // namespace td::archive
