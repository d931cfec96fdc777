#pragma once
// Journals line by line, as a process left them behind, and what is remembered of them.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "journal/codec.hpp"
#include "recorder_script.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/journal_memory.hpp"
#include "scratch.hpp"

namespace td::runtime {

inline call_id named(std::uint64_t number) {
    return call_id::of(1'795'401'292'052, 7, number);
}

/// One file of a journal, line by line.
class page {
public:
    page(instant run, std::optional<instant> oldest, const std::string& node = "w1",
         std::optional<bool> recalled = std::nullopt, std::optional<std::uint64_t> retold = std::nullopt) {
        journal::header first;
        first.node = node;
        first.run = run;
        first.oldest = oldest;
        first.recalled = recalled;
        first.retold = retold;
        journal::write(text_, run, first);
    }
    page& arrives(instant at, std::uint64_t number) { return tells(at, arrival(number)); }
    page& retells(instant at, std::uint64_t number) {
        journal::write(text_, at, arrival(number), journal::telling::again);
        return *this;
    }
    page& tells(instant at, const call::fact& news) {
        journal::write(text_, at, news);
        return *this;
    }
    page& tells_again(instant at, const call::fact& news) {
        journal::write(text_, at, news, journal::telling::again);
        return *this;
    }
    page& misses(instant at, const journal::gap& what) {
        journal::write(text_, at, what);
        return *this;
    }
    page& ends(instant at, std::uint64_t number) {
        call::door_record record;
        record.call = named(number);
        journal::write(text_, at, call::command{call::finish{record}});
        return *this;
    }
    /// One byte of the header is no longer what it was.
    page& damaged() {
        text_[20] ^= 0x40;
        return *this;
    }
    /// The bytes before `from` are gone, as NULs or altogether.
    page& beheaded(std::size_t from, std::size_t nuls) {
        text_.replace(0, from, nuls, '\0');
        return *this;
    }
    [[nodiscard]] std::size_t header_bytes() const { return text_.find('\n') + 1; }
    page& raw(const std::string& bytes) {
        text_ += bytes;
        return *this;
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    static call::fact arrival(std::uint64_t number) {
        return call::panel_arrived{named(number), channel_id{"1." + std::to_string(number)}, panel_id{"5001"},
                                   flat_id{"12"}, ""};
    }

    std::string text_;
};

struct desk {
    scratch_dir dir;
    fs::path put(const std::string& run, unsigned seq, const page& what) const {
        const fs::path file = dir.path() / journal_file_name{"w1", run, seq, false}.text();
        write_file(file, what.text());
        return file;
    }
    [[nodiscard]] journal_memory read(memory_limits limit = {}) const {
        return read_memory(dir.path(), "w1", {}, limit);
    }
};

inline const std::string first_run = "20261123T120000Z";
inline const std::string second_run = "20261123T130000Z";

/// A run that had remembered nothing, and then lived.
inline page born(instant run) {
    page made(run, run);
    made.tells(run, call::memory_recalled{});
    return made;
}

}  // namespace td::runtime
