#pragma once
// Small journals for tests of their reading.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/run_reader.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_files.hpp"
#include "scratch.hpp"

namespace td::test {

inline const instant noon = *parse_rfc3339("2026-11-23T12:00:00Z");

inline std::string header_line(const std::string& node, instant run, std::uint32_t seq,
                               std::optional<std::uint64_t> retold = std::nullopt) {
    journal::header first;
    first.node = node;
    first.version = "test";
    first.run = run;
    first.seq = seq;
    first.retold = retold;
    std::string text;
    journal::write(text, run + std::chrono::hours(seq), first);
    return text;
}

/// A line that is easy to tell from the others: `name` registered.
inline std::string fact_line(const std::string& name, journal::telling how = journal::telling::first) {
    std::string text;
    journal::write(text, noon, call::fact{call::account_registered{account_id{name}}}, how);
    return text;
}

/// Where a worker would have written it; gives back the file's name.
inline std::filesystem::path file_of(const scratch_dir& in, const std::string& node, instant run, std::uint32_t seq) {
    return in.path() / runtime::journal_file_name{node, runtime::run_text(run), seq, false}.text();
}

/// A file with a header and one line of each of these names.
inline std::filesystem::path put_file(const scratch_dir& in, const std::string& node, instant run, std::uint32_t seq,
                                      const std::vector<std::string>& names) {
    std::string text = header_line(node, run, seq);
    for (const std::string& name : names) {
        text += fact_line(name);
    }
    const auto file = file_of(in, node, run, seq);
    write_file(file, text);
    return file;
}

inline void compress(const std::filesystem::path& file) {
    runtime::journal_compression compression(file);
    while (compression.step()) {
    }
}

/// What a reader says, in words: "begins 1", "goes on 2", "hole 3", the names of lines, "torn", "trouble".
inline std::string story_of(const archive::journal_run& run) {
    std::string words;
    archive::run_reader reader(run);
    journal::reader lines;
    while (const archive::told* each = reader.next()) {
        words += words.empty() ? "" : " ";
        switch (each->what) {
            case archive::told::kind::head:
                words += each->how == archive::joint::run_begins ? "begins"
                         : each->how == archive::joint::goes_on  ? "goes-on"
                                                                 : "hole";
                words += ':' + (each->first ? std::to_string(each->first->seq) : "?");
                words += each->words.empty() ? "" : "(lost)";
                break;
            case archive::told::kind::line: {
                const auto read = lines.read(each->text);
                const auto* fact = read ? std::get_if<call::fact>(&read->what) : nullptr;
                const auto* phone = fact == nullptr ? nullptr : std::get_if<call::account_registered>(fact);
                words += phone == nullptr ? "?" : phone->account.text();
                words += each->retold ? "'" : "";
                break;
            }
            case archive::told::kind::torn: words += "torn"; break;
            case archive::told::kind::trouble: words += "trouble"; break;
        }
    }
    return words;
}

inline std::vector<std::string> stories_of(const std::vector<std::string>& paths) {
    const archive::catalogue all = archive::find_sources(paths);
    std::vector<std::string> stories;
    for (const archive::journal_run& run : all.runs) {
        stories.push_back(run.files.front().node + ": " + story_of(run));
    }
    return stories;
}

}  // namespace td::test
