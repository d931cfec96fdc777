#pragma once
// What one line of a journal says. A journal is a file of lines: a header first, so that a file can be replayed without
// any other; then every fact that came in and every command that went out, in the order of the loop.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/instant.hpp"
#include "call/commands.hpp"
#include "call/facts.hpp"
#include "call/rules.hpp"
#include "journal/clock_origin.hpp"

namespace td::journal {

/// The number in every header. A reader takes its own number and smaller ones; fields are only added within a number.
/// It is still 1 with retold lines: a reader that does not know them leaves them out, and finds its way by `oldest`.
inline constexpr int schema = 1;

/// The first line of every file.
struct header {
    int schema = journal::schema;
    std::string node;     ///< which worker wrote it
    std::string version;  ///< of tdctl
    /// When the worker started, and after every run before it even where the clock says otherwise: the files of one run
    /// share it.
    instant run{};
    std::uint32_t seq =
        0;              ///< 1 for the first file of a run; a machine goes on from file to file, and is new with a run
    call::rules rules;  ///< in force where the file begins
    /// When the oldest call arrived that lived where the file begins; the moment of the header when none did. What is
    /// needed to remember the living calls begins there. Nothing in files of older writers.
    std::optional<instant> oldest{};
    /// Of the run. Nothing in files of older writers, or where the machine does not tell.
    std::optional<clock_origin> clock{};
    /// Whether a file before it tells the end of what the run remembered: memory_recalled. Nothing in files of older
    /// writers.
    std::optional<bool> recalled{};
    /// So many retold lines stand behind it: all that is needed to remember the calls of the run that live where the
    /// file begins. Nothing in files of older writers.
    std::optional<std::uint64_t> retold{};
    /// Where lines of the run are missing before the file, dropped while the disk could not be written: the calls that
    /// lived then and live here. What the worker knows of them does not all stand in the journal.
    std::optional<std::vector<call_id>> holed{};
};

/// The configuration changed: calls begun from here on follow it.
struct rules_changed {
    call::rules rules;
};

/// Lines are missing here: the buffer was full while the disk could not be written.
struct gap {
    std::uint64_t lines = 0;
    instant since{};
    /// The calls that live behind it: the ends of the others are among the missing lines. Nothing in files of older
    /// writers.
    std::optional<std::vector<call_id>> living{};
    /// Whether the worker gives new calls back behind it. Nothing in files of older writers.
    std::optional<bool> draining{};
};

/// The smallest stands first, because that is what an entry holds before it is read.
using line = std::variant<gap, header, rules_changed, call::fact, call::command>;

/// One line and its moment; that of a header is the moment of the first line behind it, or of the last one before it.
/// Files of older writers say there what the wall clock said.
struct entry {
    instant at{};
    line what;
    /// A fact, or rules, of a file before: told again behind the header, with the moment of then.
    bool retold = false;
};

}  // namespace td::journal
