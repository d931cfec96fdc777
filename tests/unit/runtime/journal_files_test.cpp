#include "runtime/journal_files.hpp"
#include "runtime/journal_blocks.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include "base/random.hpp"
#include "catch.hpp"
#include "runtime/open_file.hpp"
#include "scratch.hpp"

namespace td::runtime {
namespace {

namespace fs = std::filesystem;

std::string parsed(std::string_view text) {
    const auto name = journal_file_name::parse(text);
    return name
               ? name->node + '|' + name->run + '|' + std::to_string(name->seq) + (name->compressed ? "|zst" : "|plain")
               : "no";
}

TEST_CASE("journal files: names and back", "[runtime]") {
    CHECK(journal_file_name{"w1", "20261123T023452Z", 3, false}.text() == "w1-20261123T023452Z-00003.jsonl");
    CHECK(run_text(*parse_rfc3339("2026-11-23T02:34:52.9Z")) == "20261123T023452Z");
    CHECK(parsed("w1-20261123T023452Z-00003.jsonl") == "w1|20261123T023452Z|3|plain");
    CHECK(parsed("w-1-20261123T023452Z-00003.jsonl.zst") == "w-1|20261123T023452Z|3|zst");
    CHECK(parsed("w1-20261123T023452Z-123456.jsonl") == "w1|20261123T023452Z|123456|plain");
    for (const char* other :
         {"w1-20261123T023452Z-3.jsonl", "w1-20261123T023452-00003.jsonl", "-20261123T023452Z-00003.jsonl",
          "w1-20261123T023452Z-00003.jsonl.zst.part", "w1-20261123T023452Z-99999999999.jsonl",
          "w/1-20261123T023452Z-00003.jsonl", ".jsonl", "", "notes.jsonl"}) {
        INFO(other);
        CHECK(parsed(other) == "no");
    }
}

TEST_CASE("journal files: what may be a node's name", "[runtime]") {
    CHECK(is_node_name("w1.example-net_2"));
    for (const std::string& bad : {std::string(), std::string("a/b"), std::string("../x"), std::string(".a"),
                                   std::string("a b"), std::string(65, 'a'), std::string("узел")}) {
        CHECK_FALSE(is_node_name(bad));
    }
}

TEST_CASE("journal files: only those of the node are listed, and only old ones of it deleted", "[runtime]") {
    const scratch_dir dir;
    const auto old_time = fs::file_time_type::clock::now() - std::chrono::hours(48);
    for (const char* name : {"a-20260101T000000Z-00001.jsonl", "a-20260101T000000Z-00002.jsonl.zst",
                             "a-20260102T000000Z-00001.jsonl", "a-b-20260101T000000Z-00001.jsonl", "other.txt"}) {
        write_file(dir.path() / name, "x");
        fs::last_write_time(dir.path() / name, old_time);
    }
    write_file(dir.path() / "a-20260103T000000Z-00001.jsonl", "x");
    CHECK(journal_files(dir.path(), "a").size() == 4);
    const instant yesterday = std::chrono::floor<duration>(std::chrono::system_clock::now()) - std::chrono::hours(24);
    CHECK(delete_older_journals(dir.path(), "a", yesterday, dir.path() / "a-20260102T000000Z-00001.jsonl") == 2);
    CHECK(journal_files(dir.path(), "a").size() == 2);
    CHECK(fs::exists(dir.path() / "a-b-20260101T000000Z-00001.jsonl"));
    CHECK(fs::exists(dir.path() / "other.txt"));
    CHECK(journal_files(dir.path() / "missing", "a").empty());
}

TEST_CASE("journal files: a run comes after every run before it, whatever the clock says", "[runtime]") {
    const scratch_dir dir;
    const instant wall = *parse_rfc3339("2026-11-23T08:05:00.7Z");
    const auto named = [&] { return rfc3339(run_after(dir.path(), "w1", wall)); };
    CHECK(named() == "2026-11-23T08:05:00.700Z");
    write_file(dir.path() / "w1-20261123T080459Z-00007.jsonl", "");
    write_file(dir.path() / "w2-20261123T235959Z-00001.jsonl", "");
    CHECK(named() == "2026-11-23T08:05:00.700Z");
    write_file(dir.path() / "w1-20261123T080500Z-00001.jsonl", "");  // within the same second
    CHECK(named() == "2026-11-23T08:05:01.000Z");
    write_file(dir.path() / "w1-20261231T235959Z-00001.jsonl.zst", "");  // and behind a clock that was set back
    CHECK(named() == "2027-01-01T00:00:00.000Z");
    write_file(dir.path() / "w1-99999999T999999Z-00001.jsonl", "");  // nobody's run
    write_file(dir.path() / "w1-99991231T235959Z-00001.jsonl", "");
    CHECK(named() == "2027-01-01T00:00:00.000Z");
}

TEST_CASE("journal files: compressed and read again, byte for byte", "[runtime]") {
    const scratch_dir dir;
    random_source random(1);
    std::string text;
    while (text.size() < 3'000'000) {
        text += "{\"at\":" + std::to_string(random.next()) + "}\n";
    }
    const fs::path file = dir.path() / "a-20260101T000000Z-00001.jsonl";
    write_file(file, text);
    journal_compression compression(file);
    int steps = 0;
    while (compression.step()) {
        ++steps;
    }
    CHECK(compression.wrong().empty());
    CHECK(steps >= 3);
    CHECK_FALSE(fs::exists(file));
    CHECK(read_journal_file(file.string() + ".zst").value() == text);
    CHECK(read_journal_file(file.string() + ".zst", 1000).why().kind == failure_kind::full);
    CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("journal files: a damaged or missing file is named", "[runtime]") {
    const scratch_dir dir;
    const fs::path file = dir.path() / "a-20260101T000000Z-00001.jsonl.zst";
    CHECK(read_journal_file(file).why().kind == failure_kind::not_found);
    write_file(file, "no zstd at all");
    CHECK(read_journal_file(file).why().kind == failure_kind::broken_data);
    CHECK(read_journal_file(file).why().text.find(file.string()) != std::string::npos);
    const fs::path plain = dir.path() / "a-20260101T000000Z-00002.jsonl";
    write_file(plain, std::string(100'000, 'x'));
    journal_compression compression(plain);
    while (compression.step()) {
    }
    const std::string whole = text_of_file(plain.string() + ".zst");
    write_file(file, whole.substr(0, whole.size() - 3));
    CHECK(read_journal_file(file).why().kind == failure_kind::broken_data);
    CHECK(read_journal_file(dir.path()).why().kind == failure_kind::broken_data);
}

TEST_CASE("journal files: a file that another process writes is left alone, and a broken off copy vanishes",
          "[runtime]") {
    const scratch_dir dir;
    const fs::path file = dir.path() / "a-20260101T000000Z-00001.jsonl";
    write_file(file, std::string(5'000'000, 'x'));
    {
        const open_file writer(file, O_WRONLY);
        REQUIRE(::flock(writer.fd(), LOCK_EX | LOCK_NB) == 0);
        journal_compression compression(file);
        CHECK_FALSE(compression.step());
        CHECK(compression.wrong().find("not compressed") != std::string::npos);
        CHECK(compression.in_order());
    }
    {
        journal_compression compression(file);
        CHECK(compression.step());
        CHECK(fs::exists(file.string() + ".zst.part"));
    }
    CHECK(fs::exists(file));
    CHECK_FALSE(fs::exists(file.string() + ".zst.part"));
}

}  // namespace

TEST_CASE("journal files: a compressed file is a row of blocks, each read without the others", "[runtime]") {
    const scratch_dir dir;
    const fs::path file = dir.path() / "a-20260101T000000Z-00001.jsonl";
    std::string text;
    for (std::size_t line = 0; text.size() < 7 * block_cutter::block_bytes / 2; ++line) {
        text += R"({"line":)" + std::to_string(line) + R"(,"more":")" + std::string(line % 200U, 'x') + "\"}\n";
    }
    text += "torn";
    write_file(file, text);
    journal_compression compression(file);
    while (compression.step()) {
    }
    CHECK(compression.wrong().empty());
    const auto table = frames_of(file.string() + ".zst");
    REQUIRE(table);
    CHECK(table->count() == 4);
    CHECK(table->text_bytes() == text.size());
    for (std::size_t block = 1; block < table->count(); ++block) {
        CHECK(text[table->texts[block] - 1] == '\n');
        CHECK(table->texts[block] - table->texts[block - 1] >= block_cutter::block_bytes);
    }
    const std::vector<std::uint32_t> wanted{1, 3};
    const auto blocks = read_blocks(file, *table, wanted);
    REQUIRE(blocks);
    CHECK((*blocks)[0] == text.substr(table->texts[1], table->texts[2] - table->texts[1]));
    CHECK((*blocks)[1] == text.substr(table->texts[3]));
    // The same blocks where the frames are none, and of the file as it was before.
    const runtime::block_table places{table->texts, {}};
    CHECK(read_blocks(file, places, wanted).value() == *blocks);
    fs::remove(file.string() + ".zst");
    write_file(file, text);
    CHECK(read_blocks(file, places, wanted).value() == *blocks);
}

}  // namespace td::runtime
