#include "runtime/journal_memory.hpp"

#include <algorithm>

#include "catch.hpp"
#include "memory_script.hpp"

namespace td::runtime {
namespace {

TEST_CASE("journal memory: no directory, no file, an empty file", "[runtime]") {
    const desk d;
    CHECK(read_memory(d.dir.path() / "missing", "w1").what.steps.empty());
    CHECK(d.read().what.steps.empty());
    write_file(d.dir.path() / (journal_file_name{"w1", first_run, 1, false}.text()), "");
    CHECK(d.read().what.steps.empty());
    CHECK(d.read().complaints.empty());
}

TEST_CASE("journal memory: the last run's living calls, and no others", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    d.put(second_run, 1, born(noon + 1h).arrives(noon + 2h, 2).arrives(noon + 2h, 3).ends(noon + 2h, 2));
    const auto memory = d.read();
    CHECK(memory.what.calls == 1);
    CHECK(memory.files == 1);
    CHECK(memory.complaints.empty());
}

TEST_CASE("journal memory: files are read back to the one that holds the oldest arrival", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1).ends(noon + 2s, 1));
    d.put(first_run, 2, page(noon, noon + 1h).arrives(noon + 1h, 2));
    d.put(first_run, 3, page(noon, noon + 1h).arrives(noon + 3h, 3));
    const auto memory = d.read();
    CHECK(memory.what.calls == 2);
    CHECK(memory.files == 2);
}

TEST_CASE("journal memory: files are read back to the last words of ten minutes, though no living call needs them",
          "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).ends(noon + 1s, 1));
    d.put(first_run, 2, page(noon, noon + 1h, "w1", true).tells(noon + 1h, call::time_passed{}).ends(noon + 119min, 2));
    page last(noon, noon + 2h, "w1", true);
    last.tells(noon + 2h, call::time_passed{}).ends(noon + 128min, 3);
    const fs::path file = d.put(first_run, 3, last);
    const auto memory = d.read();
    CHECK(memory.files == 2);
    REQUIRE(memory.what.last_words.size() == 2);
    CHECK(std::get<call::finish>(memory.what.last_words[0]).record.call == named(2));
    // They are no reason to complain that there is too much.
    memory_limits tight;
    tight.bytes = fs::file_size(file);
    CHECK(d.read(tight).complaints.empty());
    CHECK(d.read(tight).what.last_words.size() == 1);
}

TEST_CASE("journal memory: a run whose first file is gone is not taken for one that had not remembered", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    d.put(second_run, 2, page(noon + 1h, noon + 2h, "w1", true).arrives(noon + 2h, 2).arrives(noon + 2h, 3));
    CHECK(d.read().what.calls == 2);
}

TEST_CASE("journal memory: a run that began a second file while it remembered is passed over", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1).arrives(noon + 2s, 2).arrives(noon + 3s, 3));
    d.put(second_run, 1, page(noon + 1h, noon + 1h, "w1", false).arrives(noon + 1s, 1));
    d.put(second_run, 2, page(noon + 1h, noon + 1s, "w1", false).arrives(noon + 2s, 2));
    const auto memory = d.read();
    CHECK(memory.what.calls == 3);
    CHECK(memory.files == 1);
    CHECK(memory.bytes == fs::file_size(d.dir.path() / (journal_file_name{"w1", first_run, 1, false}.text())));
}

TEST_CASE("journal memory: a compressed file is read like any other, and only once beside its copy", "[runtime]") {
    const desk d;
    const fs::path closed = d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    const std::string text = text_of_file(closed);
    journal_compression compression(closed);
    while (compression.step()) {
    }
    d.put(first_run, 2, page(noon, noon + 1s).arrives(noon + 3min, 3));
    CHECK(d.read().what.calls == 2);
    write_file(closed, text);
    CHECK(d.read().what.calls == 2);
    CHECK(d.read().files == 2);
}

TEST_CASE("journal memory: a run that died before it had remembered is passed over", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1).arrives(noon + 1s, 2));
    // It was writing down the first of two calls.
    d.put(second_run, 1, page(noon + 1h, noon + 1h).arrives(noon + 1s, 1));
    d.put(second_run, 2, page(noon + 1h + 1us, noon + 1h));  // and one more, within the same second
    CHECK(d.read().what.calls == 2);
}

