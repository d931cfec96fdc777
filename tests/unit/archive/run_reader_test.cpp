#include "archive/run_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "catch.hpp"
#include "journal_lines.hpp"

namespace td::test {
namespace {

namespace fs = std::filesystem;
using strings = std::vector<std::string>;

strings stories_in(const scratch_dir& dir) {
    return stories_of({dir.path().string()});
}

TEST_CASE("run reader: compressed files are read as plain ones, however long they are", "[archive]") {
    const scratch_dir dir;
    strings many;
    std::string wanted = "w1: begins:1";
    for (std::size_t i = 0; i < 40'000; ++i) {  // three pieces of text
        many.push_back("a" + std::to_string(i));
        wanted += ' ' + many.back();
    }
    const fs::path file = put_file(dir, "w1", noon, 1, many);
    CHECK(stories_in(dir) == strings{wanted});
    compress(file);
    CHECK(stories_in(dir) == strings{wanted});
}

TEST_CASE("run reader: a missing file is a hole, also before the first one", "[archive]") {
    const scratch_dir dir;
    put_file(dir, "w1", noon, 2, {"b"});
    put_file(dir, "w1", noon, 3, {"c"});
    put_file(dir, "w1", noon, 5, {"e"});
    CHECK(stories_in(dir) == strings{"w1: hole:2 b goes-on:3 c hole:5 e"});
}

TEST_CASE("run reader: what a head tells again is passed over where the file goes on, and told behind a hole",
          "[archive]") {
    const scratch_dir dir;
    const auto again = journal::telling::again;
    put_file(dir, "w1", noon, 1, {"a"});
    const fs::path second = file_of(dir, "w1", noon, 2);
    const std::string head = header_line("w1", noon, 2, 2);
    write_file(second, head + fact_line("a", again) + fact_line("b", again) + fact_line("c"));
    CHECK(stories_in(dir) == strings{"w1: begins:1 a goes-on:2 c"});
    // A damaged line of a head is one of it; a line that is lost makes no other one of it.
    write_file(second, head + fact_line("a", again).substr(5) + fact_line("b", again) + fact_line("c"));
    CHECK(stories_in(dir) == strings{"w1: begins:1 a goes-on:2 c"});
    write_file(second, head + fact_line("b", again) + fact_line("c") + fact_line("d"));
    CHECK(stories_in(dir) == strings{"w1: begins:1 a goes-on:2 c d"});
    // The mark elsewhere makes none of it.
    write_file(second, header_line("w1", noon, 2, 1) + fact_line("b", again) + fact_line("c", again) + fact_line("d"));
    CHECK(stories_in(dir) == strings{"w1: begins:1 a goes-on:2 c d"});
    fs::remove(file_of(dir, "w1", noon, 1));
    CHECK(stories_in(dir) == strings{"w1: hole:2 b' c d"});
}

TEST_CASE("run reader: what a head of unknown length tells again is passed over", "[archive]") {
    const scratch_dir dir;
    const auto again = journal::telling::again;
    const fs::path first = put_file(dir, "w1", noon, 1, {"a"});
    std::string damaged = header_line("w1", noon, 2, 2);
    damaged.erase(damaged.find("node"), 3);
    write_file(file_of(dir, "w1", noon, 2),
               damaged + fact_line("b", again) + fact_line("c", again) + fact_line("d") + fact_line("e", again));
    CHECK(stories_in(dir) == strings{"w1: begins:1 a goes-on:2(lost) d e"});
    put_file(dir, "w1", noon, 3, {"f"});
    fs::remove(first);
    CHECK(stories_in(dir) == strings{"w1: hole:2(lost) d e goes-on:3 f"});
}

TEST_CASE("run reader: a torn line is no hole, because the next file tells it whole", "[archive]") {
    const scratch_dir dir;
    const fs::path first = put_file(dir, "w1", noon, 1, {"a"});
    write_file(first, text_of_file(first) + fact_line("b").substr(0, 30));
    put_file(dir, "w1", noon, 2, {"b"});
    CHECK(stories_in(dir) == strings{"w1: begins:1 a torn goes-on:2 b"});
}

TEST_CASE("run reader: a damaged file is read up to its damage, and a hole follows", "[archive]") {
    const scratch_dir dir;
    const fs::path first = put_file(dir, "w1", noon, 1, {"a"});
    compress(first);
    const fs::path packed = first.string() + ".zst";
    const std::string whole = text_of_file(packed);
    write_file(packed, whole.substr(0, whole.size() - 3));  // its checksum is cut
    put_file(dir, "w1", noon, 2, {"b"});
    CHECK(stories_in(dir) == strings{"w1: begins:1 a trouble hole:2 b"});
}

TEST_CASE("run reader: a damaged header is guessed from the file's name and its neighbours", "[archive]") {
    const scratch_dir dir;
    put_file(dir, "w1", noon, 1, {"a"});
    const fs::path second = put_file(dir, "w1", noon, 2, {"b"});
    std::string text = text_of_file(second);
    text.erase(text.find("node"), 3);
    write_file(second, text);
    put_file(dir, "w1", noon, 3, {"c"});
    CHECK(stories_in(dir) == strings{"w1: begins:1 a goes-on:2(lost) b goes-on:3 c"});
    fs::remove(file_of(dir, "w1", noon, 1));
    CHECK(stories_in(dir) == strings{"w1: hole:2(lost) b goes-on:3 c"});
}

TEST_CASE("run reader: lines without a header are told, and whose they are is not known", "[archive]") {
    const scratch_dir dir;
    write_file(dir.path() / "cut.jsonl", fact_line("a") + fact_line("b"));
    CHECK(stories_in(dir) == strings{": hole:?(lost) a b"});
}

TEST_CASE("run reader: files that were put behind one another fit together as if they stood alone", "[archive]") {
    const scratch_dir dir;
    write_file(dir.path() / "all.jsonl", header_line("w1", noon, 1) + fact_line("a") + header_line("w1", noon, 2) +
                                             fact_line("b") + header_line("w1", noon, 4) + fact_line("c") +
                                             header_line("w2", noon, 1) + fact_line("d"));
    CHECK(stories_in(dir) == strings{"w1: begins:1 a goes-on:2 b hole:4 c begins:1 d"});
}

TEST_CASE("run reader: the standard input, compressed or not", "[archive]") {
    const scratch_dir dir;
    const fs::path file = put_file(dir, "w1", noon, 1, {"a", "b"});
    const int before = ::dup(STDIN_FILENO);
    REQUIRE(before >= 0);
    const auto story_of_input = [](const fs::path& from) {
        const int input = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
        REQUIRE(::dup2(input, STDIN_FILENO) == STDIN_FILENO);
        ::close(input);
        return stories_of({"-"});
    };
    CHECK(story_of_input(file) == strings{": begins:1 a b"});
    compress(file);
    CHECK(story_of_input(file.string() + ".zst") == strings{": begins:1 a b"});
    write_file(dir.path() / "page", "<html>\n</html>\n");
    CHECK(story_of_input(dir.path() / "page") == strings{": trouble"});
    write_file(dir.path() / "word", "nothing");
    CHECK(story_of_input(dir.path() / "word") == strings{": trouble"});
    ::dup2(before, STDIN_FILENO);
    ::close(before);
}

TEST_CASE("run reader: a line beyond every limit is named, and the next one is read", "[archive]") {
    const scratch_dir dir;
    const fs::path file = put_file(dir, "w1", noon, 1, {"a"});
    write_file(file, text_of_file(file) + std::string(journal::reader::longest_line + 10'000'000, 'x') + '\n' +
                         fact_line("b"));
    CHECK(stories_in(dir) == strings{"w1: begins:1 a trouble b"});
}

TEST_CASE("run reader: a line says where it stands", "[archive]") {
    const scratch_dir dir;
    const fs::path file = put_file(dir, "w1", noon, 1, {"a"});
    write_file(file, text_of_file(file) + '\n' + fact_line("b"));
    const std::string text = text_of_file(file);
    const archive::catalogue all = archive::find_sources({file.string()});
    archive::run_reader reader(all.runs.front());
    std::vector<std::size_t> numbers;
    while (const archive::told* each = reader.next()) {
        numbers.push_back(each->line);
        CHECK(text.substr(each->offset, each->text.size()) == each->text);
    }
    CHECK(numbers == std::vector<std::size_t>{1, 2, 4});
    CHECK(reader.bytes() == text.size());
}

}  // namespace
}  // namespace td::test
