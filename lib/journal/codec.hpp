#pragma once
// A journal line as text. The writer formats into a string that the caller reuses; the reader is simdjson's, behind a
// pointer, so that nobody else compiles it.
//
//   {"at":"2026-11-23T02:34:52.076123Z","fact":"leg_ringing","call":"01…","leg":2}
//   {"at":"2026-11-23T02:34:52.076131Z","do":"drop_leg","call":"01…","leg":1,"reason":"answered_elsewhere"}
//   {"at":"2026-11-23T02:34:52.076123Z","retold":true,"fact":"leg_ringing","call":"01…","leg":2}
//
// `at` and the kind stand first, always, but for the mark of a line that was told before; a header begins with
// {"journal":"tdctl","schema":1 and says "opened_at". Moments are RFC 3339 in UTC with microseconds, so that `grep
// T02:34` finds a minute; lengths are whole microseconds in a name ending in _us. Text may hold any bytes: those that
// are not UTF-8 come back as they were (broken_utf8::kept in base/json_text.hpp).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "journal/entry.hpp"

namespace td::journal {

/// Whether a line is told where it belongs, or once more behind the header of a later file.
enum class telling : std::uint8_t { first, again };

/// Each appends one line with its '\n'.
void write(std::string& out, instant at, const header& first);
void write(std::string& out, instant at, const rules_changed& news, telling how = telling::first);
void write(std::string& out, instant at, const gap& missing);
void write(std::string& out, instant at, const call::fact& news, telling how = telling::first);
void write(std::string& out, instant at, const call::command& wish);

/// The name of a fact or command in its line: leg_ringing, drop_leg, …
[[nodiscard]] std::string_view name_of(const call::fact& news);
[[nodiscard]] std::string_view name_of(const call::command& wish);

/// Reads one text of many lines, or single lines. It throws nothing and trusts nothing: every line is an entry or a
/// failure of kind broken_data that says what is wrong and in which line; of kind refused for the header of a newer
/// schema. Unknown fields are ignored and the order of
/// fields after the first two is free; a field given twice counts with its last value.
class reader {
public:
    /// A line longer than this is a failure: the longest real one, a pbx_seen of 5,000 calls of 40 legs, stays far
    /// below.
    static constexpr std::size_t longest_line = 64UL * 1024 * 1024;

    reader();
    ~reader();
    reader(reader&&) noexcept;
    reader& operator=(reader&&) noexcept;

    /// Takes a whole file; lines count from 1 again. It is not copied when its capacity is 64 bytes larger than its
    /// size.
    void take(std::string text);
    /// The next line that is not empty; nothing at the end. A last line without '\n' was torn by a crash or is still
    /// being written: it ends the text, and `torn` holds its length.
    [[nodiscard]] std::optional<result<entry>> next();
    /// Bytes of the torn last line once `next` came to the end, else 0.
    [[nodiscard]] std::size_t torn() const;
    /// The number of the line that `next` gave last.
    [[nodiscard]] std::size_t line_number() const;

    /// Reads a single line, with or without its '\n'.
    [[nodiscard]] result<entry> read(std::string_view text);

private:
    struct insides;
    std::unique_ptr<insides> in_;
};

}  // namespace td::journal