TEST_CASE("journal memory: a run that had remembered is enough by itself", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1).arrives(noon + 1s, 2));
    d.put(second_run, 1, page(noon + 1h, noon + 1h).arrives(noon + 1s, 1).tells(noon + 1h, call::memory_recalled{}));
    CHECK(d.read().what.calls == 1);
}

TEST_CASE("journal memory: a run of an older tdctl does not say where to begin, and is read whole", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 9));
    d.put(second_run, 1, page(noon + 1h, std::nullopt).arrives(noon + 1h, 1));
    d.put(second_run, 2, page(noon + 1h, std::nullopt).arrives(noon + 2h, 2));
    CHECK(d.read().what.calls == 2);
}

TEST_CASE("journal memory: garbage and a torn end are named, and the rest is remembered", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).raw("}{ what\n").arrives(noon + 1s, 1).raw(R"({"at":"2026-11-23T12:00)"));
    const auto memory = d.read();
    CHECK(memory.what.calls == 1);
    REQUIRE(memory.complaints.size() == 2);
    CHECK(memory.complaints[0].find("line 3") != std::string::npos);
    CHECK(memory.complaints[1].find("torn line") != std::string::npos);
}

TEST_CASE("journal memory: complaints end somewhere", "[runtime]") {
    const desk d;
    page bad = born(noon);
    for (int i = 0; i < 100; ++i) {
        bad.raw("no\n");
    }
    d.put(first_run, 1, bad.arrives(noon + 1s, 1));
    CHECK(d.read().complaints.size() == memory_limits{}.complaints + 1);
    CHECK(d.read().what.calls == 1);
}

TEST_CASE("journal memory: a schema from the future ends the search, because its calls may have ended there",
          "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    write_file(d.dir.path() / (journal_file_name{"w1", second_run, 1, false}.text()),
               "{\"journal\":\"tdctl\",\"schema\":99}\n");
    const auto memory = d.read();
    CHECK(memory.what.steps.empty());
    REQUIRE(memory.complaints.size() == 1);
    CHECK(memory.complaints[0].find(second_run) != std::string::npos);
}

TEST_CASE("journal memory: a damaged compressed file is named and left out", "[runtime]") {
    const desk d;
    d.put(first_run, 2, page(noon, noon + 1s).arrives(noon + 1min, 2));
    write_file(d.dir.path() / (journal_file_name{"w1", first_run, 1, true}.text()), "no zstd at all");
    const auto memory = d.read();
    CHECK(memory.what.calls == 1);
    REQUIRE(memory.complaints.size() == 1);
    CHECK(memory.complaints[0].find("not remembered") != std::string::npos);
}

