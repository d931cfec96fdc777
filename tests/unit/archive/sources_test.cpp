#include "archive/sources.hpp"

#include "catch.hpp"
#include "journal_lines.hpp"

namespace td::test {
namespace {

namespace fs = std::filesystem;
using strings = std::vector<std::string>;

TEST_CASE("sources: a directory's files in the order of worker, run and number", "[archive]") {
    const scratch_dir dir;
    put_file(dir, "w2", noon, 1, {"z"});
    put_file(dir, "w1", noon + 1h, 1, {"d"});
    put_file(dir, "w1", noon, 2, {"b", "c"});
    put_file(dir, "w1", noon, 1, {"a"});
    write_file(dir.path() / "notes.txt", "no journal, and nobody said so");
    CHECK(stories_of({dir.path().string()}) ==
          strings{"w1: begins:1 a goes-on:2 b c", "w1: begins:1 d", "w2: begins:1 z"});
    CHECK(archive::find_sources({dir.path().string()}).left_out.empty());
}

TEST_CASE("sources: a renamed file stands where its header says", "[archive]") {
    const scratch_dir dir;
    const fs::path second = put_file(dir, "w1", noon, 2, {"b"});
    put_file(dir, "w1", noon, 1, {"a"});
    fs::rename(second, dir.path() / "attachment.jsonl");
    CHECK(stories_of({(dir.path() / "attachment.jsonl").string(), file_of(dir, "w1", noon, 1).string()}) ==
          strings{"w1: begins:1 a goes-on:2 b"});
}

TEST_CASE("sources: what is named twice or stands beside its compressed copy is read once", "[archive]") {
    const scratch_dir dir;
    const fs::path first = put_file(dir, "w1", noon, 1, {"a"});
    const std::string plain = text_of_file(first);
    compress(first);
    write_file(first, plain);
    CHECK(stories_of({first.string(), dir.path().string(), (dir.path() / "." / first.filename()).string()}) ==
          strings{"w1: begins:1 a"});
    CHECK(archive::find_sources({dir.path().string()}).remarks.empty());
    write_file(dir.path() / "copy.jsonl", plain);
    CHECK(archive::find_sources({dir.path().string()}).remarks.size() == 1);
    CHECK(stories_of({dir.path().string()}) == strings{"w1: begins:1 a"});
}

TEST_CASE("sources: two runs that began within one second are two", "[archive]") {
    const scratch_dir dir;
    write_file(dir.path() / "a.jsonl", header_line("w1", noon, 1) + fact_line("a"));
    write_file(dir.path() / "b.jsonl", header_line("w1", noon + 5ms, 1) + fact_line("b"));
    CHECK(stories_of({dir.path().string()}) == strings{"w1: begins:1 a", "w1: begins:1 b"});
}

TEST_CASE("sources: what is no journal is named with its reason, and the rest is read", "[archive]") {
    const scratch_dir dir;
    put_file(dir, "w1", noon, 1, {"a"});
    write_file(dir.path() / "page.jsonl", "<html>\n</html>\n");
    std::string newer = header_line("w1", noon, 2);
    newer.replace(newer.find("\"schema\":1"), 10, "\"schema\":9");
    write_file(dir.path() / "newer.jsonl", newer);
    const archive::catalogue all =
        archive::find_sources({dir.path().string(), (dir.path() / "nothing.jsonl").string()});
    REQUIRE(all.left_out.size() == 3);
    CHECK(all.left_out[0].kind == failure_kind::refused);
    CHECK(all.left_out[0].text.find("newer.jsonl") != std::string::npos);
    CHECK(all.left_out[1].kind == failure_kind::broken_data);
    CHECK(all.left_out[1].text.find("page.jsonl: is no journal") != std::string::npos);
    CHECK(all.left_out[2].kind == failure_kind::not_found);
    CHECK(all.runs.size() == 1);
}

TEST_CASE("sources: files of workers that died within their first line need not be read", "[archive]") {
    const scratch_dir dir;
    for (const char* text : {"", "{\"journal\":\"td", "{\"journal\":\"tdctl\",\"schema\":1"}) {
        write_file(file_of(dir, "w1", noon, 1), text);
        const archive::catalogue all = archive::find_sources({dir.path().string()});
        CHECK(all.runs.empty());
        CHECK(all.left_out.empty());
        CHECK(all.remarks.size() == 1);
    }
    write_file(file_of(dir, "w1", noon, 1), std::string(4096, '\0'));
    CHECK(archive::find_sources({dir.path().string()}).remarks.size() == 1);
}

}  // namespace
}  // namespace td::test
