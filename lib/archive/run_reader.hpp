#pragma once
// Reads the lines of a run, file after file, in memory that does not grow with the journal. This is the one place that
// knows how files of a run fit together; what a line says is for `journal::reader`.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/sources.hpp"

namespace td::archive {

/// How a file continues what was read before it.
enum class joint : std::uint8_t {
    run_begins,  ///< it is the first of its run
    goes_on,     ///< the file before it was read to its end
    hole,        ///< files before it are missing, or could not be read to their end
};

/// What the reader meets next.
struct told {
    enum class kind : std::uint8_t {
        head,     ///< a file begins
        line,     ///< anything else that is no empty line
        torn,     ///< the file's last line has no end: a crash cut it off
        trouble,  ///< something cannot be read: `words` says what. Lines are missing here
    };
    kind what = kind::line;
    const source* from = nullptr;
    std::size_t line = 0;      ///< counts from 1 in every file
    std::uint64_t offset = 0;  ///< of its first byte in the file's text, which is not compressed
    /// Of a head, a line, a torn line, without '\n'. Until the next call; 64 bytes behind it may be read, too.
    std::string_view text;
    /// Of a head; where that is damaged as the run's other files say it, and nothing where none does.
    std::optional<journal::header> first;
    instant opened{};               ///< of a head that is not damaged: as it says
    joint how = joint::run_begins;  ///< of a head
    /// The line stands in a file's head and tells again what an earlier file told: its moment is older than that of the
    /// head. It is left out where the file goes on with one that was read, and where a damaged header does not say how
    /// many there are. A line that bears the mark elsewhere is news: the end of what a run before had remembered.
    bool retold = false;
    std::string words;  ///< of trouble and of a damaged head: one sentence that names the place
};

class run_reader {
public:
    /// The run must stay. Texts that were put behind one another, in a file or on the standard input, may hold several
    /// files and runs.
    explicit run_reader(const journal_run& of);
    ~run_reader();
    run_reader(const run_reader&) = delete;
    run_reader& operator=(const run_reader&) = delete;

    /// nullptr at the end; what it points at stays until the next call.
    [[nodiscard]] const told* next();
    /// How many bytes of text were read.
    [[nodiscard]] std::uint64_t bytes() const;

private:
    struct insides;
    std::unique_ptr<insides> in_;
};

}  // namespace td::archive