TEST_CASE("journal memory: a damaged header is named, and the lines behind it are remembered", "[runtime]") {
    const auto damages = {+[](page& each) { each.damaged(); },
                          +[](page& each) { each.beheaded(each.header_bytes() / 2, 0); },
                          // A file that was emptied while it was written, and grew on at the old place.
                          +[](page& each) { each.beheaded(each.header_bytes() / 2, 100'000); }};
    for (const auto& harm : damages) {
        const desk d;
        d.put(first_run, 1, born(noon).arrives(noon + 1s, 9));
        page bad = born(noon + 1h).arrives(noon + 1h, 1);
        harm(bad);
        d.put(second_run, 1, bad);
        const auto alone = d.read();
        CHECK(alone.what.calls == 1);
        CHECK(alone.files == 1);
        REQUIRE(alone.complaints.size() == 1);
        CHECK(alone.complaints[0].find(second_run + "-00001.jsonl: line 1 ") != std::string::npos);

        // The file behind it needs it, and the one behind that is as bad.
        d.put(second_run, 2, page(noon + 1h, noon + 1h, "w1", true).arrives(noon + 1h + 1s, 2));
        page worse(noon + 1h, noon + 1h, "w1", true);
        worse.arrives(noon + 1h + 2s, 3);
        harm(worse);
        d.put(second_run, 3, worse);
        const auto all = d.read();
        CHECK(all.what.calls == 3);
        CHECK(all.files == 3);
        CHECK(all.complaints.size() == 2);
    }
}

TEST_CASE("journal memory: a file whose first line is gone loses no other line", "[runtime]") {
    const desk d;
    page bad(noon, noon, "w1", true);
    bad.arrives(noon + 1s, 1).arrives(noon + 2s, 2);
    d.put(first_run, 2, bad.beheaded(bad.header_bytes(), 0));
    const auto memory = d.read();
    CHECK(memory.what.calls == 2);
    REQUIRE(memory.complaints.size() == 1);
    CHECK(memory.complaints[0].find("line 1 ") != std::string::npos);
}

TEST_CASE("journal memory: where a header is damaged, its rules are those of its run, else those of today",
          "[runtime]") {
    const auto rings_for = [](const journal_memory& memory) {
        return std::get<call::rules>(memory.what.steps.at(0).what).door.ring_limit;
    };
    const desk d;
    page bad = born(noon).arrives(noon + 1s, 1);
    const fs::path file = d.put(first_run, 2, bad.damaged());
    reading_run today;
    today.rules.door.ring_limit = 7s;
    CHECK(rings_for(read_memory(d.dir.path(), "w1", today)) == 7s);
    // The file before tells them, even where nothing else in it is needed.
    page before(noon, noon);
    call::rules changed;
    changed.door.ring_limit = 8s;
    std::string news;
    journal::write(news, noon, journal::rules_changed{changed});
    d.put(first_run, 1, before.raw(news));
    CHECK(rings_for(read_memory(d.dir.path(), "w1", today)) == 8s);
}

TEST_CASE("journal memory: a run that died before it had remembered is passed over with a damaged header, too",
          "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1).arrives(noon + 1s, 2));
    page bad(noon + 1h, noon + 1h, "w1", false);
    d.put(second_run, 1, bad.arrives(noon + 1s, 1).damaged());
    const auto memory = d.read();
    CHECK(memory.what.calls == 2);
    CHECK(memory.files == 1);
}

TEST_CASE("journal memory: a header that names another run than its file does is of the run of its file", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    d.put(first_run, 2, page(noon + 24h, noon + 1s, "w1", true).arrives(noon + 1min, 2));
    CHECK(d.read().what.calls == 2);
}

TEST_CASE("journal memory: a process that died before its first line was on the disk hides no run before it",
          "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    const fs::path newest = d.dir.path() / journal_file_name{"w1", second_run, 1, false}.text();
    for (const char* part : {"", "{", R"({"journal":"tdctl","schema":1,"no)"}) {
        write_file(newest, part);
        CHECK(d.read().what.calls == 1);
        CHECK(d.read().complaints.empty());
    }
    write_file(newest, std::string(5000, '\0'));  // a power cut within the second before the file was synced
    CHECK(d.read().what.calls == 1);
    REQUIRE(d.read().complaints.size() == 1);
    CHECK(d.read().complaints[0].find(second_run) != std::string::npos);
}

TEST_CASE("journal memory: a run whose only file cannot be read is named, and no older run stands in for it",
          "[runtime]") {
    for (const bool compressed : {false, true}) {
        const desk d;
        d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
        write_file(d.dir.path() / journal_file_name{"w1", second_run, 1, compressed}.text(), "\x01 no journal at all");
        const auto memory = d.read();
        CHECK(memory.what.steps.empty());
        REQUIRE(memory.complaints.size() == 1);
        CHECK(memory.complaints[0].find(second_run) != std::string::npos);
        // A later run that died before it had remembered changes nothing.
        d.put("20261123T140000Z", 1, page(noon + 2h, noon + 2h, "w1", false));
        CHECK(d.read().what.steps.empty());
        CHECK(d.read().files == 0);
    }
}

TEST_CASE("journal memory: a line with a wild moment is named, and ends no call", "[runtime]") {
    struct wild {
        const char* right;
        const char* wrong;
    };
    // Of the call's arrival, of a line amid, and of the last one, which only the clock can tell.
    for (const auto& [right, wrong] :
         {wild{"2026-11-23T12:00:01", "2016-11-23T12:00:01"}, wild{"2026-11-23T12:00:01", "2036-11-23T12:00:01"},
          wild{"2026-11-23T12:00:02", "2026-11-23T19:00:02"}, wild{"2026-11-23T12:00:02", "2026-10-23T12:00:02"},
          wild{"2026-11-23T12:00:03", "2026-11-23T12:30:03"}}) {
        INFO(right << " is " << wrong);
        const desk d;
        journal::header head;
        head.node = "w1";
        head.run = noon;
        head.oldest = noon;
        head.clock = journal::clock_origin{"a boot", noon - 24h};
        std::string text;
        journal::write(text, noon, head);
        page lines = born(noon)
                         .ends(noon, 7)
                         .arrives(noon + 1s, 1)
                         .tells(noon + 2s, call::leg_ringing{})
                         .tells(noon + 3s, call::leg_ringing{});
        text += lines.text().substr(lines.header_bytes());
        text.replace(text.find(right), std::string_view(right).size(), wrong);
        write_file(d.dir.path() / journal_file_name{"w1", first_run, 1, false}.text(), text);
        reading_run here;
        here.clock = journal::clock_origin{"a boot", noon - 48h};  // the clock was set back by a day
        here.now = noon - 24h + 1min;
        const auto memory = read_memory(d.dir.path(), "w1", here);
        CHECK(memory.what.calls == 1);
        CHECK(memory.what.last <= noon + 3s);
        CHECK(memory.what.last_words.size() == 1);
        REQUIRE(memory.complaints.size() == 1);
        CHECK(memory.complaints[0].find(wrong) != std::string::npos);
        CHECK(std::ranges::all_of(memory.what.steps, [](const journal::remembered_step& step) {
            return noon <= step.at && step.at <= noon + 3s;
        }));
    }
}

TEST_CASE("journal memory: a file whose first line has a wild moment hides no file before it", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    journal::header head;
    head.node = "w1";
    head.run = noon;
    head.oldest = noon + 1s;
    head.recalled = true;
    std::string text;
    journal::write(text, noon + 2s, head);
    page lines = page(noon, noon).tells(noon - 24h * 365, call::leg_ringing{}).tells(noon + 3s, call::leg_ringing{});
    write_file(d.dir.path() / journal_file_name{"w1", first_run, 2, false}.text(),
               text + lines.text().substr(lines.header_bytes()));
    CHECK(d.read().what.calls == 1);
    CHECK(d.read().files == 2);
}

TEST_CASE("journal memory: another node's file under this node's name is not ours", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    page foreign(noon + 1h, noon + 1h, "w2");
    d.put(second_run, 1, foreign.tells(noon + 1h, call::memory_recalled{}).arrives(noon + 1h, 2));
    const auto memory = d.read();
    CHECK(memory.what.calls == 1);
    REQUIRE(memory.complaints.size() == 1);
    CHECK(memory.complaints[0].find("w2") != std::string::npos);
}

TEST_CASE("journal memory: what is too much to be held in memory is read a second time", "[runtime]") {
    const desk d;
    const fs::path oldest = d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    d.put(first_run, 2, page(noon, noon + 1s, "w1", true).arrives(noon + 2s, 2).raw("no\n"));
    const fs::path last = d.put(first_run, 3, page(noon, noon + 1s, "w1", true).arrives(noon + 3s, 3));
    journal_compression compression(oldest);
    while (compression.step()) {
    }
    for (const std::size_t at_once : {std::size_t{0}, static_cast<std::size_t>(fs::file_size(last))}) {
        memory_limits narrow;
        narrow.at_once = at_once;
        const auto memory = d.read(narrow);
        CHECK(memory.what.calls == 3);
        CHECK(memory.files == 3);
        CHECK(memory.bytes == d.read().bytes);
        CHECK(memory.complaints.size() == 1);
    }
}

TEST_CASE("journal memory: beyond the limit older calls are not remembered, and it is said", "[runtime]") {
    const desk d;
    d.put(first_run, 1, born(noon).arrives(noon + 1s, 1));
    const fs::path last = d.put(first_run, 2, page(noon, noon + 1s).arrives(noon + 1min, 2));
    memory_limits tight;
    tight.bytes = fs::file_size(last);
    const auto memory = d.read(tight);
    CHECK(memory.what.calls == 1);
    REQUIRE(memory.complaints.size() == 1);
    CHECK(memory.complaints[0].find("older calls are not remembered") != std::string::npos);
}

}  // namespace
}  // namespace td::runtime
