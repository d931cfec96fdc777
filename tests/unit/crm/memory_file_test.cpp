#include "crm/memory_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "crm/memory_line.hpp"
#include "tests/support/scratch.hpp"

using namespace td;
using namespace td::crm;

namespace {

const instant noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

memory_line line(const std::string& flat, const std::string& account, instant at = noon) {
    return {{panel_id{"5001"}, flat_id{flat}}, {call::flat_record{false, false, {{account_id{account}, {}}}}, at}};
}

std::vector<memory_line> loaded(memory_file& file) {
    std::vector<memory_line> lines;
    file.load([&](memory_line each) { lines.push_back(std::move(each)); });
    return lines;
}

std::string text_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("memory line: what is written reads back, hostile names included", "[crm]") {
    panel_record panel;
    panel.name = "Ленина 1";
    for (const memory_line& each :
         {line("12", "79001112233"), memory_line{{panel_id{"5001"}, {}}, {panel, noon}},
          memory_line{{panel_id{std::string("a\0\xff\"\n", 5)}, flat_id{"\xee\xbe\x80"}}, {nobody{}, noon}}}) {
        const std::string text = written(each);
        REQUIRE(text.ends_with('\n'));
        CHECK(text.find('\n') == text.size() - 1);
        const auto read = read_memory_line(std::string_view(text).substr(0, text.size() - 1));
        REQUIRE(read);
        CHECK(*read == each);
    }
}

TEST_CASE("memory line: anything else is damaged", "[crm]") {
    for (const char* text : {"", "{}", "x", R"({"at":"yesterday","panel":"1","answer":null})",
                             R"({"at":"2026-11-23T12:00:00Z","answer":null})",
                             R"({"at":"2026-11-23T12:00:00Z","panel":"1","flat":"2","answer":{"accounts":7}})",
                             R"({"at":"2026-11-23T12:00:00Z","panel":"1","flat":"2","answer":{"acc)",
                             R"({"at":"2026-11-23T12:00:00Z","panel":"1","flat":2,"answer":null})"}) {
        CAPTURE(text);
        CHECK_FALSE(read_memory_line(text).ok());
    }
}

TEST_CASE("memory file: what was added is there after a restart", "[crm]") {
    const scratch_dir dir;
    const memory_file_options options{.path = dir.path() / "crm.jsonl"};
    {
        memory_file file(options, [] { return noon; });
        CHECK(loaded(file).empty());
        file.add(line("1", "a"));
        file.add(line("2", "b"));
    }
    memory_file again(options, [] { return noon; });
    CHECK(loaded(again) == std::vector{line("1", "a"), line("2", "b")});
    CHECK(again.counters().damaged == 0);
    const auto rights = std::filesystem::status(options.path).permissions();
    CHECK((rights & std::filesystem::perms::others_read) == std::filesystem::perms::none);
    CHECK((rights & std::filesystem::perms::group_read) == std::filesystem::perms::none);
}

TEST_CASE("memory file: damaged lines are skipped and counted, a torn end spoils no later line", "[crm]") {
    const scratch_dir dir;
    const memory_file_options options{.path = dir.path() / "crm.jsonl"};
    std::ofstream(options.path) << written(line("1", "a")) << "rubbish\n\n"
                                << written(line("2", "b")) << "{\"at\":\"20";
    {
        memory_file file(options, [] { return noon; });
        CHECK(loaded(file) == std::vector{line("1", "a"), line("2", "b")});
        CHECK(file.counters().damaged == 2);
        file.add(line("3", "c"));
    }
    memory_file again(options, [] { return noon; });
    CHECK(loaded(again) == std::vector{line("1", "a"), line("2", "b"), line("3", "c")});
}

TEST_CASE("memory file: when it has grown it is written anew with the latest of each, no older than stale", "[crm]") {
    const scratch_dir dir;
    memory_file_options options{.path = dir.path() / "crm.jsonl"};
    options.slack_bytes = 0;
    options.entries = 3;
    std::ofstream(options.path) << written(line("0", "old", noon - std::chrono::days{8})) << written(line("1", "first"))
                                << written(line("2", "x")) << written(line("3", "x")) << "rubbish\n"
                                << written(line("1", "second"));
    {
        memory_file file(options, [] { return noon; });
        file.add(line("4", "x"));
    }
    memory_file again(options, [] { return noon; });
    CHECK(loaded(again) == std::vector{line("3", "x"), line("1", "second"), line("4", "x")});
    CHECK(again.counters().damaged == 0);
    CHECK_FALSE(std::filesystem::exists(options.path.string() + ".new"));
    CHECK(text_of(options.path).find("rubbish") == std::string::npos);
}

TEST_CASE("memory file: a directory that is not there loses lines, not calls", "[crm]") {
    const scratch_dir dir;
    const memory_file_options options{.path = dir.path() / "gone" / "crm.jsonl"};
    memory_file file(options, [] { return noon; });
    CHECK(loaded(file).empty());
    file.add(line("1", "a"));
    while (file.counters().lost == 0) {
        std::this_thread::yield();
    }
    CHECK(file.counters().failing);
    CHECK(file.counters().written == 0);
}

TEST_CASE("memory file: beyond the queue's bytes a line is lost and counted", "[crm]") {
    const scratch_dir dir;
    memory_file_options options{.path = dir.path() / "crm.jsonl"};
    options.queue_bytes = 10;
    memory_file file(options, [] { return noon; });
    file.add(line("1", "a"));
    CHECK(file.counters().lost == 1);
}
