#pragma once
// A file of a journal while it is found out what is remembered of it.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "journal/entry.hpp"
#include "runtime/journal_files.hpp"

namespace td::runtime {

/// Which run a file is of. Its name says so, and its header, where that can be read, more exactly: older writers could
/// begin two runs within a second.
struct run_mark {
    std::string name;
    std::optional<instant> exact;
    [[nodiscard]] bool same_as(const run_mark& other) const {
        return name == other.name && (!exact || !other.exact || *exact == *other.exact);
    }
};

/// What of a file is taken.
enum class page_use : std::uint8_t {
    last_words,  ///< only those: no living call needs it
    beginning,   ///< all, with what its head tells again
    news,        ///< all but that
};

/// A file of the run that is remembered.
struct journal_page {
    std::filesystem::path file;
    std::string text;  ///< nothing where it was too much to be kept
    journal_file_name name;
    instant opened{};                      ///< as its header says
    std::optional<journal::header> first;  ///< nothing where the header is damaged
    std::size_t bytes = 0;
    std::vector<instant> moments{};       ///< of every line
    std::vector<std::uint32_t> retold{};  ///< the places of those that were told before
    std::size_t last_words = 0;
    page_use use = page_use::news;
    [[nodiscard]] run_mark run() const {
        const bool agree = first && run_text(first->run) == name.run;
        return {name.run, agree ? std::optional(first->run) : std::nullopt};
    }
};

/// Finds the moment of every line, which lines were told before, and how many are last words.
void look_at_lines(journal_page& of);
/// The moment of the first line that tells something new.
[[nodiscard]] std::optional<instant> begins_at(const journal_page& of);
/// The moment of the last whole line behind the header; nothing when there is none, or it cannot be read.
[[nodiscard]] std::optional<instant> ends_at(const journal_page& of);
/// Whether all that its header promises to tell again can be read.
[[nodiscard]] bool has_whole_head(const journal_page& of);
/// Nothing but its last words is wanted, of which not even the lines are looked at yet. The other lines become empty,
/// so that each keeps its number.
void leave_last_words(journal_page& of);

}  // namespace td::runtime
